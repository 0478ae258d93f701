/*
 * To whom may the newsletter be sent? A whole table is asked about at once: its columns come over the Arrow C data
 * interface, from whatever library has them. Here they are this program's own memory.
 *
 *     cc table.c $(pkg-config --cflags --libs placet) -o table
 *     ./table ../newsletter.placet
 */

#include <placet.h>

#include <stdio.h>
#include <stdlib.h>

/* The people: the age of the third is not known (its bit is 0), and consent is a number of a word. */
static const char *const names[] = {"Ada", "Ben", "Cem", "Dee"};
static const int32_t ages[] = {36, 12, 0, 41};
static const unsigned char known_ages[] = {0xB};
static const int8_t consents[] = {0, 0, 0, 1};
static const char words[] = "grantedrefused";
static const int32_t word_ends[] = {0, 7, 14};

static const void *no_buffers[] = {NULL};
static const void *age_buffers[] = {known_ages, ages};
static const void *consent_buffers[] = {NULL, consents};
static const void *word_buffers[] = {NULL, word_ends, words};

/* All of it is static: there is nothing to give back. */
static void keep_array(struct ArrowArray *array) { array->release = NULL; }
static void keep_schema(struct ArrowSchema *schema) { schema->release = NULL; }

/* What the last call says of its failure. */
static placet_error *error;

static void check(placet_status status)
{
    if (status == PLACET_OK) {
        return;
    }
    fprintf(stderr, "%s: %s\n", placet_error_code(error), placet_error_message(error));
    if (placet_error_row(error) >= 0) {
        fprintf(stderr, "for %s\n", names[placet_error_row(error)]);
    }
    placet_error_free(error);
    exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s POLICY\n", argv[0]);
        return EXIT_FAILURE;
    }

    /* Once: which columns there are, and what every row gives. */
    struct ArrowSchema word = {.format = "u", .release = keep_schema};
    struct ArrowSchema age = {
        .format = "i", .name = "age", .flags = ARROW_FLAG_NULLABLE, .release = keep_schema};
    struct ArrowSchema consent = {.format = "c", .name = "consent", .dictionary = &word, .release = keep_schema};
    struct ArrowSchema *fields[] = {&age, &consent};
    struct ArrowSchema schema = {.format = "+s", .n_children = 2, .children = fields, .release = keep_schema};

    const placet_column columns[] = {{.attribute = "subject.age", .column = "age"}};
    const placet_options options = {.struct_size = sizeof(placet_options),
                                    .columns = columns,
                                    .column_count = 1,
                                    .constants = "{\"purpose\": \"newsletter\"}",
                                    .rules = true};
    placet_policy *policy;
    placet_bound_policy *binding;
    placet_tally *tally;
    check(placet_policy_open(argv[1], &policy, &error));
    check(placet_bound_policy_new(policy, &schema, &options, &binding, &error));
    check(placet_tally_new(&tally, &error));

    /* For each batch. */
    struct ArrowArray word_array = {
        .length = 2, .n_buffers = 3, .buffers = word_buffers, .release = keep_array};
    struct ArrowArray age_array = {
        .length = 4, .null_count = 1, .n_buffers = 2, .buffers = age_buffers, .release = keep_array};
    struct ArrowArray consent_array = {.length = 4,
                                       .n_buffers = 2,
                                       .buffers = consent_buffers,
                                       .dictionary = &word_array,
                                       .release = keep_array};
    struct ArrowArray *arrays[] = {&age_array, &consent_array};
    struct ArrowArray batch = {.length = 4,
                               .n_buffers = 1,
                               .n_children = 2,
                               .buffers = no_buffers,
                               .children = arrays,
                               .release = keep_array};
    struct ArrowArray decisions;
    check(placet_bound_policy_decide(binding, &batch, &decisions, NULL, tally, &error));
    const int8_t *effects = decisions.children[0]->buffers[1];
    for (int64_t row = 0; row < decisions.length; row++) {
        printf("%s: %s\n", names[row], placet_effect_name(effects[row]));
    }
    decisions.release(&decisions);

    placet_buffer counted;
    check(placet_tally_to_json(tally, &counted, &error));
    printf("%s\n", counted.data);
    placet_buffer_free(&counted);

    placet_tally_free(tally);
    placet_bound_policy_free(binding);
    placet_policy_free(policy);
    return EXIT_SUCCESS;
}
