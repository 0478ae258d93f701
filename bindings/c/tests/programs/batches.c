/*
 * Tests batches that are built by hand: each row is decided like its request, errors name the row and the column,
 * streams are read one batch at a time, and everything is released once.
 */

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char POLICY[] =
    "policy shop\n"
    "request { subject.age: int 0..150  purpose: { deliver, marketing }  country: string  channel: { mail, web } }\n"
    "rule adults {\n"
    "  cite \"1\"\n"
    "  allow when subject.age >= 18 and (purpose is deliver or country is \"SG\") and channel is web\n"
    "  oblige log within 2 hours\n"
    "}\n"
    "rule minors { deny when subject.age < 13 }\n"
    "rule targeted { deny when subject.age < 13 and purpose is marketing }\n";

/* ------------------------------------------------------------------------------------------------ a producer */

/* The number of arrays, schemas and streams that were made and not yet released. */
static int alive;

static void release_schema(struct ArrowSchema *schema)
{
    for (int64_t i = 0; i < schema->n_children; i++) {
        if (schema->children[i]->release != NULL) {
            schema->children[i]->release(schema->children[i]);
        }
        free(schema->children[i]);
    }
    free(schema->children);
    if (schema->dictionary != NULL) {
        schema->dictionary->release(schema->dictionary);
        free(schema->dictionary);
    }
    schema->release = NULL;
    alive--;
}

static void release_array(struct ArrowArray *array)
{
    CHECK(array->release != NULL);
    for (int64_t i = 0; i < array->n_children; i++) {
        if (array->children[i]->release != NULL) {
            array->children[i]->release(array->children[i]);
        }
        free(array->children[i]);
    }
    free(array->children);
    if (array->dictionary != NULL) {
        array->dictionary->release(array->dictionary);
        free(array->dictionary);
    }
    for (int64_t i = 0; i < array->n_buffers; i++) {
        free((void *)array->buffers[i]);
    }
    free(array->buffers);
    array->release = NULL;
    alive--;
}

static void *grab(size_t size)
{
    void *memory = calloc(1, size == 0 ? 1 : size);
    CHECK(memory != NULL);
    return memory;
}

static void make_schema(struct ArrowSchema *schema, const char *format, const char *name, int64_t children)
{
    *schema = (struct ArrowSchema){.format = format, .name = name, .flags = ARROW_FLAG_NULLABLE};
    schema->n_children = children;
    schema->children = grab((size_t)children * sizeof *schema->children);
    for (int64_t i = 0; i < children; i++) {
        schema->children[i] = grab(sizeof **schema->children);
    }
    schema->release = release_schema;
    alive++;
}

static void make_array(struct ArrowArray *array, int64_t length, int64_t buffers, int64_t children)
{
    *array = (struct ArrowArray){.length = length, .null_count = -1, .n_buffers = buffers, .n_children = children};
    array->buffers = grab((size_t)buffers * sizeof *array->buffers);
    array->children = grab((size_t)children * sizeof *array->children);
    for (int64_t i = 0; i < children; i++) {
        array->children[i] = grab(sizeof **array->children);
    }
    array->release = release_array;
    alive++;
}

/* Makes a validity buffer in which no row is null. */
static unsigned char *validity(size_t rows)
{
    unsigned char *bits = grab(rows / 8 + 1);
    memset(bits, 0xff, rows / 8 + 1);
    return bits;
}

static void set_null(unsigned char *bits, size_t row) { bits[row / 8] &= (unsigned char)~(1 << (row % 8)); }

static void make_ints(struct ArrowArray *array, const int64_t *values, size_t rows)
{
    make_array(array, (int64_t)rows, 2, 0);
    unsigned char *bits = validity(rows);
    int32_t *data = grab(rows * sizeof *data);
    for (size_t i = 0; i < rows; i++) {
        data[i] = (int32_t)values[i];
        if (values[i] == INT64_MIN) {
            set_null(bits, i);
        }
    }
    array->buffers[0] = bits;
    array->buffers[1] = data;
}

