/* Tests policies that are bound to structs: each type of field, values that are missing, and misuse. */

#include "check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char POLICY[] =
    "policy everything\n"
    "taxonomy Data { contact { email, phone } clicks }\n"
    "request {\n"
    "  flag: bool  i8: int  i16: int  i32: int  i64: int  u8: int  u16: int  u32: int 0..4000000000  u64: int\n"
    "  score: number 0..1  country: string  kind: { a, b } required  data: Data  sorts: set of Data\n"
    "  day: date  at: time  length: duration  ended: time?\n"
    "}\n"
    "rule flag { allow when flag }\n"
    "rule i8 { allow when i8 is -128 }\n"
    "rule i16 { allow when i16 is -32768 }\n"
    "rule i32 { allow when i32 is -2147483648 }\n"
    "rule i64 { allow when i64 is -9223372036854775808 }\n"
    "rule u8 { allow when u8 is 255 }\n"
    "rule u16 { allow when u16 is 65535 }\n"
    "rule u32 { allow when u32 is 4000000000 }\n"
    "rule u64 { allow when u64 is 9223372036854775807 }\n"
    "rule score { allow when score > 0.5 }\n"
    "rule country { allow when country like \"S*\" }\n"
    "rule kind { allow when kind is b }\n"
    "rule data { allow when data in contact }\n"
    "rule sorts { allow when any sorts in {clicks} }\n"
    "rule day { allow when day < 2026-01-02 }\n"
    "rule at { allow when at < 2026-01-02T00:00:00Z }\n"
    "rule length { allow when length <= 1 days }\n"
    "rule ended { allow when ended is none }\n";

enum kind { KIND_B, KIND_A };

struct record {
    bool flag, has_flag;
    int8_t i8;
    int16_t i16;
    int32_t i32;
    int64_t i64;
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    double score;
    const char *country;
    enum kind kind;
    uint8_t data;
    bool has_sorts, has_ended;
    uint64_t sorts;
    int32_t day;
    int64_t at, length, ended;
};

static const char *const KINDS[] = {"b", "a"};
static const char *const DATA[] = {"clicks", "contact", "email"};

