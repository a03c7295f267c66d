/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_TESTS_PLAIN_CRITERION_H
#define FLYNN_TESTS_PLAIN_CRITERION_H

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __clang__
#pragma clang diagnostic ignored "-Wgnu-zero-variadic-macro-arguments"
#endif

/** The part of Criterion that tests without parameters use, in one header and one process for each test.
 *
 * Criterion places its own memory where ThreadSanitizer keeps its shadow and cannot start under it. So that the same
 * tests run there, compile them with `-isystem tests/plain -fsanitize=thread` and without -lcriterion. The program
 * runs all tests, or those whose "suite/name" contains its first argument, and ends with 1 when one failed. */

struct plain_test {
    const char *suite, *name;
    void (*run)(void), (*init)(void), (*fini)(void);
    double timeout; /* seconds, 0: none */
    struct plain_test *next;
};

static struct plain_test *plain_tests, *plain_suites;

#define Test(suite_, name_, ...)                                                                                       \
    static void suite_##_##name_(void);                                                                                \
    static struct plain_test suite_##_##name_##_test = {                                                               \
        .suite = #suite_, .name = #name_, .run = suite_##_##name_, __VA_ARGS__};                                       \
    __attribute__((constructor)) static void suite_##_##name_##_add(void)                                              \
    {                                                                                                                  \
        suite_##_##name_##_test.next = plain_tests;                                                                    \
        plain_tests = &suite_##_##name_##_test;                                                                        \
    }                                                                                                                  \
    static void suite_##_##name_(void)

#define TestSuite(suite_, ...)                                                                                         \
    static struct plain_test suite_##_suite = {.suite = #suite_, __VA_ARGS__};                                         \
    __attribute__((constructor)) static void suite_##_suite_add(void)                                                  \
    {                                                                                                                  \
        suite_##_suite.next = plain_suites;                                                                            \
        plain_suites = &suite_##_suite;                                                                                \
    }                                                                                                                  \
    struct plain_test

__attribute__((format(printf, 4, 5))) static inline void plain_fail(const char *file, int line, const char *what,
                                                                    const char *format, ...)
{
    va_list args;

    fprintf(stderr, "%s:%d: %s: ", file, line, what);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    fflush(NULL);
    _exit(1);
}

__attribute__((format(printf, 1, 2))) static inline void plain_skip(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fflush(NULL);
    _exit(77);
}

#define cr_skip_test(...)              plain_skip(" " __VA_ARGS__)
#define cr_assert(cond, ...)           ((cond) ? (void)0 : plain_fail(__FILE__, __LINE__, #cond, " " __VA_ARGS__))
#define cr_assert_fail(...)            plain_fail(__FILE__, __LINE__, "failed", " " __VA_ARGS__)
#define cr_assert_eq(a, b, ...)        cr_assert((a) == (b), __VA_ARGS__)
#define cr_assert_neq(a, b, ...)       cr_assert((a) != (b), __VA_ARGS__)
#define cr_assert_null(a, ...)         cr_assert((a) == NULL, __VA_ARGS__)
#define cr_assert_not_null(a, ...)     cr_assert((a) != NULL, __VA_ARGS__)
#define cr_assert_str_eq(a, b, ...)    cr_assert(!strcmp((a), (b)), __VA_ARGS__)
#define cr_assert_arr_eq(a, b, n, ...) cr_assert(!memcmp((a), (b), (n)), __VA_ARGS__)

/* The test's process: everything that was set up for one test is gone with it. */
static inline void plain_child(const struct plain_test *t)
{
    const struct plain_test *s = plain_suites;

    while (s && strcmp(s->suite, t->suite))
        s = s->next;
    double timeout = t->timeout > 0 ? t->timeout : s ? s->timeout : 0;
    if (timeout > 0)
        alarm((unsigned)ceil(timeout));
    if (s && s->init)
        s->init();
    if (t->init)
        t->init();
    t->run();
    if (t->fini)
        t->fini();
    if (s && s->fini)
        s->fini();
    exit(0);
}

int main(int argc, char **argv)
{
    int failed = 0, run = 0, skipped = 0;

    for (const struct plain_test *t = plain_tests; t; t = t->next) {
        char name[256];
        int status = 1;
        snprintf(name, sizeof name, "%s/%s", t->suite, t->name);
        if (argc > 1 && !strstr(name, argv[1]))
            continue;
        fflush(NULL);
        pid_t child = fork();
        if (!child)
            plain_child(t);
        if (child > 0)
            waitpid(child, &status, 0);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
            fprintf(stderr, " (skipped: %s)\n", name);
            skipped++;
        } else if (status) {
            fprintf(stderr, "FAIL %s (wait status %d)\n", name, status);
            failed++;
        }
        run++;
    }
    printf("%d tests, %d failed, %d skipped\n", run, failed, skipped);
    return failed || !run;
}

#endif