static void make_texts(struct ArrowArray *array, const char *const *texts, size_t rows)
{
    make_array(array, (int64_t)rows, 3, 0);
    unsigned char *bits = validity(rows);
    int32_t *offsets = grab((rows + 1) * sizeof *offsets);
    size_t length = 0;
    for (size_t i = 0; i < rows; i++) {
        length += texts[i] == NULL ? 0 : strlen(texts[i]);
        offsets[i + 1] = (int32_t)length;
    }
    char *data = grab(length);
    for (size_t i = 0; i < rows; i++) {
        if (texts[i] == NULL) {
            set_null(bits, i);
        } else {
            memcpy(data + offsets[i], texts[i], strlen(texts[i]));
        }
    }
    array->buffers[0] = bits;
    array->buffers[1] = offsets;
    array->buffers[2] = data;
}

/* Makes the schema of the columns age, purpose (a dictionary) and country. */
static void make_table_schema(struct ArrowSchema *schema)
{
    make_schema(schema, "+s", "", 3);
    make_schema(schema->children[0], "i", "age", 0);
    make_schema(schema->children[1], "c", "purpose", 0);
    schema->children[1]->dictionary = grab(sizeof *schema);
    make_schema(schema->children[1]->dictionary, "u", NULL, 0);
    make_schema(schema->children[2], "u", "country", 0);
}

enum { ROWS = 50 };

/* The values of a row; INT64_MIN, a negative purpose and NULL are null. */
struct row {
    int64_t age;
    int purpose;
    const char *country;
};
static const char *const purposes[] = {"deliver", "marketing"};

static struct row row_of(size_t i)
{
    static const int64_t ages[] = {30, 12, INT64_MIN, 13, 18, 150, 0};
    static const char *const countries[] = {"SG", "DE", NULL, ""};
    return (struct row){ages[i % 7], (int)(i % 3) - 1, countries[i % 4]};
}

static void make_table(struct ArrowArray *array, size_t first, size_t rows)
{
    int64_t ages[ROWS];
    const char *countries[ROWS];
    make_array(array, (int64_t)rows, 1, 3);
    struct ArrowArray *purpose = array->children[1];
    make_array(purpose, (int64_t)rows, 2, 0);
    unsigned char *bits = validity(rows);
    int8_t *keys = grab(rows);
    for (size_t i = 0; i < rows; i++) {
        struct row row = row_of(first + i);
        ages[i] = row.age;
        countries[i] = row.country;
        keys[i] = (int8_t)row.purpose;
        if (row.purpose < 0) {
            set_null(bits, i);
        }
    }
    purpose->buffers[0] = bits;
    purpose->buffers[1] = keys;
    purpose->dictionary = grab(sizeof *purpose);
    make_texts(purpose->dictionary, purposes, 2);
    make_ints(array->children[0], ages, rows);
    make_texts(array->children[2], countries, rows);
}

/* A stream of batches, each of ROWS rows. It fails when it reaches the batch fails_at. */
struct source {
    size_t next, batches, fails_at;
    int held;
    char said[64];
};

static int source_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    (void)stream;
    make_table_schema(out);
    return 0;
}

static int source_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    struct source *source = stream->private_data;
    if (source->next == source->fails_at) {
        snprintf(source->said, sizeof source->said, "the disk is gone");
        return 5;
    }
    *out = (struct ArrowArray){0};
    if (source->next < source->batches) {
        make_table(out, source->next * ROWS, ROWS);
        source->next++;
    }
    return 0;
}

static const char *source_error(struct ArrowArrayStream *stream)
{
    struct source *source = stream->private_data;
    return source->said[0] == '\0' ? NULL : source->said;
}

static void source_release(struct ArrowArrayStream *stream)
{
    CHECK(stream->release != NULL);
    free(stream->private_data);
    stream->release = NULL;
    alive--;
}

static void make_stream(struct ArrowArrayStream *stream, size_t batches, size_t fails_at)
{
    struct source *source = grab(sizeof *source);
    source->batches = batches;
    source->fails_at = fails_at;
    *stream = (struct ArrowArrayStream){source_schema, source_next, source_error, source_release, source};
    alive++;
}

/* ------------------------------------------------------------------------------------------------ the tests */

