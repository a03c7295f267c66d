/* SPDX-License-Identifier: Apache-2.0 */
#include "core/border.h"
#include "core/gaussian_near.h"
#include "cpu/gaussian_far.h"
#include "cpu/gaussian_weights.h"

#include <stdlib.h>

/* Two stages: ACROSS the row, then DOWN the columns; or for bytes and few taps one, NEAR (core/gaussian_near.h). All
 * read the same tables:
 * table[0]: int32 distances of the taps from the centre, ascending from 0, one for each pair of equal weights;
 * table[1]: their weights, int32 or (f32) float; the first is the centre's alone.
 * k[0]: entries of table 0 and 1. k[1]: u8: what DOWN adds before it shifts; k[2]: u8: the shift of DOWN.
 * k[3]: u8: the integer between the stages is the sum of ACROSS with these bits flipped: 0x8000 makes it signed.
 * For SIMD kernels alone (they say the same once more):
 * k[4], table[2] of ACROSS: k[4] int32 pairs (distance, weights): the weights left and right as their multiplication
 *   wants them in every 32 bits, two pairs of bytes or one pair of 16 bits; a weight too large for it is split in
 * several; k[5], table[3] of DOWN: pairs of consecutive rows; for each pair and each of 4 output rows two int16
 * weights; k[5] is 0 when rows without weight are so many that this does not pay. */

enum { ACROSS, DOWN, NEAR, FAR_DOWN, FAR_ACROSS, LONG_DOWN, LONG_ACROSS };

#define CHUNK 256 /* samples summed at a time: the sums stay in the first-level cache */
#define STEP  4   /* output rows that a SIMD kernel makes of the same input rows */

/* ---- the kernels ------------------------------------------------------------------------------------------------ */

static int chunk(int from, int samples)
{
    return samples - from < CHUNK ? samples - from : CHUNK;
}

static void across_u8(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    const int32_t *distance = stage->table[0].data, *weight = stage->table[1].data;
    int channels = stage->in.channels, samples = call->width * channels;
    uint32_t sum[CHUNK];
    for (int r = 0; r < call->rows; r++) {
        uint16_t *out = call->out[r];
        for (int from = 0; from < samples; from += CHUNK) {
            int n = chunk(from, samples);
            const uint8_t *in = (const uint8_t *)call->in[r] + from;
            for (int i = 0; i < n; i++)
                sum[i] = (uint32_t)weight[0] * in[i];
            for (int t = 1; t < stage->k[0]; t++) {
                const uint8_t *a = in - distance[t] * channels, *b = in + distance[t] * channels;
                uint32_t w = (uint32_t)weight[t];
                for (int i = 0; i < n; i++)
                    sum[i] += w * ((uint32_t)a[i] + b[i]);
            }
            for (int i = 0; i < n; i++)
                out[from + i] = (uint16_t)(sum[i] ^ (uint32_t)stage->k[3]);
        }
    }
}

static void down_u8(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    const int32_t *distance = stage->table[0].data, *weight = stage->table[1].data;
    int samples = call->width * stage->in.channels;
    int32_t sum[CHUNK];
    for (int r = 0; r < call->rows; r++) {
        const void *const *row = call->in + stage->up + r;
        uint8_t *out = call->out[r];
        for (int from = 0; from < samples; from += CHUNK) {
            int n = chunk(from, samples);
            const int16_t *in = (const int16_t *)row[0] + from;
            for (int i = 0; i < n; i++)
                sum[i] = stage->k[1] + weight[0] * in[i];
            for (int t = 1; t < stage->k[0]; t++) {
                const int16_t *a = (const int16_t *)row[-distance[t]] + from;
                const int16_t *b = (const int16_t *)row[distance[t]] + from;
                int32_t w = weight[t];
                for (int i = 0; i < n; i++)
                    sum[i] += w * (a[i] + b[i]);
            }
            for (int i = 0; i < n; i++)
                out[from + i] = (uint8_t)(sum[i] >> stage->k[2]);
        }
    }
}

