/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/curve.h"
#include "cpu/reuse.h"

/* f32: k[0] is the alpha channel or -1. Integers are a table, in gamma's kernels. */

static void linear_f32(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, alpha = call->stage->k[0], samples = call->width * channels;
    for (int r = 0; r < call->rows; r++) {
        const float *in = call->in[r];
        float *out = call->out[r];
        for (int i = 0; i < samples; i++)
            out[i] = flynn_to_linear(in[i]);
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

static int answer(int x, int white, const void *by)
{
    (void)by;
    return (int)floor(white * flynn_to_linear_exactly(x / (double)white) + 0.5);
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    if (node->in.type != FLYNN_F32)
        return flynn_lookup_stage(node, answer, NULL, err);
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_ROWS, 0);
    stage->k[0] = flynn_alpha_channel(&stage->in);
    flynn_node_launch(node, "srgb_to_linear", stage);
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(srgb_to_linear) = {
    .name = "srgb-to-linear",
    .aliases = "sRGB2scRGB",
    .group = "color",
    .summary = "samples of the sRGB curve to linear light",
    .definition =
        "c = x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055)^2.4.\n"
        "u8 and u16: floor(white * c(x / white) + 0.5) in double with the C library's pow.\n"
        "f32, each step rounded: x (1 / 12.92) up to 0.04045; else with t = (x + 0.055) (1 / 1.055), at most "
        "2^54, (t t) z, where z = t^0.4 is the float of the bits int(float(bits of t) * 0.4 + 639000000) "
        "after three times z = z - (z - (t t) / ((z z) (z z))) 0.2. Within 5e-7 of the true value, relatively. "
        "Infinity and NaN pass.\n"
        "Alpha is kept.",
    .source = "IEC 61966-2-1",
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_F32] = linear_f32}}},
};