static const placet_column columns[] = {{"subject.age", "age"}};
static const placet_options usual = {
    .struct_size = sizeof(placet_options), .columns = columns, .column_count = 1, .constants = "{\"channel\": \"web\"}"};

static placet_bound_policy *bind(const placet_policy *policy, const placet_options *options)
{
    struct ArrowSchema schema;
    placet_bound_policy *binding = NULL;
    make_table_schema(&schema);
    COMES_TO(PLACET_OK, placet_bound_policy_new(policy, &schema, options, &binding, &error));
    CHECK(schema.release != NULL);
    schema.release(&schema);
    return binding;
}

/* Decides the request of a row. */
static placet_decision *decision_of(const placet_policy *policy, placet_request *request, struct row row)
{
    placet_decision *decision;
    COMES_TO(PLACET_OK, placet_request_clear(request, &error));
    COMES_TO(PLACET_OK, placet_request_set_text(request, "channel", "web", PLACET_NTS, &error));
    if (row.age != INT64_MIN) {
        COMES_TO(PLACET_OK, placet_request_set_int(request, "subject.age", row.age, &error));
    }
    if (row.purpose >= 0) {
        const char *purpose = purposes[row.purpose];
        COMES_TO(PLACET_OK, placet_request_set_text(request, "purpose", purpose, PLACET_NTS, &error));
    }
    if (row.country != NULL) {
        COMES_TO(PLACET_OK, placet_request_set_text(request, "country", row.country, PLACET_NTS, &error));
    }
    COMES_TO(PLACET_OK, placet_policy_decide(policy, request, &decision, &error));
    return decision;
}

static int is_null(const struct ArrowArray *array, int64_t row)
{
    const unsigned char *bits = array->buffers[0];
    row += array->offset;
    return bits != NULL && (bits[row / 8] >> (row % 8) & 1) == 0;
}

static placet_effect effect_at(const struct ArrowArray *decisions, int64_t row)
{
    const struct ArrowArray *effect = decisions->children[0];
    return is_null(effect, row) ? -1 : ((const int8_t *)effect->buffers[1])[effect->offset + row];
}

/* Compares a list of texts in a row with a list of a decision. */
static void check_list(const struct ArrowArray *list, int64_t row, const placet_decision *decision, placet_part part)
{
    const int32_t *ends = (const int32_t *)list->buffers[1] + list->offset + row;
    const struct ArrowArray *texts = list->children[0];
    CHECK((size_t)(ends[1] - ends[0]) == placet_decision_count(decision, part));
    for (int32_t i = ends[0]; i < ends[1]; i++) {
        const int32_t *at = (const int32_t *)texts->buffers[1] + texts->offset + i;
        size_t length;
        const char *entry = placet_decision_entry(decision, part, (size_t)(i - ends[0]), &length);
        CHECK((size_t)(at[1] - at[0]) == length);
        CHECK(memcmp((const char *)texts->buffers[2] + at[0], entry, length) == 0);
    }
}

