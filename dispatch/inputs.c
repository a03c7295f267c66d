/* SPDX-License-Identifier: Apache-2.0 */
#include "dispatch/inputs.h"

#include "core/rng.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

const struct flynn_size flynn_sizes[] = {
    {1, 1},  {1, 7},  {7, 1},  {2, 2},  {3, 3},  {5, 4},  {8, 3},  {15, 2},  {16, 5},  {17, 5},   {21, 6},
    {31, 4}, {32, 3}, {33, 9}, {43, 5}, {63, 4}, {64, 7}, {65, 3}, {31, 17}, {85, 11}, {127, 63}, {320, 200},
};
const int flynn_size_count = sizeof flynn_sizes / sizeof *flynn_sizes;
const int flynn_small_size_count = 20;

/* ---- patterns ---------------------------------------------------------------------------------------------------- */

enum { BLACK, WHITE, RANDOM, LOW, HIGH, ALTERNATING, RUNS, SPECIAL };

const char *flynn_pattern_name(int pattern)
{
    static const char *const names[FLYNN_PATTERNS] = {"black", "white",       "random", "low",
                                                      "high",  "alternating", "runs",   "special"};
    return names[pattern];
}

static double special_float(uint64_t *rng)
{
    static const double values[] = {0.0,    -0.0, 1.0, -1.0,  INFINITY, -INFINITY, NAN,     1e-42,
                                    -1e-40, 0.5,  2.0, -0.25, 1e30,     -1e30,     0x1p-24, 1.0 - 0x1p-24};
    return values[flynn_rng_below(rng, sizeof values / sizeof *values)];
}

/* White has the divisor 15 in all integer types: products and quotients of its fifteenths are often whole or end in a
 * half, which random samples seldom do, and their neighbours just miss it. */
static double special_integer(double white, uint64_t *rng)
{
    double value = (double)flynn_rng_below(rng, 16) / 15 + ((double)flynn_rng_below(rng, 3) - 1) / white;
    return value < 0 ? 0 : value > 1 ? 1 : value;
}

/* A sample as a fraction of white; i counts samples from the image's start. */
static double draw(int pattern, uint64_t i, uint64_t *rng)
{
    double unit = flynn_rng_unit(rng);
    switch (pattern) {
    case BLACK:
        return 0;
    case WHITE:
        return 1;
    case LOW:
        return unit / 32;
    case HIGH:
        return 1 - unit / 32;
    case ALTERNATING:
        return i & 1 ? 1 : 0;
    default:
        return unit;
    }
}

static void put(void *row, size_t i, enum flynn_type type, double fraction, uint64_t bits)
{
    switch (type) {
    case FLYNN_U8:
        ((uint8_t *)row)[i] = (uint8_t)(fraction * 255 + 0.5);
        break;
    case FLYNN_U16:
        ((uint16_t *)row)[i] = (uint16_t)(fraction * 65535 + 0.5);
        break;
    case FLYNN_F32:
        ((float *)row)[i] = (float)fraction;
        break;
    case FLYNN_F64:
        ((double *)row)[i] = fraction;
        break;
    default:
        ((uint32_t *)row)[i] = (uint32_t)bits;
    }
}

void flynn_pattern_fill(const struct flynn_image *image, int pattern, uint64_t *rng)
{
    const struct flynn_shape *shape = &image->shape;
    bool floats = shape->type == FLYNN_F32 || shape->type == FLYNN_F64;
    uint64_t i = 0, left = 0;
    int part = pattern;

    for (int y = 0; y < shape->height; y++) {
        for (size_t x = 0; x < flynn_row_samples(shape); x++, i++) {
            if (pattern == RUNS && left-- == 0) {
                part = (int)flynn_rng_below(rng, RUNS);
                left = flynn_rng_below(rng, 24);
            }
            double value = draw(part == SPECIAL ? RANDOM : part, i, rng);
            if (pattern == SPECIAL && floats && flynn_rng_below(rng, 4) == 0)
                value = special_float(rng);
            else if (pattern == SPECIAL && floats)
                value = value * 4 - 1.5;
            else if (pattern == SPECIAL)
                value = special_integer(flynn_type_white(shape->type), rng);
            put(flynn_row(image, y), x, shape->type, value, flynn_rng(rng));
        }
    }
}

/* ---- parameters -------------------------------------------------------------------------------------------------- */

static void add_case(struct flynn_cases *cases, bool extreme, const char *text)
{
    if (cases->count == FLYNN_MAX_CASES)
        return;
    snprintf(cases->text[cases->count], sizeof cases->text[0], "%s", text);
    cases->extreme[cases->count++] = extreme;
}

/* Append `first`, a case that gives the op what it requires, with one parameter changed. */
static void add_changed(struct flynn_cases *cases, const struct flynn_op *op, const char *first,
                        const struct flynn_param *param, bool extreme, const char *value)
{
    char text[160], copy[160];
    size_t key = strlen(param->name), used = 0;
    char *rest = copy;
    bool unkeyed = true;

    snprintf(copy, sizeof copy, "%s", first);
    for (char *item; (item = strsep(&rest, ",")); unkeyed = false) {
        bool same = strncmp(item, param->name, key) == 0 && item[key] == '=';
        same |= unkeyed && !strchr(item, '=') && param == &op->params[0];
        if (*item && !same && used < sizeof text)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s,", item);
    }
    if (used < sizeof text)
        snprintf(text + used, sizeof text - used, "%s=%s", param->name, value);
    add_case(cases, extreme, text);
}

