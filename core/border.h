/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_BORDER_H
#define FLYNN_CORE_BORDER_H

#include <flynn/op.h>

#include <math.h>

/** Give a stage the borders that the node's parameters `border` and `fill` ask for; the fill of u8 and u16 is rounded,
 * halves up. */
static inline void flynn_stage_border(struct flynn_stage *stage, const struct flynn_node *node)
{
    double fill = flynn_node_sample(node, "fill");
    stage->border = (enum flynn_border)flynn_node_value(node, "border")->integer;
    stage->border_value = node->in.type == FLYNN_F32 ? fill : floor(fill + 0.5);
}

#endif
