/* SPDX-License-Identifier: Apache-2.0 */
#include "core/spmv.h"
#include "core/table.h"
#include "core/turn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- kernels ---- */

static void vector_f32(const struct flynn_call *call)
{
    const struct flynn_table_data *table = call->stage->table;
    const int32_t *start = table[FLYNN_SPMV_START].data, *col = table[FLYNN_SPMV_COL].data;
    const float *value = table[FLYNN_SPMV_VALUE].data, *x = flynn_row(call->src, 0);
    float *y = flynn_row(call->dst, 0);
    int last = flynn_spmv_cut(call->stage, call->member + 1, call->members);
    for (int row = flynn_spmv_cut(call->stage, call->member, call->members); row < last; row++) {
        float sum = 0;
        for (int i = start[row]; i < start[row + 1]; i++)
            sum = fmaf(value[i], x[col[i]], sum);
        y[row] = sum;
    }
}

static void vector_f64(const struct flynn_call *call)
{
    const struct flynn_table_data *table = call->stage->table;
    const int32_t *start = table[FLYNN_SPMV_START].data, *col = table[FLYNN_SPMV_COL].data;
    const double *value = table[FLYNN_SPMV_VALUE].data, *x = flynn_row(call->src, 0);
    double *y = flynn_row(call->dst, 0);
    int last = flynn_spmv_cut(call->stage, call->member + 1, call->members);
    for (int row = flynn_spmv_cut(call->stage, call->member, call->members); row < last; row++) {
        double sum = 0;
        for (int i = start[row]; i < start[row + 1]; i++)
            sum = fma(value[i], x[col[i]], sum);
        y[row] = sum;
    }
}

static void columns_f32(const struct flynn_call *call)
{
    const struct flynn_table_data *table = call->stage->table;
    const int32_t *start = table[FLYNN_SPMV_START].data, *col = table[FLYNN_SPMV_COL].data;
    const float *value = table[FLYNN_SPMV_VALUE].data;
    int width = call->dst->shape.width, last = flynn_spmv_cut(call->stage, call->member + 1, call->members);
    for (int row = flynn_spmv_cut(call->stage, call->member, call->members); row < last; row++) {
        float *restrict y = flynn_row(call->dst, row);
        for (int j = 0; j < width; j++)
            y[j] = 0;
        for (int i = start[row]; i < start[row + 1]; i++) {
            const float *x = flynn_row(call->src, col[i]);
            for (int j = 0; j < width; j++)
                y[j] = fmaf(value[i], x[j], y[j]);
        }
    }
}

static void columns_f64(const struct flynn_call *call)
{
    const struct flynn_table_data *table = call->stage->table;
    const int32_t *start = table[FLYNN_SPMV_START].data, *col = table[FLYNN_SPMV_COL].data;
    const double *value = table[FLYNN_SPMV_VALUE].data;
    int width = call->dst->shape.width, last = flynn_spmv_cut(call->stage, call->member + 1, call->members);
    for (int row = flynn_spmv_cut(call->stage, call->member, call->members); row < last; row++) {
        double *restrict y = flynn_row(call->dst, row);
        for (int j = 0; j < width; j++)
            y[j] = 0;
        for (int i = start[row]; i < start[row + 1]; i++) {
            const double *x = flynn_row(call->src, col[i]);
            for (int j = 0; j < width; j++)
                y[j] = fma(value[i], x[j], y[j]);
        }
    }
}

/* ---- the elements of the matrix ---- */

/* Goes over the elements of a sparse list, or over those of a dense matrix that are larger than `drop`, row by row. */
struct walk {
    const struct flynn_image *a;
    double drop;
    int rows, cols;
    int row, col; /* of the element, from 0 */
    double value;
    int64_t next;
};

static struct walk walk_from(const struct flynn_image *a, double drop)
{
    struct walk w = {.a = a, .drop = drop, .rows = a->shape.height, .cols = a->shape.width};
    if (a->sparse) {
        w.rows = (int)*(const double *)flynn_row(a, 0);
        w.cols = (int)*(const double *)flynn_row(a, 1);
        w.next = 1;
    }
    return w;
}

