/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_CANVAS_H
#define FLYNN_CORE_CANVAS_H

#include <flynn/op.h>

/** A picture laid into another canvas, where it may lie partly outside: the kernels of pad, which crop uses too. */
struct flynn_canvas {
    int32_t left, top;     /**< column and row of the canvas where the picture's first pixel comes to lie; may be < 0 */
    int32_t width, height; /**< of the canvas */
    enum flynn_border border;
    double fill; /**< FLYNN_CONSTANT: in the units of the node's samples */
};

enum { FLYNN_CANVAS_ROWS, FLYNN_CANVAS_WHOLE }; /**< slots of pad's kernels */

/** Describe the stage and the launch. Checks the size of the canvas. */
int flynn_canvas_lower(struct flynn_node *node, const struct flynn_canvas *canvas, struct flynn_err *err);

#endif
