/* SPDX-License-Identifier: Apache-2.0 */
#include "core/tophat.h"

#include "core/border.h"
#include "core/order.h"

static const struct flynn_op *kernels(void)
{
    return flynn_op_at(flynn_op_find("tophat"));
}

/* A stage whose rows have `before` columns and whose output has `after`. */
static struct flynn_stage *start(struct flynn_node *node, int kernel, int after, enum flynn_type type)
{
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_ROWS, kernel);
    stage->op = kernels();
    stage->variant = node->in.type;
    stage->out.type = type;
    stage->out.width = after;
    flynn_stage_border(stage, node);
    stage->d[1] = type == FLYNN_S32 ? flynn_order_key_of((float)stage->border_value) : stage->border_value;
    stage->step = FLYNN_MORPH_STEP;
    return stage;
}

static void look_down(struct flynn_stage *stage, int largest, int height)
{
    stage->k[0] = largest;
    stage->k[1] = height;
    stage->up = height / 2;
    stage->down = height - 1 - height / 2;
    flynn_morph_down_state(stage);
}

static void look_across(struct flynn_stage *stage, int largest, int width)
{
    stage->k[0] = largest;
    stage->k[1] = width;
    stage->padded = true;
    flynn_morph_across_state(stage);
}

static void add_border(struct flynn_stage *stage, int width)
{
    stage->k[2] = width / 2;
    stage->k[3] = width - 1 - width / 2;
}

int flynn_tophat_stages(struct flynn_node *node, int largest, struct flynn_err *err)
{
    flynn_morph_stages(node, largest);
    flynn_morph_stages(node, !largest);
    struct flynn_stage *across = &node->stage[node->stages - 1];
    across->op = kernels();
    across->kernel = FLYNN_TOPHAT_ACROSS_SUBTRACT;
    across->beside = true;
    int code = flynn_morph_launch(node, largest, FLYNN_MORPH_ALONE, err);
    return code ? code
                : flynn_morph_launch(node, !largest, largest ? FLYNN_MORPH_LESS_INPUT : FLYNN_MORPH_INPUT_LESS, err);
}

int flynn_tophat_gradient(struct flynn_node *node, struct flynn_err *err)
{
    int side = flynn_morph_width(node), width = node->in.width, part = width + side - 1;
    enum flynn_type type = node->in.type, keys = type == FLYNN_F32 ? FLYNN_S32 : type;

    struct flynn_stage *down = start(node, FLYNN_TOPHAT_BOTH_DOWN, 2 * part, keys);
    look_down(down, 0, flynn_morph_height(node));
    add_border(down, side);
    down->k[4] = width;
    down->k[5] = part;
    down->state_bytes = 2 * ((down->state_bytes + 63) / 64 * 64);

    struct flynn_stage *difference = start(node, FLYNN_TOPHAT_BOTH_SUBTRACT, width, type);
    look_across(difference, 0, side);
    difference->k[4] = difference->k[6] = part;
    difference->state_bytes += (size_t)difference->d[0];

    return flynn_morph_launch_gradient(node, err);
}
