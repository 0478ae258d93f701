/*
 * Placet decides by a policy whether something may be done with data.
 *
 * Compile a policy once and share it; fill a request and decide it, again and again. Only PLACET_ALLOW lets a request
 * through. An attribute that a request leaves out is unknown: it can have any value of its domain. An erroneous
 * request is a status, never a decision.
 *
 * Rules for every function. The comments below don't repeat them.
 *
 * - Texts are UTF-8. Names of attributes and paths end with a NUL. Other texts have a length in bytes, which is
 *   PLACET_NTS if they end with a NUL; a text of length 0 may be NULL. The library reads a text during the call and
 *   does not keep the pointer.
 * - A text that the library returns (const char *) ends with a NUL. It belongs to the object that it came from, and
 *   lives as long as that object.
 * - A function that can fail returns a status. Its argument of type placet_error **, if it has one, receives the
 *   reason and may be NULL. Otherwise the library writes NULL to it on success, and on failure an error that the
 *   caller frees with placet_error_free.
 * - The library writes results to out arguments and never reads them. On failure it writes NULL,
 *   PLACET_INDETERMINATE, or zeros. The caller owns a returned object and frees it once, with the function of its
 *   type; each of these functions accepts NULL and does nothing.
 * - PLACET_NULL_ARGUMENT means that an argument is NULL that must not be. A function that returns no status returns
 *   NULL, 0, false or zeros for a NULL object, unless its comment says otherwise.
 * - PLACET_PANIC means that Placet itself failed; it also reports this on the standard error stream. No panic and no
 *   exception leaves the library. If memory runs out, the process ends.
 * - "Any thread" means that any number of threads may call the function at once, also with the same objects. "One
 *   thread" means that during the call no other thread may use the object that it changes or frees. Objects may move
 *   between threads.
 * - Pointers to freed objects, wrong lengths, and calls that break the rule on threads are undefined behaviour.
 * - No function changes global state, and none is async-signal-safe. After fork, a child may use the objects of its
 *   parent if no other thread was in a call.
 *
 * Compatibility
 *
 * - A program runs with the library of the version it was compiled with, and with every later one up to the next
 *   breaking version: 0.x breaks when x changes, and from 1.0 on only the major version breaks. The SONAME names the
 *   breaking version (libplacet.so.0.1 for all of 0.1.z), so the dynamic linker never pairs a program with a library
 *   that it can't use.
 * - Between breaking versions, functions keep their names, parameters and meaning, numbers keep their meaning, and
 *   structs keep their layout. New versions may add functions, statuses, lists of a decision, and keys of JSON
 *   objects. Programs must treat an unknown status as a failure, and ignore unknown keys.
 * - placet_options is the only struct that grows, at its end. Its struct_size tells the library which fields a
 *   program has.
 * - A saved policy is not part of this promise: only the version that saved it loads it.
 */

#ifndef PLACET_H
#define PLACET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this header; placet_version and placet_version_number return that of the library. */
#define PLACET_VERSION "0.1.0"
#define PLACET_VERSION_MAJOR 0
#define PLACET_VERSION_MINOR 1
#define PLACET_VERSION_PATCH 0

/* The version as one number, for #if: later versions have larger ones. */
#define PLACET_VERSION_NUMBER (PLACET_VERSION_MAJOR * 1000000 + PLACET_VERSION_MINOR * 1000 + PLACET_VERSION_PATCH)

/* Marks functions whose result must not be ignored: the compiler warns. */
#if (defined(__cplusplus) && __cplusplus >= 201703L) || (defined(__STDC_VERSION__) && __STDC_VERSION__ >= 202311L)
#define PLACET_MUST_USE [[nodiscard]]
#elif defined(__GNUC__)
#define PLACET_MUST_USE __attribute__((warn_unused_result))
#else
#define PLACET_MUST_USE
#endif

/* The length of a text that ends at its first NUL. */
#define PLACET_NTS ((size_t)-1)

/* -------------------------------------------------------------------------------------------------- types */

/* The result of a call. Later versions may add more: every status but PLACET_OK is a failure. */
typedef int32_t placet_status;
enum {
    PLACET_OK = 0,

    /* The calling program is at fault. */
    PLACET_NULL_ARGUMENT = 1,   /* a pointer is NULL that must not be */
    PLACET_INVALID_UTF8 = 2,    /* a text is not UTF-8 */
    PLACET_OUT_OF_RANGE = 3,    /* an index or a length is too large */
    PLACET_FOREIGN_HANDLE = 4,  /* another policy made a request, a handle or a value */
    PLACET_INVALID_OPTIONS = 5, /* struct_size is the size of no version, or an unknown field is set */
    PLACET_UNFIT_FIELD = 6,     /* a field of a record doesn't fit the policy, or a required one is left out */

    /* The policy is at fault. */
    PLACET_UNREADABLE = 10,       /* its file can't be read */
    PLACET_DOES_NOT_COMPILE = 11, /* its text has errors, which the error lists */
    PLACET_DOES_NOT_LOAD = 12,    /* its bytes are damaged, forged, or from another version */

    /* The request is at fault. */
    PLACET_INVALID_JSON = 20,        /* it is not a JSON object */
    PLACET_UNKNOWN_ATTRIBUTE = 21,   /* the policy has no such attribute */
    PLACET_DUPLICATE_ATTRIBUTE = 22, /* an attribute appears twice */
    PLACET_WRONG_TYPE = 23,          /* a value has another type */
    PLACET_OUTSIDE_DOMAIN = 24,      /* a value lies outside its domain */
    PLACET_REQUIRED_ATTRIBUTE = 25,  /* a required attribute is missing */
    PLACET_INVALID_REQUEST = 29,     /* any other fault */

