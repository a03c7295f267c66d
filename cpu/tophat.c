/* SPDX-License-Identifier: Apache-2.0 */
#include "core/tophat.h"
#include "cpu/morphology.h"

static void subtract_u8(void *out, const void *a, const void *b, size_t n)
{
    const uint8_t *p = a, *q = b;
    uint8_t *to = out;
    for (size_t i = 0; i < n; i++)
        to[i] = (uint8_t)(p[i] > q[i] ? p[i] - q[i] : 0);
}

static void subtract_u16(void *out, const void *a, const void *b, size_t n)
{
    const uint16_t *p = a, *q = b;
    uint16_t *to = out;
    for (size_t i = 0; i < n; i++)
        to[i] = (uint16_t)(p[i] > q[i] ? p[i] - q[i] : 0);
}

static void subtract_f32(void *out, const void *a, const void *b, size_t n)
{
    const float *p = a, *q = b;
    float *to = out;
    for (size_t i = 0; i < n; i++)
        to[i] = p[i] - q[i];
}

static flynn_tophat_subtract *subtract_of(const struct flynn_call *call)
{
    enum flynn_type type = call->stage->variant;
    return type == FLYNN_U8 ? subtract_u8 : type == FLYNN_U16 ? subtract_u16 : subtract_f32;
}

static void across_difference(const struct flynn_call *call)
{
    flynn_tophat_across_difference(call, morph_across, subtract_of(call));
}

static void both_down(const struct flynn_call *call)
{
    flynn_tophat_both_down(call, morph_down);
}

static void both_difference(const struct flynn_call *call)
{
    flynn_tophat_both_difference(call, morph_across, subtract_of(call));
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    return flynn_tophat_stages(node, 0, err);
}

const struct flynn_op FLYNN_OP_SYMBOL(tophat) = {
    FLYNN_MORPH_RECTANGLE_OP,
    .name = "tophat",
    .aliases = "top-hat",
    .summary = "what an opening removes: bright spots smaller than the window",
    .definition = "out = x - open(x), integers not below 0.\n" FLYNN_MORPH_WINDOW,
    .source = "OpenCV morphologyEx MORPH_TOPHAT",
    .lower = lower,
    .kernels =
        {.fn = {[FLYNN_TOPHAT_ACROSS_SUBTRACT] =
                    {[FLYNN_U8] = across_difference, [FLYNN_U16] = across_difference, [FLYNN_F32] = across_difference},
                [FLYNN_TOPHAT_BOTH_DOWN] = {[FLYNN_U8] = both_down, [FLYNN_U16] = both_down, [FLYNN_F32] = both_down},
                [FLYNN_TOPHAT_BOTH_SUBTRACT] =
                    {[FLYNN_U8] = both_difference, [FLYNN_U16] = both_difference, [FLYNN_F32] = both_difference}}},
};