/* Sums down the columns first, which are the same in the end. */
static void near_row(const struct flynn_stage *stage, const uint8_t *const *row, const struct near_border *border,
                     int from, int n, uint8_t *out)
{
    const int32_t *weight = stage->table[1].data;
    uint8_t part[CHUNK + 2 * NEAR_RADIUS * FLYNN_MAX_CHANNELS];
    uint32_t column[CHUNK + 2 * NEAR_RADIUS * FLYNN_MAX_CHANNELS] = {0}, half = (1u << stage->k[2]) >> 1;
    int channels = stage->in.channels, radius = stage->up, reach = border->reach;
    for (int k = -radius; k <= radius; k++) {
        const uint8_t *in = near_part(border, row[k], from, n, 0, part) - reach;
        for (int i = 0; i < n + 2 * reach; i++)
            column[i] += (uint32_t)weight[abs(k)] * in[i];
    }
    for (int i = 0; i < n; i++) {
        const uint32_t *x = column + reach + i;
        uint32_t sum = half + (uint32_t)weight[0] * x[0];
        for (int t = 1; t <= radius; t++)
            sum += (uint32_t)weight[t] * (x[-t * channels] + x[t * channels]);
        out[from + i] = (uint8_t)(sum >> stage->k[2]);
    }
}

static void near_u8(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    int samples = call->width * stage->in.channels;
    struct near_border border;
    near_border_init(&border, stage);
    for (int r = 0; r < call->rows; r++) {
        for (int from = 0; from < samples; from += CHUNK)
            near_row(stage, (const uint8_t *const *)call->in + stage->up + r, &border, from, chunk(from, samples),
                     call->out[r]);
    }
}

static void across_u16(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    const int32_t *distance = stage->table[0].data, *weight = stage->table[1].data;
    int channels = stage->in.channels, samples = call->width * channels;
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *in = call->in[r];
        uint32_t *out = call->out[r];
        for (int i = 0; i < samples; i++)
            out[i] = (uint32_t)weight[0] * in[i];
        for (int t = 1; t < stage->k[0]; t++) {
            const uint16_t *a = in - distance[t] * channels, *b = in + distance[t] * channels;
            uint32_t w = (uint32_t)weight[t];
            for (int i = 0; i < samples; i++)
                out[i] += w * ((uint32_t)a[i] + b[i]);
        }
    }
}

static void down_u16(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    const int32_t *distance = stage->table[0].data, *weight = stage->table[1].data;
    int samples = call->width * stage->in.channels;
    uint64_t sum[CHUNK];
    for (int r = 0; r < call->rows; r++) {
        const void *const *row = call->in + stage->up + r;
        uint16_t *out = call->out[r];
        for (int from = 0; from < samples; from += CHUNK) {
            int n = chunk(from, samples);
            const uint32_t *in = (const uint32_t *)row[0] + from;
            for (int i = 0; i < n; i++)
                sum[i] = (UINT64_C(1) << 31) + (uint64_t)weight[0] * in[i];
            for (int t = 1; t < stage->k[0]; t++) {
                const uint32_t *a = (const uint32_t *)row[-distance[t]] + from;
                const uint32_t *b = (const uint32_t *)row[distance[t]] + from;
                uint64_t w = (uint64_t)weight[t];
                for (int i = 0; i < n; i++)
                    sum[i] += w * ((uint64_t)a[i] + b[i]);
            }
            for (int i = 0; i < n; i++)
                out[from + i] = (uint16_t)(sum[i] >> 32);
        }
    }
}

static void across_f32(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    const int32_t *distance = stage->table[0].data;
    const float *weight = stage->table[1].data;
    int channels = stage->in.channels, samples = call->width * channels;
    float sum[CHUNK];
    for (int r = 0; r < call->rows; r++) {
        float *out = call->out[r];
        for (int from = 0; from < samples; from += CHUNK) {
            int n = chunk(from, samples);
            const float *in = (const float *)call->in[r] + from;
            for (int i = 0; i < n; i++)
                sum[i] = weight[0] * in[i];
            for (int t = 1; t < stage->k[0]; t++) {
                const float *a = in - distance[t] * channels, *b = in + distance[t] * channels;
                float w = weight[t];
                for (int i = 0; i < n; i++)
                    sum[i] += w * (a[i] + b[i]);
            }
            for (int i = 0; i < n; i++)
                out[from + i] = sum[i];
        }
    }
}