    /* A table is at fault; faults of its values are those of requests. */
    PLACET_UNFIT_COLUMN = 30,  /* a column doesn't fit the policy, or isn't the one that was bound */
    PLACET_INVALID_ARROW = 31, /* the data violates the Arrow format, or the source of a stream failed */

    /* Placet is at fault. */
    PLACET_PANIC = 99
};

/* The effect of a decision. A zeroed effect is never an allow. */
typedef int32_t placet_effect;
enum {
    PLACET_INDETERMINATE = 0, /* it depends on missing attributes, or a search ended at its limit */
    PLACET_ALLOW = 1,         /* the request may go through, whatever the missing values */
    PLACET_DENY = 2           /* it may not, whatever the missing values */
};

/* A list of texts in a decision. All lists are in byte order and have no duplicates. */
typedef int32_t placet_part;
enum {
    PLACET_RULES = 0,     /* determining rules of this effect, which fire or may fire; none if denied by default */
    PLACET_CITES = 1,     /* the clauses that they cite */
    PLACET_BASIS = 2,     /* their legal bases */
    PLACET_UNDECIDED = 3, /* if indeterminate: the rules that depend on missing attributes */
    PLACET_MISSING = 4,   /* if indeterminate: the attributes that the effect can depend on */
    PLACET_CERTAIN = 5    /* those of PLACET_RULES that fire whatever the missing values; all if none is missing */
};

/*
 * A compiled policy. It never changes. It may be freed before the requests, values, decisions and bound policies that
 * were made with it.
 */
typedef struct placet_policy placet_policy;

/*
 * A request of one policy: the known values of its attributes. It can be cleared and filled again without allocating.
 * While no thread changes it, any number of threads may read it.
 */
typedef struct placet_request placet_request;

/*
 * A value of an enum or a taxonomy, or a set of such values, looked up once with placet_policy_value. It never
 * changes.
 */
typedef struct placet_value placet_value;

/* A decision with its reasons. It never changes. */
typedef struct placet_decision placet_decision;

/* The reason for a failure. It never changes. */
typedef struct placet_error placet_error;

/*
 * The handle of an attribute of one policy, looked up once with placet_policy_attribute. It owns nothing and can be
 * copied. Programs must not use its fields; all zeros are the handle of no attribute.
 */
typedef struct placet_attribute {
    uint64_t policy;
    uint64_t index;
} placet_attribute;

/* Bytes that the caller owns and frees with placet_buffer_free. A NUL follows them. */
typedef struct placet_buffer {
    char *data;    /* NULL if there are none */
    size_t length; /* without the NUL */
} placet_buffer;

/* An error or a warning in a policy. Its texts live as long as the object that it came from. */
typedef struct placet_diagnostic {
    const char *code;    /* stable, such as "P0304" */
    const char *message; /* one sentence */
    const char *help;    /* the likely fix, or NULL */
    const char *notes;   /* further facts, one a line, or NULL */
    const char *file;    /* NULL if no text is at fault */
    size_t line;         /* from 1; 0 if no text is at fault */
    size_t column;       /* from 1, in characters; 0 if no text is at fault */
    bool is_error;       /* true if the policy doesn't compile because of it */
} placet_diagnostic;

/* An obligation of a decision. Its texts live as long as the decision. */
typedef struct placet_obligation {
    const char *name;
    const char *text;       /* the task, for people, or NULL */
    int64_t within_seconds; /* the deadline, from the decision; 0 if there is none */
    bool has_deadline;
    bool is_certain; /* true if it is due whatever the missing values */
} placet_obligation;

/* -------------------------------------------------------------------------------------------------- policies */

/*
 * Opens a policy from a file: either a text, which it compiles with its imports, or a saved policy. The path is in
 * the encoding of the system (on Windows UTF-8). Any thread.
 *
 * Errors: PLACET_UNREADABLE, PLACET_DOES_NOT_COMPILE, PLACET_DOES_NOT_LOAD.
 * Returns a policy that the caller frees with placet_policy_free.
 */
PLACET_MUST_USE placet_status placet_policy_open(const char *path, placet_policy **policy, placet_error **error);

/*
 * Compiles a text that imports nothing. Diagnostics name its file "policy". Any thread.
 *
 * Errors: PLACET_INVALID_UTF8, PLACET_DOES_NOT_COMPILE.
 * Returns a policy that the caller frees with placet_policy_free.
 */
PLACET_MUST_USE
placet_status placet_policy_from_text(const char *text, size_t length, placet_policy **policy,
                                      placet_error **error);

/*
 * Loads a policy that placet_policy_save or `placet compile` saved with this version of Placet, without parsing or
 * compiling. Damaged or forged bytes can do no more than decide wrongly, so let only trusted writers provide them.
 * Any thread.
 *
 * Errors: PLACET_DOES_NOT_LOAD; PLACET_OUT_OF_RANGE if length is PLACET_NTS.
 * Returns a policy that the caller frees with placet_policy_free.
 */
PLACET_MUST_USE
placet_status placet_policy_from_bytes(const uint8_t *saved, size_t length, placet_policy **policy,
                                       placet_error **error);

/*
 * Saves a compiled policy, without its proofs and tests. The same policy always gives the same bytes. Any thread.
 *
 * Returns bytes that the caller frees with placet_buffer_free.
 */
PLACET_MUST_USE
placet_status placet_policy_save(const placet_policy *policy, placet_buffer *saved, placet_error **error);

/* Returns the name of the policy. Any thread. */
const char *placet_policy_name(const placet_policy *policy);

/* Returns the version in the header of the policy; NULL if it has none. Any thread. */
const char *placet_policy_version(const placet_policy *policy);

