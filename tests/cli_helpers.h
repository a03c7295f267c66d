/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_TESTS_CLI_HELPERS_H
#define FLYNN_TESTS_CLI_HELPERS_H

#include <jansson.h>
#include <stdbool.h>

/** Make a folder, change into it, and clear the variables that change what the program does; remove the folder with all
 * that is in it. For .init and .fini. */
void cli_enter(void);
void cli_leave(void);

/** What the last command printed. */
extern char cli_out[1 << 20], cli_err[1 << 16];

/** Run a shell command in which `flynn` is the program under test. Returns its exit status. */
__attribute__((format(printf, 1, 2))) int cli_shell(const char *format, ...);

/** Number of entries in the folder, hidden ones too. */
int cli_entries(void);

/** Whether stderr is one line that starts with "flynn: " and holds `text`. */
bool cli_complains(const char *text);

/** Parse a JSON text; asserts that it is one. Free with json_decref. */
json_t *cli_json(const char *text);

#endif
