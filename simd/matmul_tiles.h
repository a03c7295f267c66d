/* SPDX-License-Identifier: Apache-2.0 */
/* Tiles of a matrix product in one type, and the packing for them: included once for each type, with REAL the type,
 * REAL_V its vector, REAL_L(name) an intrinsic, F(name) the name of a function, TILE_ROWS the rows of a tile, and
 * TILE_STEP(a, b, c) what a step of an element's chain makes of c: fma(a, b, c) or fma(-a, b, c). Strides count
 * elements. */

/* Elements of a vector; columns of a tile. */
#define LANES     ((int)(VEC / sizeof(REAL)))
#define TILE_COLS (2 * LANES)
/* Element (i, j) at at[i * row + j * col]: a transposed matrix has row = 1, any other col = 1. */
struct F(matrix) {
    const REAL *at;
    ptrdiff_t row, col;
};

struct F(result) {
    REAL *at;
    ptrdiff_t stride;
    int rows, cols;
};

/* What a tile reads and writes: element (i, k) of A at a[i * a_row + k * a_step], row k of B at b + k * b_step. */
struct F(tile) {
    const REAL *a, *b;
    ptrdiff_t a_row, a_step, b_step;
    REAL *c;
    ptrdiff_t c_row;
    int depth;  /* 1 or more */
    bool first; /* start from 0 rather than from C */
};

/* ---- tiles ------------------------------------------------------------------------------------------------------- */

/* `rows` rows of `vecs` vectors. Inlined into callers that know both, and some of the rest, which then becomes part of
 * the instructions. */
static inline __attribute__((always_inline)) void F(run_tile)(const struct F(tile) * t, int rows, int vecs, bool first)
{
    const REAL *a = t->a, *b = t->b;
    const ptrdiff_t a_row = t->a_row, a_step = t->a_step, b_step = t->b_step, c_row = t->c_row;
    REAL *to = t->c;
    REAL_V c[TILE_ROWS][2];
    for (int i = 0; i < rows; i++) {
        for (int v = 0; v < vecs; v++)
            c[i][v] = first ? REAL_L(setzero)() : REAL_L(loadu)(to + i * c_row + v * LANES);
    }
    int depth = t->depth;
    do {
        REAL_V at[2];
        for (int v = 0; v < vecs; v++)
            at[v] = REAL_L(loadu)(b + v * LANES);
        for (int i = 0; i < rows; i++) {
            REAL_V x = REAL_L(set1)(a[i * a_row]);
            for (int v = 0; v < vecs; v++)
                c[i][v] = TILE_STEP(x, at[v], c[i][v]);
        }
        a += a_step;
        b += b_step;
    } while (--depth > 0);
    for (int i = 0; i < rows; i++) {
        for (int v = 0; v < vecs; v++)
            REAL_L(storeu)(to + i * c_row + v * LANES, c[i][v]);
    }
}

static inline __attribute__((always_inline)) void F(run_any)(const struct F(tile) * t, int rows, int vecs)
{
    if (t->first)
        F(run_tile)(t, rows, vecs, true);
    else
        F(run_tile)(t, rows, vecs, false);
}

typedef void F(tile_function)(const struct F(tile) * t);

/* Both sides packed. */
static void F(tile_packed)(const struct F(tile) * t)
{
    struct F(tile) packed = *t;
    packed.a_row = 1;
    packed.a_step = TILE_ROWS;
    packed.b_step = TILE_COLS;
    F(run_any)(&packed, TILE_ROWS, 2);
}

static void F(tile_full)(const struct F(tile) * t)
{
    F(run_any)(t, TILE_ROWS, 2);
}

static void F(tile_full_x1)(const struct F(tile) * t)
{
    F(run_any)(t, TILE_ROWS, 1);
}

#if TILE_ROWS > 8
static void F(tile_8x2)(const struct F(tile) * t)
{
    F(run_any)(t, 8, 2);
}

static void F(tile_8x1)(const struct F(tile) * t)
{
    F(run_any)(t, 8, 1);
}
#endif

