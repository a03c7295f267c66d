/* SPDX-License-Identifier: Apache-2.0 */
#include "core/matmul.h"
#include "core/table.h"

#include <math.h>

/* Every element is one chain of fused multiply-adds in ascending k that starts at +0; the rows of B go by in order, so
 * that the columns of C are independent of each other. */

static void matmul_f32(const struct flynn_call *call)
{
    int depth = call->src->shape.width, columns = call->dst->shape.width;
    for (int y = call->y; y < call->y + call->rows; y++) {
        const float *a = flynn_row(call->src, y);
        float *restrict c = flynn_row(call->dst, y);
        for (int x = 0; x < columns; x++)
            c[x] = 0;
        for (int k = 0; k < depth; k++) {
            const float *b = flynn_row(call->src2, k);
            for (int x = 0; x < columns; x++)
                c[x] = fmaf(a[k], b[x], c[x]);
        }
    }
}

static void matmul_f64(const struct flynn_call *call)
{
    int depth = call->src->shape.width, columns = call->dst->shape.width;
    for (int y = call->y; y < call->y + call->rows; y++) {
        const double *a = flynn_row(call->src, y);
        double *restrict c = flynn_row(call->dst, y);
        for (int x = 0; x < columns; x++)
            c[x] = 0;
        for (int k = 0; k < depth; k++) {
            const double *b = flynn_row(call->src2, k);
            for (int x = 0; x < columns; x++)
                c[x] = fma(a[k], b[x], c[x]);
        }
    }
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Room for a packed block of A and one of B, with whole tiles at their edges. */
static size_t scratch_bytes(const struct flynn_shape *a, const struct flynn_shape *c)
{
    size_t sample = flynn_type_bytes(a->type), depth = least((size_t)a->width, FLYNN_MATMUL_KC);
    size_t rows = least((size_t)c->height, FLYNN_MATMUL_MC_BYTES / sizeof(float)) + FLYNN_MATMUL_TILE_ROWS;
    size_t row = least((size_t)c->width * sample, FLYNN_MATMUL_NC_BYTES) + FLYNN_MATMUL_TILE_BYTES;
    return depth * (rows * sample + row) + 2 * 64;
}

static int check(const struct flynn_shape *a, const struct flynn_shape *b, struct flynn_err *err)
{
    if (b->type != a->type)
        return flynn_fail(err, FLYNN_EINPUT, "matmul: both matrices must have one type, not %s and %s",
                          flynn_type_name(a->type), flynn_type_name(b->type));
    if (b->channels != 1)
        return flynn_fail(err, FLYNN_EINPUT, "matmul: the second input has %d channels, a matrix has 1", b->channels);
    if (b->height != a->width)
        return flynn_fail(
            err, FLYNN_EINPUT,
            "matmul: %d columns of the first matrix (%d rows x %d columns) need as many rows of the second, "
            "which is %d rows x %d columns",
            a->width, a->height, a->width, b->height, b->width);
    return FLYNN_OK;
}

/* OpenCL: groups that take tiles in turn, at most one for each tile of 64 x 64. */
static void launch(struct flynn_node *node, const struct flynn_stage *stage)
{
    enum { TILE = 64, GROUP = 64, MOST_GROUPS = 1 << 16 };
    int64_t tiles = ((int64_t)stage->out.width + TILE - 1) / TILE * (((int64_t)stage->out.height + TILE - 1) / TILE);
    struct flynn_launch *launch = flynn_node_launch(node, "matmul", stage);
    launch->local_x = GROUP;
    launch->items_x = (int)(tiles < MOST_GROUPS ? tiles : MOST_GROUPS) * GROUP;
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    enum { BAND = 6 }; /* rows of a tile of avx2 */
    const struct flynn_image *with = flynn_node_value(node, "with")->input;
    int code = check(&node->in, &with->shape, err);
    if (code)
        return code;
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_WHOLE, 0);
    stage->with = with;
    stage->out.width = with->shape.width;
    stage->scratch_bytes = scratch_bytes(&stage->in, &stage->out);
    stage->band = BAND;
    stage->costly = true;
    node->out = stage->out;
    node->out_matrix = true;
    launch(node, stage);
    return FLYNN_OK;
}

static double flops(const struct flynn_node *node)
{
    return 2.0 * node->in.width * node->in.height * node->out.width;
}

const struct flynn_op FLYNN_OP_SYMBOL(matmul) = {
    .name = "matmul",
    .aliases = "gemm",
    .group = "matrix",
    .summary = "the matrix product of the input and a second matrix",
    .definition =
        "C = A B for A of m rows x k columns and B of k rows x n columns, both f32 or both f64. Every element is one "
        "chain in ascending order of k: c = +0; c = fma(A[i][k], B[k][j], c), each step rounded once in the type "
        "of the matrices.\n"
        "Tables without a fused multiply-add (sse2, sse41) have no kernel of their own and use the scalar one.",
    .source = "BLAS gemm with alpha = 1 and beta = 0; Goto and van de Geijn 2008 for the blocks",
    .params = {{.name = "with", .kind = FLYNN_PARAM_INPUT, .help = "the second matrix, B"}},
    .types = FLYNN_MATRIX_TYPES,
    .channels = FLYNN_CHANNEL_BIT(1),
    .kind = FLYNN_WHOLE,
    .square_second = true,
    .lower = lower,
    .flops = flops,
    .kernels = {.fn = {{[FLYNN_F32] = matmul_f32, [FLYNN_F64] = matmul_f64}}},
};