/*
 * Returns the hash that identifies the policy: SHA-256, in hexadecimal, of the bytes of placet_policy_save without
 * file names. Policies with the same hash decide alike, compiled or loaded, on every machine. The first call takes as
 * long as saving. Any thread.
 */
const char *placet_policy_hash(const placet_policy *policy);

/* Returns the number of warnings from compiling; 0 for a loaded policy. Any thread. */
size_t placet_policy_warning_count(const placet_policy *policy);

/*
 * Writes one of the warnings. Any thread.
 *
 * Errors: PLACET_OUT_OF_RANGE; then it writes nothing.
 */
PLACET_MUST_USE
placet_status placet_policy_warning(const placet_policy *policy, size_t index, placet_diagnostic *warning);

/* Frees a policy. Its requests, values, decisions and bound policies stay valid. One thread. */
void placet_policy_free(placet_policy *policy);

/* -------------------------------------------------------------------------------------------------- handles */

/*
 * Looks up an attribute by its dotted name, for the placet_request_put functions. Any thread.
 *
 * Errors: PLACET_INVALID_UTF8, PLACET_UNKNOWN_ATTRIBUTE.
 */
PLACET_MUST_USE
placet_status placet_policy_attribute(const placet_policy *policy, const char *name, placet_attribute *attribute,
                                      placet_error **error);

/*
 * Looks up a value for attributes of the type of this one: one name for an enum or a taxonomy, any number of names
 * for a set of them. If lengths is NULL, all names end with a NUL. An inner node of a taxonomy stands for one of its
 * leaves, unknown which; in a set, for all of them. Any thread.
 *
 * Errors: PLACET_INVALID_UTF8; PLACET_OUT_OF_RANGE; PLACET_FOREIGN_HANDLE; PLACET_OUTSIDE_DOMAIN for an unknown name;
 * PLACET_WRONG_TYPE for an attribute of another type, and for a single value unless there is exactly one name.
 * Returns a value that the caller frees with placet_value_free.
 */
PLACET_MUST_USE
placet_status placet_policy_value(const placet_policy *policy, placet_attribute attribute,
                                  const char *const *names, const size_t *lengths, size_t count,
                                  placet_value **value, placet_error **error);

/* Frees a value. Requests that hold it keep it. One thread. */
void placet_value_free(placet_value *value);

/* -------------------------------------------------------------------------------------------------- requests */

/*
 * Creates an empty request. Any thread.
 *
 * Returns a request that the caller frees with placet_request_free.
 */
PLACET_MUST_USE
placet_status placet_request_new(const placet_policy *policy, placet_request **request, placet_error **error);

/* Removes all values from a request and keeps its memory for the next ones. One thread. */
PLACET_MUST_USE placet_status placet_request_clear(placet_request *request, placet_error **error);

/* Frees a request. One thread. */
void placet_request_free(placet_request *request);

/*
 * Replaces all values of a request with those of a JSON object. Its keys are attribute names, dotted or nested. Names
 * of enums and taxonomies, dates, times and ISO 8601 durations are strings; sets are arrays; null is none for an
 * optional attribute, and a missing value for any other. One thread.
 *
 * Errors: those of requests, for the first fault in the order of the text; then the request is empty. Text that is
 * not UTF-8 is PLACET_INVALID_JSON. Deciding, not this function, reports a missing required attribute.
 */
PLACET_MUST_USE
placet_status placet_request_fill_from_json(placet_request *request, const char *json, size_t length,
                                            placet_error **error);

/*
 * Setters. Each sets an attribute and replaces its former value. If lengths is NULL, all texts end with a NUL.
 *
 * The set functions take a name and convert the value as in JSON. A text becomes a string, a name of an enum or a
 * taxonomy, a date (2026-01-15), a time (2026-01-15T10:00:00Z) or an ISO 8601 duration (P30D), by the type of the
 * attribute. A whole number becomes an int, a number, or the seconds of a duration; a number becomes a number, or the
 * seconds of a duration.
 *
 * The put functions take a handle, and the value must have the type of the attribute. They look nothing up and
 * convert nothing: a call takes a few nanoseconds, and allocates only for a text that is longer, or a set of texts
 * that is larger, than any before.
 *
 * Errors of all: PLACET_WRONG_TYPE and PLACET_OUTSIDE_DOMAIN, also for infinities and NaN; of set,
 * PLACET_UNKNOWN_ATTRIBUTE and PLACET_INVALID_UTF8; of put, PLACET_FOREIGN_HANDLE; for texts, PLACET_INVALID_UTF8 and
 * PLACET_OUT_OF_RANGE. After an error the request is unchanged, except after PLACET_PANIC: then every use of it but
 * freeing is PLACET_PANIC too.
 */

/* Sets an attribute, by name, to a bool. One thread. */
PLACET_MUST_USE
placet_status placet_request_set_bool(placet_request *request, const char *attribute, bool value,
                                      placet_error **error);

/* Sets an attribute, by handle, to a bool. One thread. */
PLACET_MUST_USE
placet_status placet_request_put_bool(placet_request *request, placet_attribute attribute, bool value,
                                      placet_error **error);

/* Sets an attribute, by name, to a whole number; for a duration, in seconds. One thread. */
PLACET_MUST_USE
placet_status placet_request_set_int(placet_request *request, const char *attribute, int64_t value,
                                     placet_error **error);

/* Sets an attribute, by handle, to an int. One thread. */
PLACET_MUST_USE
placet_status placet_request_put_int(placet_request *request, placet_attribute attribute, int64_t value,
                                     placet_error **error);

/* Sets an attribute, by name, to a number; for a duration, in seconds. One thread. */
PLACET_MUST_USE
placet_status placet_request_set_number(placet_request *request, const char *attribute, double value,
                                        placet_error **error);

