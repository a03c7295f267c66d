/* SPDX-License-Identifier: Apache-2.0 */
#include "core/formats.h"
#include "core/mapped.h"

#include <flynn/plan.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The parameter of an op by name, or NULL. */
static const struct flynn_param *find_param(const struct flynn_op *op, const char *name, size_t length, int *index)
{
    for (int i = 0; i < FLYNN_MAX_PARAMS && op->params[i].name; i++) {
        if (strlen(op->params[i].name) == length && memcmp(op->params[i].name, name, length) == 0) {
            *index = i;
            return &op->params[i];
        }
    }
    return NULL;
}

/* Parse a plain decimal number that fills the whole text; hexadecimal, nan and inf are not numbers here. */
static bool parse_number(const char *text, double *value)
{
    if (!*text || strspn(text, "0123456789+-.eE") != strlen(text))
        return false;
    char *end;
    *value = flynn_number(text, &end);
    return *end == '\0' && end != text && isfinite(*value);
}

static int parse_choice(const struct flynn_param *param, const char *text, struct flynn_value *value)
{
    size_t length = strlen(text);
    int number = 0;
    for (const char *p = param->choices; p; number++) {
        const char *bar = strchr(p, '|');
        size_t n = bar ? (size_t)(bar - p) : strlen(p);
        if (n == length && memcmp(p, text, n) == 0) {
            value->integer = number;
            value->real = number;
            return 0;
        }
        p = bar ? bar + 1 : NULL;
    }
    return -1;
}

/* REAL, INT and SAMPLE: a number, or a percentage where that makes sense. */
static int parse_numeric(const struct flynn_op *op, const struct flynn_param *param, const char *text,
                         struct flynn_value *value, struct flynn_err *err)
{
    char copy[64];
    size_t n = strlen(text);
    bool percent = n > 1 && n < sizeof copy && text[n - 1] == '%' && param->kind != FLYNN_PARAM_INT;
    double number;

    if (n >= sizeof copy)
        return flynn_fail(err, FLYNN_EUSAGE, "%s: %s: the value is too long for a number", op->name, param->name);
    memcpy(copy, text, n + 1);
    if (percent)
        copy[n - 1] = '\0';
    if (!parse_number(copy, &number) || (param->kind == FLYNN_PARAM_INT && number != floor(number)))
        return flynn_fail(err, FLYNN_EUSAGE, "%s: %s=%s is not %s; `flynn ops %s` says what is possible", op->name,
                          param->name, text, param->kind == FLYNN_PARAM_INT ? "a whole number" : "a number", op->name);
    if (percent)
        number /= 100;
    double min = param->min, max = param->max;
    if (param->kind == FLYNN_PARAM_SAMPLE) {
        min = 0;
        max = percent ? 1 : flynn_type_white(FLYNN_U16);
    }
    if (number < min || number > max)
        return flynn_fail(err, FLYNN_EUSAGE, "%s: %s=%s is out of range; %.12g to %.12g is possible", op->name,
                          param->name, text, percent ? min * 100 : min, percent ? max * 100 : max);
    value->percent = percent;
    value->real = number;
    value->integer = param->kind == FLYNN_PARAM_INT ? (int)number : 0;
    return FLYNN_OK;
}

/* Names of an op's parameters for messages. */
static const char *param_names(const struct flynn_op *op, char *buffer, size_t size)
{
    size_t used = 0;
    buffer[0] = '\0';
    for (int i = 0; i < FLYNN_MAX_PARAMS && op->params[i].name && used + 32 < size; i++)
        used += (size_t)snprintf(buffer + used, size - used, "%s%s", i ? ", " : "", op->params[i].name);
    return used ? buffer : "none";
}

/* Where "FILE,key=value" cannot be opened but FILE can, it is the key that is wrong. Commas belong to names of files
 * too. */
static int blame_key(const struct flynn_op *op, const char *text, struct flynn_err *err)
{
    for (const char *p = strchr(text, ','); p; p = strchr(p + 1, ',')) {
        char names[256], *path = strndup(text, (size_t)(p - text));
        int n = (int)strcspn(p + 1, "=,");
        bool there = path && p[1 + n] == '=' && access(path, R_OK) == 0;
        free(path);
        if (there)
            return flynn_fail(err, FLYNN_EUSAGE, "%s: unknown parameter '%.*s'; its parameters are %s", op->name, n,
                              p + 1, param_names(op, names, sizeof names));
    }
    return err ? err->code : FLYNN_EINPUT;
}

static int parse_input(const struct flynn_op *op, const struct flynn_param *param, const char *text,
                       const struct flynn_image *with, struct flynn_value *value, struct flynn_err *err)
{
    struct flynn_image *image = calloc(1, sizeof *image);
    if (!image)
        return flynn_fail(err, FLYNN_ELIMIT, "out of memory");
    int code = with ? flynn_image_copy(image, with, err) : flynn_read_mapped(image, text, err);
    if (code) {
        free(image);
        flynn_fail_in(err, "%s: %s", op->name, param->name);
        return with || access(text, F_OK) == 0 ? code : blame_key(op, text, err);
    }
    value->input = image;
    return FLYNN_OK;
}

static int parse_value(const struct flynn_op *op, const struct flynn_param *param, const char *text,
                       const struct flynn_image *with, struct flynn_value *value, struct flynn_err *err)
{
    int code = FLYNN_OK;
    switch (param->kind) {
    case FLYNN_PARAM_CHOICE:
        if (parse_choice(param, text, value))
            code = flynn_fail(err, FLYNN_EUSAGE, "%s: %s=%s is unknown; one of %s is possible", op->name, param->name,
                              text, param->choices);
        break;
    case FLYNN_PARAM_INPUT:
        code = parse_input(op, param, text, with, value, err);
        break;
    default:
        code = parse_numeric(op, param, text, value, err);
    }
    value->set = code == FLYNN_OK;
    return code;
}

