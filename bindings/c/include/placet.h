/*
 * Placet: may this be done with this data for this purpose?
 *
 * A policy is compiled once and shared; a request is filled and asked about, again and again. Nothing but
 * PLACET_ALLOW lets anything through: what a request leaves out is any value of its domain, and an erroneous
 * request is a status, never a decision.
 *
 * What holds of every function
 *
 * - Texts come in as UTF-8. Names of attributes and paths end with a NUL. Other texts have a length in bytes,
 *   which is PLACET_NTS where they end with a NUL; of length 0 they may be NULL. They are read during the call
 *   and not kept.
 * - Texts that are looked into (const char *) end with a NUL and live as long as the object that they came from.
 * - A function that can fail returns a status. Its last argument takes the error: it may be NULL; otherwise NULL
 *   is written to it on success, and on failure an error which the caller frees.
 * - What a function gives is written to its out argument, which is read by nobody. Whenever the out argument
 *   isn't NULL, something is written: on failure NULL, PLACET_INDETERMINATE, or zeros. What was given is the
 *   caller's, who frees it with the function of its type, once; all of these take NULL.
 * - PLACET_NULL_ARGUMENT is returned for an argument that is NULL and may not be, and PLACET_PANIC where Placet
 *   itself failed (it also says so on the standard error stream): no panic and no exception crosses this border.
 *   These two are not mentioned below. Memory that runs out ends the process.
 * - Pointers to freed objects, wrong lengths, and the use of one object by two threads against what its type says
 *   are, as everywhere in C, undefined.
 * - No function changes global state, and none is async-signal-safe. After fork, a child may use what its parent
 *   had, if no other thread was in a call.
 */

#ifndef PLACET_H
#define PLACET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this header; placet_version is that of the library. */
#define PLACET_VERSION "0.1.0"
#define PLACET_VERSION_MAJOR 0
#define PLACET_VERSION_MINOR 1
#define PLACET_VERSION_PATCH 0

/* The length of a text that ends at its first NUL. */
#define PLACET_NTS ((size_t)-1)

/* -------------------------------------------------------------------------------------------------- types */

/*
 * How a call went. New ones may be added: whatever is not PLACET_OK is a failure.
 */
typedef int32_t placet_status;
enum {
    PLACET_OK = 0,

    /* The calling program is at fault. */
    PLACET_NULL_ARGUMENT = 1,  /* a pointer is NULL that may not be */
    PLACET_INVALID_UTF8 = 2,   /* a text is not UTF-8 */
    PLACET_OUT_OF_RANGE = 3,   /* an index or a length is beyond what there is */
    PLACET_FOREIGN_HANDLE = 4, /* a request, a handle or a value was made by another policy */

    /* The policy is at fault. */
    PLACET_UNREADABLE = 10,       /* its file can't be read */
    PLACET_DOES_NOT_COMPILE = 11, /* its text has faults, which the error lists */
    PLACET_DOES_NOT_LOAD = 12,    /* its bytes are damaged, made up, or of another version */

    /* The request is at fault. */
    PLACET_INVALID_JSON = 20,        /* it is no JSON object */
    PLACET_UNKNOWN_ATTRIBUTE = 21,   /* the policy has no such attribute */
    PLACET_DUPLICATE_ATTRIBUTE = 22, /* an attribute is given twice */
    PLACET_WRONG_TYPE = 23,          /* a value is of another type */
    PLACET_OUTSIDE_DOMAIN = 24,      /* a value lies outside its domain */
    PLACET_REQUIRED_ATTRIBUTE = 25,  /* a required attribute is missing */
    PLACET_INVALID_REQUEST = 29,     /* anything else */

    /* A table is at fault; its values are as those of requests. */
    PLACET_UNFIT_COLUMN = 30,  /* a column does not fit the policy, or is not the one that was bound */
    PLACET_INVALID_ARROW = 31, /* it is not what Arrow asks of it, or the source of a stream failed */

    /* Placet is at fault. */
    PLACET_PANIC = 99
};

/*
 * What a decision says. Memory of zeros is no allow.
 */
typedef int32_t placet_effect;
enum {
    PLACET_INDETERMINATE = 0, /* it hangs on what is not known, or could not be found out */
    PLACET_ALLOW = 1,         /* whatever is not known, the request may go through */
    PLACET_DENY = 2           /* whatever is not known, it may not */
};

/*
 * A list of texts in a decision. All lists are without duplicates and in byte order.
 */