/* Sets an attribute, by handle, to a number. One thread. */
PLACET_MUST_USE
placet_status placet_request_put_number(placet_request *request, placet_attribute attribute, double value,
                                        placet_error **error);

/* Sets an attribute, by name, to a text: a string, a name, a date, a time or a duration. One thread. */
PLACET_MUST_USE
placet_status placet_request_set_text(placet_request *request, const char *attribute, const char *value,
                                      size_t length, placet_error **error);

/* Sets an attribute, by handle, to a string. One thread. */
PLACET_MUST_USE
placet_status placet_request_put_text(placet_request *request, placet_attribute attribute, const char *value,
                                      size_t length, placet_error **error);

/* Sets an attribute, by name, to a set of strings or of names. One thread. */
PLACET_MUST_USE
placet_status placet_request_set_texts(placet_request *request, const char *attribute, const char *const *values,
                                       const size_t *lengths, size_t count, placet_error **error);

/* Sets an attribute, by handle, to a set of strings. It allocates. One thread. */
PLACET_MUST_USE
placet_status placet_request_put_texts(placet_request *request, placet_attribute attribute,
                                       const char *const *values, const size_t *lengths, size_t count,
                                       placet_error **error);

/* Sets an attribute, by name, to a date in days from 1970-01-01. One thread. */
PLACET_MUST_USE
placet_status placet_request_set_date(placet_request *request, const char *attribute, int32_t value,
                                      placet_error **error);

/* Sets an attribute, by handle, to a date in days from 1970-01-01. One thread. */
PLACET_MUST_USE
placet_status placet_request_put_date(placet_request *request, placet_attribute attribute, int32_t value,
                                      placet_error **error);

/* Sets an attribute, by name, to an instant in microseconds from 1970-01-01T00:00:00Z. One thread. */
PLACET_MUST_USE
placet_status placet_request_set_time(placet_request *request, const char *attribute, int64_t value,
                                      placet_error **error);

/* Sets an attribute, by handle, to an instant in microseconds from 1970-01-01T00:00:00Z. One thread. */
PLACET_MUST_USE
placet_status placet_request_put_time(placet_request *request, placet_attribute attribute, int64_t value,
                                      placet_error **error);

/* Sets an attribute, by name, to a duration in microseconds, which may be negative. One thread. */
PLACET_MUST_USE
placet_status placet_request_set_duration(placet_request *request, const char *attribute, int64_t value,
                                          placet_error **error);

/* Sets an attribute, by handle, to a duration in microseconds, which may be negative. One thread. */
PLACET_MUST_USE
placet_status placet_request_put_duration(placet_request *request, placet_attribute attribute, int64_t value,
                                          placet_error **error);

/*
 * Gives an attribute, by name, as null: an optional one (time?) is then none, known to be absent; any other is missing,
 * whatever its default, and a required one is PLACET_REQUIRED_ATTRIBUTE. One thread.
 */
PLACET_MUST_USE
placet_status placet_request_set_null(placet_request *request, const char *attribute, placet_error **error);

/*
 * Gives an attribute, by handle, as null: see placet_request_set_null. One thread.
 */
PLACET_MUST_USE
placet_status placet_request_put_null(placet_request *request, placet_attribute attribute, placet_error **error);

/*
 * Sets an attribute, by handle, to a looked-up value of an enum or a taxonomy, or to a set of them.
 * PLACET_FOREIGN_HANDLE if another policy made the value. One thread.
 */
PLACET_MUST_USE
placet_status placet_request_put_value(placet_request *request, placet_attribute attribute,
                                       const placet_value *value, placet_error **error);

/* -------------------------------------------------------------------------------------------------- decisions */

/*
 * Returns true only if the request is proven to be allowed; false for every other effect, and for an error. It
 * allocates nothing unless there is an error. Any thread.
 */
PLACET_MUST_USE bool placet_policy_is_allowed(const placet_policy *policy, const placet_request *request);

/*
 * Decides a request, without reasons. It allocates nothing unless there is an error. Any thread.
 *
 * Errors: PLACET_REQUIRED_ATTRIBUTE; PLACET_FOREIGN_HANDLE if another policy made the request.
 */
PLACET_MUST_USE
placet_status placet_policy_effect(const placet_policy *policy, const placet_request *request,
                                   placet_effect *effect, placet_error **error);

/*
 * Decides a JSON object, without reasons: see placet_request_fill_from_json. If the text has no escapes, the calls of
 * a thread after its first allocate nothing unless there is an error. Any thread.
 *
 * Errors: those of requests, for the first fault in the order of the text, and after all others
 * PLACET_REQUIRED_ATTRIBUTE.
 */
PLACET_MUST_USE
placet_status placet_policy_effect_json(const placet_policy *policy, const char *json, size_t length,
                                        placet_effect *effect, placet_error **error);

/*
 * Decides a request, with all reasons. Any thread.
 *
 * Errors: those of placet_policy_effect.
 * Returns a decision that the caller frees with placet_decision_free.
 */
PLACET_MUST_USE
placet_status placet_policy_decide(const placet_policy *policy, const placet_request *request,
                                   placet_decision **decision, placet_error **error);

/*
 * Decides a JSON object, with all reasons: see placet_request_fill_from_json. Any thread.
 *
 * Errors: those of placet_policy_effect_json.
 * Returns a decision that the caller frees with placet_decision_free.
 */
PLACET_MUST_USE
placet_status placet_policy_decide_json(const placet_policy *policy, const char *json, size_t length,
                                        placet_decision **decision, placet_error **error);