/* Rows are decided like their requests, with all reasons. */
static void rows(const placet_policy *policy)
{
    placet_options options = usual;
    options.rules = options.certain = options.clauses = options.obligations = options.missing = true;
    placet_bound_policy *binding = bind(policy, &options);
    placet_tally *tally;
    struct ArrowArray in, out;
    struct ArrowSchema schema;
    COMES_TO(PLACET_OK, placet_tally_new(&tally, &error));
    make_table(&in, 0, ROWS);
    COMES_TO(PLACET_OK, placet_bound_policy_decide(binding, &in, &out, &schema, tally, &error));
    CHECK(in.release == NULL && out.length == ROWS && out.n_children == 6);
    static const char *const names[] = {"effect", "rules", "certain", "clauses", "obligations", "missing"};
    for (int i = 0; i < 6; i++) {
        CHECK(strcmp(schema.children[i]->name, names[i]) == 0);
    }
    CHECK(strcmp(schema.children[0]->format, "c") == 0 && schema.children[0]->dictionary != NULL);
    const struct ArrowArray *words = out.children[0]->dictionary;
    for (placet_effect effect = PLACET_INDETERMINATE; effect <= PLACET_DENY; effect++) {
        const int32_t *at = (const int32_t *)words->buffers[1] + words->offset + effect;
        const char *word = placet_effect_name(effect);
        CHECK((size_t)(at[1] - at[0]) == strlen(word));
        CHECK(memcmp((const char *)words->buffers[2] + at[0], word, strlen(word)) == 0);
    }

    placet_request *request;
    size_t uncertain = 0;
    placet_counts counts = {0, 0, 0, 0, 0}, counted = placet_tally_counts(tally);
    COMES_TO(PLACET_OK, placet_request_new(policy, &request, &error));
    for (int64_t i = 0; i < ROWS; i++) {
        placet_decision *decision = decision_of(policy, request, row_of((size_t)i));
        placet_effect effect = placet_decision_effect(decision);
        CHECK(effect_at(&out, i) == effect);
        check_list(out.children[1], i, decision, PLACET_RULES);
        check_list(out.children[2], i, decision, PLACET_CERTAIN);
        check_list(out.children[3], i, decision, PLACET_CITES);
        check_list(out.children[5], i, decision, PLACET_MISSING);
        uncertain += placet_decision_count(decision, PLACET_RULES) - placet_decision_count(decision, PLACET_CERTAIN);
        const int32_t *ends = (const int32_t *)out.children[4]->buffers[1] + i;
        CHECK((size_t)(ends[1] - ends[0]) == placet_decision_obligation_count(decision));
        counts.rows++;
        *(effect == PLACET_ALLOW ? &counts.allowed : effect == PLACET_DENY ? &counts.denied : &counts.indeterminate) += 1;
        placet_decision_free(decision);
    }
    CHECK(memcmp(&counts, &counted, sizeof counts) == 0);
    CHECK(counts.allowed > 0 && counts.denied > 0 && counts.indeterminate > 0 && uncertain > 0);
    placet_buffer json;
    COMES_TO(PLACET_OK, placet_tally_to_json(tally, &json, &error));
    CHECK(strstr(json.data, "\"rows\":50,") != NULL && strstr(json.data, "\"rules\":{\"adults\":") != NULL);
    CHECK(strstr(json.data, "\"uncertain_rules\":{\"minors\":") != NULL);
    placet_buffer_free(&json);
    schema.release(&schema);
    out.release(&out);

    /* A filter keeps exactly the allowed rows, with and without a tally. */
    for (int with = 0; with < 2; with++) {
        make_table(&in, 0, ROWS);
        COMES_TO(PLACET_OK, placet_bound_policy_filter(binding, &in, &out, &schema, with ? tally : NULL, &error));
        CHECK(out.length == (int64_t)counts.allowed && out.n_children == 3);
        CHECK(strcmp(schema.children[2]->name, "country") == 0);
        for (int64_t i = 0, left = 0; i < ROWS; i++) {
            placet_decision *decision = decision_of(policy, request, row_of((size_t)i));
            if (placet_decision_effect(decision) == PLACET_ALLOW) {
                const struct ArrowArray *age = out.children[0];
                CHECK(((const int32_t *)age->buffers[1])[age->offset + left] == row_of((size_t)i).age);
                left++;
            }
            placet_decision_free(decision);
        }
        out.release(&out);
        schema.release(&schema);
    }
    CHECK(placet_tally_counts(tally).rows == 2 * ROWS);

    /* Trusted arrays get the same decisions. */
    options = usual;
    options.trusted = true;
    options.threads = 2;
    placet_bound_policy *trusting = bind(policy, &options);
    make_table(&in, 0, ROWS);
    COMES_TO(PLACET_OK, placet_bound_policy_decide(trusting, &in, &out, NULL, NULL, &error));
    placet_bound_policy_free(trusting);
    CHECK(out.n_children == 1);
    for (int64_t i = 0; i < ROWS; i++) {
        placet_decision *decision = decision_of(policy, request, row_of((size_t)i));
        CHECK(effect_at(&out, i) == placet_decision_effect(decision));
        placet_decision_free(decision);
    }
    out.release(&out);

    /* A batch of no rows, without a schema. The bound policy is freed before its output. */
    make_table(&in, 0, 0);
    COMES_TO(PLACET_OK, placet_bound_policy_decide(binding, &in, &out, NULL, NULL, &error));
    placet_bound_policy_free(binding);
    CHECK(out.length == 0 && out.n_children == 6);
    out.release(&out);
    placet_tally_free(tally);
    placet_request_free(request);
    CHECK(alive == 0);
}

