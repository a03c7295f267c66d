/* SPDX-License-Identifier: Apache-2.0 */
#include "core/clahe.h"
#include "core/table.h"

#include <math.h>

/* ---- kernels ----------------------------------------------------------------------------------------------------- */

#define T       uint8_t
#define F(name) name##_u8
#define VALUES  256
#include "cpu/clahe_kernels.h"
#undef T
#undef F
#undef VALUES

#define T       uint16_t
#define F(name) name##_u16
#define VALUES  65536
#include "cpu/clahe_kernels.h"
#undef T
#undef F
#undef VALUES

/* ---- stages ------------------------------------------------------------------------------------------------------ */

/* The side of tiles that cover n pixels; `uneven`: the image is not a whole number of tiles. */
static int tile_side(int n, int tiles, bool uneven)
{
    return (uneven ? n + tiles - n % tiles : n) / tiles;
}

/* Which pixel every pixel of the tiles shows. */
static const void *mirrored(struct flynn_node *node, int n, int length, struct flynn_err *err)
{
    int32_t *from = flynn_node_alloc(node, (size_t)length * sizeof *from, err);
    for (int i = 0; from && i < length; i++)
        from[i] = flynn_border_index(FLYNN_REFLECT101, i, n);
    return from;
}

static const void *places(struct flynn_node *node, int n, int side, int tiles, struct flynn_err *err)
{
    struct flynn_clahe_place *place = flynn_node_alloc(node, (size_t)n * sizeof *place, err);
    float inverse = 1.0f / (float)side;
    for (int i = 0; place && i < n; i++) {
        float at = (float)i * inverse, centre = at - 0.5f, below = floorf(centre);
        place[i].cell = (int32_t)below + 1 < tiles ? (int32_t)below + 1 : tiles;
        place[i].weight = centre - below;
    }
    return place;
}

/* For SIMD kernels: the columns again, sample by sample. */
static int samples(struct flynn_node *node, struct flynn_stage *stage, struct flynn_err *err)
{
    int channels = node->in.channels, n = node->in.width * channels;
    const struct flynn_clahe_place *column = stage->table[0].data;
    int32_t *cell = flynn_node_alloc(node, (size_t)n * sizeof *cell, err);
    float *weight = cell ? flynn_node_alloc(node, (size_t)n * sizeof *weight, err) : NULL;
    for (int i = 0; weight && i < n; i++) {
        cell[i] = column[i / channels].cell * channels + i % channels;
        weight[i] = column[i / channels].weight;
    }
    stage->table[2] = (struct flynn_table_data){cell, (size_t)n * sizeof *cell};
    stage->table[3] = (struct flynn_table_data){weight, (size_t)n * sizeof *weight};
    return weight ? FLYNN_OK : err->code;
}

static int apply_stage(struct flynn_node *node, const struct flynn_stage *tiles, struct flynn_err *err)
{
    struct flynn_stage *apply = flynn_node_stage(node, FLYNN_ROWS, FLYNN_CLAHE_APPLY);
    const int32_t *k = tiles->k;
    int width = node->in.width, height = node->in.height;
    memcpy(apply->k, tiles->k, sizeof apply->k);
    apply->table[0].data = places(node, width, k[FLYNN_CLAHE_WIDTH], k[FLYNN_CLAHE_COLUMNS], err);
    apply->table[1].data = places(node, height, k[FLYNN_CLAHE_HEIGHT], k[FLYNN_CLAHE_ROWS], err);
    if (!apply->table[0].data || !apply->table[1].data)
        return err->code;
    apply->table[0].bytes = (size_t)width * sizeof(struct flynn_clahe_place);
    apply->table[1].bytes = (size_t)height * sizeof(struct flynn_clahe_place);
    apply->costly = true;
    apply->full_width = true; /* each row has the tables of all tiles beside each other made first */
    apply->state_bytes = flynn_clahe_state(&node->in, k[FLYNN_CLAHE_COLUMNS]);
    flynn_node_launch(node, "apply", apply)->per_pixel = true;
    return samples(node, apply, err);
}

