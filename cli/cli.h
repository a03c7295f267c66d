/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CLI_CLI_H
#define FLYNN_CLI_CLI_H

#include <flynn/error.h>

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

/** What the commands of the program share: exit statuses, messages, and the reading of argument lists. */

enum cli_status {
    CLI_OK = 0,          /**< done, and verified where asked */
    CLI_DIFFERS = 1,     /**< outputs differ */
    CLI_FAILED = 2,      /**< usage, bad input or I/O */
    CLI_UNAVAILABLE = 3, /**< the named backend is unavailable or failed its self-test */
    CLI_LIMIT = 4,       /**< a resource limit */
};

/** The end of each command's help. */
#define CLI_STATUS_HELP                                                               \
    "Exit status: 0 done, and verified where asked; 1 outputs differ; 2 usage, bad\n" \
    "input or I/O; 3 the named backend is unavailable or failed its self-test; 4 a\n" \
    "resource limit."

/** A command: argv[0] is its own name. Returns the exit status. */
typedef int cli_command(int argc, char **argv);

cli_command cli_run, cli_batch, cli_compare, cli_verify, cli_diff, cli_ops, cli_info, cli_tune;

/** Print "flynn: ..." as one line on stderr. */
__attribute__((format(printf, 1, 2))) void cli_complain(const char *format, ...);

/** As above; returns CLI_FAILED. */
__attribute__((format(printf, 1, 2))) int cli_usage(const char *format, ...);

/** Print err->text and return the exit status of err->code. */
int cli_fail(const struct flynn_err *err);

/** The option of every command that asks for help; cli_parse acts on it. */
#define CLI_HELP_OPTION                                                                                                \
    {                                                                                                                  \
        "help", 'h', NULL, 0, "print this help", -1                                                                    \
    }

/** Check argv against the argp and parse it: options may come anywhere before `--`. Returns true to go on. When it
 * returns false, *status is the exit status: help was printed, or one line about what is wrong. */
bool cli_parse(const struct argp *argp, const char *command, int argc, char **argv, void *input, int *status);

/** The word of a list (ends with NULL) that is nearest to a misspelt one, or NULL when none is near. */
const char *cli_nearest(const char *word, const char *const *list);

/** Whether stream is a terminal on which colour is welcome: NO_COLOR is not set, TERM is not "dumb". */
bool cli_colour(void *stream);

/** Flush stdout, and keep the reason of the first failure for cli_finish. */
void cli_flush(void);

/** Flush stdout; when that or anything before failed, complain and return CLI_FAILED, else `status`. */
int cli_finish(int status);

#endif