/* Errors name the row, the column, the attribute and the value. */
static void faults(const placet_policy *policy)
{
    struct ArrowSchema schema;
    struct ArrowArray in, out;
    placet_bound_policy *binding = (placet_bound_policy *)&binding;
    placet_error *error;

    make_table_schema(&schema);
    CHECK(placet_bound_policy_new(policy, &schema, NULL, &binding, &error) == PLACET_UNFIT_COLUMN && binding == NULL);
    CHECK(strcmp(placet_error_column_name(error), "age") == 0 && placet_error_row(error) == -1);
    CHECK(strcmp(placet_error_code(error), "unfit_column") == 0 && placet_error_value(error) == NULL);
    placet_error_free(error);
    schema.children[0]->format = "u";
    CHECK(placet_bound_policy_new(policy, &schema, &usual, &binding, &error) == PLACET_UNFIT_COLUMN);
    CHECK(strcmp(placet_error_attribute(error), "subject.age") == 0);
    CHECK(strstr(placet_error_expected(error), "int 0..150") != NULL);
    placet_error_free(error);
    schema.children[0]->format = "i";

    placet_options options = usual;
    options.constants = "{\"channel\": \"fax\"}";
    COMES_TO(PLACET_OUTSIDE_DOMAIN, placet_bound_policy_new(policy, &schema, &options, &binding, &error));
    options.constants = "{\"channel\": \"web\", \"channel\": \"web\"}";
    COMES_TO(PLACET_DUPLICATE_ATTRIBUTE, placet_bound_policy_new(policy, &schema, &options, &binding, &error));
    options.constants = "{\"subject\": {\"age\": 3}}";
    COMES_TO(PLACET_DUPLICATE_ATTRIBUTE, placet_bound_policy_new(policy, &schema, &options, &binding, &error));
    options.constants = "[]";
    COMES_TO(PLACET_INVALID_JSON, placet_bound_policy_new(policy, &schema, &options, &binding, &error));
    options.constants = "\xff";
    COMES_TO(PLACET_INVALID_UTF8, placet_bound_policy_new(policy, &schema, &options, &binding, &error));
    options = usual;
    options.columns = NULL;
    COMES_TO(PLACET_NULL_ARGUMENT, placet_bound_policy_new(policy, &schema, &options, &binding, &error));
    options.column_count = SIZE_MAX;
    COMES_TO(PLACET_OUT_OF_RANGE, placet_bound_policy_new(policy, &schema, &options, &binding, &error));
    schema.format = NULL;
    COMES_TO(PLACET_INVALID_ARROW, placet_bound_policy_new(policy, &schema, &usual, &binding, &error));
    schema.format = "+l";
    COMES_TO(PLACET_INVALID_ARROW, placet_bound_policy_new(policy, &schema, &usual, &binding, &error));
    schema.format = "+s";
    schema.children[1]->name = "\xff";
    COMES_TO(PLACET_INVALID_ARROW, placet_bound_policy_new(policy, &schema, &usual, &binding, &error));
    schema.release(&schema);
    COMES_TO(PLACET_INVALID_ARROW, placet_bound_policy_new(policy, &schema, &usual, &binding, &error));

    /* A value outside the domain of its attribute. */
    binding = bind(policy, &usual);
    make_table(&in, 0, ROWS);
    ((int32_t *)in.children[0]->buffers[1])[7] = 151;
    out.release = release_array;
    CHECK(placet_bound_policy_decide(binding, &in, &out, &schema, NULL, &error) == PLACET_OUTSIDE_DOMAIN);
    CHECK(out.release == NULL && schema.release == NULL && in.release == NULL);
    CHECK(placet_error_row(error) == 7 && strcmp(placet_error_column_name(error), "age") == 0);
    CHECK(strcmp(placet_error_attribute(error), "subject.age") == 0);
    CHECK(strcmp(placet_error_value(error), "151") == 0);
    CHECK(strcmp(placet_error_expected(error), "int 0..150") == 0);
    placet_error_free(error);
    CHECK(alive == 0);

    /* Violations of the Arrow format. */
#define IS_INVALID(damage)                                                                            \
    do {                                                                                              \
        make_table(&in, 0, ROWS);                                                                     \
        damage;                                                                                       \
        COMES_TO(PLACET_INVALID_ARROW, placet_bound_policy_decide(binding, &in, &out, NULL, NULL, &error)); \
        CHECK(in.release == NULL && out.release == NULL && alive == 0);                               \
    } while (0)
    IS_INVALID(((char *)in.children[2]->buffers[2])[0] = (char)0xff);
    IS_INVALID(((int8_t *)in.children[1]->buffers[1])[1] = 2);
    IS_INVALID(((int32_t *)in.children[2]->buffers[1])[ROWS] = -1);
    IS_INVALID(((int32_t *)in.children[2]->buffers[1])[1] = 99);
    IS_INVALID(in.children[0]->null_count = 0);
    IS_INVALID(in.children[0]->length--);
    IS_INVALID(in.length = -1);
    IS_INVALID(in.offset = INT64_MAX);
    IS_INVALID(in.offset = 1);
    IS_INVALID({ in.buffers[0] = validity(ROWS); set_null((unsigned char *)in.buffers[0], 3); });
    IS_INVALID({ in.children[0]->release(in.children[0]); });
    make_table(&in, 0, ROWS);
    in.release(&in);
    COMES_TO(PLACET_INVALID_ARROW, placet_bound_policy_decide(binding, &in, &out, NULL, NULL, &error));

    /* A slice: an offset selects some of the rows. */
    make_table(&in, 0, ROWS);
    in.offset = 5;
    in.length = 7;
    COMES_TO(PLACET_OK, placet_bound_policy_decide(binding, &in, &out, NULL, NULL, &error));
    placet_request *request;
    COMES_TO(PLACET_OK, placet_request_new(policy, &request, &error));
    for (int64_t i = 0; i < 7; i++) {
        placet_decision *decision = decision_of(policy, request, row_of((size_t)i + 5));
        CHECK(effect_at(&out, i) == placet_decision_effect(decision));
        placet_decision_free(decision);
    }
    placet_request_free(request);
    out.release(&out);
    placet_bound_policy_free(binding);

    /* With null_on_error, erroneous rows are null, counted and listed, and never allowed. */
    options = usual;
    options.null_on_error = true;
    binding = bind(policy, &options);
    placet_tally *tally;
    placet_buffer json;
    COMES_TO(PLACET_OK, placet_tally_new(&tally, &error));
    make_table(&in, 0, ROWS);
    ((int32_t *)in.children[0]->buffers[1])[7] = 151;
    COMES_TO(PLACET_OK, placet_bound_policy_decide(binding, &in, &out, NULL, tally, &error));
    CHECK(effect_at(&out, 7) == -1 && effect_at(&out, 8) >= 0);
    CHECK(((const int8_t *)out.children[0]->buffers[1])[7] != PLACET_ALLOW);
    CHECK(placet_tally_counts(tally).errors == 1 && placet_tally_counts(tally).rows == ROWS);
    COMES_TO(PLACET_OK, placet_tally_to_json(tally, &json, &error));
    CHECK(strstr(json.data, "{\"row\":7,\"column\":\"age\",\"attribute\":\"subject.age\",\"value\":\"151\"") != NULL);
    placet_buffer_free(&json);
    out.release(&out);
    placet_tally_free(tally);
    placet_bound_policy_free(binding);
    CHECK(alive == 0);
}

