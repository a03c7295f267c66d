/* SPDX-License-Identifier: Apache-2.0 */
#include "core/otsu.h"
#include "core/table.h"
#include "cpu/histogram.h"
#include "cpu/threshold.h"

/* Three stages: histogram aside; slot FIND: the level from it, aside; slot APPLY: threshold with that level. */

enum { APPLY, FIND };

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

/* Every worker that has found a level has found the same. */
static void merge(const struct flynn_stage *stage, void *into, const void *from)
{
    (void)stage;
    const uint32_t *found = from;
    if (found[0])
        memcpy(into, from, 2 * sizeof *found);
}

static void finish(const struct flynn_stage *stage, const void *acc, const struct flynn_image *dst)
{
    (void)stage;
    memcpy(flynn_row(dst, 0), (const uint32_t *)acc + 1, sizeof(uint32_t));
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    if (!flynn_histogram_stage(node, node->in.type == FLYNN_U16 ? 65536 : 256, true, err))
        return err->code;
    struct flynn_stage *find = flynn_node_stage(node, FLYNN_REDUCE, FIND);
    find->out = (struct flynn_shape){.width = 1, .height = 1, .channels = 1, .type = FLYNN_U32};
    find->acc_bytes = 2 * sizeof(uint32_t);
    find->step = 8;
    find->aside = true;
    struct flynn_launch *launch = flynn_node_launch(node, "find", find);
    launch->items_x = launch->items_y = 1;
    launch->aside = true;
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_ROWS, APPLY);
    stage->k[0] = flynn_alpha_channel(&node->in);
    stage->k[6] = flynn_node_value(node, "type")->integer;
    stage->step = 8;
    launch = flynn_node_launch(node, "apply", stage);
    launch->item_x = launch->item_y = 0;
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
    .merge = merge,
    .finish = finish,
    .kernels =
        {.fn = {[APPLY] = {[FLYNN_U8] = otsu_u8, [FLYNN_U16] = otsu_u16, [FLYNN_F32] = otsu_f32},
                [FIND] = {[FLYNN_U8] = flynn_otsu_find, [FLYNN_U16] = flynn_otsu_find, [FLYNN_F32] = flynn_otsu_find}}},
};
