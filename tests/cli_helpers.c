/* SPDX-License-Identifier: Apache-2.0 */
#include "cli_helpers.h"

#include <criterion/criterion.h>

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

char cli_out[1 << 20], cli_err[1 << 16];
static char folder[] = "/tmp/flynn-cli-XXXXXX";

void cli_enter(void)
{
    static const char *const variables[] = {"FLYNN_BACKEND", "FLYNN_NUM_THREADS", "FLYNN_ISA", "POSIXLY_CORRECT"};
    cr_assert(getenv("FLYNN_BIN"), "FLYNN_BIN names the program under test");
    cr_assert(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
    cr_assert_eq(mkdir("w", 0700), 0);
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        unsetenv(variables[i]);
}

void cli_leave(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
}

static void get(char *text, size_t size, const char *name)
{
    FILE *file = fopen(name, "r");
    size_t n = file ? fread(text, 1, size - 1, file) : 0;
    text[n] = '\0';
    if (file)
        fclose(file);
}

int cli_shell(const char *format, ...)
{
    char command[4096], whole[5000];
    va_list args;
    va_start(args, format);
    vsnprintf(command, sizeof command, format, args);
    va_end(args);
    snprintf(whole, sizeof whole, "exec >out 2>err; cd w; flynn() { \"$FLYNN_BIN\" \"$@\"; }; %s", command);
    int status = system(whole);
    get(cli_out, sizeof cli_out, "out");
    get(cli_err, sizeof cli_err, "err");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int cli_entries(void)
{
    DIR *dir = opendir("w");
    int count = -2;
    cr_assert(dir);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

bool cli_complains(const char *text)
{
    char *end = strchr(cli_err, '\n');
    return strncmp(cli_err, "flynn: ", 7) == 0 && end && end[1] == '\0' && strstr(cli_err, text);
}

json_t *cli_json(const char *text)
{
    json_error_t error;
    json_t *json = json_loads(text, 0, &error);
    cr_assert(json, "line %d: %s", error.line, error.text);
    return json;
}