/* A stream reads its source only when it is read itself. */
static void streams(const placet_policy *policy)
{
    placet_bound_policy *binding = bind(policy, &usual);
    struct ArrowArrayStream in, out;
    struct ArrowArray batch;
    struct ArrowSchema schema;
    placet_tally *tally;
    COMES_TO(PLACET_OK, placet_tally_new(&tally, &error));
    for (int wanted = 0; wanted < 2; wanted++) {
        make_stream(&in, 3, SIZE_MAX);
        struct source *source = in.private_data;
        COMES_TO(PLACET_OK, wanted == 0 ? placet_bound_policy_decide_stream(binding, &in, &out, tally, &error)
                                        : placet_bound_policy_filter_stream(binding, &in, &out, tally, &error));
        CHECK(in.release == NULL && source->next == 0);
        CHECK(out.get_schema(&out, &schema) == 0 && schema.n_children == (wanted == 0 ? 1 : 3));
        schema.release(&schema);
        int64_t left = 0;
        for (size_t i = 1; i <= 3; i++) {
            CHECK(out.get_next(&out, &batch) == 0 && batch.release != NULL && source->next == i);
            CHECK(wanted == 1 || batch.length == ROWS);
            left += batch.length;
            batch.release(&batch);
        }
        /* The end of the stream is final. */
        for (int i = 0; i < 2; i++) {
            CHECK(out.get_next(&out, &batch) == 0 && batch.release == NULL);
        }
        CHECK(out.get_last_error(&out) == NULL);
        placet_counts counts = placet_tally_counts(tally);
        CHECK(counts.rows == 3 * ROWS * ((uint64_t)wanted + 1));
        CHECK(wanted == 0 || (uint64_t)left * 2 == counts.allowed);
        out.release(&out);
        CHECK(out.release == NULL && alive == 0);
    }

    /* A stream may outlive its tally, and may be released before its end. */
    make_stream(&in, 3, SIZE_MAX);
    COMES_TO(PLACET_OK, placet_bound_policy_decide_stream(binding, &in, &out, tally, &error));
    placet_tally_free(tally);
    CHECK(out.get_next(&out, &batch) == 0);
    out.release(&out);
    CHECK(batch.length == ROWS && effect_at(&batch, 0) >= 0);
    batch.release(&batch);
    CHECK(alive == 0);

    /* If the source fails, the stream goes on failing, so that no part is taken for the whole. */
    make_stream(&in, 3, 2);
    COMES_TO(PLACET_OK, placet_bound_policy_filter_stream(binding, &in, &out, NULL, &error));
    placet_bound_policy_free(binding);
    CHECK(out.get_next(&out, &batch) == 0);
    batch.release(&batch);
    CHECK(out.get_next(&out, &batch) == 0);
    batch.release(&batch);
    for (int i = 0; i < 2; i++) {
        CHECK(out.get_next(&out, &batch) != 0 && batch.release == NULL);
        CHECK(strstr(out.get_last_error(&out), "the disk is gone") != NULL);
    }
    out.release(&out);
    CHECK(alive == 0);

    /* An error names the row, counted from the beginning of the stream. */
    placet_options options = usual;
    options.constants = NULL;
    options.columns = &(const placet_column){"channel", "country"};
    options.ignore_unknown = true;
    binding = bind(policy, &options);
    make_stream(&in, 3, SIZE_MAX);
    COMES_TO(PLACET_OK, placet_bound_policy_decide_stream(binding, &in, &out, NULL, &error));
    placet_bound_policy_free(binding);
    CHECK(out.get_next(&out, &batch) != 0 && batch.release == NULL);
    CHECK(strstr(out.get_last_error(&out), "row 0, column `country`") != NULL);
    out.release(&out);
    CHECK(alive == 0);
}