static void F(tile_4x2)(const struct F(tile) * t)
{
    F(run_any)(t, 4, 2);
}

static void F(tile_4x1)(const struct F(tile) * t)
{
    F(run_any)(t, 4, 1);
}

static void F(tile_2x2)(const struct F(tile) * t)
{
    F(run_any)(t, 2, 2);
}

static void F(tile_2x1)(const struct F(tile) * t)
{
    F(run_any)(t, 2, 1);
}

static void F(tile_1x2)(const struct F(tile) * t)
{
    F(run_any)(t, 1, 2);
}

static void F(tile_1x1)(const struct F(tile) * t)
{
    F(run_any)(t, 1, 1);
}

/* Rows of the next tile of so many. Two tiles share those that would leave a tile of 2 or 3, whose few chains wait for
 * each other. */
static inline int F(tile_height)(int rows)
{
    enum { SHARED = TILE_ROWS > 8 ? 8 : 4 };
    if (rows == TILE_ROWS + 2 || rows == TILE_ROWS + 3)
        return SHARED;
    return rows < TILE_ROWS ? rows : TILE_ROWS;
}

/* Any number of rows of a tile of `vecs` vectors, in as few calls as possible. */
static void F(tile_rows)(struct F(tile) * t, int rows, int vecs)
{
    static const struct {
        int rows;
        F(tile_function) * by_vecs[2];
    } sizes[] = {
        {TILE_ROWS, {F(tile_full_x1), F(tile_full)}},
#if TILE_ROWS > 8
        {8, {F(tile_8x1), F(tile_8x2)}},
#endif
        {4, {F(tile_4x1), F(tile_4x2)}},
        {2, {F(tile_2x1), F(tile_2x2)}},
        {1, {F(tile_1x1), F(tile_1x2)}},
    };
    for (int s = 0; rows > 0; s++) {
        for (; rows >= sizes[s].rows && (s > 0 || F(tile_height)(rows) == TILE_ROWS); rows -= sizes[s].rows) {
            sizes[s].by_vecs[vecs - 1](t);
            t->a += sizes[s].rows * t->a_row;
            t->c += sizes[s].rows * t->c_row;
        }
    }
}

/* A tile that has fewer columns than its vectors goes through a copy of C; b holds whole vectors. */
static void F(edge_tile)(const struct F(tile) * t, int rows, int cols)
{
    REAL copy[TILE_ROWS * TILE_COLS];
    struct F(tile) whole = *t;
    whole.c = copy;
    whole.c_row = TILE_COLS;
    for (int i = 0; i < rows && !t->first; i++)
        memcpy(copy + i * TILE_COLS, t->c + i * t->c_row, (size_t)cols * sizeof(REAL));
    F(tile_rows)(&whole, rows, cols > LANES ? 2 : 1);
    for (int i = 0; i < rows; i++)
        memcpy(t->c + i * t->c_row, copy + i * TILE_COLS, (size_t)cols * sizeof(REAL));
}

/* ---- packing ----------------------------------------------------------------------------------------------------- */

/* Blocks of 4 lines (f32) or 2 (f64) are transposed at a time. */
#define BLOCK ((int)(16 / sizeof(REAL)))

static inline void F(transpose_to)(REAL *const to[BLOCK], const REAL *from, ptrdiff_t stride)
{
#if REAL_IS_FLOAT
    simde__m128 r0 = simde_mm_loadu_ps(from), r1 = simde_mm_loadu_ps(from + stride);
    simde__m128 r2 = simde_mm_loadu_ps(from + 2 * stride), r3 = simde_mm_loadu_ps(from + 3 * stride);
    simde__m128 t0 = simde_mm_unpacklo_ps(r0, r1), t1 = simde_mm_unpacklo_ps(r2, r3);
    simde__m128 t2 = simde_mm_unpackhi_ps(r0, r1), t3 = simde_mm_unpackhi_ps(r2, r3);
    simde_mm_storeu_ps(to[0], simde_mm_movelh_ps(t0, t1));
    simde_mm_storeu_ps(to[1], simde_mm_movehl_ps(t1, t0));
    simde_mm_storeu_ps(to[2], simde_mm_movelh_ps(t2, t3));
    simde_mm_storeu_ps(to[3], simde_mm_movehl_ps(t3, t2));
#else
    simde__m128d r0 = simde_mm_loadu_pd(from), r1 = simde_mm_loadu_pd(from + stride);
    simde_mm_storeu_pd(to[0], simde_mm_unpacklo_pd(r0, r1));
    simde_mm_storeu_pd(to[1], simde_mm_unpackhi_pd(r0, r1));
#endif
}