typedef int32_t placet_part;
enum {
    PLACET_RULES = 0,     /* the rules of this effect that fire; none for a denial by default */
    PLACET_CITES = 1,     /* the clauses that they cite */
    PLACET_BASIS = 2,     /* their legal bases */
    PLACET_UNDECIDED = 3, /* for indeterminate: the rules that hang on what is missing */
    PLACET_MISSING = 4    /* for indeterminate: the attributes on which alone the effect can hang */
};

/*
 * A policy, compiled. It never changes: any number of threads may use it at once. It may be freed before the
 * requests, values and decisions that were made with it.
 */
typedef struct placet_policy placet_policy;

/*
 * A request of one policy: what is known of its attributes. It can be cleared and filled again, which allocates
 * nothing. It may move from thread to thread. As long as no thread changes it (all functions that take it without
 * const), any number may read it.
 */
typedef struct placet_request placet_request;

/*
 * A value of an enum, of a taxonomy, or of a set over them, looked up once: see placet_policy_value. It never
 * changes: any number of threads may use it at once.
 */
typedef struct placet_value placet_value;

/*
 * A decision with its reasons. It never changes: any number of threads may use it at once.
 */
typedef struct placet_decision placet_decision;

/*
 * What went wrong. It never changes: any number of threads may use it at once.
 */
typedef struct placet_error placet_error;

/*
 * An attribute of one policy, looked up once: see placet_policy_attribute. It owns nothing, is copied, and is
 * never freed. What stands in it is not for the program; all zeros are the handle of no attribute.
 */
typedef struct placet_attribute {
    uint64_t policy;
    uint64_t index;
} placet_attribute;

/*
 * Bytes that are the caller's, to be freed with placet_buffer_free. A NUL follows them.
 */
typedef struct placet_buffer {
    char *data;    /* NULL where nothing was given */
    size_t length; /* without the NUL */
} placet_buffer;

/*
 * Something that is wrong with a policy. Its texts live as long as the object that it came from.
 */
typedef struct placet_diagnostic {
    const char *code;    /* stable, such as "P0304" */
    const char *message; /* one sentence */
    const char *help;    /* the likely fix, or NULL */
    const char *notes;   /* further facts, one a line, or NULL */
    const char *file;    /* NULL where no text is at fault */
    size_t line;         /* from 1; 0 where no text is at fault */
    size_t column;       /* from 1, in characters; 0 where no text is at fault */
    bool is_error;       /* or a warning, in spite of which the policy compiles */
} placet_diagnostic;

/*
 * Something that a decision obliges to. Its texts live as long as the decision.
 */
typedef struct placet_obligation {
    const char *name;
    const char *text;       /* what it asks for, for people, or NULL */
    int64_t within_seconds; /* the deadline, from the decision; 0 where there is none */
    bool has_deadline;
    bool is_certain; /* whether it is due whatever the values of what is missing */
} placet_obligation;

/* -------------------------------------------------------------------------------------------------- policies */

/*
 * Reads a policy from a file, be it a text, which is compiled with what it imports, or a saved policy.
 *
 * The path is as the system has it (on Windows UTF-8) and ends with a NUL.
 *
 * Errors: PLACET_UNREADABLE, PLACET_DOES_NOT_COMPILE, PLACET_DOES_NOT_LOAD.
 * Gives a policy that the caller frees with placet_policy_free. Any thread may call it at any time.
 */
placet_status placet_policy_open(const char *path, placet_policy **policy, placet_error **error);

/*
 * Compiles a text that imports nothing. In diagnostics its file is called "policy".
 *
 * Errors: PLACET_INVALID_UTF8, PLACET_DOES_NOT_COMPILE.
 * Gives a policy that the caller frees with placet_policy_free. Any thread may call it at any time.
 */
placet_status placet_policy_from_text(const char *text, size_t length, placet_policy **policy,
                                      placet_error **error);

/*
 * Loads a policy that placet_policy_save, or `placet compile`, has saved with this version of Placet. Neither
 * parser nor compiler is needed. Whatever the bytes are, they do no harm beyond a wrong answer: who may write them
 * may decide.
 *
 * Errors: PLACET_DOES_NOT_LOAD.
 * Gives a policy that the caller frees with placet_policy_free. Any thread may call it at any time.
 */
placet_status placet_policy_from_bytes(const uint8_t *saved, size_t length, placet_policy **policy,
                                       placet_error **error);

