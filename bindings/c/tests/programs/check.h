/* Checks for the test programs. */

#ifndef CHECK_H
#define CHECK_H

#include <placet.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                              \
    do {                                                                              \
        if (!(condition)) {                                                           \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);           \
            exit(EXIT_FAILURE);                                                       \
        }                                                                             \
    } while (0)

/* Checks that a call returns a status, and writes an error exactly if it fails. */
#define COMES_TO(expected, call)                                                      \
    do {                                                                              \
        placet_error *error = (placet_error *)&error;                                 \
        placet_status status = (call);                                                \
        if (status != (expected) && error != NULL) {                                  \
            fprintf(stderr, "%s\n", placet_error_message(error));                     \
        }                                                                             \
        CHECK(status == (expected));                                                  \
        CHECK((error == NULL) == (status == PLACET_OK));                              \
        CHECK(placet_error_status(error) == status);                                  \
        CHECK(error == NULL || strlen(placet_error_message(error)) > 0);              \
        placet_error_free(error);                                                     \
    } while (0)

#endif
