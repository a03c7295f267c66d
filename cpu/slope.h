/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_SLOPE_H
#define FLYNN_CPU_SLOPE_H

#include "core/border.h"
#include "core/table.h"

/** What sobel, scharr and prewitt share: all are sobel's kernels with weights of their own. */

/** The parameters of them all. */
#define SLOPE_PARAM_NORM                                                                                               \
    {                                                                                                                  \
        .name = "norm", .kind = FLYNN_PARAM_CHOICE, .preset = "l1", .choices = "l1|l2",                                \
        .help = "how the two differences are added: their sizes, or as the sides of a triangle"                        \
    }

/** Lower a node to sobel's stage: the outer differences count `side` times, the middle one `middle` times. */
static inline int slope_lower(struct flynn_node *node, int side, int middle)
{
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_ROWS, flynn_node_value(node, "norm")->integer);
    stage->op = flynn_op_at(flynn_op_find("sobel"));
    stage->k[0] = side;
    stage->k[1] = middle;
    stage->up = stage->down = stage->left = stage->right = 1;
    flynn_stage_border(stage, node);
    flynn_node_launch(node, stage->kernel ? "sobel_l2" : "sobel_l1", stage);
    return FLYNN_OK;
}

#endif
