/* SPDX-License-Identifier: Apache-2.0 */
#include "core/warp.h"

#include "core/table.h"

#include <math.h>

/* ---- bicubic weights --------------------------------------------------------------------------------------------- */

/* Keys's cubic with a = -3/4 at t/32 before the second of four samples. Every step is exact in f32. */
static void cubic(int t, float w[4])
{
    const float a = -0.75F, x = (float)t / 32;
    w[0] = ((a * (x + 1) - 5 * a) * (x + 1) + 8 * a) * (x + 1) - 4 * a;
    w[1] = ((a + 2) * x - (a + 3)) * x * x + 1;
    w[2] = ((a + 2) * (1 - x) - (a + 3)) * (1 - x) * (1 - x) + 1;
    w[3] = 1 - w[0] - w[1] - w[2];
}

/* 4 x 4 weights, negated so that the one of 32768 fits. What they lack goes to the largest, what they have too much
 * comes from the smallest, of the four at and after the third row and column. */
static void cubic_products(const float across[4], const float down[4], int16_t to[16])
{
    int sum = 0, w[16], least = 10, most = 10;
    for (int i = 0; i < 16; i++) {
        float product = down[i / 4] * across[i % 4];
        w[i] = (int)lrintf(product * 32768);
        sum += w[i];
    }
    for (int i = 10; i < 16; i++) {
        if (i % 4 < 2)
            continue;
        if (w[i] < w[least])
            least = i;
        else if (w[i] > w[most])
            most = i;
    }
    w[sum < 32768 ? most : least] += 32768 - sum;
    for (int i = 0; i < 16; i++)
        to[i] = (int16_t)-w[i];
}

static int add_cubic(struct flynn_node *node, struct flynn_stage *stage, struct flynn_err *err)
{
    const size_t ints = 32 * 32 * 16 * sizeof(int16_t), floats = sizeof(float[32][4]);
    float(*axis)[4] = flynn_node_alloc(node, floats, err);
    if (!axis)
        return err->code;
    for (int t = 0; t < 32; t++)
        cubic(t, axis[t]);
    stage->table[3] = (struct flynn_table_data){axis, floats};
    if (stage->in.type == FLYNN_F32)
        return FLYNN_OK;
    int16_t *products = flynn_node_alloc(node, ints, err);
    if (!products)
        return err->code;
    for (int i = 0; i < 32 * 32; i++)
        cubic_products(axis[i % 32], axis[i / 32], products + (ptrdiff_t)i * 16);
    stage->table[2] = (struct flynn_table_data){products, ints};
    return FLYNN_OK;
}

/* ---- stages ------------------------------------------------------------------------------------------------------ */

static int check_side(const struct flynn_node *node, const char *which, int width, int height, struct flynn_err *err)
{
    if (width > FLYNN_WARP_SIDE || height > FLYNN_WARP_SIDE)
        return flynn_fail(err, FLYNN_ELIMIT, "%s: the %s has %d x %d pixels; a side may have %d at most",
                          node->op->name, which, width, height, FLYNN_WARP_SIDE);
    return FLYNN_OK;
}

static struct flynn_stage *warp_stage(struct flynn_node *node, const struct flynn_warp *warp, int kernel,
                                      struct flynn_err *err)
{
    size_t stride, bytes;
    node->out.width = warp->width;
    node->out.height = warp->height;
    if (check_side(node, "input", node->in.width, node->in.height, err) ||
        check_side(node, "output", warp->width, warp->height, err) ||
        flynn_shape_measure(&node->out, &stride, &bytes, err))
        return NULL;
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_WHOLE, kernel);
    stage->op = flynn_op_at(FLYNN_OP_INDEX_affine);
    stage->out = node->out;
    stage->border = warp->border;
    stage->border_value = warp->fill;
    stage->costly = true;
    stage->band = 16;
    stage->k[0] = (int32_t)warp->method;
    return warp->method == FLYNN_WARP_BICUBIC && add_cubic(node, stage, err) ? NULL : stage;
}

static int launch(struct flynn_node *node, const char *kernel, const struct flynn_stage *stage)
{
    struct flynn_launch *launch = flynn_node_launch(node, kernel, stage);
    launch->per_pixel = true;
    launch->item_x = launch->item_y = 0;
    return FLYNN_OK;
}

