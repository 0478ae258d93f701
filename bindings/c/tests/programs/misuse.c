/* Tests correct and incorrect calls on policies, requests and decisions: each returns its status, and nothing leaks. */

#include "check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char POLICY[] =
    "policy everything version \"7\"\n"
    "taxonomy Data { contact { email, phone } clicks }\n"
    "request {\n"
    "  flag: bool  age: int 0..150  score: number 0..1  country: string\n"
    "  data: Data  all_data: set of Data  labels: set? of string\n"
    "  day: date  at: time  length: duration  kind: { a, b } required\n"
    "}\n"
    "rule go {\n"
    "  cite \"1\" cite \"2\"\n"
    "  allow when flag and age >= 18 and score > 0.5 and country is \"SG\" and data in contact\n"
    "    and all all_data in contact and \"x\" in labels and day < 2026-01-02\n"
    "    and at < 2026-01-02T00:00:00Z and length <= 1 days and kind is a\n"
    "  basis consent\n"
    "  oblige log within 2 hours \"now\\u{0}and then\"\n"
    "  oblige tell\n"
    "}\n";

static placet_policy *policy_of(const char *text)
{
    placet_policy *policy = NULL;
    COMES_TO(PLACET_OK, placet_policy_from_text(text, PLACET_NTS, &policy, &error));
    CHECK(policy != NULL);
    return policy;
}

static placet_attribute attribute_of(const placet_policy *policy, const char *name)
{
    placet_attribute attribute;
    COMES_TO(PLACET_OK, placet_policy_attribute(policy, name, &attribute, &error));
    return attribute;
}

/* Sets all attributes, by name or by handle, so that the request is allowed. */
static void fill(const placet_policy *policy, placet_request *request, bool by_name)
{
    const char *const data[] = {"email", "phonexx"};
    const size_t lengths[] = {5, 5};
    const char *const labels[] = {"x", "y"};
    if (by_name) {
        COMES_TO(PLACET_OK, placet_request_set_bool(request, "flag", true, &error));
        COMES_TO(PLACET_OK, placet_request_set_int(request, "age", 18, &error));
        COMES_TO(PLACET_OK, placet_request_set_number(request, "score", 0.75, &error));
        COMES_TO(PLACET_OK, placet_request_set_text(request, "country", "SGP", 2, &error));
        COMES_TO(PLACET_OK, placet_request_set_text(request, "data", "contact", PLACET_NTS, &error));
        COMES_TO(PLACET_OK, placet_request_set_texts(request, "all_data", data, lengths, 2, &error));
        COMES_TO(PLACET_OK, placet_request_set_texts(request, "labels", labels, NULL, 2, &error));
        COMES_TO(PLACET_OK, placet_request_set_date(request, "day", 20454, &error));
        COMES_TO(PLACET_OK, placet_request_set_time(request, "at", 1767225600000000, &error));
        COMES_TO(PLACET_OK, placet_request_set_duration(request, "length", 86400000000, &error));
        COMES_TO(PLACET_OK, placet_request_set_text(request, "kind", "a", PLACET_NTS, &error));
        return;
    }
    placet_value *values[3];
    const char *const names[] = {"contact", "a"};
    placet_attribute one = attribute_of(policy, "data"), set = attribute_of(policy, "all_data");
    placet_attribute kind = attribute_of(policy, "kind");
    COMES_TO(PLACET_OK, placet_policy_value(policy, one, &names[0], NULL, 1, &values[0], &error));
    COMES_TO(PLACET_OK, placet_policy_value(policy, set, data, lengths, 2, &values[1], &error));
    COMES_TO(PLACET_OK, placet_policy_value(policy, kind, &names[1], NULL, 1, &values[2], &error));
    COMES_TO(PLACET_OK, placet_request_put_bool(request, attribute_of(policy, "flag"), true, &error));
    COMES_TO(PLACET_OK, placet_request_put_int(request, attribute_of(policy, "age"), 18, &error));
    COMES_TO(PLACET_OK, placet_request_put_number(request, attribute_of(policy, "score"), 0.75, &error));
    COMES_TO(PLACET_OK, placet_request_put_text(request, attribute_of(policy, "country"), "SGP", 2, &error));
    COMES_TO(PLACET_OK, placet_request_put_value(request, one, values[0], &error));
    COMES_TO(PLACET_OK, placet_request_put_value(request, set, values[1], &error));
    COMES_TO(PLACET_OK,
             placet_request_put_texts(request, attribute_of(policy, "labels"), labels, NULL, 2, &error));
    COMES_TO(PLACET_OK, placet_request_put_date(request, attribute_of(policy, "day"), 20454, &error));
    COMES_TO(PLACET_OK,
             placet_request_put_time(request, attribute_of(policy, "at"), 1767225600000000, &error));
    COMES_TO(PLACET_OK,
             placet_request_put_duration(request, attribute_of(policy, "length"), 86400000000, &error));
    COMES_TO(PLACET_OK, placet_request_put_value(request, kind, values[2], &error));
    for (int i = 0; i < 3; i++) {
        placet_value_free(values[i]);
    }
}