/*
 * Saves a policy, compiled. Its proofs and tests are left out. The same policy always gives the same bytes.
 *
 * Gives bytes that the caller frees with placet_buffer_free. Any number of threads may call it at once.
 */
placet_status placet_policy_save(const placet_policy *policy, placet_buffer *saved, placet_error **error);

/*
 * The policy's name; NULL for NULL. The text is the policy's. Any number of threads may call it at once.
 */
const char *placet_policy_name(const placet_policy *policy);

/*
 * The policy's version, as its header says; NULL if it doesn't, and for NULL. The text is the policy's. Any number
 * of threads may call it at once.
 */
const char *placet_policy_version(const placet_policy *policy);

/*
 * What tells policies apart: SHA-256, in hexadecimal, of what placet_policy_save gives, save for the names of
 * its files. Policies of one hash decide alike, be they compiled or loaded, and wherever they are. NULL for NULL. The text is the policy's. Any number of threads may
 * call it at once. The first call takes as long as saving.
 */
const char *placet_policy_hash(const placet_policy *policy);

/*
 * How many warnings compiling gave; 0 for NULL, and for a policy that was loaded. Any number of threads may call
 * it at once.
 */
size_t placet_policy_warning_count(const placet_policy *policy);

/*
 * One of the warnings. Its texts are the policy's. Any number of threads may call it at once.
 *
 * Errors: PLACET_OUT_OF_RANGE; then nothing is written.
 */
placet_status placet_policy_warning(const placet_policy *policy, size_t index, placet_diagnostic *warning);

/*
 * Frees a policy, or NULL. No other thread may be using it. Requests, values and decisions live on.
 */
void placet_policy_free(placet_policy *policy);

/* -------------------------------------------------------------------------------------------------- handles */

/*
 * Looks an attribute up by its dotted name, for the placet_request_put functions.
 *
 * Errors: PLACET_INVALID_UTF8, PLACET_UNKNOWN_ATTRIBUTE.
 * What is given owns nothing. Any number of threads may call it at once.
 */
placet_status placet_policy_attribute(const placet_policy *policy, const char *name,
                                      placet_attribute *attribute, placet_error **error);

/*
 * Looks a value up, for attributes of this one's type: of an enum or a taxonomy one name; of a set over them any
 * number. Where lengths is NULL, all names end with a NUL. An inner node of a taxonomy means one of its leaves,
 * not known which; in a set, all of them.
 *
 * Errors: PLACET_INVALID_UTF8; PLACET_FOREIGN_HANDLE; PLACET_OUTSIDE_DOMAIN for a name that there is not;
 * PLACET_WRONG_TYPE for an attribute of another type, and where not one name is given for a single value.
 * Gives a value that the caller frees with placet_value_free. Any number of threads may call it at once.
 */
placet_status placet_policy_value(const placet_policy *policy, placet_attribute attribute,
                                  const char *const *names, const size_t *lengths, size_t count,
                                  placet_value **value, placet_error **error);

/*
 * Frees a value, or NULL. No other thread may be using it. Requests that it was put into keep what it says.
 */
void placet_value_free(placet_value *value);

/* -------------------------------------------------------------------------------------------------- requests */

/*
 * Makes a request that gives nothing yet.
 *
 * Gives a request that the caller frees with placet_request_free. Any number of threads may call it at once.
 */
placet_status placet_request_new(const placet_policy *policy, placet_request **request, placet_error **error);

/*
 * Forgets all that was given; the memory is kept for what comes. One thread at a time.
 */
placet_status placet_request_clear(placet_request *request, placet_error **error);

/*
 * Frees a request, or NULL. No other thread may be using it.
 */
void placet_request_free(placet_request *request);

/*
 * Forgets all that was given, and gives what a JSON object says: attribute names as keys, dotted or nested; names
 * of enums and taxonomies, dates, times and ISO 8601 durations as strings; sets as arrays; null for what is not
 * known. One thread at a time.
 *
 * Errors: those of requests, for the first fault in the order of the text; then nothing is given. Text that is not
 * UTF-8 is PLACET_INVALID_JSON. That a required attribute is missing is found by the decision.
 */
placet_status placet_request_fill_from_json(placet_request *request, const char *json, size_t length,
                                            placet_error **error);