/*
 * Decides a request and explains the decision, as JSON: the decision; the rules that fired and those that didn't,
 * with their exceptions and the values they depend on; the effect that each value of the missing attributes would
 * have; and, for a request that isn't allowed, the nearest rules and the smallest changes that would allow it
 * (why_not). Any thread.
 *
 * Errors: those of placet_policy_effect.
 * Returns a text that the caller frees with placet_buffer_free.
 */
PLACET_MUST_USE
placet_status placet_policy_explain(const placet_policy *policy, const placet_request *request,
                                    placet_buffer *json, placet_error **error);

/*
 * Divides the values of some attributes into regions with the same answer, all else as the JSON object gives it, or
 * unknown. The text is an object: "over", the attributes; "regions", each with "where" (the values of each attribute;
 * one that may have any value is left out), the answer and an "example"; and "complete", false if the query ended at
 * its limit, so that values are in no region. If `lengths` is NULL, each name ends at its first NUL. Any thread.
 *
 * Errors: those of placet_request_fill_from_json; PLACET_UNKNOWN_ATTRIBUTE; PLACET_DUPLICATE_ATTRIBUTE if an attribute
 * is named twice; PLACET_INVALID_REQUEST if conditions relate the attributes to each other or to unknown ones.
 * Returns a text that the caller frees with placet_buffer_free.
 */
PLACET_MUST_USE
placet_status placet_query_json(const placet_policy *policy, const char *json, size_t length, const char *const *over,
                                const size_t *lengths, size_t count, placet_buffer *answer, placet_error **error);

/*
 * Divides the values of some attributes like placet_query_json, for two JSON objects: what is known before and after a
 * change, such as a withdrawal. The text is an object like that of placet_query_json, with only the regions whose
 * answer differs; each has the answers "before" and "after". Any thread.
 *
 * Errors: those of placet_query_json.
 * Returns a text that the caller frees with placet_buffer_free.
 */
PLACET_MUST_USE
placet_status placet_query_changes_json(const placet_policy *policy, const char *before, size_t before_length,
                                        const char *after, size_t after_length, const char *const *over,
                                        const size_t *lengths, size_t count, placet_buffer *answer,
                                        placet_error **error);

/*
 * Divides the values of an ordered attribute, such as a time or an age, into ranges with the same answer, all else as
 * the JSON object gives it, or unknown. The text is an object: "attribute"; "segments" in ascending order, each with
 * "values" (null for every value) and the answer; and "complete", as for placet_query_json. Any thread.
 *
 * Errors: those of placet_query_json; PLACET_INVALID_REQUEST if the attribute has no order.
 * Returns a text that the caller frees with placet_buffer_free.
 */
PLACET_MUST_USE
placet_status placet_timeline_json(const placet_policy *policy, const char *json, size_t length,
                                   const char *attribute, placet_buffer *answer, placet_error **error);

/*
 * Finds the first value of an ordered attribute, after the one that the JSON object gives, at which the effect
 * changes. The text is an object with "attribute", "before", "at" and "after", or "null" if the effect never changes.
 * Any thread.
 *
 * Errors: those of placet_query_json; PLACET_INVALID_REQUEST if the attribute has no order or isn't given.
 * Returns a text that the caller frees with placet_buffer_free.
 */
PLACET_MUST_USE
placet_status placet_next_change_json(const placet_policy *policy, const char *json, size_t length,
                                      const char *attribute, placet_buffer *answer, placet_error **error);

/*
 * Decides the values of two attributes against each other, all else as the JSON object gives it, or unknown. The text
 * is an object: "row_attribute" and "column_attribute"; "rows" and "columns", the headers; "cells", for each row a
 * list with the answer for each column, or null beside a header that only opens a node; and "complete". Any thread.
 *
 * Errors: those of placet_query_json.
 * Returns a text that the caller frees with placet_buffer_free.
 */
PLACET_MUST_USE
placet_status placet_matrix_json(const placet_policy *policy, const char *json, size_t length, const char *row,
                                 const char *column, placet_buffer *answer, placet_error **error);

/*
 * Compares two policies. The text is an object: "is_same", true if nothing changes; "attributes" and "rules", the
 * changes of each; "effects", the regions of requests whose effect changes, with conditions ("when"), the rules that
 * cause it, and a request ("sample"); and "totals", the extent of the comparison, or null with a reason ("too_large").
 * It may take as long as compiling. Any thread.
 *
 * Returns a text that the caller frees with placet_buffer_free.
 */
PLACET_MUST_USE
placet_status placet_diff_json(const placet_policy *old_policy, const placet_policy *new_policy,
                               placet_buffer *answer, placet_error **error);

/* Returns the effect of the decision; PLACET_INDETERMINATE for NULL. Any thread. */
placet_effect placet_decision_effect(const placet_decision *decision);

/*
 * Returns true if a search ended at a limit. The effect may then be indeterminate although it could have been decided
 * (never the reverse), the lists may hold more than matters, and PLACET_CERTAIN less. Any thread.
 */
bool placet_decision_is_approximate(const placet_decision *decision);

/* Returns the number of entries of a list of the decision; 0 for an unknown list. Any thread. */
size_t placet_decision_count(const placet_decision *decision, placet_part part);

/*
 * Returns an entry of a list of the decision, and writes its length in bytes unless length is NULL. If there is no
 * such entry, it returns NULL and writes 0. Any thread.
 */
const char *placet_decision_entry(const placet_decision *decision, placet_part part, size_t index,
                                  size_t *length);

/* Returns the number of obligations of the decision. Any thread. */
size_t placet_decision_obligation_count(const placet_decision *decision);

/*
 * Writes one of the obligations. They are sorted by name, then by deadline, those without one last. Any thread.
 *
 * Errors: PLACET_OUT_OF_RANGE; then it writes nothing.
 */