static void decisions(placet_policy *policy)
{
    placet_request *request;
    COMES_TO(PLACET_OK, placet_request_new(policy, &request, &error));
    placet_effect effect = PLACET_ALLOW;
    COMES_TO(PLACET_REQUIRED_ATTRIBUTE, placet_policy_effect(policy, request, &effect, &error));
    CHECK(effect == PLACET_INDETERMINATE);
    CHECK(!placet_policy_is_allowed(policy, request));

    for (int by_name = 0; by_name < 2; by_name++) {
        COMES_TO(PLACET_OK, placet_request_clear(request, &error));
        fill(policy, request, by_name);
        CHECK(placet_policy_is_allowed(policy, request));
    }
    placet_decision *decision;
    COMES_TO(PLACET_OK, placet_policy_decide(policy, request, &decision, &error));
    CHECK(placet_decision_effect(decision) == PLACET_ALLOW);
    CHECK(!placet_decision_is_approximate(decision));
    CHECK(placet_decision_count(decision, PLACET_RULES) == 1);
    CHECK(placet_decision_count(decision, PLACET_CITES) == 2);
    CHECK(placet_decision_count(decision, PLACET_MISSING) == 0);
    CHECK(placet_decision_count(decision, PLACET_CERTAIN + 1) == 0 && placet_decision_count(decision, -1) == 0);
    size_t length = 99;
    CHECK(strcmp(placet_decision_entry(decision, PLACET_CITES, 1, &length), "2") == 0 && length == 1);
    CHECK(strcmp(placet_decision_entry(decision, PLACET_BASIS, 0, NULL), "consent") == 0);
    CHECK(placet_decision_entry(decision, PLACET_CITES, 2, &length) == NULL && length == 0);
    CHECK(placet_decision_entry(decision, 77, 0, NULL) == NULL);
    placet_obligation due;
    CHECK(placet_decision_obligation_count(decision) == 2);
    CHECK(placet_decision_obligation(decision, 0, &due) == PLACET_OK);
    CHECK(strcmp(due.name, "log") == 0 && due.has_deadline && due.within_seconds == 7200 && due.is_certain);
    CHECK(memcmp(due.text, "now\0and then", 13) == 0);
    CHECK(placet_decision_obligation(decision, 1, &due) == PLACET_OK);
    CHECK(strcmp(due.name, "tell") == 0 && !due.has_deadline && due.text == NULL);
    CHECK(placet_decision_obligation(decision, 2, &due) == PLACET_OUT_OF_RANGE);
    placet_buffer json;
    COMES_TO(PLACET_OK, placet_decision_to_json(decision, &json, &error));
    CHECK(strlen(json.data) == json.length && strstr(json.data, "\"effect\":\"allow\"") != NULL);
    placet_buffer_free(&json);
    CHECK(json.data == NULL && json.length == 0);
    placet_buffer_free(&json);

    /* An indeterminate decision explains each value of its missing attributes. */
    COMES_TO(PLACET_OK, placet_request_put_null(request, attribute_of(policy, "age"), &error));
    COMES_TO(PLACET_OK, placet_request_set_null(request, "day", &error));
    COMES_TO(PLACET_OK, placet_policy_explain(policy, request, &json, &error));
    CHECK(strstr(json.data, "\"what_if\":[{\"attribute\":\"age\"") != NULL);
    placet_buffer_free(&json);
    COMES_TO(PLACET_REQUIRED_ATTRIBUTE, placet_request_set_null(request, "kind", &error));

    /* Requests and decisions outlive their policy. */
    placet_decision_free(decision);
    COMES_TO(PLACET_OK, placet_policy_decide(policy, request, &decision, &error));
    placet_policy_free(policy);
    CHECK(placet_decision_count(decision, PLACET_MISSING) == 2);
    CHECK(strcmp(placet_decision_entry(decision, PLACET_MISSING, 1, NULL), "day") == 0);
    COMES_TO(PLACET_OK, placet_request_set_int(request, "age", 3, &error));
    placet_decision_free(decision);
    placet_request_free(request);
}