static inline void F(transpose)(REAL *to, ptrdiff_t step, const REAL *from, ptrdiff_t stride)
{
    REAL *line[BLOCK];
    for (int i = 0; i < BLOCK; i++)
        line[i] = to + i * step;
    F(transpose_to)(line, from, stride);
}

/* Two lines of BLOCK elements. */
static inline void F(transpose_2)(REAL *to, ptrdiff_t step, const REAL *from, ptrdiff_t stride)
{
#if REAL_IS_FLOAT
    simde__m128 r0 = simde_mm_loadu_ps(from), r1 = simde_mm_loadu_ps(from + stride);
    simde__m128d low = simde_mm_castps_pd(simde_mm_unpacklo_ps(r0, r1));
    simde__m128d high = simde_mm_castps_pd(simde_mm_unpackhi_ps(r0, r1));
    simde_mm_storel_pd((simde_float64 *)(void *)to, low);
    simde_mm_storeh_pd((simde_float64 *)(void *)(to + step), low);
    simde_mm_storel_pd((simde_float64 *)(void *)(to + 2 * step), high);
    simde_mm_storeh_pd((simde_float64 *)(void *)(to + 3 * step), high);
#else
    F(transpose)(to, step, from, stride);
#endif
}

/* `lines` lines of `depth` elements each, `stride` apart, become `depth` groups of `group` elements; what is missing in
 * a group is 0. */
static inline __attribute__((always_inline)) void F(pack_lines)(REAL *to, int group, const REAL *from, ptrdiff_t stride,
                                                                int lines, int depth)
{
    int whole = lines / BLOCK * BLOCK, pair = lines / 2 * 2, even = depth / BLOCK * BLOCK;
    if (lines < group)
        memset(to, 0, sizeof(REAL) * (size_t)group * (size_t)depth);
    for (int k = 0; k < even; k += BLOCK) {
        for (int r = 0; r < whole; r += BLOCK)
            F(transpose)(to + k * group + r, group, from + r * stride + k, stride);
        for (int r = whole; r < pair; r += 2)
            F(transpose_2)(to + k * group + r, group, from + r * stride + k, stride);
        for (int i = 0; i < BLOCK && pair < lines; i++)
            to[(k + i) * group + pair] = from[pair * stride + k + i];
    }
    for (int k = even; k < depth; k++) {
        for (int r = 0; r < lines; r++)
            to[k * group + r] = from[r * stride + k];
    }
}

/* The same from `depth` lines of `lines` elements each: groups are copied. */
static inline __attribute__((always_inline)) void F(pack_groups)(REAL *to, int group, const REAL *from,
                                                                 ptrdiff_t stride, int lines, int depth)
{
    if (lines < group)
        memset(to, 0, sizeof(REAL) * (size_t)group * (size_t)depth);
    for (int k = 0; k < depth; k++, to += group, from += stride)
        memcpy(to, from, sizeof(REAL) * (size_t)(lines < group ? lines : group));
}

/* TILE_ROWS rows at a time, column by column. */
static void F(pack_a)(REAL *to, struct F(matrix) a, int rows, int depth)
{
    for (int i = 0; i < rows; i += TILE_ROWS, to += (ptrdiff_t)TILE_ROWS * depth) {
        int some = rows - i < TILE_ROWS ? rows - i : TILE_ROWS;
        if (a.col == 1 && some == TILE_ROWS)
            F(pack_lines)(to, TILE_ROWS, a.at + i * a.row, a.row, TILE_ROWS, depth);
        else if (a.col == 1)
            F(pack_lines)(to, TILE_ROWS, a.at + i * a.row, a.row, some, depth);
        else if (some == TILE_ROWS)
            F(pack_groups)(to, TILE_ROWS, a.at + i, a.col, TILE_ROWS, depth);
        else
            F(pack_groups)(to, TILE_ROWS, a.at + i, a.col, some, depth);
    }
}