/* Where the value that starts at `p` ends: at the next comma; inside an INPUT, at the next comma that is followed by a
 * key of the op, so that file names and generators may hold commas. */
static const char *value_end(const struct flynn_op *op, const struct flynn_param *param, const char *p)
{
    int unused;
    for (;; p++) {
        p = strchr(p, ',');
        if (!p || !param || param->kind != FLYNN_PARAM_INPUT)
            return p;
        size_t n = strcspn(p + 1, "=,");
        if (p[1 + n] == '=' && find_param(op, p + 1, n, &unused))
            return p;
    }
}

/* One "value" or "key=value" between two commas. */
static int parse_item(struct flynn_chain_op *item, const char *p, const char *end, bool first,
                      const struct flynn_image *with, struct flynn_err *err)
{
    const struct flynn_op *op = item->op;
    const char *equals = memchr(p, '=', (size_t)(end - p));
    char names[256];
    int index = 0;
    const struct flynn_param *param = equals ? find_param(op, p, (size_t)(equals - p), &index) : NULL;

    if (param) {
        p = equals + 1;
    } else if (first && op->params[0].name && (!equals || op->params[0].kind == FLYNN_PARAM_INPUT)) {
        param = &op->params[0];
    } else {
        return flynn_fail(err, FLYNN_EUSAGE, "%s: unknown parameter '%.*s'; its parameters are %s", op->name,
                          (int)((equals ? equals : end) - p), p, param_names(op, names, sizeof names));
    }
    if (item->value[index].set)
        return flynn_fail(err, FLYNN_EUSAGE, "%s: %s is given twice", op->name, param->name);
    if (p == end)
        return flynn_fail(err, FLYNN_EUSAGE, "%s: %s has no value", op->name, param->name);
    char *text = strndup(p, (size_t)(end - p));
    if (!text)
        return flynn_fail(err, FLYNN_ELIMIT, "out of memory");
    int code = parse_value(op, param, text, with, &item->value[index], err);
    free(text);
    return code;
}

static int parse_items(struct flynn_chain_op *item, const char *p, const struct flynn_image *with,
                       struct flynn_err *err)
{
    for (bool first = true; p; first = false) {
        size_t key = strcspn(p, "=,");
        int index;
        const struct flynn_param *param = p[key] == '=' ? find_param(item->op, p, key, &index) : NULL;
        if (!param && first)
            param = &item->op->params[0];
        const char *comma = value_end(item->op, param, p);
        int code = parse_item(item, p, comma ? comma : p + strlen(p), first, with, err);
        if (code)
            return code;
        p = comma ? comma + 1 : NULL;
    }
    return FLYNN_OK;
}

static int fill_presets(struct flynn_chain_op *item, const struct flynn_image *with, struct flynn_err *err)
{
    const struct flynn_op *op = item->op;
    for (int i = 0; i < FLYNN_MAX_PARAMS && op->params[i].name; i++) {
        const struct flynn_param *param = &op->params[i];
        if (item->value[i].set || (param->preset && !*param->preset))
            continue;
        const char *preset = param->preset;
        if (!preset && param->kind == FLYNN_PARAM_INPUT && with)
            preset = "@";
        if (!preset)
            return flynn_fail(err, FLYNN_EUSAGE, "%s: %s is missing (%s)", op->name, param->name, param->help);
        int code = parse_value(op, param, preset, with, &item->value[i], err);
        if (code)
            return code;
    }
    return FLYNN_OK;
}

static void item_free(struct flynn_chain_op *item)
{
    for (int i = 0; i < FLYNN_MAX_PARAMS; i++) {
        if (item->value[i].input) {
            flynn_image_free(item->value[i].input);
            free(item->value[i].input);
        }
    }
    free(item->text);
    *item = (struct flynn_chain_op){0};
}

int flynn_chain_add_with(struct flynn_chain *chain, const char *text, const struct flynn_image *with,
                         struct flynn_err *err)
{
    char name[64];
    size_t n = strcspn(text, ":");
    if (chain->length == FLYNN_MAX_CHAIN)
        return flynn_fail(err, FLYNN_EUSAGE, "more than %d ops in a chain", FLYNN_MAX_CHAIN);
    if (n == 0 || n >= sizeof name)
        return flynn_fail(err, FLYNN_EUSAGE, "'%.60s' is not an op; write name[:value][,key=value...]", text);
    memcpy(name, text, n);
    name[n] = '\0';
    int index = flynn_op_find(name);
    if (index < 0) {
        const char *nearest = flynn_op_nearest(name);
        return flynn_fail(err, FLYNN_EUSAGE, "unknown op '%s'%s%s%s; `flynn ops` lists them all", name,
                          nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    }
    struct flynn_chain_op item = {.op = flynn_op_at(index)};
    int code = text[n] ? parse_items(&item, text + n + 1, with, err) : FLYNN_OK;
    if (!code)
        code = fill_presets(&item, with, err);
    if (!code && !(item.text = strdup(text)))
        code = flynn_fail(err, FLYNN_ELIMIT, "out of memory");
    if (code) {
        item_free(&item);
        return code;
    }
    chain->op[chain->length++] = item;
    return FLYNN_OK;
}

int flynn_chain_add(struct flynn_chain *chain, const char *text, struct flynn_err *err)
{
    return flynn_chain_add_with(chain, text, NULL, err);
}

void flynn_chain_free(struct flynn_chain *chain)
{
    for (int i = 0; i < chain->length; i++)
        item_free(&chain->op[i]);
    chain->length = 0;
}