static void add_ends(struct flynn_cases *cases, const struct flynn_op *op, const char *first,
                     const struct flynn_param *param)
{
    char low[40], high[40];
    snprintf(low, sizeof low, "%.17g", param->min);
    snprintf(high, sizeof high, "%.17g", param->max);
    switch (param->kind) {
    case FLYNN_PARAM_REAL:
    case FLYNN_PARAM_INT:
        add_changed(cases, op, first, param, true, low);
        add_changed(cases, op, first, param, true, high);
        break;
    case FLYNN_PARAM_SAMPLE:
        add_changed(cases, op, first, param, true, "0");
        add_changed(cases, op, first, param, true, "100%");
        break;
    default:
        break;
    }
}

static void add_choices(struct flynn_cases *cases, const struct flynn_op *op, const char *first,
                        const struct flynn_param *param)
{
    char copy[160], *rest = copy;
    snprintf(copy, sizeof copy, "%s", param->choices ? param->choices : "");
    for (char *word; param->choices && (word = strsep(&rest, "|"));)
        add_changed(cases, op, first, param, false, word);
}

void flynn_cases_make(struct flynn_cases *cases, const struct flynn_op *op)
{
    const char *first = op->cases[0] ? op->cases[0] : "";
    cases->count = 0;
    for (size_t i = 0; i < sizeof op->cases / sizeof *op->cases && op->cases[i]; i++)
        add_case(cases, *op->cases[i] == '?', op->cases[i] + (*op->cases[i] == '?'));
    add_case(cases, op->cases[0] != NULL, "");
    for (int i = 0; i < FLYNN_MAX_PARAMS && op->params[i].name; i++) {
        add_choices(cases, op, first, &op->params[i]);
        add_ends(cases, op, first, &op->params[i]);
    }
}

int flynn_inputs_fit(struct flynn_chain *chain, const struct flynn_shape *in, uint64_t *rng, struct flynn_err *err)
{
    struct flynn_chain_op *first = &chain->op[0];
    for (int i = 0; first->op->second_shape && i < FLYNN_MAX_PARAMS && first->op->params[i].name; i++) {
        struct flynn_image *image = first->value[i].input;
        struct flynn_shape shape = *in;
        if (!image)
            continue;
        first->op->second_shape(&shape, first->value, i);
        if (shape.height < 1 || flynn_shape_equal(&shape, &image->shape))
            continue;
        flynn_image_free(image);
        int code = flynn_image_alloc(image, &shape, err);
        if (code)
            return code;
        flynn_pattern_fill(image, (int)flynn_rng_below(rng, 2) ? SPECIAL : RANDOM, rng);
    }
    return FLYNN_OK;
}

/* ---- guarded images ---------------------------------------------------------------------------------------------- */

int flynn_guarded_alloc(struct flynn_guarded *guarded, const struct flynn_shape *shape, size_t gap, bool at_end,
                        struct flynn_err *err)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), sample = flynn_type_bytes(shape->type);
    size_t row = flynn_row_bytes(shape), stride = row + gap / sample * sample;
    size_t used = stride * (size_t)(shape->height - 1) + row;
    size_t body = (used + page - 1) / page * page;

    *guarded = (struct flynn_guarded){0};
    uint8_t *map = mmap(NULL, body + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
        return flynn_fail(err, FLYNN_ELIMIT, "out of memory: %zu bytes for a guarded image", body);
    if (mprotect(map + page, body, PROT_READ | PROT_WRITE)) {
        munmap(map, body + 2 * page);
        return flynn_fail(err, FLYNN_ELIMIT, "out of memory: %zu bytes for a guarded image", body);
    }
    guarded->map = map;
    guarded->map_bytes = body + 2 * page;
    guarded->first = map + page;
    guarded->last = map + page + body;
    guarded->image.shape = *shape;
    guarded->image.stride = stride;
    guarded->image.data = at_end ? guarded->last - used : guarded->first;
    return FLYNN_OK;
}

void flynn_guarded_free(struct flynn_guarded *guarded)
{
    if (guarded->map)
        munmap(guarded->map, guarded->map_bytes);
    *guarded = (struct flynn_guarded){0};
}

void flynn_guarded_poison(const struct flynn_guarded *guarded, uint8_t value)
{
    memset(guarded->first, value, (size_t)(guarded->last - guarded->first));
}

static bool all_equal(const uint8_t *from, const uint8_t *to, uint8_t value)
{
    for (; from < to; from++) {
        if (*from != value)
            return false;
    }
    return true;
}

bool flynn_guarded_intact(const struct flynn_guarded *guarded, uint8_t value)
{
    const struct flynn_image *image = &guarded->image;
    size_t row = flynn_row_bytes(&image->shape);
    const uint8_t *from = guarded->first;

    for (int y = 0; y < image->shape.height; y++) {
        const uint8_t *start = flynn_row(image, y);
        if (!all_equal(from, start, value))
            return false;
        from = start + row;
    }
    return all_equal(from, guarded->last, value);
}