static void down_f32(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    const int32_t *distance = stage->table[0].data;
    const float *weight = stage->table[1].data;
    int samples = call->width * stage->in.channels;
    float sum[CHUNK];
    for (int r = 0; r < call->rows; r++) {
        const void *const *row = call->in + stage->up + r;
        float *out = call->out[r];
        for (int from = 0; from < samples; from += CHUNK) {
            int n = chunk(from, samples);
            const float *in = (const float *)row[0] + from;
            for (int i = 0; i < n; i++)
                sum[i] = weight[0] * in[i];
            for (int t = 1; t < stage->k[0]; t++) {
                const float *a = (const float *)row[-distance[t]] + from;
                const float *b = (const float *)row[distance[t]] + from;
                float w = weight[t];
                for (int i = 0; i < n; i++)
                    sum[i] += w * (a[i] + b[i]);
            }
            for (int i = 0; i < n; i++)
                out[from + i] = sum[i];
        }
    }
}

/* ---- stages ------------------------------------------------------------------------------------------------------ */

/* Pairs of the SIMD kernel of ACROSS. For bytes two weights sum to 128 at most, so that no sum of products saturates.
 */
static int pair_taps(struct flynn_node *node, struct flynn_stage *stage, const struct plan *plan, struct flynn_err *err)
{
    bool bytes = node->in.type == FLYNN_U8;
    int most = bytes ? 64 : 32767, count = 0;
    int32_t *pair = flynn_node_alloc(node, ((size_t)plan->taps + 8) * 2 * sizeof(int32_t), err);
    if (!pair)
        return err->code;
    for (int t = 0; t < plan->taps; t++) {
        int32_t left = plan->weight[t], right = plan->weight[t];
        if (t == 0) {
            left /= 2;
            right -= left;
        }
        do {
            int32_t a = left < most ? left : most, b = right < most ? right : most;
            pair[2 * count] = plan->distance[t];
            pair[2 * count++ + 1] = bytes ? (a | b << 8) * 0x10001 : a | b << 16;
            left -= a;
            right -= b;
        } while (left || right);
    }
    stage->k[4] = count;
    stage->table[2] = (struct flynn_table_data){pair, (size_t)count * 2 * sizeof(int32_t)};
    return FLYNN_OK;
}

/* Weights of the SIMD kernel of DOWN: output row o of 4 wants weight |row - radius - o| of the window's rows. */
static int pair_rows(struct flynn_node *node, struct flynn_stage *stage, const struct plan *plan, struct flynn_err *err)
{
    int size = 2 * plan->radius + 1, pairs = (size + STEP) / 2;
    int16_t *weight = flynn_node_alloc(node, (size_t)pairs * STEP * 2 * sizeof(int16_t), err);
    if (!weight)
        return err->code;
    for (int row = 0; row < 2 * pairs; row++) {
        for (int o = 0; o < STEP; o++) {
            int distance = abs(row - plan->radius - o);
            if (distance <= plan->radius)
                weight[row / 2 * STEP * 2 + o * 2 + row % 2] = (int16_t)plan->weight[distance];
        }
    }
    stage->k[5] = pairs;
    stage->table[3] = (struct flynn_table_data){weight, (size_t)pairs * STEP * 2 * sizeof(int16_t)};
    return FLYNN_OK;
}

static void describe(struct flynn_stage *stage, const struct plan *plan)
{
    bool real = stage->variant == FLYNN_F32, wide = stage->variant == FLYNN_U8 && !plan->narrow;
    stage->k[0] = plan->taps;
    stage->k[1] = plan->shift ? 1 << (plan->shift - 1) : 0;
    stage->k[2] = plan->shift;
    if (wide) {
        stage->k[1] += 32768 << 8;
        stage->k[3] = 0x8000;
    }
    stage->table[0] = (struct flynn_table_data){plan->distance, (size_t)plan->taps * sizeof(int32_t)};
    stage->table[1] = (struct flynn_table_data){real ? (void *)plan->real : (void *)plan->weight,
                                                (size_t)plan->taps * sizeof(int32_t)};
    stage->costly = true;
}

