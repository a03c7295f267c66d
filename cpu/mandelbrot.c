/* SPDX-License-Identifier: Apache-2.0 */
#include "core/mandelbrot.h"
#include "core/table.h"

#include <string.h>

/* One stage, by a team that takes the rows in turn, because some have far more to do than others. k[0]:
 * iterations; table[0]: a pixel for every count; table[1], table[2]: the coordinates of columns and rows, as floats. */

static void mandelbrot(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    const float *column = stage->table[1].data, *line = stage->table[2].data;
    size_t pixel = (size_t)stage->out.channels * flynn_type_bytes(stage->out.type);
    for (int y = call->member; y < call->rows; y += call->members) {
        const uint8_t *table = stage->table[0].data;
        uint8_t *out = flynn_row(call->dst, y);
        for (int x = 0; x < call->width; x++, out += pixel)
            memcpy(out, table + (size_t)flynn_mandelbrot_count(column[x], line[y], stage->k[0]) * pixel, pixel);
    }
}

/* ---- metadata ---------------------------------------------------------------------------------------------------- */

static void put(void *table, size_t i, enum flynn_type type, int value)
{
    if (type == FLYNN_U8)
        ((uint8_t *)table)[i] = (uint8_t)value;
    else if (type == FLYNN_U16)
        ((uint16_t *)table)[i] = (uint16_t)(value * 257);
    else
        ((float *)table)[i] = (float)value / 255.0f;
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    int width = node->in.width, height = node->in.height, most = flynn_node_value(node, "iterations")->integer;
    int colours = node->in.channels;
    double span = flynn_node_value(node, "width")->real;
    size_t bytes = (size_t)(most + 1) * (size_t)colours * flynn_type_bytes(node->in.type);
    void *table = flynn_node_alloc(node, bytes, err);
    float *column = table ? flynn_node_alloc(node, (size_t)width * sizeof *column, err) : NULL;
    float *line = column ? flynn_node_alloc(node, (size_t)height * sizeof *line, err) : NULL;
    if (!line)
        return err->code;
    for (int i = 0; i < (most + 1) * colours; i++)
        put(table, (size_t)i, node->in.type, flynn_mandelbrot_colour(i / colours, i % colours, most));
    for (int x = 0; x < width; x++)
        column[x] = flynn_mandelbrot_at(flynn_node_value(node, "x")->real, span, x, width, width);
    for (int y = 0; y < height; y++)
        line[y] = flynn_mandelbrot_at(flynn_node_value(node, "y")->real, span, y, height, width);
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_WHOLE, 0);
    stage->team = stage->costly = true;
    stage->k[0] = most;
    stage->table[0] = (struct flynn_table_data){table, bytes};
    stage->table[1] = (struct flynn_table_data){column, (size_t)width * sizeof *column};
    stage->table[2] = (struct flynn_table_data){line, (size_t)height * sizeof *line};
    struct flynn_launch *launch = flynn_node_launch(node, "mandelbrot", stage);
    launch->per_pixel = true;
    launch->item_y_cpu = 4;
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(mandelbrot) = {
    .name = "mandelbrot",
    .aliases = "fractal",
    .group = "point",
    .summary = "the Mandelbrot set instead of the picture's colours",
    .definition =
        "c of pixel (i, j) of W x H, in float: real part x + (i + 0.5 - W / 2) * (width / W), imaginary part y + (j + "
        "0.5 - H / 2) * (width / W), both computed in double.\n"
        "From z = 0, n = 0: while n < iterations and not zr*zr + zi*zi > 4: z = ((zr*zr - zi*zi) + cr, (zr + zr)*zi + "
        "ci), n = n + 1, in float, each operation rounded.\n"
        "Channel k = 0, 1, 2: w = (n * (5, 8 or 12) + 48 * k) mod 512, v = w < 256 ? w : 511 - w, 0 where n = "
        "iterations; u8: v, u16: v * 257, f32: v / 255. The input's samples do not count.",
    .source = "Mandelbrot 1980; counts of steps as usual",
    .params = {{.name = "x",
                .kind = FLYNN_PARAM_REAL,
                .min = -4,
                .max = 4,
                .preset = "-0.6",
                .help = "real part of the picture's centre"},
               {.name = "y",
                .kind = FLYNN_PARAM_REAL,
                .min = -4,
                .max = 4,
                .preset = "0",
                .help = "imaginary part of the centre"},
               {.name = "width",
                .kind = FLYNN_PARAM_REAL,
                .min = 0.00001,
                .max = 100,
                .preset = "3.6",
                .help = "of the picture, in the plane"},
               {.name = "iterations",
                .kind = FLYNN_PARAM_INT,
                .min = 1,
                .max = 1000,
                .preset = "100",
                .help = "steps after which a point counts as inside"}},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_CHANNEL_BIT(1) | FLYNN_CHANNEL_BIT(3),
    .kind = FLYNN_WHOLE,
    .cases = {"", "-0.743,y=0.132,width=0.01", "-2,width=0.001", "-1.25,y=0.02,width=0.1,iterations=300"},
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_U8] = mandelbrot, [FLYNN_U16] = mandelbrot, [FLYNN_F32] = mandelbrot}}},
};