static bool walk_on(struct walk *w)
{
    if (w->a->sparse) {
        if (w->next >= w->a->shape.width)
            return false;
        w->row = (int)((const double *)flynn_row(w->a, 0))[w->next] - 1;
        w->col = (int)((const double *)flynn_row(w->a, 1))[w->next] - 1;
        w->value = ((const double *)flynn_row(w->a, 2))[w->next++];
        return true;
    }
    for (; w->next < (int64_t)w->rows * w->cols; w->next++) {
        w->row = (int)(w->next / w->cols);
        w->col = (int)(w->next % w->cols);
        const void *row = flynn_row(w->a, w->row);
        w->value = w->a->shape.type == FLYNN_F64 ? ((const double *)row)[w->col] : (double)((const float *)row)[w->col];
        if (!(fabs(w->value) <= w->drop)) {
            w->next++;
            return true;
        }
    }
    return false;
}

static void put(void *to, size_t i, enum flynn_type type, double value)
{
    if (type == FLYNN_F64)
        ((double *)to)[i] = value;
    else
        ((float *)to)[i] = (float)value;
}

/* ---- tables ---- */

/* The three tables of rows. */
static int make_rows(struct flynn_stage *stage, struct flynn_node *node, const struct walk *from, struct flynn_err *err)
{
    size_t sample = flynn_type_bytes(node->in.type);
    int32_t *start = flynn_node_alloc(node, ((size_t)from->rows + 1) * sizeof *start, err);
    int64_t count = 0;
    if (!start)
        return err->code;
    for (struct walk w = *from; walk_on(&w) && count < INT32_MAX; count++)
        start[w.row + 1]++;
    if (count == INT32_MAX)
        return flynn_fail(err, FLYNN_EINPUT, "spmv: the matrix has too many elements; fewer than 2^31 - 1 are possible");
    for (int row = 0; row < from->rows; row++)
        start[row + 1] += start[row];
    int32_t *col = flynn_node_alloc(node, ((size_t)count + 1) * sizeof *col, err);
    void *value = col ? flynn_node_alloc(node, ((size_t)count + 1) * sample, err) : NULL;
    if (!value)
        return err->code;
    size_t i = 0;
    for (struct walk w = *from; walk_on(&w); i++) {
        col[i] = w.col;
        put(value, i, node->in.type, w.value);
    }
    stage->table[FLYNN_SPMV_START] = (struct flynn_table_data){start, ((size_t)from->rows + 1) * sizeof *start};
    stage->table[FLYNN_SPMV_COL] = (struct flynn_table_data){col, ((size_t)count + 1) * sizeof *col};
    stage->table[FLYNN_SPMV_VALUE] = (struct flynn_table_data){value, ((size_t)count + 1) * sample};
    return FLYNN_OK;
}

struct place {
    int32_t row, length;
};

static int longest_first(const void *a, const void *b)
{
    const struct place *p = a, *q = b;
    if (p->length != q->length)
        return p->length > q->length ? -1 : 1;
    return p->row < q->row ? -1 : p->row > q->row;
}

/* Rows of a window by length; with the missing ones of the last slice. Returns the steps of its slices. */
static int64_t sort_window(struct place place[FLYNN_SPMV_WINDOW], const int32_t *start, int first, int rows)
{
    int64_t steps = 0;
    int n = rows - first < FLYNN_SPMV_WINDOW ? rows - first : FLYNN_SPMV_WINDOW;
    for (int i = 0; i < n; i++)
        place[i] = (struct place){first + i, start[first + i + 1] - start[first + i]};
    qsort(place, (size_t)n, sizeof *place, longest_first);
    for (int i = n; i < FLYNN_SPMV_WINDOW; i++)
        place[i] = (struct place){-1, 0};
    for (int i = 0; i < n; i += FLYNN_SPMV_SLICE)
        steps += place[i].length;
    return steps;
}

