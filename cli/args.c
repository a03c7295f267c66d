/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_OPTIONS 64

/* Names of files may hold anything: what would end the line or command the terminal is written as \n or \x1b. */
static void put_visibly(FILE *out, const char *text)
{
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c == '\n')
            fputs("\\n", out);
        else if (c < ' ' || c == 0x7f)
            fprintf(out, "\\x%02x", c);
        else
            fputc(c, out);
    }
}

static int flush_error; /* of the first failure */

void cli_flush(void)
{
    if (fflush(stdout) && !flush_error)
        flush_error = errno;
}

void cli_complain(const char *format, ...)
{
    char *text;
    va_list args;
    va_start(args, format);
    cli_flush();
    fputs("flynn: ", stderr);
    if (vasprintf(&text, format, args) >= 0) {
        put_visibly(stderr, text);
        free(text);
    }
    fputc('\n', stderr);
    va_end(args);
}

int cli_usage(const char *format, ...)
{
    char text[600];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    cli_complain("%s", text);
    return CLI_FAILED;
}

int cli_fail(const struct flynn_err *err)
{
    cli_complain("%s", err->text);
    return flynn_exit_status(err->code);
}

bool cli_colour(void *stream)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(fileno(stream)) && !(no && *no) && !(term && strcmp(term, "dumb") == 0);
}

int cli_finish(int status)
{
    cli_flush();
    if (!flush_error && !ferror(stdout))
        return status;
    cli_complain("stdout: %s", flush_error ? strerror(flush_error) : "writing failed");
    return CLI_FAILED;
}

/* ---- nearest word ------------------------------------------------------------------------------------------------ */

static int smallest(int a, int b, int c)
{
    int least = a < b ? a : b;
    return least < c ? least : c;
}

/* Edits (insert, delete, replace) between two words of at most 31 letters. */
static int edits(const char *a, const char *b)
{
    enum { LONGEST = 31 };
    int row[LONGEST + 1], n = (int)strlen(b);
    if (strlen(a) > LONGEST || n > LONGEST)
        return LONGEST;
    for (int j = 0; j <= n; j++)
        row[j] = j;
    for (int i = 1; a[i - 1]; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= n; j++) {
            int above = row[j];
            row[j] = smallest(diagonal + (a[i - 1] != b[j - 1]), above + 1, row[j - 1] + 1);
            diagonal = above;
        }
    }
    return row[n];
}

const char *cli_nearest(const char *word, const char *const *list)
{
    const char *nearest = NULL;
    int best = strlen(word) < 4 ? 2 : 3;
    for (; *list; list++) {
        int distance = edits(word, *list);
        if (*word && strncmp(word, *list, strlen(word)) == 0)
            distance = 1;
        if (distance < best) {
            best = distance;
            nearest = *list;
        }
    }
    return nearest;
}

/* ---- options ----------------------------------------------------------------------------------------------------- */

/* The options of an argp and of all its children, flat. */
struct table {
    const struct argp_option *option[MOST_OPTIONS];
    int count;
};

static void collect(struct table *table, const struct argp *argp)
{
    for (const struct argp_option *o = argp->options; o && (o->name || o->key || o->doc); o++) {
        if (table->count == MOST_OPTIONS)
            abort();
        if (o->name || o->key)
            table->option[table->count++] = o;
    }
    for (const struct argp_child *c = argp->children; c && c->argp; c++)
        collect(table, c->argp);
}

static int unknown_option(const struct table *table, const char *name, const char *command)
{
    const char *names[MOST_OPTIONS + 1];
    int count = 0;
    for (int i = 0; i < table->count; i++) {
        if (table->option[i]->name)
            names[count++] = table->option[i]->name;
    }
    names[count] = NULL;
    const char *nearest = cli_nearest(name, names);
    if (nearest)
        return cli_usage("option --%s is unknown; did you mean --%s?", name, nearest);
    return cli_usage("option --%s is unknown; `flynn %s --help` lists them all", name, command);
}

