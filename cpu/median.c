/* SPDX-License-Identifier: Apache-2.0 */
#include "core/border.h"
#include "core/table.h"
#include "cpu/median_large.h"

#define MOST_WIDE 63 /* largest side for samples that are not bytes */

/* One stage. The median of nine is the median of three numbers: of the
 * smallest of the columns' largest, the median of their middles, and the largest of their smallest. */

static uint8_t min_u8(uint8_t a, uint8_t b)
{
    return a < b ? a : b;
}

static uint8_t max_u8(uint8_t a, uint8_t b)
{
    return a > b ? a : b;
}

static uint8_t middle_u8(uint8_t a, uint8_t b, uint8_t c)
{
    return max_u8(min_u8(a, b), min_u8(max_u8(a, b), c));
}

static uint16_t min_u16(uint16_t a, uint16_t b)
{
    return a < b ? a : b;
}

static uint16_t max_u16(uint16_t a, uint16_t b)
{
    return a > b ? a : b;
}

static uint16_t middle_u16(uint16_t a, uint16_t b, uint16_t c)
{
    return max_u16(min_u16(a, b), min_u16(max_u16(a, b), c));
}

static int32_t min_s32(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static int32_t max_s32(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static int32_t middle_s32(int32_t a, int32_t b, int32_t c)
{
    return max_s32(min_s32(a, b), min_s32(max_s32(a, b), c));
}

static void median3_u8(const struct flynn_call *call)
{
    int c = call->stage->in.channels, samples = call->width * c;
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *p = call->in[r], *q = call->in[r + 1], *s = call->in[r + 2];
        uint8_t *out = call->out[r];
        for (int i = 0; i < samples; i++) {
            uint8_t low[3], mid[3], high[3];
            for (int k = 0; k < 3; k++) {
                int at = i + (k - 1) * c;
                low[k] = min_u8(min_u8(p[at], q[at]), s[at]);
                mid[k] = middle_u8(p[at], q[at], s[at]);
                high[k] = max_u8(max_u8(p[at], q[at]), s[at]);
            }
            out[i] = middle_u8(max_u8(max_u8(low[0], low[1]), low[2]), middle_u8(mid[0], mid[1], mid[2]),
                               min_u8(min_u8(high[0], high[1]), high[2]));
        }
    }
}

static void median3_u16(const struct flynn_call *call)
{
    int c = call->stage->in.channels, samples = call->width * c;
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *p = call->in[r], *q = call->in[r + 1], *s = call->in[r + 2];
        uint16_t *out = call->out[r];
        for (int i = 0; i < samples; i++) {
            uint16_t low[3], mid[3], high[3];
            for (int k = 0; k < 3; k++) {
                int at = i + (k - 1) * c;
                low[k] = min_u16(min_u16(p[at], q[at]), s[at]);
                mid[k] = middle_u16(p[at], q[at], s[at]);
                high[k] = max_u16(max_u16(p[at], q[at]), s[at]);
            }
            out[i] = middle_u16(max_u16(max_u16(low[0], low[1]), low[2]), middle_u16(mid[0], mid[1], mid[2]),
                                min_u16(min_u16(high[0], high[1]), high[2]));
        }
    }
}

static void median3_f32(const struct flynn_call *call)
{
    int c = call->stage->in.channels, samples = call->width * c;
    for (int r = 0; r < call->rows; r++) {
        const float *p = call->in[r], *q = call->in[r + 1], *s = call->in[r + 2];
        float *out = call->out[r];
        for (int i = 0; i < samples; i++) {
            int32_t low[3], mid[3], high[3];
            for (int k = 0; k < 3; k++) {
                int at = i + (k - 1) * c;
                int32_t x = flynn_order_key_at(p + at), y = flynn_order_key_at(q + at), z = flynn_order_key_at(s + at);
                low[k] = min_s32(min_s32(x, y), z);
                mid[k] = middle_s32(x, y, z);
                high[k] = max_s32(max_s32(x, y), z);
            }
            int32_t bits = flynn_order_flip(middle_s32(max_s32(max_s32(low[0], low[1]), low[2]),
                                                       middle_s32(mid[0], mid[1], mid[2]),
                                                       min_s32(min_s32(high[0], high[1]), high[2])));
            memcpy(out + i, &bits, sizeof bits);
        }
    }
}

