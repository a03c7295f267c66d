/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/product.h"

#include <math.h>

/* Every element is one chain of fused multiply-adds in ascending k that starts at +0. B goes by row by row, so that the
 * columns of C are independent of each other. */

static float a_f32(const struct flynn_call *call, const struct flynn_product_place *at, int k)
{
    bool trans = call->stage->k[FLYNN_MATMUL_FLAGS] & FLYNN_MATMUL_TRANS_A;
    const float *row = flynn_row(call->src, at->a_row + (trans ? k : at->y));
    return row[trans ? at->y : k];
}

static double a_f64(const struct flynn_call *call, const struct flynn_product_place *at, int k)
{
    bool trans = call->stage->k[FLYNN_MATMUL_FLAGS] & FLYNN_MATMUL_TRANS_A;
    const double *row = flynn_row(call->src, at->a_row + (trans ? k : at->y));
    return row[trans ? at->y : k];
}

static void matmul_f32(const struct flynn_call *call)
{
    struct flynn_matmul_share share = flynn_matmul_share(call, 1, FLYNN_PRODUCT_COLS);
    int depth = call->stage->k[FLYNN_MATMUL_DEPTH], columns = share.last_col;
    bool trans = call->stage->k[FLYNN_MATMUL_FLAGS] & FLYNN_MATMUL_TRANS_B;
    size_t stride = call->src2->stride / sizeof(float);
    for (int y = share.first_row; y < share.last_row; y++) {
        struct flynn_product_place at = flynn_product_at(call->stage, y);
        float *restrict c = flynn_row(call->dst, y);
        for (int x = share.first_col; x < columns; x++)
            c[x] = 0;
        for (int k = 0; k < depth; k++) {
            const float *b = flynn_row(call->src2, at.b_row + (trans ? 0 : k));
            float a = a_f32(call, &at, k);
            for (int x = share.first_col; x < columns && !trans; x++)
                c[x] = fmaf(a, b[x], c[x]);
            for (int x = share.first_col; x < columns && trans; x++)
                c[x] = fmaf(a, b[(size_t)x * stride + (size_t)k], c[x]);
        }
    }
}

static void matmul_f64(const struct flynn_call *call)
{
    struct flynn_matmul_share share = flynn_matmul_share(call, 1, FLYNN_PRODUCT_COLS);
    int depth = call->stage->k[FLYNN_MATMUL_DEPTH], columns = share.last_col;
    bool trans = call->stage->k[FLYNN_MATMUL_FLAGS] & FLYNN_MATMUL_TRANS_B;
    size_t stride = call->src2->stride / sizeof(double);
    for (int y = share.first_row; y < share.last_row; y++) {
        struct flynn_product_place at = flynn_product_at(call->stage, y);
        double *restrict c = flynn_row(call->dst, y);
        for (int x = share.first_col; x < columns; x++)
            c[x] = 0;
        for (int k = 0; k < depth; k++) {
            const double *b = flynn_row(call->src2, at.b_row + (trans ? 0 : k));
            double a = a_f64(call, &at, k);
            for (int x = share.first_col; x < columns && !trans; x++)
                c[x] = fma(a, b[x], c[x]);
            for (int x = share.first_col; x < columns && trans; x++)
                c[x] = fma(a, b[(size_t)x * stride + (size_t)k], c[x]);
        }
    }
}

/* alpha C, or alpha C + beta D with all three operations rounded. */
static void scale_f32(const struct flynn_call *call)
{
    const float *restrict c = call->in[0], *restrict d = call->with ? call->with[0] : NULL;
    float *restrict out = call->out[0];
    float alpha = call->stage->f[0], beta = call->stage->f[1];
    for (int x = 0; x < call->width && !d; x++)
        out[x] = alpha * c[x];
    for (int x = 0; x < call->width && d; x++)
        out[x] = alpha * c[x] + beta * d[x];
}