/*
 * The functions below give an attribute a value, in place of what was given before.
 *
 * By name (set) the type is converted as in JSON: a text is a string, a name of an enum or a taxonomy, a date
 * (2026-01-15), a time (2026-01-15T10:00:00Z) or an ISO 8601 duration (P30D), as the attribute asks; a whole
 * number is an int, a number, or the seconds of a duration; a number is a number or the seconds of a duration.
 *
 * By handle (put) the value must be of the attribute's own type, and nothing is looked up or converted: a few
 * nanoseconds, and no allocation, save for texts that are longer, or sets of them that are larger, than any
 * before.
 *
 * Errors of all: PLACET_WRONG_TYPE and PLACET_OUTSIDE_DOMAIN; of set, PLACET_UNKNOWN_ATTRIBUTE; of put,
 * PLACET_FOREIGN_HANDLE; for texts PLACET_INVALID_UTF8. After an error the request is as before, save after
 * PLACET_PANIC: then it can only be freed, and every other use of it is PLACET_PANIC too. All of them: one thread
 * at a time.
 */

/*
 * Gives, by name, a truth value. One thread at a time.
 */
placet_status placet_request_set_bool(placet_request *request, const char *attribute, bool value,
                                      placet_error **error);

/*
 * Gives, by handle, a bool. One thread at a time.
 */
placet_status placet_request_put_bool(placet_request *request, placet_attribute attribute, bool value,
                                      placet_error **error);

/*
 * Gives, by name, a whole number; for a duration, seconds. One thread at a time.
 */
placet_status placet_request_set_int(placet_request *request, const char *attribute, int64_t value,
                                     placet_error **error);

/*
 * Gives, by handle, an int. One thread at a time.
 */
placet_status placet_request_put_int(placet_request *request, placet_attribute attribute, int64_t value,
                                     placet_error **error);

/*
 * Gives, by name, a number; for a duration, seconds. Infinities and NaN are PLACET_OUTSIDE_DOMAIN. One thread at a
 * time.
 */
placet_status placet_request_set_number(placet_request *request, const char *attribute, double value,
                                        placet_error **error);

/*
 * Gives, by handle, a number. Infinities and NaN are PLACET_OUTSIDE_DOMAIN. One thread at a time.
 */
placet_status placet_request_put_number(placet_request *request, placet_attribute attribute, double value,
                                        placet_error **error);

/*
 * Gives, by name, a text: a string, a name, a date, a time or a duration. One thread at a time.
 */
placet_status placet_request_set_text(placet_request *request, const char *attribute, const char *value,
                                      size_t length, placet_error **error);

/*
 * Gives, by handle, a string. One thread at a time.
 */
placet_status placet_request_put_text(placet_request *request, placet_attribute attribute, const char *value,
                                      size_t length, placet_error **error);

/*
 * Gives, by name, a set: of strings, or of names. Where lengths is NULL, all texts end with a NUL. One thread at a
 * time.
 */
placet_status placet_request_set_texts(placet_request *request, const char *attribute,
                                       const char *const *values, const size_t *lengths, size_t count,
                                       placet_error **error);

/*
 * Gives, by handle, a set of strings. Where lengths is NULL, all texts end with a NUL. It allocates. One thread at
 * a time.
 */
placet_status placet_request_put_texts(placet_request *request, placet_attribute attribute,
                                       const char *const *values, const size_t *lengths, size_t count,
                                       placet_error **error);

/*
 * Gives, by name, a date in days from 1970-01-01. One thread at a time.
 */
placet_status placet_request_set_date(placet_request *request, const char *attribute, int32_t value,
                                      placet_error **error);

/*
 * Gives, by handle, a date in days from 1970-01-01. One thread at a time.
 */
placet_status placet_request_put_date(placet_request *request, placet_attribute attribute, int32_t value,
                                      placet_error **error);

/*
 * Gives, by name, an instant in microseconds from 1970-01-01T00:00:00Z. One thread at a time.
 */
placet_status placet_request_set_time(placet_request *request, const char *attribute, int64_t value,
                                      placet_error **error);

/*
 * Gives, by handle, an instant in microseconds from 1970-01-01T00:00:00Z. One thread at a time.
 */
placet_status placet_request_put_time(placet_request *request, placet_attribute attribute, int64_t value,
                                      placet_error **error);

/*
 * Gives, by name, a duration in microseconds; a negative one goes back. One thread at a time.
 */
placet_status placet_request_set_duration(placet_request *request, const char *attribute, int64_t value,
                                          placet_error **error);

