/*
 * Reads lines from the standard input, and prints answers, each on a line.
 *
 *     clear                       removes all values
 *     json TEXT                   replaces all values with those of a JSON object, and answers like decide
 *     set KIND ATTRIBUTE VALUE…   sets an attribute by name
 *     put KIND ATTRIBUTE VALUE…   sets an attribute by handle
 *     decide                      answers {"decision": …, "parts": …}: the JSON of the library and of the getters
 *
 * Texts are an x and hexadecimal digits. A line that fails answers {"error": {…}}.
 */

#define _POSIX_C_SOURCE 200809L

#include <placet.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TEXTS = 256 };

static void must(int holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "not so: %s\n", what);
        exit(EXIT_FAILURE);
    }
}

static void print_text(const char *text, size_t length)
{
    if (text == NULL) {
        printf("null");
        return;
    }
    putchar('"');
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < ' ' || c == '"' || c == '\\') {
            printf("\\u%04x", c);
        } else {
            putchar(c);
        }
    }
    putchar('"');
}

static void print_field(const char *name, const char *text, const char *end)
{
    printf("\"%s\":", name);
    print_text(text, text == NULL ? 0 : strlen(text));
    printf("%s", end);
}

static void print_error(placet_error *error)
{
    printf("{\"error\":{");
    print_field("code", placet_error_code(error), ",");
    print_field("message", placet_error_message(error), ",");
    print_field("attribute", placet_error_attribute(error), ",");
    print_field("expected", placet_error_expected(error), "}}\n");
    placet_error_free(error);
}

static void print_parts(const placet_decision *decision)
{
    static const char *const lists[] = {"rules", "cites", "basis", "undecided", "missing", "certain"};
    printf("{");
    print_field("effect", placet_effect_name(placet_decision_effect(decision)), "");
    for (placet_part part = PLACET_RULES; part <= PLACET_CERTAIN; part++) {
        printf(",\"%s\":[", lists[part]);
        for (size_t i = 0; i < placet_decision_count(decision, part); i++) {
            size_t length;
            const char *entry = placet_decision_entry(decision, part, i, &length);
            printf(i == 0 ? "" : ",");
            print_text(entry, length);
        }
        printf("]");
    }
    printf(",\"obligations\":[");
    placet_obligation due;
    for (size_t i = 0; placet_decision_obligation(decision, i, &due) == PLACET_OK; i++) {
        printf(i == 0 ? "{" : ",{");
        print_field("name", due.name, ",");
        if (due.has_deadline) {
            printf("\"within_seconds\":%" PRId64 ",", due.within_seconds);
        }
        if (due.text != NULL) {
            print_field("text", due.text, ",");
        }
        printf("\"certain\":%s}", due.is_certain ? "true" : "false");
    }
    printf(placet_decision_is_approximate(decision) ? "],\"approximate\":true}" : "]}");
}

static void decide(const placet_policy *policy, const placet_request *request)
{
    placet_decision *decision;
    placet_error *error;
    placet_effect effect;
    placet_status status = placet_policy_effect(policy, request, &effect, NULL);
    must(placet_policy_is_allowed(policy, request) == (status == PLACET_OK && effect == PLACET_ALLOW),
         "is_allowed is true for an allow alone");
    must(placet_policy_decide(policy, request, &decision, &error) == status, "both fail alike");
    if (status != PLACET_OK) {
        print_error(error);
        return;
    }
    must(placet_decision_effect(decision) == effect, "both have one effect");
    placet_buffer json;
    must(placet_decision_to_json(decision, &json, NULL) == PLACET_OK, "it is written as JSON");
    printf("{\"decision\":%s,\"parts\":", json.data);
    print_parts(decision);
    printf("}\n");
    placet_buffer_free(&json);
    placet_decision_free(decision);
}

/* Decides a JSON object, and checks that deciding it directly and filling a request with it first agree. */
static void decide_json(const placet_policy *policy, placet_request *request, const char *json, size_t length)
{
    placet_decision *decision, *other = NULL;
    placet_error *error;
    placet_effect effect;
    placet_status status = placet_policy_decide_json(policy, json, length, &decision, NULL);
    must(placet_policy_effect_json(policy, json, length, &effect, NULL) == status, "effect fails as decide");
    placet_status filled = placet_request_fill_from_json(request, json, length, &error);
    if (filled != PLACET_OK) {
        must(filled == status, "a request is faulty, however it is read");
        print_error(error);
        return;
    }
    decide(policy, request);
    must(placet_policy_decide(policy, request, &other, NULL) == status, "filled or not, it fails alike");
    if (status == PLACET_OK) {
        placet_buffer one, two;
        must(placet_decision_effect(decision) == effect, "one effect");
        must(placet_decision_to_json(decision, &one, NULL) == PLACET_OK, "JSON");
        must(placet_decision_to_json(other, &two, NULL) == PLACET_OK, "JSON");
        must(one.length == two.length && memcmp(one.data, two.data, one.length) == 0, "one decision");
        placet_buffer_free(&one);
        placet_buffer_free(&two);
    }
    placet_decision_free(decision);
    placet_decision_free(other);
}

