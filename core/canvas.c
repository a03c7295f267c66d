/* SPDX-License-Identifier: Apache-2.0 */
#include "core/canvas.h"

#include "core/table.h"

#include <string.h>

/* The bits of a sample, in the first bytes of an int. */
static int32_t sample_bits(enum flynn_type type, double value)
{
    int32_t bits = 0;
    uint8_t byte = (uint8_t)value;
    uint16_t word = (uint16_t)value;
    float real = (float)value;
    memcpy(&bits,
           type == FLYNN_U8    ? (void *)&byte
           : type == FLYNN_U16 ? (void *)&word
                               : (void *)&real,
           flynn_type_bytes(type));
    return bits;
}

int flynn_canvas_lower(struct flynn_node *node, const struct flynn_canvas *canvas, struct flynn_err *err)
{
    size_t stride, bytes;
    bool rows = canvas->border == FLYNN_CONSTANT || canvas->border == FLYNN_REPLICATE;
    struct flynn_stage *stage =
        flynn_node_stage(node, rows ? FLYNN_ROWS : FLYNN_WHOLE, rows ? FLYNN_CANVAS_ROWS : FLYNN_CANVAS_WHOLE);
    stage->op = flynn_op_at(FLYNN_OP_INDEX_pad);
    stage->out.width = canvas->width;
    stage->out.height = canvas->height;
    stage->k[0] = canvas->left;
    stage->k[1] = canvas->top;
    stage->k[2] = sample_bits(node->in.type, canvas->fill);
    stage->border = canvas->border;
    stage->border_value = canvas->fill;
    node->out = stage->out;
    int code = flynn_shape_measure(&node->out, &stride, &bytes, err);
    int32_t *first = code || !rows ? NULL : flynn_node_alloc(node, (size_t)canvas->height * sizeof *first, err);
    if (code || (rows && !first))
        return err->code;
    for (int y = 0; rows && y < canvas->height; y++)
        first[y] = flynn_border_index(FLYNN_REPLICATE, (int64_t)y - canvas->top, node->in.height);
    stage->first = first;
    stage->taps = 1;
    struct flynn_launch *launch = flynn_node_launch(node, "pad", stage);
    launch->per_pixel = true;
    launch->item_x = launch->item_y = 0;
    return FLYNN_OK;
}
