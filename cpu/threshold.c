/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"

#include <math.h>
#include <string.h>

/* A sample's bits become `bits & keep | set`, with one pair of masks above the threshold and one at and below it.
 * k[0]: the alpha channel or -1; k[1], k[2]: keep and set above; k[3], k[4]: keep and set at and below.
 * Threshold: k[5] for integers, f[0] for f32. A choice of masks without a branch: samples jump about it at random. */

/* keep and set at and below the threshold, and the bits in which they differ above it. */
struct masks {
    uint32_t keep, set, keep_change, set_change;
};

static inline struct masks masks_of(const struct flynn_stage *stage)
{
    const int32_t *k = stage->k;
    return (struct masks){(uint32_t)k[3], (uint32_t)k[4], (uint32_t)(k[3] ^ k[1]), (uint32_t)(k[4] ^ k[2])};
}

static void threshold_u8(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, alpha = call->stage->k[0], samples = call->width * channels;
    struct masks m = masks_of(call->stage);
    uint8_t t = (uint8_t)call->stage->k[5], keep = (uint8_t)m.keep, set = (uint8_t)m.set;
    uint8_t keep_change = (uint8_t)m.keep_change, set_change = (uint8_t)m.set_change;
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *in = call->in[r];
        uint8_t *out = call->out[r];
        for (int i = 0; i < samples; i++) {
            uint8_t above = (uint8_t) - (in[i] > t);
            out[i] = (uint8_t)((in[i] & (keep ^ (above & keep_change))) | (set ^ (above & set_change)));
        }
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

static void threshold_u16(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, alpha = call->stage->k[0], samples = call->width * channels;
    struct masks m = masks_of(call->stage);
    uint16_t t = (uint16_t)call->stage->k[5], keep = (uint16_t)m.keep, set = (uint16_t)m.set;
    uint16_t keep_change = (uint16_t)m.keep_change, set_change = (uint16_t)m.set_change;
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *in = call->in[r];
        uint16_t *out = call->out[r];
        for (int i = 0; i < samples; i++) {
            uint16_t above = (uint16_t) - (in[i] > t);
            out[i] = (uint16_t)((in[i] & (keep ^ (above & keep_change))) | (set ^ (above & set_change)));
        }
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

static void threshold_f32(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, alpha = call->stage->k[0], samples = call->width * channels;
    struct masks m = masks_of(call->stage);
    float t = call->stage->f[0];
    for (int r = 0; r < call->rows; r++) {
        const float *in = call->in[r];
        float *out = call->out[r];
        for (int i = 0; i < samples; i++) {
            uint32_t bits;
            memcpy(&bits, &in[i], sizeof bits);
            uint32_t above = 0 - (uint32_t)(in[i] > t);
            bits = (bits & (m.keep ^ (above & m.keep_change))) | (m.set ^ (above & m.set_change));
            memcpy(&out[i], &bits, sizeof bits);
        }
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

/* In the order of OpenCV's constants. */
#define TYPES "binary|binary_inv|trunc|tozero|tozero_inv"
enum { BINARY, BINARY_INV, TRUNC, TOZERO, TOZERO_INV };

/* The bits of white and of the threshold as k needs them. */
static void find_bits(struct flynn_stage *stage, double value, int32_t *white, int32_t *level)
{
    float one = 1;
    if (stage->in.type == FLYNN_F32) {
        stage->f[0] = (float)value;
        memcpy(white, &one, sizeof one);
        memcpy(level, &stage->f[0], sizeof one);
    } else {
        *white = (int32_t)flynn_type_white(stage->in.type);
        *level = stage->k[5] = (int32_t)floor(value);
    }
}

static int make_lut(struct flynn_node *node, struct flynn_stage *stage, struct flynn_err *err)
{
    uint8_t *lut = flynn_node_alloc(node, 256, err);
    if (!lut)
        return err->code;
    for (int i = 0; i < 256; i++)
        lut[i] = (uint8_t)(i > stage->k[5] ? (i & stage->k[1]) | stage->k[2] : (i & stage->k[3]) | stage->k[4]);
    stage->lut = lut;
    return FLYNN_OK;
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_ROWS, 0);
    int type = flynn_node_value(node, "type")->integer;
    int32_t white, level;

    find_bits(stage, flynn_node_sample(node, "value"), &white, &level);
    stage->k[0] = flynn_alpha_channel(&node->in);
    stage->k[1] = type == TOZERO ? -1 : 0;
    stage->k[2] = type == BINARY ? white : type == TRUNC ? level : 0;
    stage->k[3] = type == TRUNC || type == TOZERO_INV ? -1 : 0;
    stage->k[4] = type == BINARY_INV ? white : 0;
    if (node->in.type == FLYNN_U8 && make_lut(node, stage, err))
        return err->code;
    struct flynn_launch *launch = flynn_node_launch(node, "threshold", stage);
    launch->item_x = launch->item_y = 0;
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(threshold) = {
    .name = "threshold",
    .aliases = "",
    .group = "point",
    .summary = "compare every sample with a value: white or black, or cut off on one side",
    .definition = "t = value, for u8 and u16 its floor, for f32 as a float. Where x > t and elsewhere:\n"
                  "binary: white, 0; binary_inv: 0, white; trunc: t, x; tozero: x, 0; tozero_inv: 0, x.\n"
                  "A NaN is not above. Alpha is kept.",
    .source = "OpenCV threshold with maxval = white",
    .params = {{.name = "value",
                .kind = FLYNN_PARAM_SAMPLE,
                .help = "threshold, in sample units or in percent of white"},
               {.name = "type",
                .kind = FLYNN_PARAM_CHOICE,
                .choices = TYPES,
                .preset = "binary",
                .help = "what becomes of samples above the value and of the others"}},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"50%", "50%,type=binary_inv", "50%,type=trunc", "50%,type=tozero", "50%,type=tozero_inv",
              "0.5,type=trunc"},
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_U8] = threshold_u8, [FLYNN_U16] = threshold_u16, [FLYNN_F32] = threshold_f32}}},
};
