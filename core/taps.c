/* SPDX-License-Identifier: Apache-2.0 */
#include "core/taps.h"

#include "core/border.h"

#include <math.h>
#include <stdlib.h>

#define MOST_SHIFT   14
#define FACTORS_PAY  15   /* taps from which on two sums of few products are faster than one of many */
#define MOST_DIVISOR 8191 /* so that a float tells the quotients of bytes apart */

/* The weights of integer samples: c / d. */
struct whole {
    int32_t c[FLYNN_TAPS_MOST];
    int32_t d, bias;
    int taps; /* of the kernel, zeros too */
    int white;
};

static bool is_whole(double x)
{
    return x == rint(x);
}

/* Whether no sum overflows; finds the bias. */
static bool fits(struct whole *w, double offset)
{
    double sum = 0, bias = floor(w->d / 2.0) + floor(offset + 0.5) * w->d;
    for (int i = 0; i < w->taps; i++) {
        sum += abs(w->c[i]);
        if (abs(w->c[i]) > INT16_MAX)
            return false;
    }
    if (sum * w->white + fabs(bias) > INT32_MAX || (w->white + 1.0) * w->d > INT32_MAX)
        return false;
    w->bias = (int32_t)bias;
    return true;
}

/* c and d as they are written. */
static bool take_whole(struct whole *w, const struct flynn_taps *taps)
{
    if (!is_whole(taps->divisor) || taps->divisor < 1 || taps->divisor > MOST_DIVISOR)
        return false;
    w->d = (int32_t)taps->divisor;
    for (int i = 0; i < w->taps; i++) {
        if (!is_whole(taps->weight[i]) || fabs(taps->weight[i]) > INT16_MAX)
            return false;
        w->c[i] = (int32_t)taps->weight[i];
    }
    return fits(w, taps->offset);
}

/* c for d = 2^shift: rounded, what is lost carried to the next weight that is not 0. Exact: whether nothing was lost.
 */
static bool quantise(struct whole *w, const struct flynn_taps *taps, int shift, bool *exact)
{
    double error = 0;
    *exact = true;
    w->d = 1 << shift;
    for (int i = 0; i < w->taps; i++) {
        double real = taps->weight[i] / taps->divisor * w->d;
        if (fabs(real) > INT16_MAX)
            return false;
        *exact = *exact && is_whole(real);
        w->c[i] = 0;
        if (real != 0) {
            w->c[i] = (int32_t)rint(real + error);
            error += real - w->c[i];
        }
    }
    return fits(w, taps->offset);
}

static int find_whole(struct flynn_node *node, struct whole *w, const struct flynn_taps *taps, struct flynn_err *err)
{
    bool exact;
    w->taps = taps->width * taps->height;
    w->white = (int)flynn_type_white(node->in.type);
    if (take_whole(w, taps))
        return FLYNN_OK;
    for (int shift = 0; shift <= MOST_SHIFT; shift++) {
        if (quantise(w, taps, shift, &exact) && exact)
            return FLYNN_OK;
    }
    for (int shift = MOST_SHIFT; shift >= 0; shift--) {
        if (quantise(w, taps, shift, &exact))
            return FLYNN_OK;
    }
    return flynn_fail(err, FLYNN_EUSAGE,
                      "%s: the weights are too large for %s samples: their sizes may add up to %d, offset included",
                      node->op->name, flynn_type_name(node->in.type), INT32_MAX / w->white);
}

/* ---- tables ------------------------------------------------------------------------------------------------------ */