/* OpenCL: a group counts a tile, an item makes the table of a channel of a tile. */
static int launch_tiles(struct flynn_node *node, const struct flynn_stage *tiles, struct flynn_err *err)
{
    enum { GROUP = 64 };
    struct flynn_stage *counts = flynn_node_alloc(node, sizeof *counts, err);
    if (!counts)
        return err->code;
    *counts = *tiles;
    counts->out.type = FLYNN_U32;
    struct flynn_launch *launch = flynn_node_launch(node, "count", counts);
    launch->items_x = tiles->out.height * GROUP;
    launch->local_x = GROUP;
    launch->zero_out = true;
    launch->aside = true;
    launch = flynn_node_launch(node, "derive", tiles);
    launch->items_x = tiles->out.height;
    launch->items_y = node->in.channels;
    launch->aside = true;
    return FLYNN_OK;
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    enum { MOST_TABLES = 256 }; /* of 65536 entries */
    const struct flynn_value *across = flynn_node_value(node, "columns"), *down = flynn_node_value(node, "rows");
    int square = flynn_node_value(node, "tiles")->integer;
    int columns = across->set ? across->integer : square, rows = down->set ? down->integer : square;
    int width = node->in.width, height = node->in.height, values = node->in.type == FLYNN_U8 ? 256 : 65536;
    double clip = flynn_node_value(node, "clip")->real;
    bool uneven = width % columns || height % rows;
    int wide = tile_side(width, columns, uneven), tall = tile_side(height, rows, uneven);
    double area = (double)wide * tall, limit = floor(clip * area / values);
    if (values == 65536 && columns * rows > MOST_TABLES)
        return flynn_fail(err, FLYNN_ELIMIT, "clahe: %dx%d tiles of 65536 values are too many; up to %d are possible",
                          columns, rows, MOST_TABLES);
    if (area > INT32_MAX)
        return flynn_fail(err, FLYNN_ELIMIT, "clahe: tiles of %dx%d pixels are too large; up to %d pixels are possible",
                          wide, tall, INT32_MAX);

    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_WHOLE, FLYNN_CLAHE_TILES);
    stage->k[FLYNN_CLAHE_COLUMNS] = columns;
    stage->k[FLYNN_CLAHE_ROWS] = rows;
    stage->k[FLYNN_CLAHE_WIDTH] = wide;
    stage->k[FLYNN_CLAHE_HEIGHT] = tall;
    stage->k[FLYNN_CLAHE_LIMIT] = clip <= 0 ? 0 : limit < 1 ? 1 : limit < area ? (int32_t)limit : (int32_t)area;
    stage->k[FLYNN_CLAHE_VALUES] = values;
    stage->k[FLYNN_CLAHE_ALPHA] = flynn_alpha_channel(&node->in);
    stage->f[0] = (float)(values - 1) / (float)(int32_t)area;
    stage->out.width = values * node->in.channels;
    stage->out.height = columns * rows;
    stage->out.channels = 1;
    stage->table[0] =
        (struct flynn_table_data){mirrored(node, width, columns * wide, err), (size_t)(columns * wide) * 4};
    stage->table[1] = (struct flynn_table_data){mirrored(node, height, rows * tall, err), (size_t)(rows * tall) * 4};
    if (!stage->table[0].data || !stage->table[1].data)
        return err->code;
    stage->scratch_bytes = flynn_clahe_scratch(&node->in);
    stage->costly = true;
    stage->aside = true;
    int code = launch_tiles(node, stage, err);
    return code ? code : apply_stage(node, stage, err);
}

const struct flynn_op FLYNN_OP_SYMBOL(clahe) = {
    .name = "clahe",
    .aliases = "hist_local createclahe",
    .group = "statistics",
    .summary = "contrast-limited adaptive histogram equalization: each part of the image by itself",
    .definition =
        "For every channel but alpha, each by itself. N = 256 or 65536 values. The image is cut into columns x rows "
        "tiles of "
        "one size; where a side of the image is no multiple of its tiles, n % tiles pixels short of them are added to "
        "each side (a whole number of tiles where that side is one), mirrored as reflect101 does; A is the area of a "
        "tile.\n"
        "Tile: n(v) is how often the value v occurs. With clip > 0, L = clip * A / N rounded down in double, at least "
        "1: what is above L is cut off; "
        "of the E pixels cut off in all, each value gets E / N rounded down, and with R = E % N the values 0, s, 2s, "
        "... get one more each, R in all, s = N / R rounded down. v becomes (n(0) + ... + n(v)) * ((N - 1) / A), both "
        "in float, to the nearest integer, ties to even.\n"
        "Sample at x, y: t = x * (1 / width of a tile) - 0.5 in float, i = floor(t), w = t - i, and likewise j and u "
        "from y; a, b, c, d are what tiles (i, j), (i + 1, j), (i, j + 1), (i + 1, j + 1) make of it, numbers outside "
        "being moved inside: (a * (1 - w) + b * w) * (1 - u) + (c * (1 - w) + d * w) * u in float, every step rounded, "
        "to the nearest integer, ties to even.",
    .source = "Zuiderveld 1994; OpenCV createCLAHE, to the bit",
    .params =
        {
            {.name = "clip",
             .kind = FLYNN_PARAM_REAL,
             .min = 0,
             .max = 65536,
             .preset = "40",
             .help = "the most that a value may count, in means of all values; 0: no limit"},
            {.name = "tiles",
             .kind = FLYNN_PARAM_INT,
             .min = 1,
             .max = 32,
             .preset = "8",
             .help = "tiles on each side of the image; u16: 256 in all"},
            {.name = "columns",
             .kind = FLYNN_PARAM_INT,
             .min = 1,
             .max = 32,
             .preset = "",
             .help = "tiles beside each other; default: tiles"},
            {.name = "rows",
             .kind = FLYNN_PARAM_INT,
             .min = 1,
             .max = 32,
             .preset = "",
             .help = "tiles below each other; default: tiles"},
        },
    .types = FLYNN_TYPE_BIT(FLYNN_U8) | FLYNN_TYPE_BIT(FLYNN_U16),
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_WHOLE,
    .cases = {"2,tiles=1", "3,tiles=2", "0,columns=3,rows=1", "1.5,columns=1,rows=2", "2.5,tiles=3"},
    .lower = lower,
    .kernels = {.fn = {[FLYNN_CLAHE_TILES] = {[FLYNN_U8] = tiles_u8, [FLYNN_U16] = tiles_u16},
                       [FLYNN_CLAHE_APPLY] = {[FLYNN_U8] = apply_u8, [FLYNN_U16] = apply_u16}}},
};
