/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/derived.h"

/* The running count times the scale, to the nearest integer: adding 1.5 * 2^23 leaves no room for a fraction. */
static int scaled(uint32_t sum, float scale, int white)
{
    float y = (float)sum * scale;
    y = y < (float)white ? y : (float)white;
    return (int)((y + 12582912.0f) - 12582912.0f);
}

static void finish(const struct flynn_stage *stage, const void *acc, const struct flynn_image *dst)
{
    int white = stage->in.type == FLYNN_U8 ? 255 : 65535;
    uint32_t pixels = (uint32_t)stage->in.width * (uint32_t)stage->in.height;
    for (int c = 0; c < stage->in.channels; c++) {
        int v = 0;
        uint32_t sum = 0;
        for (; !flynn_histogram_count(stage, acc, c, v); v++)
            flynn_derived_put(dst, c, v, 0);
        uint32_t first = flynn_histogram_count(stage, acc, c, v);
        bool flat = first == pixels;
        float scale = (float)white / (float)(pixels - first);
        flynn_derived_put(dst, c, v, flat ? v : 0);
        for (v++; v <= white; v++) {
            sum += flynn_histogram_count(stage, acc, c, v);
            flynn_derived_put(dst, c, v, flat ? v : scaled(sum, scale, white));
        }
    }
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    return flynn_derived_stages(node, finish, NULL, 0, node->op, err);
}

const struct flynn_op FLYNN_OP_SYMBOL(equalize) = {
    .name = "equalize",
    .aliases = "equalizehist hist_equal pnmhisteq",
    .group = "statistics",
    .summary = "histogram equalization: all values become about equally frequent",
    .definition =
        "For every channel but alpha: n(v) is how often the value v occurs, m the least v that does, N the pixels, W = "
        "255 or 65535. s = W / (N - n(m)) in float. v becomes the float (n(m + 1) + ... + n(v)) * s, the sum rounded "
        "to float, "
        "the product rounded to the nearest integer with ties to even; m and what is below become 0. A channel of one "
        "value stays as it is.",
    .source = "OpenCV equalizeHist, to the bit on u8 with one channel",
    .types = FLYNN_TYPE_BIT(FLYNN_U8) | FLYNN_TYPE_BIT(FLYNN_U16),
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_REDUCE,
    .lower = lower,
};