static void fill_slice(const struct flynn_spmv_slices *s, int slice, const struct place *place,
                       const struct flynn_table_data *table, size_t sample)
{
    const int32_t *start = table[FLYNN_SPMV_START].data, *col = table[FLYNN_SPMV_COL].data;
    const uint8_t *value = table[FLYNN_SPMV_VALUE].data;
    s->begin[slice + 1] = s->begin[slice] + place[0].length;
    for (int lane = 0; lane < FLYNN_SPMV_SLICE; lane++) {
        size_t to = (size_t)s->begin[slice] * FLYNN_SPMV_SLICE + (size_t)lane;
        s->row[slice * FLYNN_SPMV_SLICE + lane] = place[lane].row;
        s->length[slice * FLYNN_SPMV_SLICE + lane] = place[lane].length;
        for (int k = 0; k < place[lane].length; k++, to += FLYNN_SPMV_SLICE) {
            int from = start[place[lane].row] + k;
            s->col[to] = col[from];
            memcpy((uint8_t *)s->value + to * sample, value + (size_t)from * sample, sample);
        }
    }
}

static int make_slices(struct flynn_stage *stage, struct flynn_node *node, int rows, struct flynn_err *err)
{
    const int32_t *start = stage->table[FLYNN_SPMV_START].data;
    size_t sample = flynn_type_bytes(node->in.type);
    struct place place[FLYNN_SPMV_WINDOW];
    int64_t steps = 0;
    for (int row = 0; row < rows; row += FLYNN_SPMV_WINDOW)
        steps += sort_window(place, start, row, rows);
    if (steps * FLYNN_SPMV_SLICE > 2 * ((int64_t)start[rows] + rows))
        return FLYNN_OK;
    struct flynn_spmv_slices s = flynn_spmv_slices(NULL, rows, steps, sample);
    void *data = flynn_node_alloc(node, s.bytes, err);
    if (!data)
        return err->code;
    s = flynn_spmv_slices(data, rows, steps, sample);
    for (int slice = 0; slice < s.slices; slice++) {
        int in_window = slice * FLYNN_SPMV_SLICE % FLYNN_SPMV_WINDOW;
        if (in_window == 0)
            sort_window(place, start, slice * FLYNN_SPMV_SLICE, rows);
        fill_slice(&s, slice, place + in_window, stage->table, sample);
    }
    stage->table[FLYNN_SPMV_SLICES] = (struct flynn_table_data){data, s.bytes};
    return FLYNN_OK;
}

/* ---- lowering ---- */

static int check_matrix(const struct flynn_image *a, struct flynn_err *err)
{
    if (a->shape.channels == 1 && (a->shape.type == FLYNN_F32 || a->shape.type == FLYNN_F64))
        return FLYNN_OK;
    return flynn_fail(err, FLYNN_EINPUT,
                      "spmv: the matrix must be a Matrix Market file or of f32 or f64 in 1 channel, not %s in %d",
                      flynn_type_name(a->shape.type), a->shape.channels);
}