/*
 * Gives, by handle, a duration in microseconds; a negative one goes back. One thread at a time.
 */
placet_status placet_request_put_duration(placet_request *request, placet_attribute attribute, int64_t value,
                                          placet_error **error);

/*
 * Gives, by name, that an attribute is not known, whatever its default. For a required one it is
 * PLACET_REQUIRED_ATTRIBUTE. One thread at a time.
 */
placet_status placet_request_set_missing(placet_request *request, const char *attribute, placet_error **error);

/*
 * Gives, by handle, that an attribute is not known, whatever its default. For a required one it is
 * PLACET_REQUIRED_ATTRIBUTE. One thread at a time.
 */
placet_status placet_request_put_missing(placet_request *request, placet_attribute attribute,
                                         placet_error **error);

/*
 * Gives, by handle, a value of an enum, of a taxonomy, or of a set over them. PLACET_FOREIGN_HANDLE if another
 * policy made the value. One thread at a time.
 */
placet_status placet_request_put_value(placet_request *request, placet_attribute attribute,
                                       const placet_value *value, placet_error **error);

/* -------------------------------------------------------------------------------------------------- decisions */

/*
 * Whether the request may go through: true for a proven allow alone; false for whatever else there is, an error
 * and NULL among it. It allocates nothing (unless there is an error). Any number of threads may call it at once.
 */
bool placet_policy_is_allowed(const placet_policy *policy, const placet_request *request);

/*
 * Decides a request, without reasons. It allocates nothing (unless there is an error). Any number of threads may
 * call it at once.
 *
 * Errors: PLACET_REQUIRED_ATTRIBUTE; PLACET_FOREIGN_HANDLE if another policy made the request.
 */
placet_status placet_policy_effect(const placet_policy *policy, const placet_request *request,
                                   placet_effect *effect, placet_error **error);

/*
 * As placet_policy_effect, of a JSON object: see placet_request_fill_from_json. Once a thread has asked the policy
 * before, and where the text has no escapes, it allocates nothing (unless there is an error). Any number of
 * threads may call it at once.
 *
 * Errors: those of requests, for the first fault in the order of the text, and after all others
 * PLACET_REQUIRED_ATTRIBUTE.
 */
placet_status placet_policy_effect_json(const placet_policy *policy, const char *json, size_t length,
                                        placet_effect *effect, placet_error **error);

/*
 * Decides a request, with all reasons. Any number of threads may call it at once.
 *
 * Errors: as of placet_policy_effect.
 * Gives a decision that the caller frees with placet_decision_free.
 */
placet_status placet_policy_decide(const placet_policy *policy, const placet_request *request,
                                   placet_decision **decision, placet_error **error);

/*
 * As placet_policy_decide, of a JSON object: see placet_request_fill_from_json. Any number of threads may call it
 * at once.
 *
 * Errors: as of placet_policy_effect_json.
 * Gives a decision that the caller frees with placet_decision_free.
 */
placet_status placet_policy_decide_json(const placet_policy *policy, const char *json, size_t length,
                                        placet_decision **decision, placet_error **error);

/*
 * Decides a request and tells why, as JSON: the decision; the rules that spoke or were silent, with their
 * exceptions and the values that they hang on; and what each value of what is missing would lead to. Any number of
 * threads may call it at once.
 *
 * Errors: as of placet_policy_effect.
 * Gives a text that the caller frees with placet_buffer_free.
 */
placet_status placet_policy_explain(const placet_policy *policy, const placet_request *request,
                                    placet_buffer *json, placet_error **error);

/*
 * What the decision says; PLACET_INDETERMINATE for NULL. Any number of threads may call it at once.
 */
placet_effect placet_decision_effect(const placet_decision *decision);

/*
 * Whether a search ended at a limit: the effect may be indeterminate where it could have been decided (never the
 * reverse), and the lists may hold more than matters. False for NULL. Any number of threads may call it at once.
 */
bool placet_decision_is_approximate(const placet_decision *decision);

/*
 * How many entries a list of the decision has; 0 for NULL, and where there is no such list. Any number of threads
 * may call it at once.
 */
size_t placet_decision_count(const placet_decision *decision, placet_part part);

/*
 * An entry of a list of the decision, and its length in bytes (unless length is NULL); NULL and 0 where there is
 * none, and for NULL. The text is the decision's. Any number of threads may call it at once.
 */
const char *placet_decision_entry(const placet_decision *decision, placet_part part, size_t index,
                                  size_t *length);