/* ---- 5 x 5 ------------------------------------------------------------------------------------------------------- */

static void order(int32_t *a, int32_t *b)
{
    int32_t x = *a, y = *b;
    *a = min_s32(x, y);
    *b = max_s32(x, y);
}

static void order_column(int32_t x[5][5], int j)
{
    order(&x[0][j], &x[3][j]);
    order(&x[1][j], &x[4][j]);
    order(&x[0][j], &x[2][j]);
    order(&x[1][j], &x[3][j]);
    order(&x[0][j], &x[1][j]);
    order(&x[2][j], &x[4][j]);
    order(&x[1][j], &x[2][j]);
    order(&x[3][j], &x[4][j]);
    order(&x[2][j], &x[3][j]);
}

/* Each column in order, then columns 0 and 1, and 2 and 3, with one another; then core/median5.h. */
static int32_t median5(int32_t x[5][5])
{
    int32_t median;
    for (int j = 0; j < 5; j++)
        order_column(x, j);
    for (int r = 0; r < 5; r++) {
        order(&x[r][0], &x[r][1]);
        order(&x[r][2], &x[r][3]);
    }
#define MEDIAN5_T           int32_t
#define MEDIAN5_IN(r, k)    x[r][k]
#define MEDIAN5_LEAST(a, b) min_s32(a, b)
#define MEDIAN5_MOST(a, b)  max_s32(a, b)
#define MEDIAN5_OUT         median
#include "core/median5.h"
    return median;
}

static void median5_u8(const struct flynn_call *call)
{
    int c = call->stage->in.channels, samples = call->width * c;
    for (int r = 0; r < call->rows; r++) {
        uint8_t *out = call->out[r];
        for (int i = 0; i < samples; i++) {
            int32_t x[5][5];
            for (int t = 0; t < 5; t++) {
                for (int j = 0; j < 5; j++)
                    x[t][j] = ((const uint8_t *)call->in[r + t])[i + (j - 2) * c];
            }
            out[i] = (uint8_t)median5(x);
        }
    }
}

static void median5_u16(const struct flynn_call *call)
{
    int c = call->stage->in.channels, samples = call->width * c;
    for (int r = 0; r < call->rows; r++) {
        uint16_t *out = call->out[r];
        for (int i = 0; i < samples; i++) {
            int32_t x[5][5];
            for (int t = 0; t < 5; t++) {
                for (int j = 0; j < 5; j++)
                    x[t][j] = ((const uint16_t *)call->in[r + t])[i + (j - 2) * c];
            }
            out[i] = (uint16_t)median5(x);
        }
    }
}

static void median5_f32(const struct flynn_call *call)
{
    int c = call->stage->in.channels, samples = call->width * c;
    for (int r = 0; r < call->rows; r++) {
        float *out = call->out[r];
        for (int i = 0; i < samples; i++) {
            int32_t x[5][5];
            for (int t = 0; t < 5; t++) {
                for (int j = 0; j < 5; j++)
                    x[t][j] = flynn_order_key_at((const float *)call->in[r + t] + i + (j - 2) * c);
            }
            int32_t bits = flynn_order_flip(median5(x));
            memcpy(out + i, &bits, sizeof bits);
        }
    }
}

/* ---- stages ------------------------------------------------------------------------------------------------------ */

/* Bytes of state: core/median.h. */
static void give_state(struct flynn_stage *stage)
{
    size_t k = (size_t)stage->k[0], c = (size_t)stage->in.channels, width = (size_t)stage->in.width;
    if (stage->variant == FLYNN_U8 && stage->kernel == FLYNN_MEDIAN_15)
        return;
    if (stage->variant == FLYNN_U8) {
        size_t stripes = (width + FLYNN_MEDIAN_STRIPE - 1) / FLYNN_MEDIAN_STRIPE;
        size_t pixels = stripes == 1 ? width : FLYNN_MEDIAN_STRIPE;
        stage->state_bytes = FLYNN_MEDIAN_HEAD + stripes * (pixels + k - 1) * c * sizeof(struct flynn_median_column);
        return;
    }
    size_t samples = ((k + FLYNN_MEDIAN_STEP - 1) * (width + k - 1) + 63) / 64 * 64;
    stage->d[0] = (double)samples;
    stage->state_bytes = samples * 4 * sizeof(uint32_t) + samples / 8;
}