/* The long option of a name or of its unambiguous beginning; NULL after a complaint. */
static const struct argp_option *find_long(const struct table *table, const char *name, const char *command)
{
    const struct argp_option *found = NULL;
    for (int i = 0; i < table->count; i++) {
        const struct argp_option *o = table->option[i];
        if (!o->name || strncmp(o->name, name, strlen(name)) != 0)
            continue;
        if (strcmp(o->name, name) == 0)
            return o;
        if (found) {
            cli_usage("option --%s is ambiguous: --%s or --%s", name, found->name, o->name);
            return NULL;
        }
        found = o;
    }
    if (!found)
        unknown_option(table, name, command);
    return found;
}

/* Check "--name" or "--name=value"; *skip is set when the value is the next argument. */
static int check_long(const struct table *table, const char *text, const char *next, const char *command, bool *skip)
{
    char name[64];
    size_t n = strcspn(text, "=");
    snprintf(name, sizeof name, "%.*s", (int)n, text);
    const struct argp_option *o = find_long(table, name, command);
    if (!o)
        return CLI_FAILED;
    if (text[n] == '=' && !o->arg)
        return cli_usage("option --%s takes no value", o->name);
    *skip = o->arg && !(o->flags & OPTION_ARG_OPTIONAL) && text[n] != '=';
    if (*skip && !next)
        return cli_usage("option --%s needs a value (%s)", o->name, o->arg);
    return CLI_OK;
}

/* Check a cluster of short options, "-qb" or "-bsimd". */
static int check_short(const struct table *table, const char *text, const char *next, const char *command, bool *skip)
{
    for (; *text; text++) {
        const struct argp_option *o = NULL;
        for (int i = 0; i < table->count; i++) {
            if (table->option[i]->key == *text)
                o = table->option[i];
        }
        if (!o)
            return cli_usage("option -%c is unknown; `flynn %s --help` lists them all", *text, command);
        if (!o->arg)
            continue;
        *skip = !text[1] && !(o->flags & OPTION_ARG_OPTIONAL);
        if (*skip && !next)
            return cli_usage("option -%c needs a value (%s)", *text, o->arg);
        break;
    }
    return CLI_OK;
}

static int check(const struct table *table, int argc, char **argv, const char *command)
{
    for (int i = 1; i < argc; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        bool skip = false;
        int status = CLI_OK;
        if (strcmp(argv[i], "--") == 0)
            break;
        if (strncmp(argv[i], "--", 2) == 0)
            status = check_long(table, argv[i] + 2, next, command, &skip);
        else if (argv[i][0] == '-' && argv[i][1])
            status = check_short(table, argv[i] + 1, next, command, &skip);
        if (status)
            return status;
        i += skip;
    }
    return CLI_OK;
}

/* ---- parsing ----------------------------------------------------------------------------------------------------- */

/* Help is an option like all others, so that it works in any place; it is found before anything else is judged. */
static bool wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    }
    return false;
}

bool cli_parse(const struct argp *argp, const char *command, int argc, char **argv, void *input, int *status)
{
    struct table table = {.count = 0};
    char name[64];

    snprintf(name, sizeof name, "flynn %s", command);
    if (wants_help(argc, argv)) {
        argp_help(argp, stdout, ARGP_HELP_USAGE | ARGP_HELP_LONG | ARGP_HELP_DOC, name);
        *status = CLI_OK;
        return false;
    }
    collect(&table, argp);
    *status = check(&table, argc, argv, command);
    if (*status)
        return false;
    unsigned flags = ARGP_IN_ORDER | ARGP_NO_ERRS | ARGP_NO_HELP | ARGP_NO_EXIT;
    if (argp_parse(argp, argc, argv, flags, NULL, input) == 0)
        return true;
    *status = CLI_FAILED;
    return false;
}