/*
 * How many obligations the decision has; 0 for NULL. Any number of threads may call it at once.
 */
size_t placet_decision_obligation_count(const placet_decision *decision);

/*
 * One of the obligations; they are in the order of their names, then of their deadlines, none last. Its texts are
 * the decision's. Any number of threads may call it at once.
 *
 * Errors: PLACET_OUT_OF_RANGE; then nothing is written.
 */
placet_status placet_decision_obligation(const placet_decision *decision, size_t index,
                                         placet_obligation *obligation);

/*
 * The decision as JSON: {"effect": "deny", "rules": [...], "cites": [...], "basis": [...], "obligations": [...],
 * "undecided": [...], "missing": [...]}. Any number of threads may call it at once.
 *
 * Gives a text that the caller frees with placet_buffer_free.
 */
placet_status placet_decision_to_json(const placet_decision *decision, placet_buffer *json,
                                      placet_error **error);

/*
 * Frees a decision, or NULL. No other thread may be using it.
 */
void placet_decision_free(placet_decision *decision);

/* -------------------------------------------------------------------------------------------------- batches */

/*
 * Whole tables come and go over the Arrow C data interface; columns are read where they are. See
 * https://arrow.apache.org/docs/format/CDataInterface.html. A batch is an array of structs, each of whose fields
 * is a column, and each row of which is a request.
 *
 * Who holds an array, a schema or a stream that is not released (whose release is not NULL) owns it. What is taken
 * is moved: its release is NULL after the call, whatever the status, and the library releases it once, when nobody
 * needs it any more. What is given is the caller's, who calls its release; it is released already where nothing is
 * given. It may keep parts of what was taken alive. What is taken and what is given are never the same struct.
 *
 * Columns are attributes by their names, subject.age; so are fields of structs, age in subject. An attribute
 * without a column is one that a request leaves out; null is null.
 *
 * Attributes       Columns
 * bool             booleans
 * int              integers of any width, decimals without a scale
 * number           floats, integers, decimals
 * string, enums,   texts: utf8, large utf8, utf8 views
 *   taxonomies
 * sets             lists of texts: lists, large lists, lists of fixed size, views of lists
 * date             date32, whole days in date64, texts as requests write them
 * time             timestamps of any unit with a time zone, texts as requests write them
 * duration         durations of any unit, seconds as numbers, texts as requests write them
 *
 * Each of them also in a dictionary, or run-end encoded. A value that the attribute does not have is an error, and
 * so is one that is finer than a microsecond.
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

/*
 * An attribute that is taken from a column of another name.
 */
typedef struct placet_column {
    const char *attribute;
    const char *column; /* in a struct, its dotted name */
} placet_column;

/*
 * How columns become requests, and what is told of the decisions. Of zeros, columns are attributes by their names,
 * each of them must be one, an erroneous row is an error, and effects are told without reasons.
 */
typedef struct placet_options {
    const placet_column *columns; /* attributes that are taken from columns of other names */
    size_t column_count;
    const char *constants; /* what every row gives, in place of columns: a JSON object as of a request; or NULL */
    size_t threads;        /* how many share the rows of a large batch; 0 is one */
    bool rules;            /* tells the rules that decided */
    bool clauses;          /* tells the clauses that they cite */
    bool obligations;      /* tells what they oblige to */
    bool missing;          /* tells of indeterminate rows on which attributes alone they can hang */
    bool ignore_unknown;   /* leaves columns alone that are no attributes */
    bool null_on_error;    /* makes the decision about an erroneous row null, and counts it */
    bool trusted;          /* does not look whether texts are UTF-8, keys and offsets within bounds, and nulls
                              counted right: whoever made the arrays made them so */
} placet_options;

/*
 * A policy, bound to the columns of a schema. It never changes, and it may outlive the policy: any number of
 * threads may use it at once.
 */
typedef struct placet_binding placet_binding;

/*
 * How rows were decided. Batches and streams of any number of threads may add to one at once, while others look
 * into it.
 */
typedef struct placet_tally placet_tally;

/*
 * How many rows were decided how.
 */
typedef struct placet_counts {
    uint64_t rows; /* all of them */
    uint64_t allowed;
    uint64_t denied;
    uint64_t indeterminate;
    uint64_t errors; /* those that are erroneous requests */
} placet_counts;