/* Weights that stand in table[1]: of taps that are not 0, or of one where all are 0. */
static int fill_taps(struct flynn_node *node, struct flynn_stage *stage, const struct flynn_taps *taps,
                     const struct whole *w, struct flynn_err *err)
{
    int all = taps->width * taps->height, count = 0;
    int32_t *place = flynn_node_alloc(node, (size_t)(all + 1) * 2 * sizeof *place, err);
    int32_t *weight = flynn_node_alloc(node, (size_t)(all + 1) * sizeof *weight, err);
    float *real = flynn_node_alloc(node, (size_t)(all + 1) * sizeof *real, err);
    if (!place || !weight || !real)
        return err->code;
    for (int i = 0; i < all; i++) {
        real[count] = (float)(taps->weight[i] / taps->divisor);
        weight[count] = w ? w->c[i] : 0;
        if (w ? weight[count] == 0 : real[count] == 0)
            continue;
        place[2 * count] = i % taps->width - taps->width / 2;
        place[2 * count++ + 1] = i / taps->width - taps->height / 2;
    }
    count = count ? count : 1;
    stage->k[0] = count;
    stage->table[0] = (struct flynn_table_data){place, (size_t)count * 2 * sizeof *place};
    stage->table[1] = (struct flynn_table_data){w ? (void *)weight : (void *)real, (size_t)count * sizeof *weight};
    return FLYNN_OK;
}

/* A multiplier and a shift by which upper halves of products are quotients by d, for numbers below 256*d. */
static bool find_magic(int32_t d, int32_t *magic, int32_t *shift)
{
    for (int s = 0; s < 16; s++) {
        int64_t m = ((int64_t)1 << (16 + s)) / d + 1;
        bool good = m < 65536;
        for (int32_t q = 1; good && q <= 256; q++) {
            int64_t v = (int64_t)q * d;
            good = ((v - 1) * m >> (16 + s)) == q - 1 && (q == 256 || (v * m >> (16 + s)) == q);
        }
        if (good) {
            *magic = (int32_t)m;
            *shift = s;
            return true;
        }
    }
    return false;
}

/* Whether 16 bits do for bytes (core/taps.h). */
static bool find_narrow(struct flynn_stage *stage)
{
    const int32_t *weight = stage->table[1].data;
    int32_t above = 0, below = 0;
    for (int i = 0; i < stage->k[0]; i++) {
        above += weight[i] > 0 ? weight[i] : 0;
        below -= weight[i] < 0 ? weight[i] : 0;
    }
    int64_t range = (int64_t)(above + below) * 255, back = (int64_t)below * 255 - stage->k[1];
    if (range > 65535 || back > 65535 || back < -65535 || stage->k[2] > 256)
        return false;
    if (stage->k[3] < 0 && !find_magic(stage->k[2], &stage->k[10], &stage->k[11]))
        return false;
    stage->k[6] = 1;
    stage->k[7] = below * 255;
    stage->k[8] = back > 0 ? (int32_t)back : 0;
    stage->k[9] = back < 0 ? (int32_t)-back : 0;
    return true;
}

/* The part of a weight that one multiplication takes. */
static int32_t part(int32_t weight, int32_t most)
{
    return weight > most ? most : weight < -most ? -most : weight;
}

/* Pair the taps; weights beyond `most` take part more than once. For bytes two weights of one sign make 128 at most, so
 * that no sum of products saturates. */
static int fill_pairs(struct flynn_node *node, struct flynn_stage *stage, bool narrow, struct flynn_err *err)
{
    const int32_t *weight = stage->table[1].data;
    int32_t most = narrow ? 64 : INT16_MAX;
    int32_t *pair = flynn_node_alloc(node, (size_t)(stage->k[0] + 8) * 3 * sizeof *pair, err);
    if (!pair)
        return err->code;
    int count = 0, tap = 0;
    int32_t left = weight[0];
    while (tap < stage->k[0]) {
        int32_t half[2] = {0, 0}, *at = &pair[3 * count++];
        for (int side = 0; side < 2; side++) {
            at[side] = tap < stage->k[0] ? tap : at[0];
            if (tap == stage->k[0])
                break;
            half[side] = part(left, most);
            left -= half[side];
            if (left == 0 && ++tap < stage->k[0])
                left = weight[tap];
        }
        at[2] = narrow ? (int32_t)(((uint32_t)(half[0] & 0xff) | (uint32_t)(half[1] & 0xff) << 8) * 0x10001u)
                       : (int32_t)((uint32_t)half[0] & 0xffff) | (int32_t)((uint32_t)half[1] << 16);
    }
    stage->k[4] = count;
    stage->table[2] = (struct flynn_table_data){pair, (size_t)count * 3 * sizeof *pair};
    return FLYNN_OK;
}

