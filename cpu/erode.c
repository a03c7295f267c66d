/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/morphology.h"

static void down(const struct flynn_call *call)
{
    morph_down(call);
}

static void across(const struct flynn_call *call)
{
    morph_across(call);
}

static void mask(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    const int32_t *element = stage->table[0].data;
    struct samples how = samples_of(stage);
    int samples = call->width * stage->in.channels;
    for (int r = 0; r < call->rows; r++) {
        for (int from = 0; from < samples; from += CHUNK) {
            int n = samples - from < CHUNK ? samples - from : CHUNK;
            int32_t sum[CHUNK];
            for (int t = 0; t < stage->k[1]; t++) {
                const void *row = call->in[stage->up + r + element[2 * t + 1]];
                row = at(stage, row, from + element[2 * t] * stage->in.channels);
                if (t == 0)
                    take(sum, how, row, n);
                else
                    lower_to(sum, how, row, n);
            }
            give(stage, out_at(stage, call->out[r], from), sum, how.flip, n);
        }
    }
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    return flynn_morph_erode_shape(node, 0, err);
}

const struct flynn_op FLYNN_OP_SYMBOL(erode) = {
    FLYNN_MORPH_OP,
    .name = "erode",
    .aliases = "erosion",
    .summary = "the smallest sample of a window",
    .definition = "out = the smallest sample of the channel in the window.\n" FLYNN_MORPH_WINDOW
                  "shape=cross: the row and the column of the pixel. shape=ellipse: with r = height/2, c = ksize/2 "
                  "(rounded down)\n"
                  "row r + j has the columns c - d to c + d of the window, d = c*sqrt((r*r - j*j) / (r*r)) rounded to "
                  "nearest, ties to\n"
                  "even. mask: the elements that are not 0. For rectangles of odd sides the borders reflect, "
                  "reflect101 and replicate\n"
                  "all mean that nothing lies outside.",
    .source = "OpenCV erode and getStructuringElement; its default border is border=constant,fill=100%",
    .params = {FLYNN_MORPH_PARAMS, FLYNN_MORPH_SHAPE_PARAMS},
    .cases = {FLYNN_MORPH_CASES, "5,shape=ellipse,border=wrap", "4,height=3,shape=ellipse,border=replicate",
              "9,shape=cross,border=constant"},
    .lower = lower,
    .kernels = {.fn = {[FLYNN_MORPH_DOWN] = {[FLYNN_U8] = down, [FLYNN_U16] = down, [FLYNN_F32] = down},
                       [FLYNN_MORPH_ACROSS] = {[FLYNN_U8] = across, [FLYNN_U16] = across, [FLYNN_F32] = across},
                       [FLYNN_MORPH_MASK] = {[FLYNN_U8] = mask, [FLYNN_U16] = mask, [FLYNN_F32] = mask}}},
};
