/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/reuse.h"

/* u8 and u16 are a table. f32: k[0]: the alpha channel or -1; f[0]: levels - 1. */

static void posterize_f32(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, alpha = call->stage->k[0], samples = call->width * channels;
    float most = call->stage->f[0];
    for (int r = 0; r < call->rows; r++) {
        const float *in = call->in[r];
        float *out = call->out[r];
        for (int i = 0; i < samples; i++) {
            float x = in[i] > 0.0f ? in[i] : 0.0f;
            x = x < 1.0f ? x : 1.0f;
            out[i] = (float)(int)(x * most + 0.5f) / most;
        }
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

static int answer(int x, int white, const void *by)
{
    const int *most = by;
    int64_t level = (2 * (int64_t)x * *most + white) / (2 * white);
    return (int)((2 * level * white + *most) / (2 * *most));
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    int most = flynn_node_value(node, "levels")->integer - 1;
    if (node->in.type != FLYNN_F32)
        return flynn_lookup_stage(node, answer, &most, err);
    struct flynn_stage *stage = flynn_point_stage(node, 0);
    stage->k[0] = flynn_alpha_channel(&node->in);
    stage->f[0] = (float)most;
    flynn_reuse(node, stage, "posterize", "posterize");
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(posterize) = {
    .name = "posterize",
    .aliases = "posterise",
    .group = "point",
    .summary = "few levels, evenly spaced from black to white",
    .definition =
        "n = levels - 1. u8 and u16, with W = 255 or 65535 and divisions that round down: q = (2 * x * n + W) / "
        "(2 * W), y = (2 * q * W + n) / (2 * n): to the nearest twice.\n"
        "f32: x within 0 and 1 (NaN is 0), q = floor(x * n + 0.5), y = q / n in float, each step rounded.\n"
        "Alpha is kept.",
    .source = "ImageMagick -posterize",
    .params = {{.name = "levels",
                .kind = FLYNN_PARAM_INT,
                .min = 2,
                .max = 256,
                .preset = "4",
                .help = "levels of each channel"}},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"4", "3", "17", "100"},
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_F32] = posterize_f32}}},
};
