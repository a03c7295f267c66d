/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_GAUSSIAN_FAR_H
#define FLYNN_CPU_GAUSSIAN_FAR_H

#include "core/gaussian_far.h"

#include <stdlib.h>

/** The scalar kernels and the stages of the Gaussian of large sigma, for cpu/gaussian.c alone. */

#define FAR_SIGMA    6.0  /**< from here on u8 and u16 are three boxes */
#define FAR_CL_REACH 2048 /**< OpenCL in one step: samples of a row that the boxes reach over at most */
#define FAR_CL_LINE  4096 /**< and those that are made together */
#define FAR_SHORT    128  /**< boxes up to this size have sums of 32 bits for bytes */

/* ---- large sigma: three boxes (core/gaussian_far.h) -------------------------------------------------------------- */

/* One more row: the sums go on, and, where `out` is not NULL, the result is written. */
static void far_row_u8(const struct flynn_stage *stage, const void *const row[6], int samples, void *sums, void *to)
{
    uint32_t *sum = sums;
    uint16_t *out = to;
    const uint8_t *a = row[0], *b = row[1], *c = row[2], *d = row[3], *e = row[4], *f = row[5];
    uint32_t *s1 = sum, *s2 = sum + samples, *s3 = sum + 2 * (size_t)samples;
    uint32_t half = (1u << stage->k[2]) >> 1;
    for (int i = 0; i < samples; i++) {
        s1[i] += (uint32_t)((a[i] - 2 * b[i] + c[i]) - (d[i] - 2 * e[i] + f[i]));
        s2[i] += s1[i];
        s3[i] += s2[i];
    }
    for (int i = 0; out && i < samples; i++)
        out[i] = (uint16_t)((s3[i] + half) >> stage->k[2]);
}

/* The same in 64 bits. */
static void long_row_u8(const struct flynn_stage *stage, const void *const row[6], int samples, void *sums, void *to)
{
    uint64_t *sum = sums;
    uint32_t *out = to;
    const uint8_t *a = row[0], *b = row[1], *c = row[2], *d = row[3], *e = row[4], *f = row[5];
    uint64_t *s1 = sum, *s2 = sum + samples, *s3 = sum + 2 * (size_t)samples;
    uint64_t half = (UINT64_C(1) << stage->k[2]) >> 1;
    for (int i = 0; i < samples; i++) {
        s1[i] += (uint64_t)(int64_t)((a[i] - 2 * b[i] + c[i]) - (d[i] - 2 * e[i] + f[i]));
        s2[i] += s1[i];
        s3[i] += s2[i];
    }
    for (int i = 0; out && i < samples; i++)
        out[i] = (uint32_t)((s3[i] + half) >> stage->k[2]);
}

static void long_row_u16(const struct flynn_stage *stage, const void *const row[6], int samples, void *sums, void *to)
{
    uint64_t *sum = sums;
    uint32_t *out = to;
    const uint16_t *a = row[0], *b = row[1], *c = row[2], *d = row[3], *e = row[4], *f = row[5];
    uint64_t *s1 = sum, *s2 = sum + samples, *s3 = sum + 2 * (size_t)samples;
    uint64_t half = (UINT64_C(1) << stage->k[2]) >> 1;
    for (int i = 0; i < samples; i++) {
        s1[i] += (uint64_t)(int64_t)((a[i] - 2 * b[i] + c[i]) - (d[i] - 2 * e[i] + f[i]));
        s2[i] += s1[i];
        s3[i] += s2[i];
    }
    for (int i = 0; out && i < samples; i++)
        out[i] = (uint32_t)((s3[i] + half) >> stage->k[2]);
}

typedef void far_feed(const struct flynn_stage *, const void *const *, int, void *, void *);

/* `bytes`: of one sum. */
static void go_down(const struct flynn_call *call, far_feed *feed, size_t bytes)
{
    const struct flynn_stage *stage = call->stage;
    int samples = call->width * stage->in.channels, last = FAR_REACH(stage);
    struct far_state *state = call->state;
    uint8_t *sum = (uint8_t *)(state + 1);
    const void *zeros = sum + 3 * (size_t)samples * bytes, *row[6];
    for (int j = FAR_EXTRA; state->done == 0 && j < last; j++) {
        far_rows(call, j, zeros, row);
        feed(stage, row, samples, sum, NULL);
    }
    for (int r = 0; r < call->rows; r++) {
        far_rows(call, last + r, zeros, row);
        feed(stage, row, samples, sum, call->out[r]);
    }
    state->done += call->rows;
}

static void far_down_u8(const struct flynn_call *call)
{
    go_down(call, far_row_u8, sizeof(uint32_t));
}

static void long_down_u8(const struct flynn_call *call)
{
    go_down(call, long_row_u8, sizeof(uint64_t));
}

static void long_down_u16(const struct flynn_call *call)
{
    go_down(call, long_row_u16, sizeof(uint64_t));
}

