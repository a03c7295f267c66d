/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_RESAMPLE_H
#define FLYNN_CORE_RESAMPLE_H

#include <flynn/op.h>

/** Weights for resampling one axis of an image with a filter: the definition stands in cpu/resize.c. */

enum flynn_filter {
    FLYNN_FILTER_TRIANGLE, /**< bilinear */
    FLYNN_FILTER_BICUBIC,  /**< Keys' cubic with a = -0.75 */
    FLYNN_FILTER_CATROM,   /**< Keys' cubic with a = -0.5: Catmull and Rom's */
    FLYNN_FILTER_MITCHELL, /**< Mitchell and Netravali's cubic with B = C = 1/3 */
    FLYNN_FILTER_LANCZOS3,
    FLYNN_FILTER_AREA, /**< the part of each input pixel that the output pixel covers */
};

/** Output position i is the sum of in[first[i] + k] * weight[i * stride + k], k < taps. Every window lies inside the
 * axis.
 */
struct flynn_resample {
    int in, out;    /**< set by the caller */
    int taps;       /**< of every window: the most that any output position needs */
    int stride;     /**< taps, rounded up to the caller's multiple; the rest is 0 */
    int32_t *first; /**< nondecreasing */
    void *weight;   /**< int16_t of 16384, whose sum is 16384; float for f32 */
    size_t weight_bytes;
};

/** Fill the windows and weights. `widen`: where the axis shrinks, the filter is as much wider. */
int flynn_resample_axis(struct flynn_node *node, struct flynn_resample *axis, enum flynn_filter filter, bool widen,
                        int multiple, struct flynn_err *err);

#endif