static void refusals(const placet_policy *policy)
{
    placet_request *request;
    COMES_TO(PLACET_OK, placet_request_new(policy, &request, &error));
    fill(policy, request, true);
    COMES_TO(PLACET_UNKNOWN_ATTRIBUTE, placet_request_set_int(request, "agee", 3, &error));
    COMES_TO(PLACET_OUTSIDE_DOMAIN, placet_request_set_int(request, "age", 151, &error));
    COMES_TO(PLACET_WRONG_TYPE, placet_request_set_text(request, "age", "3", PLACET_NTS, &error));
    COMES_TO(PLACET_OUTSIDE_DOMAIN, placet_request_set_number(request, "score", NAN, &error));
    COMES_TO(PLACET_OUTSIDE_DOMAIN, placet_request_set_number(request, "score", HUGE_VAL, &error));
    COMES_TO(PLACET_OUTSIDE_DOMAIN, placet_request_set_text(request, "kind", "", 0, &error));
    COMES_TO(PLACET_OUTSIDE_DOMAIN, placet_request_set_texts(request, "all_data", NULL, NULL, 0, &error));
    COMES_TO(PLACET_INVALID_UTF8, placet_request_set_text(request, "country", "S\xff", 2, &error));
    COMES_TO(PLACET_INVALID_UTF8, placet_request_set_bool(request, "fl\xff", true, &error));
    COMES_TO(PLACET_OUT_OF_RANGE,
             placet_request_set_text(request, "country", "SG", PLACET_NTS - 1, &error));
    COMES_TO(PLACET_OUT_OF_RANGE,
             placet_request_set_texts(request, "labels", (const char *const *)&policy, NULL, PLACET_NTS, &error));
    COMES_TO(PLACET_OUTSIDE_DOMAIN, placet_request_set_date(request, "day", INT32_MAX, &error));
    COMES_TO(PLACET_OUTSIDE_DOMAIN, placet_request_set_time(request, "at", INT64_MIN, &error));
    COMES_TO(PLACET_WRONG_TYPE, placet_request_set_date(request, "at", 0, &error));

    placet_attribute age = attribute_of(policy, "age"), kind = attribute_of(policy, "kind");
    COMES_TO(PLACET_OUTSIDE_DOMAIN, placet_request_put_int(request, age, -1, &error));
    COMES_TO(PLACET_WRONG_TYPE, placet_request_put_bool(request, age, true, &error));
    COMES_TO(PLACET_WRONG_TYPE, placet_request_put_number(request, age, 3.0, &error));
    COMES_TO(PLACET_WRONG_TYPE, placet_request_put_text(request, kind, "a", PLACET_NTS, &error));
    COMES_TO(PLACET_REQUIRED_ATTRIBUTE, placet_request_put_null(request, kind, &error));
    const placet_attribute forgotten = {0, 0};
    placet_attribute beyond = age;
    beyond.index = UINT64_MAX;
    COMES_TO(PLACET_FOREIGN_HANDLE, placet_request_put_int(request, forgotten, 3, &error));
    COMES_TO(PLACET_FOREIGN_HANDLE, placet_request_put_int(request, beyond, 3, &error));

    /* Errors of setters leave the request unchanged. */
    CHECK(placet_policy_is_allowed(policy, request));
    const char *json = "{\"kind\": \"a\", \"age\": 200}";
    COMES_TO(PLACET_OUTSIDE_DOMAIN, placet_request_fill_from_json(request, json, PLACET_NTS, &error));
    placet_effect effect;
    COMES_TO(PLACET_REQUIRED_ATTRIBUTE, placet_policy_effect(policy, request, &effect, &error));
    COMES_TO(PLACET_INVALID_JSON, placet_request_fill_from_json(request, "{\"kind\xff", 7, &error));
    COMES_TO(PLACET_INVALID_JSON, placet_request_fill_from_json(request, NULL, 0, &error));
    COMES_TO(PLACET_INVALID_JSON, placet_policy_effect_json(policy, "\xff", 1, &effect, &error));
    COMES_TO(PLACET_DUPLICATE_ATTRIBUTE,
             placet_policy_effect_json(policy, "{\"age\": 1, \"age\": 1}", PLACET_NTS, &effect, &error));
    CHECK(effect == PLACET_INDETERMINATE);

    /* An error names the attribute and the expectation. */
    placet_error *error = NULL;
    CHECK(placet_request_set_int(request, "age", 151, &error) == PLACET_OUTSIDE_DOMAIN);
    CHECK(strcmp(placet_error_attribute(error), "age") == 0);
    CHECK(strcmp(placet_error_expected(error), "int 0..150") == 0);
    CHECK(strcmp(placet_error_code(error), "outside_domain") == 0);
    CHECK(placet_error_line(error) == 0 && placet_error_diagnostic_count(error) == 0);
    placet_error_free(error);
    /* The error argument may be NULL. */
    CHECK(placet_request_set_int(request, "age", 151, NULL) == PLACET_OUTSIDE_DOMAIN);

    /* Handles of another policy are foreign, even if its text is the same. */
    placet_policy *other = policy_of(POLICY);
    placet_value *value;
    const char *const a[] = {"a", "zz"};
    CHECK(!placet_policy_is_allowed(other, request));
    COMES_TO(PLACET_FOREIGN_HANDLE, placet_policy_effect(other, request, &effect, &error));
    COMES_TO(PLACET_FOREIGN_HANDLE, placet_request_put_int(request, attribute_of(other, "age"), 3, &error));
    COMES_TO(PLACET_FOREIGN_HANDLE, placet_policy_value(other, kind, a, NULL, 1, &value, &error));
    CHECK(value == NULL);
    COMES_TO(PLACET_OK,
             placet_policy_value(other, attribute_of(other, "kind"), a, NULL, 1, &value, &error));
    COMES_TO(PLACET_FOREIGN_HANDLE, placet_request_put_value(request, kind, value, &error));
    placet_value_free(value);
    COMES_TO(PLACET_OUTSIDE_DOMAIN, placet_policy_value(policy, kind, &a[1], NULL, 1, &value, &error));
    COMES_TO(PLACET_WRONG_TYPE, placet_policy_value(policy, kind, a, NULL, 2, &value, &error));
    COMES_TO(PLACET_WRONG_TYPE, placet_policy_value(policy, age, a, NULL, 1, &value, &error));
    COMES_TO(PLACET_OK, placet_policy_value(policy, kind, a, NULL, 1, &value, &error));
    COMES_TO(PLACET_WRONG_TYPE,
             placet_request_put_value(request, attribute_of(policy, "data"), value, &error));
    COMES_TO(PLACET_WRONG_TYPE, placet_request_put_value(request, age, value, &error));
    placet_value_free(value);
    placet_policy_free(other);
    placet_request_free(request);
}