/* The library serves programs with an older or a newer header. */
static void sizes(const placet_policy *policy)
{
    struct ArrowSchema schema;
    placet_bound_policy *binding;
    make_table_schema(&schema);

    /* An older header has fewer fields: the library doesn't read the bytes behind them. */
    placet_options older = usual;
    older.struct_size = offsetof(placet_options, threads);
    memset(&older.threads, 0xff, sizeof older - older.struct_size);
    COMES_TO(PLACET_OK, placet_bound_policy_new(policy, &schema, &older, &binding, &error));
    placet_bound_policy_free(binding);
    older.struct_size = sizeof older.struct_size;
    COMES_TO(PLACET_UNFIT_COLUMN, placet_bound_policy_new(policy, &schema, &older, &binding, &error));

    /* A newer header has more fields, which must be zero. */
    struct {
        placet_options known;
        uint64_t more;
    } newer = {usual, 0};
    newer.known.struct_size = sizeof newer;
    COMES_TO(PLACET_OK, placet_bound_policy_new(policy, &schema, &newer.known, &binding, &error));
    placet_bound_policy_free(binding);
    newer.more = 1;
    COMES_TO(PLACET_INVALID_OPTIONS, placet_bound_policy_new(policy, &schema, &newer.known, &binding, &error));

    /* No header has these sizes. */
    static const size_t no_sizes[] = {0, 1, sizeof(size_t) + 1, 100000, SIZE_MAX};
    for (size_t i = 0; i < sizeof no_sizes / sizeof *no_sizes; i++) {
        placet_options options = usual;
        options.struct_size = no_sizes[i];
        COMES_TO(PLACET_INVALID_OPTIONS, placet_bound_policy_new(policy, &schema, &options, &binding, &error));
    }
    /* NULL and PLACET_OPTIONS_INIT are the same defaults. */
    const placet_options defaults = PLACET_OPTIONS_INIT;
    COMES_TO(PLACET_UNFIT_COLUMN, placet_bound_policy_new(policy, &schema, &defaults, &binding, &error));
    COMES_TO(PLACET_UNFIT_COLUMN, placet_bound_policy_new(policy, &schema, NULL, &binding, &error));
    schema.release(&schema);
}