/*
 * Binds a policy to the columns of a schema: a type of structs, which is read and stays the caller's. Where
 * options is NULL, they are all zeros; they are not kept. Any number of threads may call it at once.
 *
 * Errors: PLACET_UNFIT_COLUMN if a column is no attribute, isn't there, or is of a type that its attribute does
 * not take; PLACET_REQUIRED_ATTRIBUTE if nothing gives one; PLACET_DUPLICATE_ATTRIBUTE if two give one;
 * PLACET_INVALID_ARROW; of constants, those of requests; PLACET_INVALID_UTF8; PLACET_OUT_OF_RANGE.
 * Gives a binding that the caller frees with placet_binding_free.
 */
placet_status placet_binding_new(const placet_policy *policy, const struct ArrowSchema *schema,
                                 const placet_options *options, placet_binding **binding, placet_error **error);

/*
 * Frees a binding, or NULL. No other thread may be using it. Streams live on.
 */
void placet_binding_free(placet_binding *binding);

/*
 * Decides each row of a batch as placet_policy_decide decides the request of its values. Any number of threads may
 * call it at once.
 *
 * It takes the batch, and gives one of as many rows. The column effect is a dictionary of words with keys of eight
 * bits, which are those of placet_effect; null where the row is an erroneous request that is not to be an error
 * (its key is then no effect). After it come those of the reasons that were asked for, each of them lists: rules,
 * clauses and missing of texts, obligations of structs with the fields name, within_seconds (null for none), text
 * and certain. The schema is always the same; out_schema may be NULL. Where there is a tally, the rows are added
 * to it; it may be NULL.
 *
 * Errors: for the first erroneous row, those of requests, with its row, its column and its value;
 * PLACET_UNFIT_COLUMN; PLACET_INVALID_ARROW.
 * Gives an array and a schema that the caller releases.
 */
placet_status placet_binding_decide(const placet_binding *binding, struct ArrowArray *array,
                                    struct ArrowArray *out, struct ArrowSchema *out_schema,
                                    const placet_tally *tally, placet_error **error);

/*
 * Leaves the rows of a batch that are allowed, and no others, with all columns. Erroneous requests that are not to
 * be an error are left out. Any number of threads may call it at once.
 *
 * It takes the batch. Without a tally, no reasons are looked for. Errors: as of placet_binding_decide.
 * Gives an array, and unless out_schema is NULL its schema, that the caller releases.
 */
placet_status placet_binding_filter(const placet_binding *binding, struct ArrowArray *array,
                                    struct ArrowArray *out, struct ArrowSchema *out_schema,
                                    const placet_tally *tally, placet_error **error);

/*
 * As placet_binding_decide, for the batches of a stream. They are decided as the stream that is given is read: one
 * at a time, so that no more than one batch and its decisions is held. Any number of threads may call it at once;
 * the stream that is given may move from thread to thread, and is read by one at a time.
 *
 * It takes the stream, and asks it for its schema. Where a batch fails, get_next returns an error number, and
 * get_last_error says why, rows being counted from the beginning of the stream; then the stream fails for ever.
 * The tally may be freed before the stream.
 *
 * Errors: PLACET_INVALID_ARROW.
 * Gives a stream that the caller releases.
 */
placet_status placet_binding_decide_stream(const placet_binding *binding, struct ArrowArrayStream *stream,
                                           struct ArrowArrayStream *out, const placet_tally *tally,
                                           placet_error **error);

/*
 * As placet_binding_filter, for the batches of a stream: see placet_binding_decide_stream. Any number of threads
 * may call it at once.
 *
 * Errors: PLACET_INVALID_ARROW.
 * Gives a stream that the caller releases.
 */
placet_status placet_binding_filter_stream(const placet_binding *binding, struct ArrowArrayStream *stream,
                                           struct ArrowArrayStream *out, const placet_tally *tally,
                                           placet_error **error);

/*
 * Makes a tally of no rows. Any thread may call it at any time.
 *
 * Gives a tally that the caller frees with placet_tally_free.
 */
placet_status placet_tally_new(placet_tally **tally, placet_error **error);

/*
 * How many rows were decided how until now; zeros for NULL. Any number of threads may call it at once.
 */
placet_counts placet_tally_counts(const placet_tally *tally);