/* Sums of `size` neighbours of one channel, from `in` to `out`, which may be the same. */
static void box_sums(const uint64_t *in, uint64_t *out, int count, int size)
{
    uint64_t sum = 0;
    for (int i = 0; i < size - 1; i++)
        sum += in[i];
    for (int i = 0; i < count; i++) {
        uint64_t first = in[i];
        sum += in[i + size - 1];
        out[i] = sum;
        sum -= first;
    }
}

/* Samples [0, n) of one channel of a row become the sums of its first `width` pixels. */
static void three_boxes(const struct flynn_stage *stage, uint64_t *buffer, int n, int width)
{
    int k = stage->k[0];
    box_sums(buffer, buffer, n - k + 1, k);
    box_sums(buffer, buffer, n - 2 * k + 2, k);
    box_sums(buffer, buffer, width, stage->k[1]);
}

/* The sums of one channel of a row, in the buffer of the call. */
static const uint64_t *far_sums(const struct flynn_call *call, int r, int channel)
{
    const struct flynn_stage *stage = call->stage;
    int c = stage->in.channels, n = call->width + 2 * stage->left;
    const uint16_t *in = (const uint16_t *)call->in[r] - stage->left * c + channel;
    uint64_t *buffer = call->state;
    for (int i = 0; i < n; i++)
        buffer[i] = in[i * c];
    three_boxes(stage, buffer, n, call->width);
    return buffer;
}

static const uint64_t *long_sums(const struct flynn_call *call, int r, int channel)
{
    const struct flynn_stage *stage = call->stage;
    int c = stage->in.channels, n = call->width + 2 * stage->left;
    const uint32_t *in = (const uint32_t *)call->in[r] - stage->left * c + channel;
    uint64_t *buffer = call->state;
    for (int i = 0; i < n; i++)
        buffer[i] = in[i * c];
    three_boxes(stage, buffer, n, call->width);
    return buffer;
}

static void far_across_u8(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    int c = stage->in.channels;
    for (int r = 0; r < call->rows; r++) {
        uint8_t *out = call->out[r];
        for (int channel = 0; channel < c; channel++) {
            const uint64_t *sum = far_sums(call, r, channel);
            for (int x = 0; x < call->width; x++) {
                uint32_t part = (uint32_t)(sum[x] >> stage->k[3]) * (uint32_t)stage->k[4] >> 16;
                out[x * c + channel] = (uint8_t)((part + (uint32_t)stage->k[5]) >> stage->k[6]);
            }
        }
    }
}

static uint32_t long_result(const struct flynn_stage *stage, uint64_t sum)
{
    uint64_t part = (sum >> stage->k[3]) * (uint32_t)stage->k[4] >> 32;
    return (uint32_t)((part + (uint32_t)stage->k[5]) >> stage->k[6]);
}

static void long_across_u8(const struct flynn_call *call)
{
    int c = call->stage->in.channels;
    for (int r = 0; r < call->rows; r++) {
        uint8_t *out = call->out[r];
        for (int channel = 0; channel < c; channel++) {
            const uint64_t *sum = long_sums(call, r, channel);
            for (int x = 0; x < call->width; x++)
                out[x * c + channel] = (uint8_t)long_result(call->stage, sum[x]);
        }
    }
}

static void long_across_u16(const struct flynn_call *call)
{
    int c = call->stage->in.channels;
    for (int r = 0; r < call->rows; r++) {
        uint16_t *out = call->out[r];
        for (int channel = 0; channel < c; channel++) {
            const uint64_t *sum = long_sums(call, r, channel);
            for (int x = 0; x < call->width; x++)
                out[x * c + channel] = (uint16_t)long_result(call->stage, sum[x]);
        }
    }
}

/* ---- stages of three boxes --------------------------------------------------------------------------------------- */

/* Two boxes of *k and one of *l samples whose variance is nearest to sigma's: 2k*k + l*l = 12 sigma^2 + 3. l is odd, so
 * that the middle is a sample's, and not further from k than a third of it. */
static void find_boxes(double sigma, int *k, int *l)
{
    double want = 12 * sigma * sigma + 3, best = want;
    int middle = (int)rint(sqrt(want / 3));
    for (int i = middle - middle / 4; i <= middle + middle / 4; i++) {
        int odd = want > 2.0 * i * i ? (int)rint((sqrt(want - 2.0 * i * i) - 1) / 2) * 2 + 1 : 1;
        double error = fabs(2.0 * i * i + (double)odd * odd - want);
        if (abs(odd - i) <= i / 3 && error < best) {
            best = error;
            *k = i;
            *l = odd;
        }
    }
}

/* Bits that x has. */
static int bits_of(uint64_t x)
{
    int bits = 0;
    while (x >> bits)
        bits++;
    return bits;
}