PLACET_MUST_USE
placet_status placet_decision_obligation(const placet_decision *decision, size_t index,
                                         placet_obligation *obligation);

/*
 * Writes the decision as JSON: {"effect": "deny", "rules": [...], "certain": [...], "cites": [...], "basis": [...],
 * "obligations": [...], "undecided": [...], "missing": [...]}. Any thread.
 *
 * Returns a text that the caller frees with placet_buffer_free.
 */
PLACET_MUST_USE
placet_status placet_decision_to_json(const placet_decision *decision, placet_buffer *json, placet_error **error);

/* Frees a decision. One thread. */
void placet_decision_free(placet_decision *decision);

/* -------------------------------------------------------------------------------------------------- records */

/*
 * A program whose requests are structs binds a policy to their fields once, and then decides a record from its values
 * alone: names, codes and bits were looked up when it was bound. This is the fastest way, and allocates nothing unless
 * there is an error.
 */

/* The type of a field. */
typedef int32_t placet_field_type;
enum {
    PLACET_BOOL = 0,    /* bool, for a bool */
    PLACET_INT8 = 1,    /* integers: for an int, the days of a date from 1970-01-01, and the microseconds of a time */
    PLACET_INT16 = 2,   /* from 1970-01-01T00:00:00Z or of a duration */
    PLACET_INT32 = 3,
    PLACET_INT64 = 4,
    PLACET_UINT8 = 5,
    PLACET_UINT16 = 6,
    PLACET_UINT32 = 7,
    PLACET_UINT64 = 8,
    PLACET_DOUBLE = 9,  /* double, for a number */
    PLACET_TEXT = 10,   /* const char *, for a string: ends with a NUL; NULL if the value is missing */
    PLACET_CODE8 = 11,  /* uint8_t, for an enum or a taxonomy: the index of a name */
    PLACET_CODE32 = 12, /* the same as uint32_t, or as an enum of its size */
    PLACET_SET64 = 13   /* uint64_t, for a set of an enum or a taxonomy: a bit for each of at most 64 names */
};

/* A field of a record. */
typedef struct placet_field {
    const char *attribute;    /* the name of its attribute */
    size_t offset;            /* offsetof(record, field) */
    placet_field_type type;
    bool is_optional;         /* true if presence is the offset of a bool that is false where the value is missing; a
                                 missing value is none for an optional attribute, and unknown for any other */
    size_t presence;
    const char *const *names; /* of codes and bits: names of the enum or the taxonomy, in any order; an inner node of a
                                 taxonomy stands for one of its leaves, unknown which; in a set, for all of them */
    size_t name_count;
} placet_field;

/* A policy, bound to the fields of a record. It never changes, and it may outlive the policy. */
typedef struct placet_bound placet_bound;

/*
 * Binds a policy to the fields of a record. The library doesn't keep the fields and their texts. Attributes without a
 * field are left out of the requests. Any thread.
 *
 * Errors: PLACET_UNFIT_FIELD, with one line for each field that doesn't fit: if the policy has no such attribute or
 * name, the attribute has another type, two fields have one attribute, or a required attribute has no field or one
 * that is optional; PLACET_OUT_OF_RANGE for an unknown type and for a set of more than 64 names; PLACET_INVALID_UTF8.
 * Returns a bound policy that the caller frees with placet_bound_free.
 */
PLACET_MUST_USE
placet_status placet_bind(const placet_policy *policy, const placet_field *fields, size_t count,
                          placet_bound **bound, placet_error **error);

/*
 * Returns true only if the record is proven to be allowed; false for every other effect, and for an error. Any
 * thread.
 */
PLACET_MUST_USE bool placet_bound_is_allowed(const placet_bound *bound, const void *record);

/*
 * Decides a record, without reasons. The fields must have values of their types; one that is missing by its presence
 * is not read. Padding and fields that aren't bound may be uninitialised. Any thread.
 *
 * Errors: PLACET_OUTSIDE_DOMAIN, also for a code or a bit without a name; PLACET_REQUIRED_ATTRIBUTE;
 * PLACET_INVALID_UTF8.
 */
PLACET_MUST_USE
placet_status placet_bound_effect(const placet_bound *bound, const void *record, placet_effect *effect,
                                  placet_error **error);

/*
 * Decides a record, with all reasons. Any thread.
 *
 * Errors: those of placet_bound_effect.
 * Returns a decision that the caller frees with placet_decision_free.
 */
PLACET_MUST_USE
placet_status placet_bound_decide(const placet_bound *bound, const void *record, placet_decision **decision,
                                  placet_error **error);

/* Frees a bound policy. One thread. */
void placet_bound_free(placet_bound *bound);

/* -------------------------------------------------------------------------------------------------- batches */

/*
 * Whole tables come and go over the Arrow C data interface, without copying columns. See
 * https://arrow.apache.org/docs/format/CDataInterface.html. A batch is a struct array: each field is a column, and
 * each row is a request.
 *
 * An array, a schema or a stream belongs to its holder until its release is NULL. A function that takes one moves it:
 * its release is NULL after the call, whatever the status, and the library releases it once, when it needs it no
 * longer. The caller owns a returned one, which may keep parts of the taken one alive, and calls its release. If the
 * function fails, the release of the returned one is NULL. The taken and the returned one must be different structs.
 *
 * A column gives the attribute of its name, such as subject.age; so does a field of a struct column, such as age in
 * subject. An attribute without a column is missing in every row. A null is none for an optional attribute (time?), and
 * a missing value for any other or where its struct is null.
 *
 * Attributes       Columns
 * bool             booleans
 * int              integers of any width, decimals without a scale
 * number           floats, integers, decimals
 * string, enums,   texts: utf8, large utf8, utf8 views
 *   taxonomies
 * sets             lists of texts: lists, large lists, fixed-size lists, list views
 * date             date32, whole days in date64, texts as in requests
 * time             timestamps of any unit with a time zone, texts as in requests
 * duration         durations of any unit, seconds as numbers, texts as in requests
 *
 * Each of them may be dictionary or run-end encoded. A value outside the domain of its attribute is an error, and so
 * is one finer than a microsecond.
 */

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#endif /* ARROW_C_DATA_INTERFACE */

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