#define FIELD(name, type) {#name, offsetof(struct record, name), type, false, 0, NULL, 0}
#define NAMED(name, type, names) \
    {#name, offsetof(struct record, name), type, false, 0, names, sizeof names / sizeof *names}

static const placet_field FIELDS[] = {
    {"flag", offsetof(struct record, flag), PLACET_BOOL, true, offsetof(struct record, has_flag), NULL, 0},
    FIELD(i8, PLACET_INT8),
    FIELD(i16, PLACET_INT16),
    FIELD(i32, PLACET_INT32),
    FIELD(i64, PLACET_INT64),
    FIELD(u8, PLACET_UINT8),
    FIELD(u16, PLACET_UINT16),
    FIELD(u32, PLACET_UINT32),
    FIELD(u64, PLACET_UINT64),
    FIELD(score, PLACET_DOUBLE),
    FIELD(country, PLACET_TEXT),
    NAMED(kind, PLACET_CODE32, KINDS),
    NAMED(data, PLACET_CODE8, DATA),
    {"sorts", offsetof(struct record, sorts), PLACET_SET64, true, offsetof(struct record, has_sorts), DATA, 3},
    FIELD(day, PLACET_INT32),
    FIELD(at, PLACET_INT64),
    FIELD(length, PLACET_INT64),
    {"ended", offsetof(struct record, ended), PLACET_INT64, true, offsetof(struct record, has_ended), NULL, 0},
};
#define COUNT (sizeof FIELDS / sizeof *FIELDS)

/* Returns a record of known values that no rule allows. */
static struct record denied(void)
{
    struct record record;
    memset(&record, 0, sizeof record);
    record.has_flag = record.has_sorts = record.has_ended = true;
    record.country = "DE";
    record.kind = KIND_A;
    record.sorts = 1u << 2;
    record.day = 20455;
    record.at = 1767312000000000;
    record.length = 86400000001;
    return record;
}

/* Checks the effect of a record, and its only determining rule. */
static void decides(const placet_bound *bound, const struct record *record, placet_effect expected, const char *rule)
{
    placet_effect effect;
    placet_decision *decision;
    COMES_TO(PLACET_OK, placet_bound_effect(bound, record, &effect, &error));
    CHECK(effect == expected);
    CHECK(placet_bound_is_allowed(bound, record) == (expected == PLACET_ALLOW));
    COMES_TO(PLACET_OK, placet_bound_decide(bound, record, &decision, &error));
    CHECK(placet_decision_effect(decision) == expected);
    if (rule != NULL) {
        CHECK(placet_decision_count(decision, PLACET_RULES) == 1);
        CHECK(strcmp(placet_decision_entry(decision, PLACET_RULES, 0, NULL), rule) == 0);
    }
    placet_decision_free(decision);
}

/* Checks that a record is erroneous. */
static void fails(const placet_bound *bound, const struct record *record, placet_status expected, const char *attribute)
{
    placet_effect effect = PLACET_ALLOW;
    placet_decision *decision;
    placet_error *error;
    CHECK(placet_bound_effect(bound, record, &effect, &error) == expected);
    CHECK(effect == PLACET_INDETERMINATE);
    CHECK(strstr(placet_error_message(error), attribute) != NULL);
    placet_error_free(error);
    CHECK(placet_bound_decide(bound, record, &decision, NULL) == expected);
    CHECK(decision == NULL);
    CHECK(!placet_bound_is_allowed(bound, record));
}

#define ALLOWS(rule, change)                                                          \
    do {                                                                              \
        struct record r = denied();                                                   \
        change;                                                                       \
        decides(bound, &r, PLACET_ALLOW, rule);                                       \
    } while (0)

#define FAILS(status, attribute, change)                                              \
    do {                                                                              \
        struct record r = denied();                                                   \
        change;                                                                       \
        fails(bound, &r, status, attribute);                                          \
    } while (0)

static void each_type_of_field_gives_its_value(const placet_bound *bound)
{
    struct record record = denied();
    decides(bound, &record, PLACET_DENY, NULL);
    ALLOWS("flag", r.flag = true);
    ALLOWS("i8", r.i8 = INT8_MIN);
    ALLOWS("i16", r.i16 = INT16_MIN);
    ALLOWS("i32", r.i32 = INT32_MIN);
    ALLOWS("i64", r.i64 = INT64_MIN);
    ALLOWS("u8", r.u8 = UINT8_MAX);
    ALLOWS("u16", r.u16 = UINT16_MAX);
    ALLOWS("u32", r.u32 = 4000000000u);
    ALLOWS("u64", r.u64 = INT64_MAX);
    ALLOWS("score", r.score = 0.75);
    ALLOWS("country", r.country = "SG");
    ALLOWS("kind", r.kind = KIND_B);
    ALLOWS("data", r.data = 1);
    ALLOWS("data", r.data = 2);
    ALLOWS("sorts", r.sorts = 1u << 0 | 1u << 1);
    ALLOWS("day", r.day = 20454);
    ALLOWS("at", r.at -= 1);
    ALLOWS("length", r.length -= 1);
    ALLOWS("ended", r.has_ended = false);
    record.country = NULL;
    decides(bound, &record, PLACET_INDETERMINATE, NULL);
    record = denied();
    record.has_flag = false;
    decides(bound, &record, PLACET_INDETERMINATE, NULL);
    record = denied();
    record.has_sorts = false;
    decides(bound, &record, PLACET_INDETERMINATE, NULL);
}

static void values_outside_the_domain_are_errors(const placet_bound *bound)
{
    FAILS(PLACET_OUTSIDE_DOMAIN, "u32", r.u32 = 4000000001u);
    FAILS(PLACET_OUTSIDE_DOMAIN, "u64", r.u64 = UINT64_MAX);
    FAILS(PLACET_OUTSIDE_DOMAIN, "score", r.score = 1.5);
    FAILS(PLACET_OUTSIDE_DOMAIN, "score", r.score = NAN);
    FAILS(PLACET_OUTSIDE_DOMAIN, "kind", r.kind = (enum kind)2);
    FAILS(PLACET_OUTSIDE_DOMAIN, "data", r.data = 3);
    FAILS(PLACET_OUTSIDE_DOMAIN, "sorts", r.sorts = 1u << 3);
    FAILS(PLACET_OUTSIDE_DOMAIN, "sorts", r.sorts = UINT64_C(1) << 63);
    FAILS(PLACET_OUTSIDE_DOMAIN, "sorts", r.sorts = 0);
    FAILS(PLACET_OUTSIDE_DOMAIN, "day", r.day = INT32_MAX);
    FAILS(PLACET_INVALID_UTF8, "country", r.country = "\xff");
}

static void bind_reports_misuse(const placet_policy *policy, const placet_bound *bound)
{
    struct record record = denied();
    placet_bound *other;
    placet_effect effect;
    placet_decision *decision;
    COMES_TO(PLACET_NULL_ARGUMENT, placet_bind(NULL, FIELDS, COUNT, &other, &error));
    CHECK(other == NULL);
    COMES_TO(PLACET_NULL_ARGUMENT, placet_bind(policy, NULL, COUNT, &other, &error));
    COMES_TO(PLACET_NULL_ARGUMENT, placet_bind(policy, FIELDS, COUNT, NULL, &error));
    COMES_TO(PLACET_OUT_OF_RANGE, placet_bind(policy, FIELDS, SIZE_MAX, &other, &error));
    COMES_TO(PLACET_NULL_ARGUMENT, placet_bound_effect(NULL, &record, &effect, &error));
    COMES_TO(PLACET_NULL_ARGUMENT, placet_bound_effect(bound, NULL, &effect, &error));
    COMES_TO(PLACET_NULL_ARGUMENT, placet_bound_effect(bound, &record, NULL, &error));
    COMES_TO(PLACET_NULL_ARGUMENT, placet_bound_decide(bound, NULL, &decision, &error));
    CHECK(decision == NULL);
    CHECK(!placet_bound_is_allowed(NULL, &record) && !placet_bound_is_allowed(bound, NULL));
    placet_bound_free(NULL);

    placet_field field = {"kind", 0, 14, false, 0, NULL, 0};
    COMES_TO(PLACET_OUT_OF_RANGE, placet_bind(policy, &field, 1, &other, &error));
    field.type = -1;
    COMES_TO(PLACET_OUT_OF_RANGE, placet_bind(policy, &field, 1, &other, &error));
    field.type = PLACET_CODE8;
    field.name_count = 1;
    COMES_TO(PLACET_NULL_ARGUMENT, placet_bind(policy, &field, 1, &other, &error));
    field.attribute = "\xff";
    COMES_TO(PLACET_INVALID_UTF8, placet_bind(policy, &field, 1, &other, &error));
    const char *many[65];
    for (size_t index = 0; index < 65; ++index) {
        many[index] = "email";
    }
    const placet_field set = {"sorts", 0, PLACET_SET64, false, 0, many, 65};
    COMES_TO(PLACET_OUT_OF_RANGE, placet_bind(policy, &set, 1, &other, &error));

    static const char *const wrong[] = {"contact", "emial"};
    const placet_field misfits[] = {
        {"flagg", 0, PLACET_BOOL, false, 0, NULL, 0},
        {"score", 0, PLACET_INT32, false, 0, NULL, 0},
        {"data", 0, PLACET_CODE8, false, 0, wrong, 2},
        {"flag", 0, PLACET_BOOL, false, 0, NULL, 0},
        {"flag", 1, PLACET_BOOL, false, 0, NULL, 0},
        {"kind", 0, PLACET_CODE8, true, 1, KINDS, 2},
    };
    static const char *const expected[] = {
        "the policy has no attribute `flagg`; did you mean `flag`?",
        "`score` is `int32_t`, but `score` is number 0..1",
        "`data` has no `emial` for a variant of `uint8_t`; did you mean `email`?",
        "`flag` and `flag` are both `flag`",
        "`kind` may be missing, but `kind` is required",
    };
    placet_error *failure;
    CHECK(placet_bind(policy, misfits, 6, &other, &failure) == PLACET_UNFIT_FIELD);
    CHECK(other == NULL && strcmp(placet_error_code(failure), "unfit_field") == 0);
    for (size_t index = 0; index < sizeof expected / sizeof *expected; ++index) {
        CHECK(strstr(placet_error_message(failure), expected[index]) != NULL);
    }
    placet_error_free(failure);
    COMES_TO(PLACET_UNFIT_FIELD, placet_bind(policy, NULL, 0, &other, &error));
}

int main(void)
{
    placet_policy *policy;
    placet_bound *bound;
    COMES_TO(PLACET_OK, placet_policy_from_text(POLICY, PLACET_NTS, &policy, &error));
    COMES_TO(PLACET_OK, placet_bind(policy, FIELDS, COUNT, &bound, &error));
    bind_reports_misuse(policy, bound);
    /* The bound policy outlives the policy. */
    placet_policy_free(policy);
    each_type_of_field_gives_its_value(bound);
    values_outside_the_domain_are_errors(bound);
    placet_bound_free(bound);
    return 0;
}
