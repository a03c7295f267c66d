/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_TAPS_H
#define FLYNN_CORE_TAPS_H

#include <flynn/op.h>

/** Kernels of convolutions: from real weights to what the kernels of the op convolve read.
 *
 * u8, u16: out = floor(s / d), at least 0 and at most white, with s = sum c*p + floor(d/2) + offset*d and whole c, d.
 * f32: out = ((c0*p0 + c1*p1) + c2*p2 ...) + offset, the weights without zeros by rows.
 *
 * The stage: table[0]: for each tap int32 column and row, counted from the sample; table[1]: for each tap its weight,
 * int32 or (f32) float. k[0]: taps; k[1]: floor(d/2) + offset*d; k[2]: d; k[3]: log2 d, or -1; f[0]: f32: the offset.
 * For SIMD kernels (they say the same once more) table[2]: k[4] times three int32: two taps and their weights, as the
 * multiplication wants them in every 32 bits. u16: k[5] is k[1] for samples of which 32768 was subtracted.
 * u8: k[6] is 1 where 16 bits hold every sum and the weights are pairs of bytes, twice; then k[7] is added to the sum
 * modulo 65536, so that it is not negative, k[8] is subtracted (k[9] added) without going below 0 (above 65535), and,
 * unless k[3] is set, the quotient is the upper half of the product with k[10], shifted by k[11].
 * Where the whole c are the products of a row's and a column's whole factors, and that saves work, k[12] and k[13] are
 * the numbers of columns and rows, and table[3] has the factors of the columns, then of the rows, as int32: sums over
 * rows and then over columns are the same sums. */

#define FLYNN_TAPS_SIDE 31                                  /**< the most rows and columns of a kernel */
#define FLYNN_TAPS_MOST (FLYNN_TAPS_SIDE * FLYNN_TAPS_SIDE) /**< the most taps */

/** A kernel: weights by rows. It lies over the image with its middle (column width/2, row height/2) on the sample, as
 * it is written: not turned around. */
struct flynn_taps {
    int width, height;
    double weight[FLYNN_TAPS_MOST];
    double divisor; /**< the sum is divided by it; not 0 */
    double offset;  /**< added to the quotient, in the samples' units */
};

/** What ops that are a convolution call their parameters. */
#define FLYNN_TAPS_PARAM_SCALE                                                                                         \
    {                                                                                                                  \
        .name = "scale", .kind = FLYNN_PARAM_REAL, .min = -1000, .max = 1000, .preset = "1",                           \
        .help = "the weights are multiplied by it"                                                                     \
    }
#define FLYNN_TAPS_PARAM_OFFSET                                                                                        \
    {                                                                                                                  \
        .name = "offset", .kind = FLYNN_PARAM_REAL, .min = -65535, .max = 65535, .preset = "0",                        \
        .help = "added at the end: a sample value, or a percentage of white"                                           \
    }

/** Append the stage and the launch of the op convolve to a node with the parameters border and fill. FLYNN_EUSAGE when
 * the weights are too large. */
int flynn_taps_lower(struct flynn_node *node, const struct flynn_taps *taps, struct flynn_err *err);

#endif