/* What ACROSS makes of a row of the border's constant. */
static double blurred_constant(const struct flynn_stage *across, const struct plan *plan)
{
    if (across->variant != FLYNN_F32) {
        uint32_t sum = (uint32_t)plan->weight[0];
        for (int t = 1; t < plan->taps; t++)
            sum += 2 * (uint32_t)plan->weight[t];
        return (uint32_t)across->border_value * sum ^ (uint32_t)across->k[3];
    }
    float fill = (float)across->border_value, sum = plan->real[0] * fill;
    for (int t = 1; t < plan->taps; t++)
        sum += plan->real[t] * (fill + fill);
    return sum;
}

/* OpenCL: few taps are done in one step; more go through memory between the stages. */
static void launch(struct flynn_node *node, const struct flynn_stage *across, const struct flynn_stage *down)
{
    if (across->left > 6) {
        flynn_node_launch(node, "across", across);
        flynn_node_launch(node, "down", down);
        return;
    }
    flynn_node_launch(node, "blur", across)->out = node->in;
}

static struct flynn_stage *start_stage(struct flynn_node *node, int kernel, const struct plan *plan)
{
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_ROWS, kernel);
    bool short_rows = kernel == NEAR && (size_t)node->in.width * (size_t)node->in.channels <= NEAR_WIDE;
    stage->padded = !short_rows;
    stage->full_width = short_rows;
    flynn_stage_border(stage, node);
    if (kernel == ACROSS || (kernel == NEAR && !short_rows))
        stage->left = stage->right = plan->radius;
    if (kernel != ACROSS)
        stage->up = stage->down = plan->radius;
    stage->variant = node->in.type;
    describe(stage, plan);
    return stage;
}

static bool is_heavy(const struct plan *plan)
{
    return plan->weight[0] > NEAR_CENTRE || (plan->taps > 1 && plan->weight[1] > NEAR_SIDE);
}

static bool is_near(const struct flynn_node *node, const struct plan *plan)
{
    return node->in.type == FLYNN_U8 && plan->radius <= (is_heavy(plan) ? NEAR_HEAVY : NEAR_RADIUS);
}

static int lower_near(struct flynn_node *node, const struct plan *plan, struct flynn_err *err)
{
    struct flynn_stage *near = start_stage(node, NEAR, plan), *blur = flynn_node_alloc(node, sizeof *blur, err);
    if (!blur)
        return err->code;
    near->step = NEAR_CALL;
    near->k[4] = is_heavy(plan);
    *blur = *near;
    blur->op = flynn_op_at(flynn_op_find("gaussian")); /* whoever made the stages */
    blur->left = blur->right = plan->radius;
    launch(node, blur, NULL);
    return FLYNN_OK;
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    const struct flynn_value *sigma = flynn_node_value(node, "sigma");
    struct plan plan;
    if (sigma->set && sigma->real >= FAR_SIGMA && !flynn_node_value(node, "ksize")->set && node->in.type != FLYNN_F32) {
        bool wide = lower_far(node, sigma->real);
        node->stage[0].kernel = wide ? LONG_DOWN : FAR_DOWN;
        node->stage[1].kernel = wide ? LONG_ACROSS : FAR_ACROSS;
        return FLYNN_OK;
    }
    int code = find_plan(node, &plan, err);
    if (code)
        return code;
    bool bytes = node->in.type == FLYNN_U8;
    if (is_near(node, &plan))
        return lower_near(node, &plan, err);
    struct flynn_stage *across = start_stage(node, ACROSS, &plan);
    across->out.type = bytes ? FLYNN_U16 : node->in.type == FLYNN_U16 ? FLYNN_U32 : FLYNN_F32;
    struct flynn_stage *down = start_stage(node, DOWN, &plan);
    down->border_value = blurred_constant(across, &plan);
    down->out.type = node->in.type;
    if (node->in.type != FLYNN_F32)
        code = pair_taps(node, across, &plan, err);
    if (!code && bytes && plan.distance[plan.taps - 1] == plan.taps - 1) {
        down->step = STEP;
        code = pair_rows(node, down, &plan, err);
    }
    launch(node, across, down);
    return code;
}