/* Texts that were decoded from hexadecimal. */
struct texts {
    char *all[MOST_TEXTS];
    size_t lengths[MOST_TEXTS];
    size_t count;
};

static void read_texts(struct texts *texts, char *rest)
{
    texts->count = 0;
    for (char *word = strtok(rest, " "); word != NULL; word = strtok(NULL, " ")) {
        size_t length = (strlen(word) - 1) / 2; /* the `x` keeps words from being empty */
        char *text = malloc(length + 1);
        must(text != NULL && texts->count < MOST_TEXTS && word[0] == 'x', "texts fit");
        for (size_t i = 0; i < length; i++) {
            unsigned byte = 0;
            must(sscanf(word + 1 + 2 * i, "%2x", &byte) == 1, "hexadecimal");
            text[i] = (char)byte;
        }
        texts->all[texts->count] = text;
        texts->lengths[texts->count++] = length;
    }
}

static placet_status give(const placet_policy *policy, placet_request *request, char *line, placet_error **error)
{
    const int by_name = strncmp(line, "set", 3) == 0;
    char kind[16], name[256];
    int read = 0;
    must(sscanf(line + 3, "%15s %255s%n", kind, name, &read) == 2, "a kind and a name");
    char *rest = line + 3 + read;
    placet_attribute handle = {0, 0};
    placet_status status;
    if (!by_name && (status = placet_policy_attribute(policy, name, &handle, error)) != PLACET_OK) {
        return status;
    }
#define GIVE(function, ...)                                                                              \
    (by_name ? placet_request_set_##function(request, name, __VA_ARGS__, error)                          \
             : placet_request_put_##function(request, handle, __VA_ARGS__, error))
    if (strcmp(kind, "null") == 0) {
        return by_name ? placet_request_set_null(request, name, error)
                       : placet_request_put_null(request, handle, error);
    } else if (strcmp(kind, "bool") == 0) {
        return GIVE(bool, strtol(rest, NULL, 10) != 0);
    } else if (strcmp(kind, "int") == 0) {
        return GIVE(int, strtoll(rest, NULL, 10));
    } else if (strcmp(kind, "number") == 0) {
        return GIVE(number, strtod(rest, NULL));
    } else if (strcmp(kind, "date") == 0) {
        return GIVE(date, (int32_t)strtol(rest, NULL, 10));
    } else if (strcmp(kind, "time") == 0) {
        return GIVE(time, strtoll(rest, NULL, 10));
    } else if (strcmp(kind, "duration") == 0) {
        return GIVE(duration, strtoll(rest, NULL, 10));
    }
    struct texts texts;
    read_texts(&texts, rest);
    const char *const *all = (const char *const *)texts.all;
    if (strcmp(kind, "text") == 0) {
        must(texts.count == 1, "one text");
        status = GIVE(text, all[0], texts.lengths[0]);
    } else if (strcmp(kind, "texts") == 0) {
        status = GIVE(texts, all, texts.lengths, texts.count);
    } else {
        must(!by_name && strcmp(kind, "value") == 0, "a kind");
        placet_value *value;
        status = placet_policy_value(policy, handle, all, texts.lengths, texts.count, &value, error);
        if (status == PLACET_OK) {
            status = placet_request_put_value(request, handle, value, error);
        }
        placet_value_free(value);
    }
    for (size_t i = 0; i < texts.count; i++) {
        free(texts.all[i]);
    }
    return status;
}

int main(int argc, char **argv)
{
    placet_policy *policy;
    placet_request *request;
    placet_error *error;
    must(argc == 2, "a policy is named");
    if (placet_policy_open(argv[1], &policy, &error) != PLACET_OK) {
        print_error(error);
        return EXIT_FAILURE;
    }
    must(placet_request_new(policy, &request, NULL) == PLACET_OK, "a request");
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    while ((length = getline(&line, &capacity, stdin)) > 0) {
        line[--length] = '\0';
        placet_status status = PLACET_OK;
        if (strcmp(line, "decide") == 0) {
            decide(policy, request);
        } else if (strcmp(line, "clear") == 0) {
            status = placet_request_clear(request, &error);
        } else if (strncmp(line, "json ", 5) == 0) {
            decide_json(policy, request, line + 5, (size_t)length - 5);
        } else {
            status = give(policy, request, line, &error);
        }
        if (status != PLACET_OK) {
            print_error(error);
        }
    }
    free(line);
    placet_request_free(request);
    placet_policy_free(policy);
    return EXIT_SUCCESS;
}
