/* SPDX-License-Identifier: Apache-2.0 */
#include "core/turn.h"

#include "core/table.h"

/* The other end's columns. */
static void part(struct flynn_stage *stage, struct flynn_part *part)
{
    part->to = stage->in.width - part->x;
    part->from = part->in_x = part->to - part->width;
}

void flynn_turn_lower(struct flynn_node *node, enum flynn_turn turn)
{
    bool mirror = turn == FLYNN_TURN_MIRROR;
    struct flynn_stage *stage =
        flynn_node_stage(node, mirror ? FLYNN_ROWS : FLYNN_WHOLE, mirror ? FLYNN_TURN_ROWS : FLYNN_TURN_WHOLE);
    stage->op = flynn_op_at(FLYNN_OP_INDEX_rotate);
    stage->k[0] = (int32_t)turn;
    stage->band = 64;
    stage->full_width = true; /* columns come from the other end */
    stage->part = mirror ? part : NULL;
    stage->step = mirror ? 8 : 0;
    if (turn == FLYNN_TURN_90 || turn == FLYNN_TURN_270 || turn == FLYNN_TURN_TRANSPOSE) {
        stage->out.width = stage->in.height;
        stage->out.height = stage->in.width;
    }
    node->out = stage->out;
    struct flynn_launch *launch = flynn_node_launch(node, "turn", stage);
    launch->per_pixel = true;
    launch->item_x = 0;
    launch->item_y_cpu = 64;
}