/* Shifts and multiplier for boxes of `area` = k*k*l: v of at most `most`, sums of at most 16 bits (wide: 32). */
static void describe_far(struct flynn_stage *stage, int k, int l, uint64_t most, bool wide)
{
    uint64_t area = (uint64_t)k * (uint64_t)k * (uint64_t)l, white = (uint64_t)flynn_type_white(stage->variant);
    int shift = 0, bits = wide ? 32 : 16;
    while ((white * area + ((UINT64_C(1) << shift) >> 1)) >> shift > most)
        shift++;
    uint64_t top = (white * area + ((UINT64_C(1) << shift) >> 1)) >> shift;
    int reduce = bits_of(top * area) > bits ? bits_of(top * area) - bits : 0;
    int fraction = bits - 1 - bits_of(white);
    double exact = (double)white * (double)area * (double)area / ldexp(1, shift + reduce);
    stage->k[0] = k;
    stage->k[1] = l;
    stage->k[2] = shift;
    stage->k[3] = reduce;
    stage->k[4] = (int32_t)(uint32_t)rint(ldexp((double)white, fraction + bits) / exact);
    stage->k[5] = (1 << (fraction - 1)) + 1;
    stage->k[6] = fraction;
    stage->k[8] = bits;
    stage->k[7] = 32;
    while (stage->k[7] < 2 * k + l + 32)
        stage->k[7] *= 2;
    stage->step = FAR_STEP;
    stage->costly = true;
}

/* OpenCL on CPUs, which do all in one step: an item goes down so many rows that those before its first matter little.
 */
static bool launch_far(struct flynn_node *node, const struct flynn_stage *down, int radius)
{
    struct flynn_stage *both = flynn_node_alloc(node, sizeof *both, NULL);
    if (!both)
        return false;
    *both = *down;
    both->op = flynn_op_at(flynn_op_find("gaussian")); /* whoever made the stages */
    both->left = both->right = radius;
    struct flynn_launch *launch = flynn_node_launch(node, "far_both", both);
    launch->on = FLYNN_ON_CPU;
    launch->out = node->in;
    launch->item_x = FAR_CL_LINE;
    launch->item_y_cpu = (8 * radius + 15) / 16 * 16;
    return true;
}

/* Fewer columns have less state. */
static void part_down(struct flynn_stage *stage, struct flynn_part *part)
{
    size_t samples = (size_t)part->width * (size_t)stage->in.channels;
    stage->state_bytes = sizeof(struct far_state) + samples * (stage->out.type == FLYNN_U32 ? 3 * 8 + 2 : 3 * 4 + 1);
}

static void part_across(struct flynn_stage *stage, struct flynn_part *part)
{
    size_t buffer = ((size_t)part->width + 2 * (size_t)stage->left) * 8;
    size_t ring = ((size_t)stage->k[7] + 16) * (size_t)stage->in.channels * 32;
    stage->state_bytes = buffer > ring ? buffer : ring;
}

/* Whether the stages are LONG; their kernels are the caller's to set. */
static bool lower_far(struct flynn_node *node, double sigma)
{
    enum flynn_border border = (enum flynn_border)flynn_node_value(node, "border")->integer;
    double fill = floor(flynn_node_sample(node, "fill") + 0.5);
    int k = 0, l = 0, c = node->in.channels;
    find_boxes(sigma, &k, &l);
    uint64_t area = (uint64_t)k * (uint64_t)k * (uint64_t)l;
    bool wide = node->in.type == FLYNN_U16 || k > FAR_SHORT;
    uint64_t most = wide ? INT32_MAX : UINT32_MAX / area < 8191 ? UINT32_MAX / area : 8191;
    int radius = (2 * k + l - 3) / 2;
    struct flynn_part all = {.width = node->in.width};

    struct flynn_stage *down = flynn_node_stage(node, FLYNN_ROWS, 0);
    down->up = radius + FAR_EXTRA;
    down->down = radius;
    down->border = border;
    down->border_value = fill;
    down->out.type = wide ? FLYNN_U32 : FLYNN_U16;
    describe_far(down, k, l, most, wide);
    down->part = part_down;
    part_down(down, &all);

    struct flynn_stage *across = flynn_node_stage(node, FLYNN_ROWS, 0);
    across->left = across->right = radius;
    across->padded = true;
    across->border = border;
    across->border_value = (double)(((uint64_t)fill * area + ((UINT64_C(1) << down->k[2]) >> 1)) >> down->k[2]);
    across->variant = node->in.type;
    across->out.type = node->in.type;
    describe_far(across, k, l, most, wide);
    across->part = part_across;
    part_across(across, &all);

    int reach = 2 * k + l;
    struct flynn_launch *first = flynn_node_launch(node, "far_down", down);
    struct flynn_launch *second = flynn_node_launch(node, "far_across", across);
    first->out.type = second->in.type = FLYNN_U32;
    first->item_y = reach > 64 ? reach : 64;
    second->item_x = (reach > 128 ? 2 * reach : 256) * c;
    if (!wide && reach * c <= FAR_CL_REACH && launch_far(node, down, radius))
        first->on = second->on = FLYNN_ON_OTHERS;
    return wide;
}

#endif