static void policies(const char *folder)
{
    placet_policy *policy = policy_of(POLICY), *loaded;
    CHECK(strcmp(placet_policy_name(policy), "everything") == 0);
    CHECK(strcmp(placet_policy_version(policy), "7") == 0);
    CHECK(strlen(placet_policy_hash(policy)) == 64);
    placet_buffer saved;
    COMES_TO(PLACET_OK, placet_policy_save(policy, &saved, &error));
    const uint8_t *bytes = (const uint8_t *)saved.data;
    COMES_TO(PLACET_OK, placet_policy_from_bytes(bytes, saved.length, &loaded, &error));
    CHECK(strcmp(placet_policy_hash(policy), placet_policy_hash(loaded)) == 0);
    placet_policy_free(loaded);

    char path[4096];
    snprintf(path, sizeof path, "%s/saved", folder);
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL && fwrite(saved.data, 1, saved.length, file) == saved.length && fclose(file) == 0);
    COMES_TO(PLACET_OK, placet_policy_open(path, &loaded, &error));
    placet_policy_free(loaded);
    saved.data[saved.length - 1] ^= 1;
    COMES_TO(PLACET_DOES_NOT_LOAD, placet_policy_from_bytes(bytes, saved.length, &loaded, &error));
    CHECK(loaded == NULL);
    COMES_TO(PLACET_DOES_NOT_LOAD, placet_policy_from_bytes(NULL, 0, &loaded, &error));
    COMES_TO(PLACET_OUT_OF_RANGE, placet_policy_from_bytes(bytes, PLACET_NTS, &loaded, &error));
    placet_buffer_free(&saved);
    snprintf(path, sizeof path, "%s/absent", folder);
    COMES_TO(PLACET_UNREADABLE, placet_policy_open(path, &loaded, &error));
    COMES_TO(PLACET_INVALID_UTF8, placet_policy_from_text("policy \xff", PLACET_NTS, &loaded, &error));
    placet_policy_free(policy);

    /* A policy that doesn't compile lists all errors, each with its position. */
    placet_error *error = NULL;
    placet_status status = placet_policy_from_text("policy p\n"
                                                   "request { Flag: bool  kind: { granted, refused } }\n"
                                                   "rule a { allow when kind is grantd }\n"
                                                   "rule b { allow when \xc3\xa9 }\n",
                                                   PLACET_NTS, &loaded, &error);
    CHECK(status == PLACET_DOES_NOT_COMPILE && loaded == NULL);
    CHECK(strcmp(placet_error_file(error), "policy") == 0);
    CHECK(placet_error_diagnostic_count(error) >= 1);
    placet_diagnostic fault;
    size_t errors = 0;
    for (size_t i = 0; placet_error_diagnostic(error, i, &fault) == PLACET_OK; i++) {
        CHECK(fault.line >= 1 && fault.column >= 1 && strcmp(fault.file, "policy") == 0);
        CHECK(fault.code[0] == 'P' && strlen(fault.message) > 0);
        if (fault.is_error && errors++ == 0) {
            CHECK(placet_error_line(error) == fault.line && placet_error_column(error) == fault.column);
            CHECK(strcmp(placet_error_code(error), fault.code) == 0);
        }
    }
    CHECK(errors >= 1);
    placet_error_free(error);
    status = placet_policy_from_text("policy p\nrequest { kind: { granted, refused } }\n"
                                     "rule a { allow when kind is grantd }",
                                     PLACET_NTS, &loaded, &error);
    CHECK(status == PLACET_DOES_NOT_COMPILE && placet_error_line(error) == 3);
    CHECK(placet_error_column(error) == 29 && strcmp(placet_error_code(error), "P0306") == 0);
    CHECK(placet_error_diagnostic(error, 0, &fault) == PLACET_OK);
    CHECK(strstr(fault.help, "granted") != NULL && strstr(fault.notes, "refused") != NULL);
    placet_error_free(error);

    policy = policy_of("policy p  request { Flag: bool }  rule a { allow when Flag }");
    CHECK(placet_policy_version(policy) == NULL);
    CHECK(placet_policy_warning_count(policy) == 1);
    CHECK(placet_policy_warning(policy, 0, &fault) == PLACET_OK && !fault.is_error && fault.column == 21);
    CHECK(placet_policy_warning(policy, 1, &fault) == PLACET_OUT_OF_RANGE);
    placet_policy_free(policy);
}