static void scale_f64(const struct flynn_call *call)
{
    const double *restrict c = call->in[0], *restrict d = call->with ? call->with[0] : NULL;
    double *restrict out = call->out[0];
    double alpha = call->stage->d[0], beta = call->stage->d[1];
    for (int x = 0; x < call->width && !d; x++)
        out[x] = alpha * c[x];
    for (int x = 0; x < call->width && d; x++)
        out[x] = alpha * c[x] + beta * d[x];
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Room for a packed block of A and one of B, with whole tiles at their edges. */
static size_t scratch_bytes(const struct flynn_product *p, enum flynn_type type)
{
    size_t sample = flynn_type_bytes(type), depth = least((size_t)p->depth, FLYNN_MATMUL_KC_WIDE);
    size_t rows = least((size_t)p->rows, FLYNN_MATMUL_MC_BYTES / sizeof(float)) + FLYNN_MATMUL_TILE_ROWS;
    size_t row = least((size_t)p->cols * sample, FLYNN_MATMUL_NC_BYTES) + FLYNN_MATMUL_TILE_BYTES;
    return depth * (rows * sample + row) + 2 * 64;
}

/* The matrix that is added, or NULL: as in BLAS it is not looked at when beta is 0. */
static int find_added(const struct flynn_image **added, struct flynn_node *node, struct flynn_err *err)
{
    const struct flynn_value *c = flynn_node_value(node, "c"), *beta = flynn_node_value(node, "beta");
    *added = c->set && beta->real != 0 ? c->input : NULL;
    if (!c->set && beta->real != 1)
        return flynn_fail(err, FLYNN_EUSAGE, "matmul: beta without c=, the matrix that it multiplies");
    if (!c->set)
        return FLYNN_OK;
    const struct flynn_shape *shape = &c->input->shape, *out = &node->out;
    if (!flynn_shape_equal(shape, out))
        return flynn_fail(err, FLYNN_EINPUT,
                          "matmul: c is a matrix of %d rows x %d columns of %s; the product has %d rows x %d columns "
                          "of %s",
                          shape->height, shape->width, flynn_type_name(shape->type), out->height, out->width,
                          flynn_type_name(out->type));
    return FLYNN_OK;
}

static void add_scale(struct flynn_node *node, const struct flynn_image *added)
{
    double alpha = flynn_node_value(node, "alpha")->real, beta = flynn_node_value(node, "beta")->real;
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_ROWS, FLYNN_MATMUL_SCALE);
    stage->with = added;
    stage->d[0] = alpha;
    stage->d[1] = beta;
    stage->f[0] = (float)alpha;
    stage->f[1] = (float)beta;
    flynn_node_launch(node, added ? "matmul_add" : "matmul_scale", stage);
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    struct flynn_product p = {0};
    const struct flynn_image *added;
    int code = flynn_product_shape(&p, node, err);
    if (code)
        return code;
    struct flynn_stage *stage = flynn_product_stage(node, &p, node->in.type);
    stage->scratch_bytes = scratch_bytes(&p, node->in.type);
    code = find_added(&added, node, err);
    if (code)
        return code;
    flynn_node_launch(node, "matmul", stage); /* its items depend on the shape that the device takes */
    if (added || flynn_node_value(node, "alpha")->real != 1)
        add_scale(node, added);
    return FLYNN_OK;
}

static void second_shape(struct flynn_shape *shape, const struct flynn_value *value, int param)
{
    enum { TRANS = 1, BATCH = 2 };
    int batch = value[BATCH].integer, height = shape->height, width = shape->width;
    flynn_product_second(shape, &value[TRANS], batch);
    if (param == 0 || height % batch)
        return;
    int cols = value[TRANS].integer & FLYNN_MATMUL_TRANS_B ? shape->height / batch : shape->width;
    shape->height = value[TRANS].integer & FLYNN_MATMUL_TRANS_A ? width * batch : height;
    shape->width = cols;
}

const struct flynn_op FLYNN_OP_SYMBOL(matmul) = {
    .name = "matmul",
    .aliases = "gemm matrixmultiply sgemm dgemm",
    .group = "matrix",
    .summary = "the matrix product of the input and a second matrix",
    .definition =
        "C = A B for A of m rows x k columns and B of k rows x n columns, both f32 or both f64. Every element is one "
        "chain in ascending order of k: c = +0; c = fma(A[i][k], B[k][j], c), each step rounded once in the type "
        "of the matrices.\n"
        "trans: a matrix that is stored transposed is read with its rows and columns exchanged.\n"
        "Then, with alpha other than 1 or a matrix D given as c=: alpha * C, or (alpha * C) + (beta * D), every "
        "operation "
        "rounded in the type of the matrices, to which alpha and beta are rounded first. D has the shape of C. With "
        "beta=0 it is not looked at.\n"
        "batch=b: A and B are b matrices each, below each other (an NPY array of three dimensions is read so), and so "
        "is "
        "C; a matrix that trans exchanges is stored transposed by itself.\n"
        "Tables without a fused multiply-add (sse2, sse41) make that of f32 from sums of f64, to the same bits; they "
        "have no product of f64 and use the scalar one.",
    .source = "BLAS gemm; Goto and van de Geijn 2008 for the blocks",
    .params = {FLYNN_PRODUCT_WITH,
               FLYNN_PRODUCT_TRANS,
               FLYNN_PRODUCT_BATCH,
               {.name = "alpha",
                .kind = FLYNN_PARAM_REAL,
                .min = -1e30,
                .max = 1e30,
                .preset = "1",
                .help = "factor of the product"},
               {.name = "beta",
                .kind = FLYNN_PARAM_REAL,
                .min = -1e30,
                .max = 1e30,
                .preset = "1",
                .help = "factor of the matrix c"},
               {.name = "c", .kind = FLYNN_PARAM_INPUT, .preset = "", .help = "a matrix that is added"}},
    .types = FLYNN_MATRIX_TYPES,
    .channels = FLYNN_CHANNEL_BIT(1),
    .kind = FLYNN_WHOLE,
    .square_second = true,
    .second_shape = second_shape,
    .cases = {"", "alpha=-0.3", "c=@", "alpha=1.7,beta=0.1,c=@", "trans=both,beta=-3,c=@", "alpha=0,beta=0,c=@",
              "?batch=2,c=@", "?batch=2,trans=a", "?batch=3,trans=b", "?batch=4,trans=both,c=@"},
    .lower = lower,
    .flops = flynn_product_flops,
    .kernels = {.fn = {[FLYNN_MATMUL_PRODUCT] = {[FLYNN_F32] = matmul_f32, [FLYNN_F64] = matmul_f64},
                       [FLYNN_MATMUL_SCALE] = {[FLYNN_F32] = scale_f32, [FLYNN_F64] = scale_f64}}},
};
