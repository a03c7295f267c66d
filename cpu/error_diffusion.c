/* SPDX-License-Identifier: Apache-2.0 */
#include "core/error_diffusion.h"
#include "core/table.h"

#include <string.h>

/* One stage whose rows follow each other. k[1]: levels - 1; k[2]: the step from one level to the next: u8: in 1/256,
 * u16: in 1/65536; table[0]: u8: what comes out for every v. Here the first member does it all: from row to row the
 * scratch memory holds what each sample of the row above was off. */

/* What is spread to a sample from those around it. */
#define SPREAD(before, above, after, left) ((before) + 5 * (above) + 3 * (after) + 7 * (left))

static int within(int v, int most)
{
    return v < 0 ? 0 : v < most ? v : most;
}

static void diffuse_u8(const struct flynn_call *call)
{
    int channels = call->src->shape.channels, samples = call->width * channels;
    const uint8_t *nearest = call->stage->table[0].data;
    int32_t *off = call->scratch;
    if (call->member > 0)
        return;
    memset(off, 0, (size_t)samples * sizeof *off);
    for (int y = 0; y < call->rows; y++) {
        const uint8_t *in = flynn_row(call->src, y);
        uint8_t *out = flynn_row(call->dst, y);
        for (int k = 0; k < channels; k++) {
            int before = 0, above = off[k], left = 0;
            for (int i = k; i < samples; i += channels) {
                int after = i + channels < samples ? off[i + channels] : 0;
                int v = within(in[i] + SPREAD(before, above, after, left) / 16, 255);
                out[i] = nearest[v];
                off[i] = left = v - nearest[v];
                before = above;
                above = after;
            }
        }
    }
}

static void diffuse_u16(const struct flynn_call *call)
{
    int channels = call->src->shape.channels, samples = call->width * channels, most = call->stage->k[1];
    uint32_t step = (uint32_t)call->stage->k[2];
    int32_t *off = call->scratch;
    if (call->member > 0)
        return;
    memset(off, 0, (size_t)samples * sizeof *off);
    for (int y = 0; y < call->rows; y++) {
        const uint16_t *in = flynn_row(call->src, y);
        uint16_t *out = flynn_row(call->dst, y);
        for (int k = 0; k < channels; k++) {
            int before = 0, above = off[k], left = 0;
            for (int i = k; i < samples; i += channels) {
                int after = i + channels < samples ? off[i + channels] : 0;
                int v = within(in[i] + SPREAD(before, above, after, left) / 16, 65535);
                out[i] = (uint16_t)(((uint32_t)((v * most + 32766) / 65535) * step + 32768) >> 16);
                off[i] = left = v - out[i];
                before = above;
                above = after;
            }
        }
    }
}

static void diffuse_f32(const struct flynn_call *call)
{
    int channels = call->src->shape.channels, samples = call->width * channels;
    float most = (float)call->stage->k[1], *off = call->scratch;
    if (call->member > 0)
        return;
    memset(off, 0, (size_t)samples * sizeof *off);
    for (int y = 0; y < call->rows; y++) {
        const float *in = flynn_row(call->src, y);
        float *out = flynn_row(call->dst, y);
        for (int k = 0; k < channels; k++) {
            float before = 0, above = off[k], left = 0;
            for (int i = k; i < samples; i += channels) {
                float after = i + channels < samples ? off[i + channels] : 0;
                float v = in[i] + SPREAD(before, above, after, left) * 0.0625f;
                v = v > 0.0f ? v : 0.0f;
                v = v < 1.0f ? v : 1.0f;
                out[i] = (float)(int)(v * most + 0.5f) / most;
                off[i] = left = v - out[i];
                before = above;
                above = after;
            }
        }
    }
}

/* ---- metadata ---------------------------------------------------------------------------------------------------- */

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    int most = flynn_node_value(node, "levels")->integer - 1;
    int64_t whole = node->in.type == FLYNN_U8 ? 255 * 256 : (int64_t)65535 * 65536;
    size_t line = flynn_row_samples(&node->in) * sizeof(int32_t);
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_WHOLE, 0);
    uint8_t *nearest = flynn_node_alloc(node, 256, err);
    if (!nearest)
        return err->code;
    stage->team = stage->costly = stage->in_place = true;
    stage->below = FLYNN_DIFFUSION_BELOW;
    stage->k[1] = most;
    stage->k[2] = (int32_t)(uint32_t)((whole + most / 2) / most);
    for (int v = 0; v < 256 && node->in.type == FLYNN_U8; v++)
        nearest[v] = (uint8_t)(((v * most + 126) / 255 * stage->k[2] + 128) >> 8);
    stage->table[0] = (struct flynn_table_data){nearest, 256};
    stage->scratch_bytes = line > FLYNN_DIFFUSION_SCRATCH ? line : FLYNN_DIFFUSION_SCRATCH;
    struct flynn_launch *launch = flynn_node_launch(node, "diffuse", stage);
    launch->items_x = FLYNN_DIFFUSION_ITEMS * node->in.channels;
    launch->local_x = FLYNN_DIFFUSION_ITEMS;
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(error_diffusion) = {
    .name = "error-diffusion",
    .aliases = "floyd-steinberg fs-dither pamditherbw",
    .group = "filter",
    .summary = "few levels; what a sample is off goes to its neighbours",
    .definition =
        "m = levels - 1. Rows from the top, samples from the left, every channel (alpha too) by itself. e is what a "
        "sample was off, 0 outside of the image: S = e(x - 1, y - 1) + 5 * e(x, y - 1) + 3 * e(x + 1, y - 1) + 7 * "
        "e(x - 1, y).\n"
        "u8: v = p + S / 16 (towards 0) within 0 and 255, q = (v * m + 126) / 255, s = (65280 + m / 2) / m, out = "
        "(q * s + 128) >> 8, e = v - out; divisions round down. Two levels: white where v > 128.\n"
        "u16: v within 0 and 65535, q = (v * m + 32766) / 65535, s = (65535 * 65536 + m / 2) / m, out = (q * s + "
        "32768) >> 16, e = v - out.\n"
        "f32: S from the left, v = p + S * 0.0625 within 0 and 1 (NaN is 0), q = floor(v * m + 0.5), out = q / m, e = "
        "v - out, each step rounded.",
    .source = "Floyd and Steinberg 1976; u8 of two levels as Pillow's convert(\"1\"), to the bit",
    .params = {{.name = "levels",
                .kind = FLYNN_PARAM_INT,
                .min = 2,
                .max = 256,
                .preset = "2",
                .help = "levels of each channel"}},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_WHOLE,
    .cases = {"2", "3", "4", "17", "100"},
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_U8] = diffuse_u8, [FLYNN_U16] = diffuse_u16, [FLYNN_F32] = diffuse_f32}}},
};
