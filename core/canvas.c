/* SPDX-License-Identifier: Apache-2.0 */
#include "core/canvas.h"

#include "core/table.h"

#include <string.h>

#define FILL_BYTES  ((size_t)64 << 10) /* of a constant border's pixels */
#define TABLE_BYTES (1 << 20)          /* of a table of rows that is never too large */

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

/* Pixels of the constant border: a row of them, or as many as rows are filled with piece by piece. */
static int add_fill(struct flynn_node *node, struct flynn_stage *stage, double value, struct flynn_err *err)
{
    size_t sample = flynn_type_bytes(node->in.type), pixel = sample * (size_t)node->in.channels;
    size_t row = flynn_row_bytes(&stage->out), piece = FILL_BYTES / pixel * pixel, bytes = row < piece ? row : piece;
    uint8_t *fill = flynn_node_alloc(node, bytes, err);
    for (size_t i = 0; fill && i < bytes; i += sample)
        store_sample(fill + i, node->in.type, value);
    stage->table[0] = (struct flynn_table_data){fill, bytes};
    return fill ? FLYNN_OK : err->code;
}

/* Row by row wants a table of the rows; very high canvases take less memory with the input as one image. */
static bool takes_rows(const struct flynn_node *node, const struct flynn_canvas *canvas)
{
    double table = (double)canvas->height * sizeof(int32_t);
    double image = (double)flynn_row_bytes(&node->in) * node->in.height;
    if (canvas->border != FLYNN_CONSTANT && canvas->border != FLYNN_REPLICATE)
        return false;
    return table <= TABLE_BYTES || table <= image;
}

/* A narrower canvas, in which the picture lies further to the left. */
static void part(struct flynn_stage *stage, struct flynn_part *part)
{
    int most = stage->in.width - 1;
    int64_t first = (int64_t)part->x - stage->k[0], last = first + part->width - 1;
    part->from = first < 0 ? 0 : first < most ? (int)first : most;
    part->to = (last < 0 ? 0 : last < most ? (int)last : most) + 1;
    part->in_x = 0;
    stage->k[0] -= part->x;
    stage->out.width = part->width;
}

int flynn_canvas_lower(struct flynn_node *node, const struct flynn_canvas *canvas, struct flynn_err *err)
{
    size_t stride, bytes;
    bool rows = takes_rows(node, canvas);
    struct flynn_stage *stage =
        flynn_node_stage(node, rows ? FLYNN_ROWS : FLYNN_WHOLE, rows ? FLYNN_CANVAS_ROWS : FLYNN_CANVAS_WHOLE);
    stage->op = flynn_op_at(FLYNN_OP_INDEX_pad);
    stage->step = 8; /* shares out what a call costs */
    stage->out.width = canvas->width;
    stage->full_width = true; /* columns come from elsewhere */
    stage->part = rows ? part : NULL;
    stage->out.height = canvas->height;
    stage->k[0] = canvas->left;
    stage->k[1] = canvas->top;
    stage->border = canvas->border;
    stage->border_value = canvas->fill;
    node->out = stage->out;
    int code = flynn_shape_measure(&node->out, &stride, &bytes, err);
    int32_t *first = code || !rows ? NULL : flynn_node_alloc(node, (size_t)canvas->height * sizeof *first, err);
    if (!code && rows && !first)
        code = err->code;
    if (!code && canvas->border == FLYNN_CONSTANT)
        code = add_fill(node, stage, canvas->fill, err);
    if (code)
        return code;
    for (int y = 0; rows && y < canvas->height; y++)
        first[y] = flynn_border_index(FLYNN_REPLICATE, (int64_t)y - canvas->top, node->in.height);
    stage->first = first;
    stage->taps = 1;
    struct flynn_launch *launch = flynn_node_launch(node, "pad", stage);
    launch->per_pixel = true;
    launch->item_x = launch->item_y = 0;
    return FLYNN_OK;
}
