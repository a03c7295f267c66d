/* SPDX-License-Identifier: Apache-2.0 */
#include "core/canvas.h"

#include "core/table.h"

#include <string.h>

static void store_sample(void *to, enum flynn_type type, double value)
{
    const uint8_t byte = type == FLYNN_U8 ? (uint8_t)value : 0;
    const uint16_t word = type == FLYNN_U16 ? (uint16_t)value : 0;
    const float real = (float)value;
    memcpy(to,
           type == FLYNN_U8    ? (const void *)&byte
           : type == FLYNN_U16 ? &word
                               : (const void *)&real,
           flynn_type_bytes(type));
}

/* A row of the constant border, or the columns that stand beside the input. */
static int add_border(struct flynn_node *node, struct flynn_stage *stage, const struct flynn_canvas *canvas,
                      struct flynn_err *err)
{
    size_t sample = flynn_type_bytes(node->in.type), row = flynn_row_bytes(&stage->out);
    size_t columns = (size_t)canvas->width * sizeof(int32_t);
    if (canvas->border == FLYNN_REPLICATE)
        return FLYNN_OK;
    if (canvas->border == FLYNN_CONSTANT) {
        uint8_t *fill = flynn_node_alloc(node, row, err);
        for (size_t i = 0; fill && i < row; i += sample)
            store_sample(fill + i, node->in.type, canvas->fill);
        stage->table[0] = (struct flynn_table_data){fill, row};
        return fill ? FLYNN_OK : err->code;
    }
    int32_t *column = flynn_node_alloc(node, columns, err);
    for (int x = 0; column && x < canvas->width; x++)
        column[x] = flynn_border_index(canvas->border, (int64_t)x - canvas->left, node->in.width);
    stage->table[1] = (struct flynn_table_data){column, columns};
    return column ? FLYNN_OK : err->code;
}

int flynn_canvas_lower(struct flynn_node *node, const struct flynn_canvas *canvas, struct flynn_err *err)
{
    size_t stride, bytes;
    bool rows = canvas->border == FLYNN_CONSTANT || canvas->border == FLYNN_REPLICATE;
    struct flynn_stage *stage =
        flynn_node_stage(node, rows ? FLYNN_ROWS : FLYNN_WHOLE, rows ? FLYNN_CANVAS_ROWS : FLYNN_CANVAS_WHOLE);
    stage->op = flynn_op_at(FLYNN_OP_INDEX_pad);
    stage->step = 8; /* shares out what a call costs */
    stage->out.width = canvas->width;
    stage->full_width = true; /* columns come from elsewhere */
    stage->out.height = canvas->height;
    stage->k[0] = canvas->left;
    stage->k[1] = canvas->top;
    stage->border = canvas->border;
    stage->border_value = canvas->fill;
    node->out = stage->out;
    int code = flynn_shape_measure(&node->out, &stride, &bytes, err);
    int32_t *first = code || !rows ? NULL : flynn_node_alloc(node, (size_t)canvas->height * sizeof *first, err);
    if (code || (rows && !first) || add_border(node, stage, canvas, err))
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
