/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_MORPHOLOGY_H
#define FLYNN_CORE_MORPHOLOGY_H

#include "core/table.h"
#include "core/order.h"

/** What the morphological ops share. Their kernels stand in cpu/erode.c and cpu/tophat.c; the other ops' stages are run
 * by them.
 *
 * A rectangle is two stages, FLYNN_MORPH_DOWN the columns and FLYNN_MORPH_ACROSS the rows; any other shape is one,
 * FLYNN_MORPH_MASK. k[0]: 1 takes the largest sample, 0 the smallest. k[1]: samples of the window: in the stage's
 * direction, or entries of table[0] of MASK, which are pairs of int32: columns to the right and rows down. f32 rows
 * between DOWN and ACROSS are keys (core/order.h). */
enum { FLYNN_MORPH_DOWN, FLYNN_MORPH_ACROSS, FLYNN_MORPH_MASK };

/** Windows of more than FLYNN_MORPH_FEW rows may be looked at in blocks of as many: DOWN has then a state of
 * FLYNN_MORPH_HEAD bytes (the first int32: rows done) and k[1] + 1 rows of d[0] bytes.
 * ACROSS has a state to work in: twice d[0] bytes, each with room for 4 bytes for every sample of a row with its
 * border, and for a vector. */
#define FLYNN_MORPH_FEW  8
#define FLYNN_MORPH_HEAD 64

#define FLYNN_MORPH_STEP       8
#define FLYNN_MORPH_SIDE       4095 /**< largest side of a rectangle */
#define FLYNN_MORPH_MASK_SIDE  255  /**< and of a mask */
#define FLYNN_MORPH_RADIX      16   /**< OpenCL: most samples that are compared in one pass over the image */
#define FLYNN_MORPH_LONG_RADIX 64   /**< and in a pass of the rows of large differences: two reach FLYNN_MORPH_SIDE */

/** OpenCL on CPUs: the most rows, and samples of a row, of a window that kernels/rect.clh looks at. */
#define FLYNN_MORPH_RECT_ROWS  256
#define FLYNN_MORPH_RECT_REACH 2048

/** The parameters of a rectangle. */
#define FLYNN_MORPH_PARAMS                                                                                             \
    {.name = "ksize",                                                                                                  \
     .kind = FLYNN_PARAM_INT,                                                                                          \
     .min = 1,                                                                                                         \
     .max = FLYNN_MORPH_SIDE,                                                                                          \
     .preset = "3",                                                                                                    \
     .help = "width of the window in pixels, and its height when that is not given"},                                  \
        {.name = "height",                                                                                             \
         .kind = FLYNN_PARAM_INT,                                                                                      \
         .min = 1,                                                                                                     \
         .max = FLYNN_MORPH_SIDE,                                                                                      \
         .preset = "",                                                                                                 \
         .help = "height of the window in pixels"},                                                                    \
        FLYNN_PARAM_BORDER, FLYNN_PARAM_FILL

/** The parameters of any structuring element, which follow. */
#define FLYNN_MORPH_SHAPE_PARAMS                                                                                       \
    {.name = "shape",                                                                                                  \
     .kind = FLYNN_PARAM_CHOICE,                                                                                       \
     .preset = "rect",                                                                                                 \
     .choices = "rect|cross|ellipse",                                                                                  \
     .help = "shape of the window"},                                                                                   \
    {                                                                                                                  \
        .name = "mask", .kind = FLYNN_PARAM_INPUT, .preset = "",                                                       \
        .help = "an image whose pixels other than 0 are the window, instead of ksize and shape"                        \
    }

/** Cases of verification for every op with these parameters. */
#define FLYNN_MORPH_CASES                                                                                              \
    "", "5", "15,border=wrap", "2,height=7,border=constant,fill=50%", "40,height=1", "1,height=57,border=replicate",   \
        "21,height=12,border=reflect"

/** What the metadata of all of these ops have in common, and of those of a rectangle alone. */
#define FLYNN_MORPH_OP                                                                                                 \
    .group = "morphology", .types = FLYNN_IMAGE_TYPES, .channels = FLYNN_ANY_CHANNELS, .kind = FLYNN_ROWS
#define FLYNN_MORPH_RECTANGLE_OP FLYNN_MORPH_OP, .params = {FLYNN_MORPH_PARAMS}, .cases = {FLYNN_MORPH_CASES}

/** Borders, and how the window lies about its pixel, for definitions. */
#define FLYNN_MORPH_WINDOW                                                                                             \
    "The window of ksize x height pixels has its pixel at column ksize/2 and row height/2 (rounded down). Every\n"     \
    "channel, alpha too, is filtered alike. f32 are ordered -inf, ..., -0, +0, ..., +inf, NaN (of either sign).\n"

/** Sides of the node's rectangle, or of the smallest one that sees the same of this image. */
int flynn_morph_width(const struct flynn_node *node);
int flynn_morph_height(const struct flynn_node *node);

/** Give the stages DOWN and ACROSS their state, for k[1] and their input. */
void flynn_morph_down_state(struct flynn_stage *stage);
void flynn_morph_across_state(struct flynn_stage *stage);

/** Append the stages of an erosion (largest = 0) or dilation by the node's rectangle. */
void flynn_morph_stages(struct flynn_node *node, int largest);

/** Append the OpenCL launches of an erosion or dilation w by the node's rectangle, which make w, or w aside, or the
 * difference w less what is aside, w less the node's input, or the input less w. */
enum flynn_morph_result {
    FLYNN_MORPH_ALONE,
    FLYNN_MORPH_ASIDE,
    FLYNN_MORPH_LESS_ASIDE,
    FLYNN_MORPH_LESS_INPUT,
    FLYNN_MORPH_INPUT_LESS
};
int flynn_morph_launch(struct flynn_node *node, int largest, enum flynn_morph_result result, struct flynn_err *err);

/** Those of a dilation less an erosion. */
int flynn_morph_launch_gradient(struct flynn_node *node, struct flynn_err *err);

/** Append the stages and OpenCL launches of an erosion (largest = 0) or dilation by the rectangle, shape or mask of the
 * node's parameters (the latter where the op has FLYNN_MORPH_SHAPE_PARAMS). */
int flynn_morph_erode_shape(struct flynn_node *node, int largest, struct flynn_err *err);

#endif