#endif /* ARROW_C_STREAM_INTERFACE */

/* Names the column from which an attribute takes its values. */
typedef struct placet_column {
    const char *attribute;
    const char *column; /* in a struct, its dotted name */
} placet_column;

/*
 * The options of a bound policy. By default, attributes take the columns of their names, every column must be an
 * attribute, an erroneous row is an error, and effects come without reasons.
 *
 * Begin with PLACET_OPTIONS_INIT, or with .struct_size = sizeof(placet_options) in a designated initializer, so that
 * a later library knows which fields this program has. A struct_size that no version had, and a field that the
 * library doesn't know, are PLACET_INVALID_OPTIONS.
 */
typedef struct placet_options {
    size_t struct_size;           /* sizeof(placet_options) */
    const placet_column *columns; /* attributes whose values come from columns of other names */
    size_t column_count;
    const char *constants; /* the same values for every row, in place of columns: a JSON object as for a request; or
                              NULL */
    size_t threads;        /* the number of threads that share the rows of a large batch; 0 is one */
    bool rules;            /* returns the determining rules */
    bool clauses;          /* returns the clauses that they cite */
    bool obligations;      /* returns their obligations */
    bool missing;          /* returns the attributes that an indeterminate row can depend on */
    bool ignore_unknown;   /* ignores columns that are no attributes */
    bool null_on_error;    /* makes the decision of an erroneous row null, and counts it */
    bool trusted;          /* skips checking UTF-8, the bounds of keys and offsets, and the counts of nulls: only for
                              arrays from a producer that guarantees them */
    bool certain;          /* returns the determining rules that fire whatever the missing values */
} placet_options;

/* Initializes options with the defaults. */
#define PLACET_OPTIONS_INIT \
    {sizeof(placet_options), NULL, 0, NULL, 0, false, false, false, false, false, false, false, false}

/* A policy, bound to the columns of a schema. It never changes, and it may outlive the policy. */
typedef struct placet_bound_policy placet_bound_policy;

/* Counts of decided rows. Threads may add to a tally and read it at once. */
typedef struct placet_tally placet_tally;

/* The number of rows by their decision. */
typedef struct placet_counts {
    uint64_t rows; /* all of them */
    uint64_t allowed;
    uint64_t denied;
    uint64_t indeterminate;
    uint64_t errors; /* erroneous requests */
} placet_counts;

/*
 * Binds a policy to the columns of a schema: a struct type, which the library reads and the caller keeps. NULL
 * options are the defaults; the library doesn't keep the options. Any thread.
 *
 * Errors: PLACET_UNFIT_COLUMN if a column is no attribute, doesn't exist, or has a type that its attribute doesn't
 * take; PLACET_REQUIRED_ATTRIBUTE if a required attribute has neither a column nor a constant;
 * PLACET_DUPLICATE_ATTRIBUTE if an attribute has two; PLACET_INVALID_OPTIONS; PLACET_INVALID_ARROW; for constants,
 * those of requests; PLACET_INVALID_UTF8; PLACET_OUT_OF_RANGE.
 * Returns a bound policy that the caller frees with placet_bound_policy_free.
 */
PLACET_MUST_USE
placet_status placet_bound_policy_new(const placet_policy *policy, const struct ArrowSchema *schema,
                                      const placet_options *options, placet_bound_policy **binding,
                                      placet_error **error);

/* Frees a bound policy. Its streams stay valid. One thread. */
void placet_bound_policy_free(placet_bound_policy *binding);

/*
 * Decides each row of a batch like placet_policy_decide decides the request of its values. Any thread.
 *
 * It takes the batch and returns one with as many rows. The column effect is a dictionary of words, whose 8-bit keys
 * are the numbers of placet_effect. It is null for an erroneous row if null_on_error is set; the key of a null is no
 * effect. The reasons that the options ask for follow, each a list: rules, certain, clauses and missing of texts;
 * obligations of structs with the fields name, within_seconds (null for none), text and certain. The schema is always
 * the same; out_schema may be NULL. Unless tally is NULL, the rows are added to it.
 *
 * Errors: for the first erroneous row, those of requests, with its row, column and value; PLACET_UNFIT_COLUMN;
 * PLACET_INVALID_ARROW.
 * Returns an array, and unless out_schema is NULL its schema, that the caller releases.
 */
PLACET_MUST_USE
placet_status placet_bound_policy_decide(const placet_bound_policy *binding, struct ArrowArray *array,
                                         struct ArrowArray *out, struct ArrowSchema *out_schema,
                                         const placet_tally *tally, placet_error **error);

/*
 * Keeps the rows of a batch that are allowed, with all columns, and drops all others, also the erroneous ones if
 * null_on_error is set. It takes the batch. Without a tally it skips the search for reasons. Any thread.
 *
 * Errors: those of placet_bound_policy_decide.
 * Returns an array, and unless out_schema is NULL its schema, that the caller releases.
 */
PLACET_MUST_USE
placet_status placet_bound_policy_filter(const placet_bound_policy *binding, struct ArrowArray *array,
                                         struct ArrowArray *out, struct ArrowSchema *out_schema,
                                         const placet_tally *tally, placet_error **error);