/*
 * The tally as JSON: {"rows": 3, "allowed": 1, "denied": 1, "indeterminate": 0, "errors": 1, "rules": {"children":
 * 1}, "faults": [...]}. The rules, where they are asked for, are those that have a part in decisions, each with
 * how many; the faults are the first few erroneous rows, from the beginning of their batch or stream, with the
 * column, the attribute, the value, what was expected and the code. Any number of threads may call it at once.
 *
 * Gives a text that the caller frees with placet_buffer_free.
 */
placet_status placet_tally_to_json(const placet_tally *tally, placet_buffer *json, placet_error **error);

/*
 * Frees a tally, or NULL. No other thread may be using it; streams that add to it go on.
 */
void placet_tally_free(placet_tally *tally);

/* -------------------------------------------------------------------------------------------------- errors */

/*
 * The status that the error came with; PLACET_OK for NULL. Any number of threads may call it at once.
 */
placet_status placet_error_status(const placet_error *error);

/*
 * One sentence for people; NULL for NULL. Of a policy that does not compile, the first error with its place. The
 * text is the error's. Any number of threads may call it at once.
 */
const char *placet_error_message(const placet_error *error);

/*
 * A stable code for programs: of a policy that does not compile, that of its first error, such as "P0304";
 * otherwise
 * the name of the status, such as "outside_domain". NULL for NULL. The text is the error's. Any number of threads
 * may
 * call it at once.
 */
const char *placet_error_code(const placet_error *error);

/*
 * The attribute at fault, as the request names it; NULL where there is none, and for NULL. The text is the
 * error's. Any number of threads may call it at once.
 */
const char *placet_error_attribute(const placet_error *error);

/*
 * What a request was expected to give, such as "int 0..150"; NULL where nothing was, and for NULL. The text is the
 * error's. Any number of threads may call it at once.
 */
const char *placet_error_expected(const placet_error *error);

/*
 * The column of a table that is at fault, in a struct its dotted name; NULL where there is none, and for NULL. The
 * text is the error's. Any number of threads may call it at once.
 */
const char *placet_error_column_name(const placet_error *error);

/*
 * The row of a table that is at fault, from 0; -1 where there is none, and for NULL. Any number of threads may
 * call it at once.
 */
int64_t placet_error_row(const placet_error *error);

/*
 * The value in a table that is at fault, for people; NULL where there is none, and for NULL. The text is the
 * error's. Any number of threads may call it at once.
 */
const char *placet_error_value(const placet_error *error);

/*
 * The file of the first error of a policy that does not compile; NULL where there is none, and for NULL. The text
 * is
 * the error's. Any number of threads may call it at once.
 */
const char *placet_error_file(const placet_error *error);

/*
 * The line, from 1, of the first error of a policy that does not compile; 0 where there is none, and for NULL. Any
 * number of threads may call it at once.
 */
size_t placet_error_line(const placet_error *error);

/*
 * The column, from 1 and in characters, of the first error of a policy that does not compile; 0 where there is
 * none,
 * and for NULL. Any number of threads may call it at once.
 */
size_t placet_error_column(const placet_error *error);

/*
 * How many faults a policy that does not compile has, errors and warnings; 0 for other errors, and for NULL. Any
 * number of threads may call it at once.
 */
size_t placet_error_diagnostic_count(const placet_error *error);

/*
 * One of the faults, which are in the order of the text. Its texts are the error's. Any number of threads may call
 * it
 * at once.
 *
 * Errors: PLACET_OUT_OF_RANGE; then nothing is written.
 */
placet_status placet_error_diagnostic(const placet_error *error, size_t index,
                                      placet_diagnostic *diagnostic);

/*
 * Frees an error, or NULL. No other thread may be using it.
 */
void placet_error_free(placet_error *error);

/* -------------------------------------------------------------------------------------------------- the rest */

/*
 * Frees what is in a buffer that this library has filled, and sets it to zeros; of zeros, and of NULL, it does
 * nothing. One thread at a time.
 */
void placet_buffer_free(placet_buffer *buffer);

/*
 * The name of a status, such as "outside_domain"; NULL for a number that is none. The text lives for ever. Any
 * number of threads may call it at once.
 */
const char *placet_status_name(placet_status status);

/*
 * The name of an effect, such as "allow"; NULL for a number that is none. The text lives for ever. Any number of
 * threads may call it at once.
 */
const char *placet_effect_name(placet_effect effect);

/*
 * The version of the library, such as "0.1.0". The text lives for ever. Any number of threads may call it at once.
 */
const char *placet_version(void);

#ifdef __cplusplus
}
#endif

#endif /* PLACET_H */
