/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/coverage.h"
#include "cli/json.h"

#include <flynn/backend.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define WIDTH 99

enum { KEY_JSON = 600 };

struct ops {
    const char *name;
    bool json;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct ops *ops = state->input;
    switch (key) {
    case KEY_JSON:
        ops->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (ops->name)
            return cli_usage("ops: '%s' is one argument too many; one op is described at a time", arg), EINVAL;
        ops->name = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"json", KEY_JSON, NULL, 0, "an array of {name, group, summary, params, types, kind, backends, definition, ...}",
     1},
    CLI_HELP_OPTION,
    {0}};

static const char doc[] =
    "List the ops, by group, with the types they take and the kernels they have; or describe one: its parameters, "
    "types, coverage and exact definition. Names of OpenCV, ImageMagick, Netpbm, libvips and BLAS are understood; of "
    "any other word, the ops whose text has it are listed.\v"
    "Every op has scalar and autovec kernels. A table without a kernel of its own for an op falls to the next lower "
    "one; such gaps are shown. In JSON, backends{} lists for each backend the types for which it has own kernels.\n\n"
    "Examples:\n"
    "  flynn ops\n"
    "  flynn ops gaussian\n"
    "  flynn ops cvtColor\n"
    "  flynn ops --json\n\n"
    "Exit status: 0 done; 2 usage, such as an unknown op.";

static const struct argp argp = {options, parse, "[OP|WORD]", doc, NULL, NULL, NULL};

static const char *const kinds[] = {"rows", "whole", "reduce"};
static const char *const param_kinds[] = {"number", "whole number", "sample value", "choice", "image or matrix"};

/* Words of a text, wrapped at the width. A line of the text that is nearly full goes on in the next one; a short one
 * ends there. */
static void print_wrapped(const char *text, int indent, int column)
{
    enum { SHORT = 80 };
    const char *line = text;
    bool first = true;
    while (*text) {
        int n = (int)strcspn(text, " \n");
        if (!first && column + 1 + n > WIDTH) {
            printf("\n%*s", indent, "");
            column = indent;
            first = true;
        }
        column += printf("%s%.*s", first ? "" : " ", n, text);
        first = false;
        text += n;
        if (*text == '\n' && text[1] && text - line < SHORT) {
            printf("\n%*s", indent, "");
            column = indent;
            first = true;
        }
        line = *text == '\n' ? text + 1 : line;
        text += *text != '\0';
    }
    putchar('\n');
}

/* ---- catalogue --------------------------------------------------------------------------------------------------- */

/* Tables above autovec: those that can have gaps. */
static bool may_gap(int table)
{
    return table > 0 && strcmp(flynn_table_name(table), "autovec") != 0;
}

static void print_catalogue_head(void)
{
    printf("%-13s %-12s %-4s", "op", "types", "ch");
    for (int t = 0; t < flynn_table_count(); t++) {
        if (may_gap(t))
            printf(" %s", flynn_table_name(t));
    }
    printf(" opencl  summary\n");
}

static void print_catalogue_row(const struct flynn_op *op)
{
    struct cli_coverage coverage;
    char types[40], channels[16];
    int column = 0;
    cli_coverage_find(&coverage, op);
    column += printf("  %-11s %-12s %-4s", op->name, cli_types_text(types, sizeof types, op->types, " "),
                     cli_channels_text(channels, sizeof channels, op->channels));
    for (int t = 0; t < flynn_table_count(); t++) {
        bool all = coverage.table[t] == op->types;
        if (may_gap(t))
            column += printf(" %-*s", (int)strlen(flynn_table_name(t)),
                             all                                    ? "yes"
                             : coverage.table[t] | coverage.part[t] ? "part"
                                                                    : "-");
    }
    column += printf(" %-6s  ", coverage.opencl ? "yes" : "-");
    print_wrapped(op->summary, column, column);
}

static void print_catalogue(void)
{
    print_catalogue_head();
    for (int i = 0; i < flynn_op_count(); i++) {
        const char *group = flynn_op_at(i)->group;
        bool seen = false;
        for (int k = 0; k < i; k++)
            seen = seen || strcmp(flynn_op_at(k)->group, group) == 0;
        if (seen)
            continue;
        printf("%s\n", group);
        for (int k = i; k < flynn_op_count(); k++) {
            if (strcmp(flynn_op_at(k)->group, group) == 0)
                print_catalogue_row(flynn_op_at(k));
        }
    }
    printf("\n-: falls to the next lower table (OpenCL: has no kernel); part: some types or steps do. Every op has\n"
           "scalar and autovec kernels. `flynn ops NAME` describes one op.\n");
}