/* Corners are where an affine map goes farthest. */
static int check_reach(const struct flynn_node *node, const struct flynn_warp *warp, const double m[6],
                       struct flynn_err *err)
{
    for (int corner = 0; corner < 4; corner++) {
        double x = corner & 1 ? warp->width - 1 : 0, y = corner & 2 ? warp->height - 1 : 0;
        double u = m[0] * x + m[1] * y + m[2], v = m[3] * x + m[4] * y + m[5];
        if (!(fabs(u) <= FLYNN_WARP_SIDE && fabs(v) <= FLYNN_WARP_SIDE))
            return flynn_fail(err, FLYNN_EUSAGE,
                              "%s: output pixel (%.0f, %.0f) would come from (%g, %g); at most %d pixels from the "
                              "origin are possible",
                              node->op->name, x, y, u, v, FLYNN_WARP_SIDE);
    }
    return FLYNN_OK;
}

int flynn_warp_affine(struct flynn_node *node, const struct flynn_warp *warp, const double m[6], struct flynn_err *err)
{
    struct flynn_stage *stage = warp_stage(node, warp, FLYNN_WARP_AFFINE, err);
    if (!stage || check_reach(node, warp, m, err))
        return err->code;
    int w = warp->width, half = warp->method == FLYNN_WARP_NEAREST ? 512 : 16;
    size_t column_bytes = ((size_t)w * 2 + 16) * sizeof(int32_t),
           row_bytes = (size_t)warp->height * 2 * sizeof(int32_t);
    int32_t *column = flynn_node_alloc(node, column_bytes, err); /* kernels read vectors of them */
    int32_t *row = column ? flynn_node_alloc(node, row_bytes, err) : NULL;
    if (!row)
        return err->code;
    for (int x = 0; x < w; x++) {
        column[x] = (int32_t)lrint(m[0] * x * 1024);
        column[w + x] = (int32_t)lrint(m[3] * x * 1024);
    }
    for (int y = 0; y < warp->height; y++) {
        row[2 * y] = (int32_t)lrint((m[1] * y + m[2]) * 1024) + half;
        row[2 * y + 1] = (int32_t)lrint((m[4] * y + m[5]) * 1024) + half;
    }
    stage->table[0] = (struct flynn_table_data){column, column_bytes};
    stage->table[1] = (struct flynn_table_data){row, row_bytes};
    return launch(node, "affine", stage);
}

int flynn_warp_perspective(struct flynn_node *node, const struct flynn_warp *warp, const double m[9],
                           struct flynn_err *err)
{
    struct flynn_stage *stage = warp_stage(node, warp, FLYNN_WARP_PERSPECTIVE, err);
    double *table = stage ? flynn_node_alloc(node, 9 * sizeof *table, err) : NULL;
    if (!table)
        return err->code;
    for (int i = 0; i < 9; i++)
        table[i] = m[i];
    stage->table[0] = (struct flynn_table_data){table, 9 * sizeof *table};
    return launch(node, "perspective", stage);
}

int flynn_warp_remap(struct flynn_node *node, const struct flynn_warp *warp, const struct flynn_image *map,
                     const double scale[2], bool relative, struct flynn_err *err)
{
    struct flynn_stage *stage = warp_stage(node, warp, FLYNN_WARP_REMAP, err);
    if (!stage)
        return err->code;
    stage->with = map;
    stage->f[0] = (float)scale[0];
    stage->f[1] = (float)scale[1];
    stage->k[1] = relative;
    return launch(node, "remap", stage);
}

void flynn_warp_params(const struct flynn_node *node, bool sized, struct flynn_warp *warp)
{
    *warp = (struct flynn_warp){
        .method = (enum flynn_warp_method)flynn_node_value(node, "method")->integer,
        .border = (enum flynn_border)flynn_node_value(node, "border")->integer,
        .fill = flynn_node_sample(node, "fill"),
        .width = node->in.width,
        .height = node->in.height,
    };
    if (sized && flynn_node_value(node, "width")->set)
        warp->width = flynn_node_value(node, "width")->integer;
    if (sized && flynn_node_value(node, "height")->set)
        warp->height = flynn_node_value(node, "height")->integer;
}
