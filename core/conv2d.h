/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_CONV2D_H
#define FLYNN_CORE_CONV2D_H

#include <flynn/op.h>

/** What k[] of conv2d's stage holds. The input has `planes` matrices of `height` rows below each other, or one picture
 * whose samples are the channels; the kernel has filters x channels matrices of KH rows below each other; the output
 * has one matrix of OUT_HEIGHT rows for each filter. */
enum {
    FLYNN_CONV_FILTERS,
    FLYNN_CONV_CHANNELS,
    FLYNN_CONV_KW,
    FLYNN_CONV_KH,
    FLYNN_CONV_STRIDE,
    FLYNN_CONV_PADDING,
    FLYNN_CONV_DILATION,
    FLYNN_CONV_HEIGHT,
    FLYNN_CONV_OUT_HEIGHT,
    FLYNN_CONV_PHASE, /**< OpenCL, where it spreads the input out first: length of a run */
};

/** Elements of one filter. */
static inline ptrdiff_t flynn_conv_taps(const int32_t *k)
{
    return (ptrdiff_t)k[FLYNN_CONV_CHANNELS] * k[FLYNN_CONV_KH] * k[FLYNN_CONV_KW];
}

/** Rows of one input channel that an output row needs, with the ones between them that dilation leaves out. */
static inline int flynn_conv_rows(const int32_t *k)
{
    return (k[FLYNN_CONV_KH] - 1) * k[FLYNN_CONV_DILATION] + 1;
}

/** Row `row` of channel c, or NULL outside; *step floats lie between its samples. */
static inline const float *flynn_conv_row(const struct flynn_call *call, int c, int row, ptrdiff_t *step)
{
    int height = call->stage->k[FLYNN_CONV_HEIGHT], samples = call->src->shape.channels;
    *step = samples;
    if (row < 0 || row >= height)
        return NULL;
    if (samples > 1)
        return (const float *)flynn_row(call->src, row) + c;
    return flynn_row(call->src, c * height + row);
}

/** Where a row of the SIMD kernels' copies of input rows begins: samples that are `stride` apart lie next to each
 * other, so that a row of the output reads runs. `phase` is the length of one run, which may be read past its end. */
static inline ptrdiff_t flynn_conv_phase(const struct flynn_stage *stage)
{
    enum { LONGEST_TILE = 128 };
    const int32_t *k = stage->k;
    ptrdiff_t more = (ptrdiff_t)(k[FLYNN_CONV_KW] - 1) * k[FLYNN_CONV_DILATION] / k[FLYNN_CONV_STRIDE] + 1;
    return (stage->out.width + more + LONGEST_TILE - 1) / 16 * 16 + 16;
}

#endif