static int32_t common_divisor(int32_t a, int32_t b)
{
    while (b) {
        int32_t rest = a % b;
        a = b;
        b = rest;
    }
    return abs(a);
}

/* c = down[y] * across[x]: across is a row of c without the row's common divisor. False where c has no such factors. */
static bool factor(const struct whole *w, int width, int height, int32_t *across, int32_t *down)
{
    int first = 0, column = 0;
    int32_t divisor = 0;
    while (first < w->taps && w->c[first] == 0)
        first++;
    if (first == w->taps)
        return false;
    const int32_t *row = w->c + first / width * width;
    column = first % width;
    for (int x = 0; x < width; x++)
        divisor = common_divisor(divisor, row[x]);
    for (int x = 0; x < width; x++)
        across[x] = row[x] / divisor;
    for (int y = 0; y < height; y++) {
        down[y] = w->c[y * width + column] / across[column];
        for (int x = 0; x < width; x++) {
            if (down[y] * across[x] != w->c[y * width + x])
                return false;
        }
    }
    return true;
}

static int fill_factors(struct flynn_node *node, struct flynn_stage *stage, const struct flynn_taps *taps,
                        const struct whole *w, struct flynn_err *err)
{
    int32_t *factors = flynn_node_alloc(node, 2 * FLYNN_TAPS_SIDE * sizeof *factors, err);
    if (!factors)
        return err->code;
    if (stage->k[0] < FACTORS_PAY || taps->width == 1 || taps->height == 1 ||
        !factor(w, taps->width, taps->height, factors, factors + taps->width))
        return FLYNN_OK;
    stage->k[12] = taps->width;
    stage->k[13] = taps->height;
    stage->table[3] = (struct flynn_table_data){factors, (size_t)(taps->width + taps->height) * sizeof *factors};
    return FLYNN_OK;
}

static int fill_whole(struct flynn_node *node, struct flynn_stage *stage, const struct flynn_taps *taps,
                      struct flynn_err *err)
{
    struct whole w = {0};
    int code = find_whole(node, &w, taps, err);
    if (!code)
        code = fill_taps(node, stage, taps, &w, err);
    if (code)
        return code;
    stage->k[1] = w.bias;
    stage->k[2] = w.d;
    stage->k[3] = -1;
    for (int shift = 0; shift < 16; shift++) {
        if (w.d == 1 << shift)
            stage->k[3] = shift;
    }
    uint32_t sum = (uint32_t)w.bias;
    for (int i = 0; i < w.taps; i++)
        sum += 32768u * (uint32_t)w.c[i];
    stage->k[5] = (int32_t)sum;
    code = fill_factors(node, stage, taps, &w, err);
    return code ? code : fill_pairs(node, stage, node->in.type == FLYNN_U8 && find_narrow(stage), err);
}

int flynn_taps_lower(struct flynn_node *node, const struct flynn_taps *taps, struct flynn_err *err)
{
    bool real = node->in.type == FLYNN_F32;
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_ROWS, 0);
    stage->op = flynn_op_at(flynn_op_find("convolve"));
    stage->left = taps->width / 2;
    stage->right = taps->width - 1 - stage->left;
    stage->up = taps->height / 2;
    stage->down = taps->height - 1 - stage->up;
    stage->padded = true;
    flynn_stage_border(stage, node);
    stage->f[0] = (float)taps->offset;
    int code = real ? fill_taps(node, stage, taps, NULL, err) : fill_whole(node, stage, taps, err);
    stage->costly = stage->k[0] > 8;
    flynn_node_launch(node, "convolve", stage);
    return code;
}