static void add_product(struct flynn_node *node, struct flynn_stage *stage, bool vector, int rows)
{
    stage->k[FLYNN_SPMV_ROWS] = rows;
    stage->team = true;
    stage->costly = true;
    if (vector)
        stage->out.width = rows;
    else
        stage->out.height = rows;
    node->out = stage->out;
    node->out_matrix = true;
    struct flynn_launch *launch = flynn_node_launch(node, vector ? "spmv" : "spmm", stage);
    launch->item_x = vector ? 0 : 16;
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    const struct flynn_image *a = flynn_node_value(node, "with")->input;
    int code = check_matrix(a, err);
    if (code)
        return code;
    struct walk from = walk_from(a, flynn_node_value(node, "drop")->real);
    bool row = node->in.height == 1 && node->in.width == from.cols, column = !row && node->in.width == 1;
    if (!row && node->in.height != from.cols)
        return flynn_fail(err, FLYNN_EINPUT,
                          "spmv: %d rows x %d columns of the matrix need %d rows, or one row of as many elements; the "
                          "input has %d rows x %d columns",
                          from.rows, from.cols, from.cols, node->in.height, node->in.width);
    /* A column lies in memory with gaps. */
    if (column)
        flynn_turn_lower(node, FLYNN_TURN_TRANSPOSE);
    bool vector = row || column;
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_WHOLE, vector ? FLYNN_SPMV_VECTOR : FLYNN_SPMV_COLUMNS);
    code = make_rows(stage, node, &from, err);
    if (!code && vector)
        code = make_slices(stage, node, from.rows, err);
    if (code)
        return code;
    add_product(node, stage, vector, from.rows);
    if (column)
        flynn_turn_lower(node, FLYNN_TURN_TRANSPOSE);
    return FLYNN_OK;
}

/* Tests: a dense matrix of some rows. */
static void second_shape(struct flynn_shape *shape, const struct flynn_value *value, int param)
{
    (void)value;
    (void)param;
    int cols = shape->height == 1 ? shape->width : shape->height;
    shape->height = 1 + (5 * shape->width + 3 * shape->height) % 300;
    shape->width = cols;
}

static double flops(const struct flynn_node *node)
{
    for (int i = 0; i < node->stages; i++) {
        const struct flynn_stage *stage = &node->stage[i];
        const int32_t *start = stage->table[FLYNN_SPMV_START].data;
        bool vectors = stage->kernel == FLYNN_SPMV_COLUMNS;
        if (start)
            return 2.0 * start[stage->k[FLYNN_SPMV_ROWS]] * (vectors ? stage->in.width : 1);
    }
    return 0;
}

const struct flynn_op FLYNN_OP_SYMBOL(spmv) = {
    .name = "spmv",
    .aliases = "spmm csrmv",
    .group = "matrix",
    .summary = "the product of a sparse matrix and the input: a vector, or several as columns",
    .definition =
        "Y = A X for A of m rows x n columns, a Matrix Market file (coordinate real, integer or pattern; general, "
        "symmetric or skew-symmetric), or a dense matrix, of which the elements larger than `drop` are taken. X has n "
        "rows, "
        "and each of its columns is a vector; one row of n elements, as which an NPY array of one dimension is read, "
        "is taken for one vector, and Y is a row of m then. Values of A are rounded to the type of X.\n"
        "Element (i, j) of Y is one chain over the elements of row i of A, in ascending order of columns, and those of "
        "one place in the order of the file: s = +0; s = fma(a, X[column][j], s), each step rounded once in the type "
        "of X.\n"
        "Tables without a fused multiply-add (sse2, sse41) make that of f32 from sums of f64, to the same bits; they "
        "have no kernel of f64 and use the scalar one.",
    .source = "Matrix Market exchange formats (NIST); Sparse BLAS usmv with alpha = 1",
    .params = {{.name = "with", .kind = FLYNN_PARAM_INPUT, .help = "the sparse matrix A"},
               {.name = "drop",
                .kind = FLYNN_PARAM_REAL,
                .min = 0,
                .max = 1e30,
                .preset = "0",
                .help = "elements of a dense A up to this size are left out"}},
    .types = FLYNN_MATRIX_TYPES,
    .channels = FLYNN_CHANNEL_BIT(1),
    .kind = FLYNN_WHOLE,
    .second_shape = second_shape,
    .cases = {"", "drop=0.5", "drop=0.9", "drop=0.99"},
    .lower = lower,
    .flops = flops,
    .kernels = {.fn = {[FLYNN_SPMV_VECTOR] = {[FLYNN_F32] = vector_f32, [FLYNN_F64] = vector_f64},
                       [FLYNN_SPMV_COLUMNS] = {[FLYNN_F32] = columns_f32, [FLYNN_F64] = columns_f64}}},
};