/* TILE_COLS columns of 8 rows at a time, so that rows are read in long runs and whole cache lines are written. */
static void F(pack_b_rows)(REAL *to, struct F(matrix) b, int depth, int cols)
{
    enum { ROWS = 8 };
    int whole = cols / TILE_COLS * TILE_COLS;
    for (int k = 0; k < depth; k += ROWS) {
        int some = depth - k < ROWS ? depth - k : ROWS;
        for (int j = 0; j < whole; j += TILE_COLS)
            F(pack_groups)
        (to + (ptrdiff_t)j * depth + k * TILE_COLS, TILE_COLS, b.at + k * b.row + j, b.row, TILE_COLS, some);
        if (whole < cols)
            F(pack_groups)
        (to + (ptrdiff_t)whole * depth + k * TILE_COLS, TILE_COLS, b.at + k * b.row + whole, b.row, cols - whole, some);
    }
}

/* TILE_COLS columns at a time, row by row. */
static void F(pack_b)(REAL *to, struct F(matrix) b, int depth, int cols)
{
    if (b.col == 1) {
        F(pack_b_rows)(to, b, depth, cols);
        return;
    }
    for (int j = 0; j < cols; j += TILE_COLS) {
        int some = cols - j < TILE_COLS ? cols - j : TILE_COLS;
        if (some == TILE_COLS)
            F(pack_lines)(to + (ptrdiff_t)j * depth, TILE_COLS, b.at + j * b.col, b.col, TILE_COLS, depth);
        else
            F(pack_lines)(to + (ptrdiff_t)j * depth, TILE_COLS, b.at + j * b.col, b.col, some, depth);
    }
}

/* ---- a block of A and one of B
 * -----------------------------------------------------------------------------------------
 */

static void F(prefetch_tile)(const REAL *c, ptrdiff_t stride)
{
    for (int i = 0; i < TILE_ROWS; i++)
        __builtin_prefetch(c + i * stride, 1, 2);
}

/* A block of A (packed, or where it is) times a packed block of B. The tile of C that comes next is fetched meanwhile,
 * because chains begin by reading it. */
static void F(multiply_blocks)(struct F(matrix) a, bool packed, const REAL *b, struct F(result) c, int depth,
                               bool first)
{
    for (int j = 0; j < c.cols; j += TILE_COLS) {
        int width = c.cols - j < TILE_COLS ? c.cols - j : TILE_COLS;
        for (int i = 0, height; i < c.rows; i += height) {
            height = packed && c.rows - i > TILE_ROWS ? TILE_ROWS : F(tile_height)(c.rows - i);
            struct F(tile) t = {.a = packed ? a.at + (ptrdiff_t)i * depth : a.at + i * a.row,
                                .b = b + (ptrdiff_t)j * depth,
                                .a_row = packed ? 1 : a.row,
                                .a_step = packed ? TILE_ROWS : a.col,
                                .b_step = TILE_COLS,
                                .c = c.at + i * c.stride + j,
                                .c_row = c.stride,
                                .depth = depth,
                                .first = first};
            if (height == TILE_ROWS && c.rows - i >= 2 * TILE_ROWS)
                F(prefetch_tile)(t.c + TILE_ROWS * c.stride, c.stride);
            if (width < TILE_COLS && width != LANES)
                F(edge_tile)(&t, height, width);
            else if (packed && height == TILE_ROWS && width == TILE_COLS)
                F(tile_packed)(&t);
            else
                F(tile_rows)(&t, height, width / LANES);
        }
    }
}

static struct F(matrix) F(part)(struct F(matrix) m, int row, int col)
{
    return (struct F(matrix)){m.at + row * m.row + col * m.col, m.row, m.col};
}