const struct flynn_op FLYNN_OP_SYMBOL(gaussian) = {
    .name = "gaussian",
    .aliases = "blur gaussianblur gaussblur gaussian-blur",
    .group = "filter",
    .summary = "Gaussian blur",
    .definition =
        "The kernel has n = ksize taps; without ksize n = round(sigma*c*2 + 1) | 1, c = 3 for u8, 4 for u16 and f32 "
        "(round is to\n"
        "nearest, ties to even). Weights g(i) = exp(-i*i / (2*sigma*sigma)) / sum. Without sigma: n up to 9 has the "
        "weights (centre\n"
        "outwards) 1; 2 1 /4; 6 4 1 /16; 18 14 7 2 /64; 60 51 30 13 4 /256; above sigma = 0.15*n + 0.35.\n"
        "u8, u16: whole weights of sum S = 256 or 65536: from the outermost inwards w(i) = round(g(i)*S + e), e = what "
        "was lost by\n"
        "rounding so far; the centre is S minus the others. With H the exact sum w(j)*x(j) across the row:\n"
        "out = (sum w(j)*H(j) down the column + S*S/2) / (S*S), rounded down.\n"
        "f32: weights rounded to float; a = w0*x0, then for i = 1.. a = a + wi*(x(-i) + x(+i)), every operation "
        "rounded,\n"
        "across the row and then down the column.\n"
        "u8 and u16 with sigma from 6 on and no ksize: three boxes, two of k and one of l samples (l odd), for which "
        "2*k*k + l*l is\n"
        "nearest to 12*sigma*sigma + 3 (k within a quarter of round(sqrt of a third of it), l within a third of k; the "
        "first k of\n"
        "several). A = k*k*l, W = white. V = the exact sum down the column; v = (V + 2^p/2) >> p with the least p for "
        "which W's v is\n"
        "at most M; h = the exact sum of v across the row; out = (((h >> a)*m >> b) + 2^(f-1) + 1) >> f, a the least "
        "for which W's\n"
        "h >> a has b bits, f = b - 1 - bits of W, m = round(W * 2^(f+b+p+a) / (W*A*A)). u8 up to k = 128: b = 16, M = "
        "the smaller of\n"
        "8191 and (2^32-1)/A rounded down; else b = 32, M = 2^31-1. Every channel, alpha too, is filtered alike.",
    .source =
        "OpenCV GaussianBlur: u8 and u16 below sigma 6, or with ksize, have the bits of its fixed-point smoothing, "
        "as of 4.6; three boxes: Wells 1986",
    .params =
        {
            {.name = "sigma",
             .kind = FLYNN_PARAM_REAL,
             .min = 0.1,
             .max = 500,
             .preset = "",
             .help = "standard deviation in pixels; from ksize when not given"},
            {.name = "ksize",
             .kind = FLYNN_PARAM_INT,
             .min = 1,
             .max = 2 * MAX_RADIUS + 1,
             .preset = "",
             .help = "taps, an odd number; from sigma when not given"},
            FLYNN_PARAM_BORDER,
            FLYNN_PARAM_FILL,
        },
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"ksize=3", "ksize=5", "ksize=7", "ksize=9,border=wrap", "1", "2,border=replicate",
              "0.3,border=constant,fill=100%", "0.4", "8,border=reflect", "40,border=constant,fill=50%", "3,ksize=1",
              "100,ksize=41,border=wrap"},
    .lower = lower,
    .kernels = {.fn = {[ACROSS] = {[FLYNN_U8] = across_u8, [FLYNN_U16] = across_u16, [FLYNN_F32] = across_f32},
                       [DOWN] = {[FLYNN_U8] = down_u8, [FLYNN_U16] = down_u16, [FLYNN_F32] = down_f32},
                       [NEAR] = {[FLYNN_U8] = near_u8},
                       [FAR_DOWN] = {[FLYNN_U8] = far_down_u8},
                       [FAR_ACROSS] = {[FLYNN_U8] = far_across_u8},
                       [LONG_DOWN] = {[FLYNN_U8] = long_down_u8, [FLYNN_U16] = long_down_u16},
                       [LONG_ACROSS] = {[FLYNN_U8] = long_across_u8, [FLYNN_U16] = long_across_u16}}},
};