static void nulls(const placet_policy *policy)
{
    const placet_attribute age = attribute_of(policy, "age");
    placet_request *request;
    placet_policy *made = (placet_policy *)&made;
    placet_effect effect = PLACET_ALLOW;
    placet_buffer buffer = {(char *)&buffer, 3};
    placet_diagnostic fault;
    placet_obligation due;
    placet_value *value;
    placet_decision *decision;
    placet_attribute attribute;
#define IS_NULL(call) COMES_TO(PLACET_NULL_ARGUMENT, call)
    IS_NULL(placet_policy_open(NULL, &made, &error));
    CHECK(made == NULL);
    IS_NULL(placet_policy_open("x", NULL, &error));
    IS_NULL(placet_policy_from_text(NULL, 1, &made, &error));
    IS_NULL(placet_policy_from_text(NULL, PLACET_NTS, &made, &error));
    IS_NULL(placet_policy_from_text("x", 1, NULL, &error));
    IS_NULL(placet_policy_from_bytes(NULL, 1, &made, &error));
    IS_NULL(placet_policy_from_bytes((const uint8_t *)"x", 1, NULL, &error));
    IS_NULL(placet_policy_save(NULL, &buffer, &error));
    CHECK(buffer.data == NULL && buffer.length == 0);
    IS_NULL(placet_policy_save(policy, NULL, &error));
    IS_NULL(placet_policy_attribute(NULL, "age", &attribute, &error));
    IS_NULL(placet_policy_attribute(policy, NULL, &attribute, &error));
    IS_NULL(placet_policy_attribute(policy, "age", NULL, &error));
    IS_NULL(placet_policy_value(NULL, age, NULL, NULL, 0, &value, &error));
    IS_NULL(placet_policy_value(policy, age, NULL, NULL, 1, &value, &error));
    IS_NULL(placet_policy_value(policy, age, NULL, NULL, 0, NULL, &error));
    IS_NULL(placet_request_new(NULL, &request, &error));
    CHECK(request == NULL);
    IS_NULL(placet_request_new(policy, NULL, &error));
    IS_NULL(placet_request_clear(NULL, &error));
    IS_NULL(placet_request_fill_from_json(NULL, "{}", 2, &error));
    IS_NULL(placet_request_set_bool(NULL, "age", true, &error));
    IS_NULL(placet_request_set_int(NULL, "age", 1, &error));
    IS_NULL(placet_request_set_number(NULL, "age", 1, &error));
    IS_NULL(placet_request_set_text(NULL, "age", "", 0, &error));
    IS_NULL(placet_request_set_texts(NULL, "age", NULL, NULL, 0, &error));
    IS_NULL(placet_request_set_date(NULL, "age", 1, &error));
    IS_NULL(placet_request_set_time(NULL, "age", 1, &error));
    IS_NULL(placet_request_set_duration(NULL, "age", 1, &error));
    IS_NULL(placet_request_set_null(NULL, "age", &error));
    IS_NULL(placet_request_put_bool(NULL, age, true, &error));
    IS_NULL(placet_request_put_int(NULL, age, 1, &error));
    IS_NULL(placet_request_put_number(NULL, age, 1, &error));
    IS_NULL(placet_request_put_text(NULL, age, "", 0, &error));
    IS_NULL(placet_request_put_texts(NULL, age, NULL, NULL, 0, &error));
    IS_NULL(placet_request_put_date(NULL, age, 1, &error));
    IS_NULL(placet_request_put_time(NULL, age, 1, &error));
    IS_NULL(placet_request_put_duration(NULL, age, 1, &error));
    IS_NULL(placet_request_put_null(NULL, age, &error));
    IS_NULL(placet_request_put_value(NULL, age, NULL, &error));
    COMES_TO(PLACET_OK, placet_request_new(policy, &request, &error));
    IS_NULL(placet_request_fill_from_json(request, NULL, 2, &error));
    IS_NULL(placet_request_set_int(request, NULL, 1, &error));
    IS_NULL(placet_request_set_text(request, "country", NULL, 1, &error));
    IS_NULL(placet_request_set_texts(request, "labels", NULL, NULL, 1, &error));
    const char *const nothing[] = {NULL};
    IS_NULL(placet_request_set_texts(request, "labels", nothing, NULL, 1, &error));
    IS_NULL(placet_request_put_text(request, attribute_of(policy, "country"), NULL, 1, &error));
    IS_NULL(placet_request_put_value(request, attribute_of(policy, "kind"), NULL, &error));
    IS_NULL(placet_policy_effect(NULL, request, &effect, &error));
    CHECK(effect == PLACET_INDETERMINATE);
    IS_NULL(placet_policy_effect(policy, NULL, &effect, &error));
    IS_NULL(placet_policy_effect(policy, request, NULL, &error));
    IS_NULL(placet_policy_effect_json(NULL, "{}", 2, &effect, &error));
    IS_NULL(placet_policy_effect_json(policy, NULL, 2, &effect, &error));
    IS_NULL(placet_policy_effect_json(policy, "{}", 2, NULL, &error));
    IS_NULL(placet_policy_decide(NULL, request, &decision, &error));
    IS_NULL(placet_policy_decide(policy, NULL, &decision, &error));
    IS_NULL(placet_policy_decide(policy, request, NULL, &error));
    IS_NULL(placet_policy_decide_json(NULL, "{}", 2, &decision, &error));
    IS_NULL(placet_policy_decide_json(policy, NULL, 2, &decision, &error));
    IS_NULL(placet_policy_decide_json(policy, "{}", 2, NULL, &error));
    IS_NULL(placet_policy_explain(NULL, request, &buffer, &error));
    IS_NULL(placet_policy_explain(policy, NULL, &buffer, &error));
    IS_NULL(placet_policy_explain(policy, request, NULL, &error));
    IS_NULL(placet_query_json(NULL, "{}", 2, NULL, NULL, 0, &buffer, &error));
    IS_NULL(placet_query_json(policy, NULL, 2, NULL, NULL, 0, &buffer, &error));
    IS_NULL(placet_query_json(policy, "{}", 2, NULL, NULL, 1, &buffer, &error));
    IS_NULL(placet_query_json(policy, "{}", 2, NULL, NULL, 0, NULL, &error));
    IS_NULL(placet_query_changes_json(NULL, "{}", 2, "{}", 2, NULL, NULL, 0, &buffer, &error));
    IS_NULL(placet_query_changes_json(policy, NULL, 2, "{}", 2, NULL, NULL, 0, &buffer, &error));
    IS_NULL(placet_query_changes_json(policy, "{}", 2, NULL, 2, NULL, NULL, 0, &buffer, &error));
    IS_NULL(placet_query_changes_json(policy, "{}", 2, "{}", 2, NULL, NULL, 1, &buffer, &error));
    IS_NULL(placet_query_changes_json(policy, "{}", 2, "{}", 2, NULL, NULL, 0, NULL, &error));
    IS_NULL(placet_timeline_json(NULL, "{}", 2, "age", &buffer, &error));
    IS_NULL(placet_timeline_json(policy, NULL, 2, "age", &buffer, &error));
    IS_NULL(placet_timeline_json(policy, "{}", 2, NULL, &buffer, &error));
    IS_NULL(placet_timeline_json(policy, "{}", 2, "age", NULL, &error));
    IS_NULL(placet_next_change_json(NULL, "{}", 2, "age", &buffer, &error));
    IS_NULL(placet_next_change_json(policy, NULL, 2, "age", &buffer, &error));
    IS_NULL(placet_next_change_json(policy, "{}", 2, NULL, &buffer, &error));
    IS_NULL(placet_next_change_json(policy, "{}", 2, "age", NULL, &error));
    IS_NULL(placet_matrix_json(NULL, "{}", 2, "age", "flag", &buffer, &error));
    IS_NULL(placet_matrix_json(policy, NULL, 2, "age", "flag", &buffer, &error));
    IS_NULL(placet_matrix_json(policy, "{}", 2, NULL, "flag", &buffer, &error));
    IS_NULL(placet_matrix_json(policy, "{}", 2, "age", NULL, &buffer, &error));
    IS_NULL(placet_matrix_json(policy, "{}", 2, "age", "flag", NULL, &error));
    IS_NULL(placet_diff_json(NULL, policy, &buffer, &error));
    IS_NULL(placet_diff_json(policy, NULL, &buffer, &error));
    IS_NULL(placet_diff_json(policy, policy, NULL, &error));
    IS_NULL(placet_decision_to_json(NULL, &buffer, &error));
    CHECK(placet_policy_warning(NULL, 0, &fault) == PLACET_NULL_ARGUMENT);
    CHECK(placet_policy_warning(policy, 0, NULL) == PLACET_NULL_ARGUMENT);
    CHECK(placet_error_diagnostic(NULL, 0, &fault) == PLACET_NULL_ARGUMENT);
    CHECK(placet_decision_obligation(NULL, 0, &due) == PLACET_NULL_ARGUMENT);
    CHECK(!placet_policy_is_allowed(NULL, request) && !placet_policy_is_allowed(policy, NULL));
    CHECK(placet_decision_effect(NULL) == PLACET_INDETERMINATE && !placet_decision_is_approximate(NULL));
    CHECK(placet_decision_count(NULL, PLACET_RULES) == 0 && placet_decision_obligation_count(NULL) == 0);
    CHECK(placet_decision_entry(NULL, PLACET_RULES, 0, NULL) == NULL);
    CHECK(placet_policy_name(NULL) == NULL && placet_policy_version(NULL) == NULL);
    CHECK(placet_policy_hash(NULL) == NULL && placet_policy_warning_count(NULL) == 0);
    CHECK(placet_error_message(NULL) == NULL && placet_error_code(NULL) == NULL);
    CHECK(placet_error_attribute(NULL) == NULL && placet_error_expected(NULL) == NULL);
    CHECK(placet_error_file(NULL) == NULL && placet_error_line(NULL) == 0);
    CHECK(placet_error_column(NULL) == 0 && placet_error_diagnostic_count(NULL) == 0);
    placet_policy_free(NULL);
    placet_request_free(NULL);
    placet_value_free(NULL);
    placet_decision_free(NULL);
    placet_error_free(NULL);
    placet_buffer_free(NULL);
    placet_request_free(request);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    CHECK(strcmp(placet_version(), PLACET_VERSION) == 0);
    CHECK(placet_version_number() == PLACET_VERSION_NUMBER && PLACET_VERSION_NUMBER >= 1000);
    CHECK(strcmp(placet_effect_name(PLACET_ALLOW), "allow") == 0 && placet_effect_name(7) == NULL);
    CHECK(strcmp(placet_status_name(PLACET_PANIC), "panic") == 0 && placet_status_name(-1) == NULL);
    policies(argv[1]);
    placet_policy *policy = policy_of(POLICY);
    nulls(policy);
    refusals(policy);
    decisions(policy);
    return EXIT_SUCCESS;
}