/* ---- one op ------------------------------------------------------------------------------------------------------ */

static void param_range(char *text, size_t size, const struct flynn_param *p)
{
    switch (p->kind) {
    case FLYNN_PARAM_REAL:
    case FLYNN_PARAM_INT:
        snprintf(text, size, "%.12g to %.12g", p->min, p->max);
        break;
    case FLYNN_PARAM_SAMPLE:
        snprintf(text, size, "0 to white (255, 65535 or 1), or 0%% to 100%%");
        break;
    case FLYNN_PARAM_CHOICE:
        snprintf(text, size, "%s", p->choices);
        break;
    default:
        snprintf(text, size, "a file, - or gen:KIND:WxH");
    }
}

static void print_params(const struct flynn_op *op)
{
    if (!op->params[0].name)
        printf("Parameters: none\n");
    else
        printf("Parameters (the first needs no key):\n");
    for (int i = 0; i < FLYNN_MAX_PARAMS && op->params[i].name; i++) {
        const struct flynn_param *p = &op->params[i];
        char range[200], preset[80];
        param_range(range, sizeof range, p);
        snprintf(preset, sizeof preset, !p->preset ? "required" : *p->preset ? "default %s" : "optional", p->preset);
        int column = printf("  %-10s ", p->name);
        printf("%s: %s; %s\n%*s", param_kinds[p->kind], range, preset, column, "");
        print_wrapped(p->help ? p->help : "", column, column);
    }
}

static void print_gap(const struct cli_coverage *coverage, const struct flynn_op *op, int table)
{
    for (int type = 0; type < FLYNN_N_TYPES; type++) {
        unsigned bit = FLYNN_TYPE_BIT(type);
        if ((op->types & bit) && !(coverage->table[table] & bit))
            printf("; %s falls to %s%s", flynn_type_name((enum flynn_type)type),
                   flynn_table_name(coverage->falls_to[table][type]),
                   coverage->part[table] & bit ? " for some steps" : "");
    }
}

static void print_coverage(const struct flynn_op *op)
{
    struct cli_coverage coverage;
    char types[40];
    cli_coverage_find(&coverage, op);
    printf("Kernels:\n");
    for (int t = 0; t < flynn_table_count(); t++) {
        cli_types_text(types, sizeof types, coverage.table[t], ", ");
        printf("  %-10s %s", flynn_table_name(t), *types ? types : coverage.part[t] ? "part" : "none");
        print_gap(&coverage, op, t);
        putchar('\n');
    }
    printf("  %-10s %s\n", "opencl",
           coverage.opencl ? cli_types_text(types, sizeof types, op->types, ", ") : "none: such devices cannot run it");
    if (coverage.unplanned)
        printf("  no plan could be made of %s: not checked\n",
               cli_types_text(types, sizeof types, coverage.unplanned, ", "));
}

static void print_op(const struct flynn_op *op)
{
    char types[40], channels[16];
    printf("%s: %s\n", op->name, op->summary);
    if (*op->aliases)
        printf("Also known as: %s\n", op->aliases);
    printf("Group: %s; works on %s\n", op->group,
           op->kind == FLYNN_ROWS    ? "rows"
           : op->kind == FLYNN_WHOLE ? "the whole image"
                                     : "rows, into one result");
    printf("Types: %s; channels: %s\n\n", cli_types_text(types, sizeof types, op->types, ", "),
           cli_channels_text(channels, sizeof channels, op->channels));
    print_params(op);
    printf("\n");
    print_coverage(op);
    printf("\nDefinition:\n  ");
    print_wrapped(op->definition, 2, 2);
    if (op->source && *op->source) {
        int column = printf("\nSource: ") - 1;
        print_wrapped(op->source, column, column);
    }
}

/* ---- search ------------------------------------------------------------------------------------------------------ */

/* A word of the op's text, whatever its case: a name of a peer's function, a part of a name, what the op does. */
static bool mentions(const struct flynn_op *op, const char *word)
{
    return strcasestr(op->name, word) || strcasestr(op->aliases, word) || strcasestr(op->summary, word) ||
           strcasestr(op->definition, word) || (op->source && strcasestr(op->source, word));
}

