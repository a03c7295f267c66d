/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_WARP_H
#define FLYNN_CORE_WARP_H

#include <flynn/op.h>

/** Warps: every output pixel is sampled at a place in the input that a map gives. The kernels are those of the op
 * affine; rotate, perspective and remap use them too, and differ in where the coordinates come from.
 *
 * Coordinates are whole numbers of 1/32 pixel (of pixels for `nearest`), pixel centres being whole pixels; weights have
 * 5 bits for each axis (bicubic: tables of 15 bits). This is OpenCV's definition of warpAffine, warpPerspective and
 * remap.
 *
 * Stages: k[0] the method; border and border_value; table[0] and [1]: the map, below; table[2]: bicubic on integers;
 * table[3]: bicubic on f32. */

enum flynn_warp_method { FLYNN_WARP_NEAREST, FLYNN_WARP_BILINEAR, FLYNN_WARP_BICUBIC };
#define FLYNN_WARP_METHODS "nearest|bilinear|bicubic"

/** Slots of affine's kernels.
 * AFFINE: table[0]: int32, for each output column its part of the input's column, then of its row; table[1]: two int32
 * for each output row, the same. All in 1/1024 pixel; the sum of both parts, shifted right by 5 (10 for nearest), is
 * the coordinate. PERSPECTIVE: table[0]: nine doubles, the matrix from output to input. REMAP: the second input holds
 * the coordinates; f[0], f[1] their units, k[1] whether they are relative. */
enum { FLYNN_WARP_AFFINE, FLYNN_WARP_PERSPECTIVE, FLYNN_WARP_REMAP };

#define FLYNN_WARP_BITS  5
#define FLYNN_WARP_ONE   (1 << FLYNN_WARP_BITS)
#define FLYNN_WARP_SIDE  (1 << 19)                              /**< images may not be larger */
#define FLYNN_WARP_FAR   (FLYNN_WARP_SIDE * FLYNN_WARP_ONE * 2) /**< coordinates beyond this are this */
#define FLYNN_WARP_BLOCK 64 /**< columns for which perspective's products are taken from one start */

/** What all warps have in common. */
struct flynn_warp {
    enum flynn_warp_method method;
    enum flynn_border border;
    double fill;           /**< FLYNN_CONSTANT: in the units of the node's samples */
    int32_t width, height; /**< of the output */
};

/** The parameters of warps, for the list of an op. */
#define FLYNN_WARP_PARAM_METHOD                                                                                        \
    {                                                                                                                  \
        .name = "method", .kind = FLYNN_PARAM_CHOICE, .preset = "bilinear", .choices = FLYNN_WARP_METHODS,             \
        .help = "how to sample between pixels"                                                                         \
    }
#define FLYNN_WARP_PARAM_BORDER                                                                                        \
    {                                                                                                                  \
        .name = "border", .kind = FLYNN_PARAM_CHOICE, .preset = "constant", .choices = FLYNN_BORDER_CHOICES,           \
        .help = "what lies outside of the image"                                                                       \
    }
#define FLYNN_WARP_PARAM_WIDTH                                                                                         \
    {                                                                                                                  \
        .name = "width", .kind = FLYNN_PARAM_INT, .min = 1, .max = FLYNN_WARP_SIDE, .preset = "",                      \
        .help = "columns of the output; the input's when not given"                                                    \
    }
#define FLYNN_WARP_PARAM_HEIGHT                                                                                        \
    {                                                                                                                  \
        .name = "height", .kind = FLYNN_PARAM_INT, .min = 1, .max = FLYNN_WARP_SIDE, .preset = "",                     \
        .help = "rows of the output; the input's when not given"                                                       \
    }

/** How the samples come about, for definitions. */
#define FLYNN_WARP_DEFINITION                                                                                          \
    "nearest: the pixel there. bilinear: with fx, fy the fifth bits of X and Y below the point, u8 and u16: the sum "  \
    "of\nthe four samples by (32 - fx or fx) * (32 - fy or fy) is exact, then (sum + 512) >> 10; f32: ((v00 * w00 + "  \
    "v01 * w01)\n+ v10 * w10) + v11 * w11 with weights w = product / 1024.\n"                                          \
    "bicubic: 4 x 4 samples from one pixel before; for t = f/32 the weights of an axis are those of Keys's cubic "     \
    "with "                                                                                                            \
    "a =\n-3/4, exact in f32. f32: weight wy * wx rounded, each row summed left to right, then the rows. u8, u16: "    \
    "the "                                                                                                             \
    "rounded\nproduct times 32768, rounded half to even; where the 16 do not add up to 32768, the largest (smallest, " \
    "if they\nexceed it) among rows and columns 2 and 3 takes the rest; (sum + 16384) >> 15, saturated.\n"             \
    "The border stands for samples outside, constant: `fill`; where all are outside the result is `fill`. All "        \
    "channels alike."

/** Describe the affine warp with the inverse map m: the output pixel (x, y) is the input at
 * (m[0] x + m[1] y + m[2], m[3] x + m[4] y + m[5]). */
int flynn_warp_affine(struct flynn_node *node, const struct flynn_warp *warp, const double m[6], struct flynn_err *err);

/** The same for the projective map m, row by row, whose third row gives the divisor. */
int flynn_warp_perspective(struct flynn_node *node, const struct flynn_warp *warp, const double m[9],
                           struct flynn_err *err);

/** The same for a map of coordinates: one f32 image of two channels, or of twice the columns, of the output's size.
 * Coordinates are multiplied by scale and, when relative, counted from the output pixel itself. */
int flynn_warp_remap(struct flynn_node *node, const struct flynn_warp *warp, const struct flynn_image *map,
                     const double scale[2], bool relative, struct flynn_err *err);

/** Read method, border, fill, and width and height where the op has them (`sized`). */
void flynn_warp_params(const struct flynn_node *node, bool sized, struct flynn_warp *warp);

#endif