static void launch(struct flynn_node *node, const struct flynn_stage *stage)
{
    struct flynn_launch *launch = flynn_node_launch(node,
                                                    stage->kernel == FLYNN_MEDIAN_3   ? "median3"
                                                    : stage->kernel == FLYNN_MEDIAN_5 ? "median5"
                                                                                      : "median_large",
                                                    stage);
    if (stage->kernel == FLYNN_MEDIAN_3 || stage->kernel == FLYNN_MEDIAN_5)
        return;
    launch->per_pixel = true;
    launch->item_x = 256;
    if (stage->kernel != FLYNN_MEDIAN_15)
        return;
    launch->on = FLYNN_ON_OTHERS;
    launch = flynn_node_launch(node, "median_net", stage);
    launch->on = FLYNN_ON_CPU;
    launch->item_x = 1024;
    launch->item_y_cpu = FLYNN_MEDIAN_STEP_15;
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    static const int step[] = {2, FLYNN_MEDIAN_STEP_5, FLYNN_MEDIAN_STEP_15, FLYNN_MEDIAN_STEP};
    int k = flynn_node_value(node, "ksize")->integer;
    if (k % 2 == 0)
        return flynn_fail(err, FLYNN_EUSAGE, "median: ksize=%d is even; it must be odd", k);
    if (k > MOST_WIDE && node->in.type != FLYNN_U8)
        return flynn_fail(err, FLYNN_EUSAGE, "median: ksize=%d is out of range; 3 to %d is possible for %s", k,
                          MOST_WIDE, flynn_type_name(node->in.type));
    int slot = k == 3 ? FLYNN_MEDIAN_3 : k == 5 ? FLYNN_MEDIAN_5 : k <= 15 ? FLYNN_MEDIAN_15 : FLYNN_MEDIAN_LARGE;
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_ROWS, slot);
    stage->up = stage->down = stage->left = stage->right = k / 2;
    stage->step = step[slot];
    flynn_stage_border(stage, node);
    stage->k[0] = k;
    stage->costly = k > 3;
    if (k > 5)
        give_state(stage);
    launch(node, stage);
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(median) = {
    .name = "median",
    .aliases = "medianblur pgmmedian",
    .group = "filter",
    .summary = "median of a square about every sample",
    .definition = "The middle one of the ksize*ksize samples of the channel around a sample, in order of size; f32:\n"
                  "-inf, ..., -0, +0, ..., +inf, NaN (of either sign). Every channel, alpha too, is filtered alike.",
    .source =
        "OpenCV medianBlur, with border=replicate. Large squares of bytes: Huang; with columns, Perreault and Hebert",
    .params =
        {
            {.name = "ksize",
             .kind = FLYNN_PARAM_INT,
             .min = 3,
             .max = 255,
             .preset = "3",
             .help = "side of the square in pixels, an odd number; u16 and f32: up to 63"},
            FLYNN_PARAM_BORDER,
            FLYNN_PARAM_FILL,
        },
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"border=wrap", "border=constant,fill=50%", "border=constant", "border=replicate", "border=reflect", "5",
              "5,border=wrap", "5,border=constant,fill=50%", "7", "15,border=replicate", "17,border=wrap",
              "31,border=constant,fill=50%"},
    .lower = lower,
    .kernels =
        {.fn = {[FLYNN_MEDIAN_3] = {[FLYNN_U8] = median3_u8, [FLYNN_U16] = median3_u16, [FLYNN_F32] = median3_f32},
                [FLYNN_MEDIAN_5] = {[FLYNN_U8] = median5_u8, [FLYNN_U16] = median5_u16, [FLYNN_F32] = median5_f32},
                [FLYNN_MEDIAN_15] =
                    {[FLYNN_U8] = median_large_u8, [FLYNN_U16] = median_ranked, [FLYNN_F32] = median_ranked},
                [FLYNN_MEDIAN_LARGE] =
                    {[FLYNN_U8] = median_large_u8, [FLYNN_U16] = median_ranked, [FLYNN_F32] = median_ranked}}},
};