/*
 * Decides the batches of a stream, like placet_bound_policy_decide, as the returned stream is read. That stream holds
 * at most one batch and its decisions at a time. Any thread; one thread at a time reads the returned stream.
 *
 * It takes the stream and asks it for its schema. If a batch fails, get_next returns an error number, get_last_error
 * tells why, with rows counted from the beginning of the stream, and the stream fails from then on. The bound policy
 * and the tally may be freed before the stream.
 *
 * Errors: PLACET_INVALID_ARROW.
 * Returns a stream that the caller releases.
 */
PLACET_MUST_USE
placet_status placet_bound_policy_decide_stream(const placet_bound_policy *binding,
                                                struct ArrowArrayStream *stream, struct ArrowArrayStream *out,
                                                const placet_tally *tally, placet_error **error);

/*
 * Filters the batches of a stream, like placet_bound_policy_filter: see placet_bound_policy_decide_stream. Any
 * thread.
 *
 * Errors: PLACET_INVALID_ARROW.
 * Returns a stream that the caller releases.
 */
PLACET_MUST_USE
placet_status placet_bound_policy_filter_stream(const placet_bound_policy *binding,
                                                struct ArrowArrayStream *stream, struct ArrowArrayStream *out,
                                                const placet_tally *tally, placet_error **error);

/*
 * Creates a tally of no rows. Any thread.
 *
 * Returns a tally that the caller frees with placet_tally_free.
 */
PLACET_MUST_USE placet_status placet_tally_new(placet_tally **tally, placet_error **error);

/* Returns the counts so far. Any thread. */
placet_counts placet_tally_counts(const placet_tally *tally);

/*
 * Writes the tally as JSON: {"rows": 3, "allowed": 1, "denied": 1, "indeterminate": 0, "errors": 1, "rules":
 * {"children": 1}, "uncertain_rules": {}, "faults": [...]}. If the options ask for rules, each determining rule comes
 * with the number of rows that it certainly applies to, and in uncertain_rules with the number of those that it may
 * apply to, depending on missing values. The faults are the first few erroneous rows, counted from the beginning of
 * their batch or stream, with column, attribute, value, expectation and code. Any thread.
 *
 * Returns a text that the caller frees with placet_buffer_free.
 */
PLACET_MUST_USE
placet_status placet_tally_to_json(const placet_tally *tally, placet_buffer *json, placet_error **error);

/* Frees a tally. Streams that add to it go on. One thread. */
void placet_tally_free(placet_tally *tally);

/* -------------------------------------------------------------------------------------------------- errors */

/* Returns the status of the failure; PLACET_OK for NULL. Any thread. */
placet_status placet_error_status(const placet_error *error);

/*
 * Returns a sentence for people; for a policy that does not compile, its first error with file, line and column. Any
 * thread.
 */
const char *placet_error_message(const placet_error *error);

/*
 * Returns a stable code for programs: for a policy that does not compile, that of its first error, such as "P0304";
 * otherwise the name of the status, such as "outside_domain". Any thread.
 */
const char *placet_error_code(const placet_error *error);

/* Returns the attribute at fault, as the request names it; NULL if there is none. Any thread. */
const char *placet_error_attribute(const placet_error *error);

/* Returns the expectation that a value failed, such as "int 0..150"; NULL if there is none. Any thread. */
const char *placet_error_expected(const placet_error *error);

/* Returns the column of a table at fault, in a struct its dotted name; NULL if there is none. Any thread. */
const char *placet_error_column_name(const placet_error *error);

/* Returns the row of a table at fault, from 0; -1 if there is none, and for NULL. Any thread. */
int64_t placet_error_row(const placet_error *error);

/* Returns the value in a table at fault, for people; NULL if there is none. Any thread. */
const char *placet_error_value(const placet_error *error);

/* Returns the file of the first error of a policy that does not compile; NULL if there is none. Any thread. */
const char *placet_error_file(const placet_error *error);

/* Returns the line, from 1, of the first error of a policy that does not compile; 0 if there is none. Any thread. */
size_t placet_error_line(const placet_error *error);

/*
 * Returns the column, from 1 and in characters, of the first error of a policy that does not compile; 0 if there is
 * none. Any thread.
 */
size_t placet_error_column(const placet_error *error);

/* Returns the number of errors and warnings of a policy that does not compile; 0 for other errors. Any thread. */
size_t placet_error_diagnostic_count(const placet_error *error);

/*
 * Writes one of the errors and warnings, which are in the order of the text. Any thread.
 *
 * Errors: PLACET_OUT_OF_RANGE; then it writes nothing.
 */
PLACET_MUST_USE
placet_status placet_error_diagnostic(const placet_error *error, size_t index, placet_diagnostic *diagnostic);

/* Frees an error. One thread. */
void placet_error_free(placet_error *error);

/* -------------------------------------------------------------------------------------------------- the rest */

/*
 * Frees the bytes of a buffer that this library filled, and sets the buffer to zeros. For zeros and for NULL it does
 * nothing. One thread.
 */
void placet_buffer_free(placet_buffer *buffer);

/*
 * Returns the name of a status, such as "outside_domain"; NULL for an unknown number. The text is static. Any thread.
 */
const char *placet_status_name(placet_status status);

/* Returns the name of an effect, such as "allow"; NULL for an unknown number. The text is static. Any thread. */
const char *placet_effect_name(placet_effect effect);

/* Returns the version of the library, such as "0.1.0". The text is static. Any thread. */
const char *placet_version(void);

/* Returns the version of the library as a number, to compare with PLACET_VERSION_NUMBER. Any thread. */
uint32_t placet_version_number(void);

#ifdef __cplusplus
}
#endif

#endif /* PLACET_H */