static void nulls(const placet_policy *policy)
{
    placet_bound_policy *binding = bind(policy, &usual);
    struct ArrowArray in, out;
    struct ArrowArrayStream stream, given;
    struct ArrowSchema schema;
    placet_bound_policy *made;
    placet_buffer json;
    make_table_schema(&schema);
#define IS_NULL(call) COMES_TO(PLACET_NULL_ARGUMENT, call)
    IS_NULL(placet_bound_policy_new(NULL, &schema, &usual, &made, &error));
    IS_NULL(placet_bound_policy_new(policy, NULL, &usual, &made, &error));
    IS_NULL(placet_bound_policy_new(policy, &schema, &usual, NULL, &error));
    schema.release(&schema);
    IS_NULL(placet_bound_policy_decide(binding, NULL, &out, NULL, NULL, &error));
    IS_NULL(placet_bound_policy_filter(binding, NULL, &out, NULL, NULL, &error));
    CHECK(out.release == NULL);
    make_table(&in, 0, ROWS);
    IS_NULL(placet_bound_policy_decide(NULL, &in, &out, NULL, NULL, &error));
    CHECK(alive == 0);
    make_table(&in, 0, ROWS);
    IS_NULL(placet_bound_policy_filter(binding, &in, NULL, NULL, NULL, &error));
    CHECK(alive == 0);
    IS_NULL(placet_bound_policy_decide_stream(binding, NULL, &given, NULL, &error));
    IS_NULL(placet_bound_policy_filter_stream(binding, NULL, &given, NULL, &error));
    CHECK(given.release == NULL);
    make_stream(&stream, 1, SIZE_MAX);
    IS_NULL(placet_bound_policy_decide_stream(NULL, &stream, &given, NULL, &error));
    CHECK(alive == 0);
    make_stream(&stream, 1, SIZE_MAX);
    IS_NULL(placet_bound_policy_filter_stream(binding, &stream, NULL, NULL, &error));
    CHECK(alive == 0 && stream.release == NULL);
    COMES_TO(PLACET_INVALID_ARROW, placet_bound_policy_decide_stream(binding, &stream, &given, NULL, &error));
    IS_NULL(placet_tally_new(NULL, &error));
    IS_NULL(placet_tally_to_json(NULL, &json, &error));
    CHECK(placet_tally_counts(NULL).rows == 0);
    CHECK(placet_error_row(NULL) == -1 && placet_error_column_name(NULL) == NULL);
    CHECK(placet_error_value(NULL) == NULL);
    placet_tally_free(NULL);
    placet_bound_policy_free(NULL);
    placet_bound_policy_free(binding);
}

int main(void)
{
    placet_policy *policy;
    COMES_TO(PLACET_OK, placet_policy_from_text(POLICY, PLACET_NTS, &policy, &error));
    rows(policy);
    faults(policy);
    streams(policy);
    sizes(policy);
    nulls(policy);
    placet_policy_free(policy);
    CHECK(alive == 0);
    return EXIT_SUCCESS;
}