/* Ops that mention the word; returns how many. */
static int print_mentions(const char *word)
{
    enum { SHORTEST = 3 };
    int count = 0;
    for (int i = 0; strlen(word) >= SHORTEST && i < flynn_op_count(); i++) {
        const struct flynn_op *op = flynn_op_at(i);
        if (!mentions(op, word))
            continue;
        if (!count++)
            printf("No op is called %s; these speak of it:\n", word);
        int column = printf("  %-20s ", op->name);
        print_wrapped(op->summary, column, column);
    }
    return count;
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static json_t *json_types(unsigned types)
{
    json_t *list = json_array();
    for (int t = 0; t < FLYNN_N_TYPES; t++) {
        if (types & FLYNN_TYPE_BIT(t))
            json_array_append_new(list, json_string(flynn_type_name((enum flynn_type)t)));
    }
    return list;
}

static json_t *json_words(const char *text, const char *separator)
{
    json_t *list = json_array();
    while (text && *text) {
        size_t n = strcspn(text, separator);
        if (n)
            json_array_append_new(list, json_stringn(text, n));
        text += n + (text[n] != '\0');
    }
    return list;
}

static json_t *json_params(const struct flynn_op *op)
{
    static const char *const names[] = {"real", "int", "sample", "choice", "input"};
    json_t *list = json_array();
    for (int i = 0; i < FLYNN_MAX_PARAMS && op->params[i].name; i++) {
        const struct flynn_param *p = &op->params[i];
        bool ranged = p->kind == FLYNN_PARAM_REAL || p->kind == FLYNN_PARAM_INT;
        json_t *o =
            json_pack("{s:s, s:s, s:b}", "name", p->name, "kind", names[p->kind], "required", p->preset == NULL);
        json_object_set_new(o, "default", p->preset && *p->preset ? json_string(p->preset) : json_null());
        json_object_set_new(o, "min", cli_json_number(ranged ? p->min : NAN));
        json_object_set_new(o, "max", cli_json_number(ranged ? p->max : NAN));
        json_object_set_new(o, "choices", p->kind == FLYNN_PARAM_CHOICE ? json_words(p->choices, "|") : json_null());
        json_object_set_new(o, "help", json_string(p->help ? p->help : ""));
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *json_op(const struct flynn_op *op)
{
    struct cli_coverage coverage;
    json_t *backends = json_object(), *channels = json_array();
    cli_coverage_find(&coverage, op);
    for (int t = 0; t < flynn_table_count(); t++)
        json_object_set_new(backends, flynn_table_name(t), json_types(coverage.table[t]));
    json_object_set_new(backends, "opencl", json_types(coverage.opencl ? op->types : 0));
    for (int n = 1; n <= FLYNN_MAX_CHANNELS; n++) {
        if (op->channels & FLYNN_CHANNEL_BIT(n))
            json_array_append_new(channels, json_integer(n));
    }
    return json_pack("{s:s, s:o, s:s, s:s, s:o, s:o, s:o, s:s, s:o, s:s, s:s}", "name", op->name, "aliases",
                     json_words(op->aliases, " "), "group", op->group, "summary", op->summary, "params",
                     json_params(op), "types", json_types(op->types), "channels", channels, "kind", kinds[op->kind],
                     "backends", backends, "definition", op->definition, "source", op->source ? op->source : "");
}

static void print_json(int only)
{
    json_t *list = json_array();
    for (int i = 0; i < flynn_op_count(); i++) {
        if (only < 0 || only == i)
            json_array_append_new(list, json_op(flynn_op_at(i)));
    }
    cli_json_print(list);
}

int cli_ops(int argc, char **argv)
{
    struct ops ops = {.name = NULL};
    int status, index = -1;
    if (!cli_parse(&argp, "ops", argc, argv, &ops, &status))
        return status;
    if (ops.name) {
        index = flynn_op_find(ops.name);
        if (index < 0 && !ops.json && print_mentions(ops.name))
            return CLI_OK;
        if (index < 0) {
            const char *nearest = flynn_op_nearest(ops.name);
            return cli_usage("unknown op '%s'%s%s%s; `flynn ops` lists them all", ops.name,
                             nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
        }
    }
    if (ops.json)
        print_json(index);
    else if (index >= 0)
        print_op(flynn_op_at(index));
    else
        print_catalogue();
    return CLI_OK;
}
