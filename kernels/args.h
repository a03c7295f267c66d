/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_KERNELS_ARGS_H
#define FLYNN_KERNELS_ARGS_H

/** The argument that every OpenCL kernel gets by value. This file is read by C and by OpenCL C, so it holds only
 * 4-byte ints and floats: both sides lay them out alike. */

/** A buffer seen as an image. Sides in pixels, stride in bytes from one row to the next. */
struct flynn_view {
    int width, height, channels, stride;
};

struct flynn_args {
    struct flynn_view in, with, out; /**< `with` is all zero when the stage has no second input */
    int item_x, item_y; /**< an item makes item_x samples (or pixels, as its launch says) in each of item_y rows */
    int x0, y0;         /**< where the launch begins: samples or pixels, and rows */
    int turn;           /**< of a repeated launch, from 0 */
    int alpha;          /**< channel of the input that is alpha, or -1 */
    int up, down, left, right, taps; /**< as in struct flynn_stage */
    int border;                      /**< enum flynn_border */
    int border_i;                    /**< FLYNN_CONSTANT: the border's value for integer samples */
    float border_f;                  /**< the same for f32 */
    int border_d[2];                 /**< the same for f64: its two halves, low one first */
    int k[16];                       /**< struct flynn_stage k */
    float f[8];                      /**< struct flynn_stage f */
    int d[4];                        /**< struct flynn_stage d: two doubles as halves, low one first */
};

#endif
