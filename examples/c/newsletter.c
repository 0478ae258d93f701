/*
 * May the newsletter be sent? What a service written in C does: the policy is compiled and its attributes are looked
 * up once; then one request is filled again and again.
 *
 *     cc newsletter.c $(pkg-config --cflags --libs placet) -o newsletter
 *     ./newsletter ../newsletter.placet
 */

#include <placet.h>

#include <stdio.h>
#include <stdlib.h>

/* What the last call says of its failure. */
static placet_error *error;

static void check(placet_status status)
{
    if (status != PLACET_OK) {
        fprintf(stderr, "%s: %s\n", placet_error_code(error), placet_error_message(error));
        placet_error_free(error);
        exit(EXIT_FAILURE);
    }
}

/* Says what was decided, and why. */
static void report(int64_t age, const placet_decision *decision)
{
    printf("age %d: %s\n", (int)age, placet_effect_name(placet_decision_effect(decision)));
    for (size_t i = 0; i < placet_decision_count(decision, PLACET_CITES); i++) {
        printf("  by %s\n", placet_decision_entry(decision, PLACET_CITES, i, NULL));
    }
    for (size_t i = 0; i < placet_decision_count(decision, PLACET_MISSING); i++) {
        printf("  ask for %s\n", placet_decision_entry(decision, PLACET_MISSING, i, NULL));
    }
    placet_obligation due;
    for (size_t i = 0; placet_decision_obligation(decision, i, &due) == PLACET_OK; i++) {
        printf("  must %s", due.name);
        if (due.has_deadline) {
            printf(" within %d days", (int)(due.within_seconds / 86400));
        }
        printf("\n");
    }
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s POLICY\n", argv[0]);
        return EXIT_FAILURE;
    }

    /* Once. */
    placet_policy *policy;
    placet_request *request;
    placet_attribute purpose, age, consent;
    placet_value *newsletter, *granted;
    check(placet_policy_open(argv[1], &policy, &error));
    check(placet_policy_attribute(policy, "purpose", &purpose, &error));
    check(placet_policy_attribute(policy, "subject.age", &age, &error));
    check(placet_policy_attribute(policy, "consent", &consent, &error));
    const char *names[] = {"newsletter", "granted"};
    check(placet_policy_value(policy, purpose, &names[0], NULL, 1, &newsletter, &error));
    check(placet_policy_value(policy, consent, &names[1], NULL, 1, &granted, &error));
    check(placet_request_new(policy, &request, &error));

    /* For each question. */
    static const struct {
        int64_t age;
        bool has_consented;
    } people[] = {{30, true}, {12, true}, {30, false}};
    for (size_t i = 0; i < sizeof people / sizeof *people; i++) {
        check(placet_request_clear(request, &error));
        check(placet_request_put_value(request, purpose, newsletter, &error));
        check(placet_request_put_int(request, age, people[i].age, &error));
        if (people[i].has_consented) {
            check(placet_request_put_value(request, consent, granted, &error));
        }
        if (placet_policy_is_allowed(policy, request)) {
            printf("age %d: send it\n", (int)people[i].age);
            continue;
        }
        placet_decision *decision;
        check(placet_policy_decide(policy, request, &decision, &error));
        report(people[i].age, decision);
        placet_decision_free(decision);
    }

    placet_request_free(request);
    placet_value_free(granted);
    placet_value_free(newsletter);
    placet_policy_free(policy);
    return EXIT_SUCCESS;
}
