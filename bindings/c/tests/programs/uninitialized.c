/* Sets an attribute to uninitialised memory, of the type that the argument names, so that valgrind must report it. */

#include <placet.h>

#include <stdlib.h>
#include <string.h>

static void check(placet_status status)
{
    if (status != PLACET_OK) {
        exit(EXIT_FAILURE);
    }
}

int main(int argc, char **argv)
{
    placet_policy *policy;
    placet_request *request;
    if (argc != 2) {
        return EXIT_FAILURE;
    }
    const char *text = "policy p  request { age: int  word: string  flag: bool }\n"
                       "rule r { allow when age >= 18 or word is \"x\" or flag }";
    check(placet_policy_from_text(text, PLACET_NTS, &policy, NULL));
    check(placet_request_new(policy, &request, NULL));
    char *memory = malloc(16);
    if (memory == NULL) {
        return EXIT_FAILURE;
    }
    if (strcmp(argv[1], "age") == 0) {
        int64_t age;
        memcpy(&age, memory, sizeof age);
        check(placet_request_set_int(request, "age", age, NULL));
    } else if (strcmp(argv[1], "text") == 0) {
        placet_status status = placet_request_set_text(request, "word", memory, 16, NULL);
        (void)status;
    } else if (strcmp(argv[1], "flag") == 0) {
        bool flag;
        memcpy(&flag, memory, sizeof flag);
        check(placet_request_set_bool(request, "flag", flag, NULL));
    }
    placet_effect effect;
    check(placet_policy_effect(policy, request, &effect, NULL));
    if (effect == PLACET_DENY) {
        /* Without a value the effect is indeterminate: only a value can deny. */
        return EXIT_FAILURE;
    }
    free(memory);
    placet_request_free(request);
    placet_policy_free(policy);
    return EXIT_SUCCESS;
}
