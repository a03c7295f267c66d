/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/point.h"
#include "cpu/threshold.h"

#include <math.h>

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
    struct flynn_stage *stage = flynn_point_stage(node, 0);
    double value = flynn_node_sample(node, "value");

    stage->k[0] = flynn_alpha_channel(&node->in);
    flynn_threshold_set(stage, flynn_node_value(node, "type")->integer,
                        node->in.type == FLYNN_F32 ? value : floor(value));
    if (node->in.type == FLYNN_U8 && make_lut(node, stage, err))
        return err->code;
    flynn_node_launch(node, "threshold", stage);
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(threshold) = {
    .name = "threshold",
    .aliases = "pamthreshold",
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
                .choices = FLYNN_THRESHOLD_TYPES,
                .preset = "binary",
                .help = "what becomes of samples above the value and of the others"}},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"50%", "50%,type=binary_inv", "50%,type=trunc", "50%,type=tozero", "50%,type=tozero_inv",
              "0.5,type=trunc"},
    .lower = lower,
    .kernels =
        {.fn =
             {{[FLYNN_U8] = flynn_threshold_u8, [FLYNN_U16] = flynn_threshold_u16, [FLYNN_F32] = flynn_threshold_f32}}},
};
