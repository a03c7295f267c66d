/* SPDX-License-Identifier: Apache-2.0 */
#include "core/otsu.h"
#include "core/table.h"
#include "cpu/derived.h"
#include "cpu/threshold.h"

/* Two stages: histogram aside, which ends as the level; threshold with that level. */

static void otsu_u8(const struct flynn_call *call)
{
    struct flynn_stage stage = flynn_otsu_stage(call);
    struct flynn_call threshold = *call;
    threshold.stage = &stage;
    flynn_threshold_u8(&threshold);
}

static void otsu_u16(const struct flynn_call *call)
{
    struct flynn_stage stage = flynn_otsu_stage(call);
    struct flynn_call threshold = *call;
    threshold.stage = &stage;
    flynn_threshold_u16(&threshold);
}

static void otsu_f32(const struct flynn_call *call)
{
    struct flynn_stage stage = flynn_otsu_stage(call);
    struct flynn_call threshold = *call;
    threshold.stage = &stage;
    flynn_threshold_f32(&threshold);
}

/* The bin up to which samples are dark: the first for which n0 * n1 * (mean 0 - mean 1)^2 is largest. An empty bin
 * changes nothing, so that it cannot be the first. */
static void finish(const struct flynn_stage *stage, const void *acc, const struct flynn_image *dst)
{
    uint64_t samples = 0, sum = 0, below = 0, sum_below = 0;
    uint32_t level = 0;
    double most = 0;
    for (int i = 0; i < stage->k[0]; i++) {
        uint32_t count = flynn_histogram_count(stage, acc, 0, i);
        samples += count;
        sum += (uint64_t)i * count;
    }
    for (int i = 0; i < stage->k[0] && below < samples; i++) {
        uint32_t count = flynn_histogram_count(stage, acc, 0, i);
        below += count;
        sum_below += (uint64_t)i * count;
        if (!count || below == samples)
            continue;
        double n0 = (double)below, n1 = (double)(samples - below);
        double apart = (double)sum_below / n0 - (double)(sum - sum_below) / n1;
        double variance = n0 * n1 * (apart * apart);
        if (variance > most) {
            most = variance;
            level = (uint32_t)i;
        }
    }
    *(uint32_t *)flynn_row(dst, 0) = level;
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    struct flynn_shape level = {.width = 1, .height = 1, .channels = 1, .type = FLYNN_U32};
    struct flynn_derived by = {.finish = finish, .op = node->op, .kernel = "find", .items = 1};
    int code = flynn_derived_stage(node, node->in.type == FLYNN_U16 ? 65536 : 256, &level, &by, err);
    if (code)
        return code;
    struct flynn_stage *stage = flynn_point_stage(node, 0);
    stage->k[0] = flynn_alpha_channel(&node->in);
    stage->k[6] = flynn_node_value(node, "type")->integer;
    flynn_node_launch(node, "apply", stage);
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(otsu) = {
    .name = "otsu",
    .aliases = "auto-threshold",
    .group = "point",
    .summary = "threshold at the value that parts dark and light best",
    .definition = "Histogram of channel 0, with bins as histogram has them: 256, for u16 65536. For every bin i that "
                  "is not empty, n0 "
                  "and s0 count the samples of bins 0..i and sum their bins, n1 and s1 those of the others: d = s0 / "
                  "n0 - s1 / n1, v "
                  "= n0 * n1 * (d * d) in double, each step rounded. t is the first i whose v is largest; 0 where n1 "
                  "is 0 at once.\n"
                  "Then as threshold with value = t; f32: with the float below (t + 1) / 256. Alpha is kept.",
    .source = "Otsu 1979; OpenCV threshold with THRESH_OTSU, ImageMagick -auto-threshold OTSU",
    .params = {{.name = "type",
                .kind = FLYNN_PARAM_CHOICE,
                .choices = FLYNN_THRESHOLD_TYPES,
                .preset = "binary",
                .help = "what becomes of samples above the value and of the others"}},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_CHANNEL_BIT(1) | FLYNN_CHANNEL_BIT(2),
    .kind = FLYNN_REDUCE,
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_U8] = otsu_u8, [FLYNN_U16] = otsu_u16, [FLYNN_F32] = otsu_f32}}},
};
