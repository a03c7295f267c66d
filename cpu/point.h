/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_POINT_H
#define FLYNN_CPU_POINT_H

#include <flynn/op.h>

/** A rows stage of an op that makes every pixel from the one in its place. Its kernels loop over call->rows: a call of
 * several rows shares out what it costs and what they prepare, which tells where rows are short. */
static inline struct flynn_stage *flynn_point_stage(struct flynn_node *node, int kernel)
{
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_ROWS, kernel);
    stage->step = 8;
    return stage;
}

#endif
