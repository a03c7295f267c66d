/* SPDX-License-Identifier: Apache-2.0 */
/* Tiles of a matrix product in one type, and the packing for them: included once for each type, with REAL the type,
 * REAL_V its vector, REAL_L(name) an intrinsic, F(name) the name of a function, TILE_ROWS the rows of a tile, and
 * TILE_STEP(a, b, c) what a step of an element's chain makes of c: fma(a, b, c) or fma(-a, b, c). Strides count
 * elements. */

/* Elements of a vector; columns of a tile. */
#define LANES     ((int)(VEC / sizeof(REAL)))
#define TILE_COLS (2 * LANES)
#define LINE_VECS (64 / (int)VEC) /* vectors of a line of the cache */
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

/* What tiles read and write: element (i, k) of A at a[i * a_row + k * a_step], row k of B at b + k * b_step. */
struct F(tile) {
    const REAL *a, *b;
    ptrdiff_t a_row, a_step, b_step;
    REAL *c;
    ptrdiff_t c_row;
    int depth;  /* 1 or more */
    bool first; /* start from 0 rather than from C */
    int tiles;  /* below each other */
    int panels; /* beside each other, the columns of B where B has them; 0: 1 */
};

/* ---- tiles ------------------------------------------------------------------------------------------------------- */

static inline __attribute__((always_inline)) void F(prefetch)(const REAL *c, ptrdiff_t stride, int rows, int vecs)
{
    for (int i = 0; i < rows; i++, c += stride) {
        for (int v = 0; v < vecs; v += LINE_VECS)
            __builtin_prefetch(c + v * LANES, 1, 2);
    }
}

/* A column of the elements of A that a tile reads: rows 0 and 7, and the bytes from a row to others. So few addresses
 * stay in registers, because an instruction adds twice or four times a register. */
struct F(column) {
    const char *at, *at7;
    ptrdiff_t one, three, five;
};

static inline __attribute__((always_inline)) struct F(column) F(column_at)(const REAL *a, ptrdiff_t row)
{
    const ptrdiff_t one = row * (ptrdiff_t)sizeof(REAL);
    return (struct F(column)){(const char *)a, (const char *)(a + 7 * row), one, 3 * one, 5 * one};
}

static inline __attribute__((always_inline)) REAL F(column_element)(const struct F(column) * c, int i)
{
    const char *at = i < 7 ? c->at : c->at7;
    const ptrdiff_t from[7] = {0, c->one, 2 * c->one, c->three, 4 * c->one, c->five, 2 * c->three};
    return *(const REAL *)(const void *)(at + from[i % 7]);
}

/* Steps of a tile's chains, with rows of A together (a_row 1) or apart. */
static inline __attribute__((always_inline)) void F(run_steps)(REAL_V c[TILE_ROWS][2], const struct F(tile) * t,
                                                               const REAL *a, const REAL *b, int rows, int vecs,
                                                               bool together)
{
    const ptrdiff_t a_step = t->a_step, a_bytes = a_step * (ptrdiff_t)sizeof(REAL), b_step = t->b_step;
    const REAL *end = b + t->depth * b_step;
    struct F(column) x = F(column_at)(a, t->a_row);
    do {
        REAL_V at[2];
        for (int v = 0; v < vecs; v++)
            at[v] = REAL_L(loadu)(b + v * LANES);
        for (int i = 0; i < rows; i++) {
            REAL_V factor = REAL_L(set1)(together ? a[i] : F(column_element)(&x, i));
            for (int v = 0; v < vecs; v++)
                c[i][v] = TILE_STEP(factor, at[v], c[i][v]);
        }
        a += a_step;
        x.at += a_bytes;
        x.at7 += a_bytes;
        b += b_step;
        __asm__("" : "+r"(x.one), "+r"(x.three), "+r"(x.five)); /* else their multiples get registers too */
    } while (b != end);
}

/* All tiles of `rows` rows of `vecs` vectors, rows of A `a_tile` apart from one to the next. Inlined into callers that
 * know most of it, which then becomes part of the instructions. Tiles follow each other without a call, whose pushes
 * would have to wait until the stores of a tile have left for the cache. The tile that comes next is fetched meanwhile,
 * because chains begin by reading it. */
static inline __attribute__((always_inline)) void F(run_tiles)(const struct F(tile) * t, int rows, int vecs,
                                                               ptrdiff_t a_tile, bool together, bool first)
{
    const ptrdiff_t c_row = t->c_row;
    int panel = 0;
    do {
        const REAL *a = t->a, *b = t->b + panel * TILE_COLS;
        REAL *to = t->c + panel * TILE_COLS;
        int tiles = t->tiles;
        do {
            REAL_V c[TILE_ROWS][2];
            REAL *line = to;
            for (int i = 0; i < rows; i++, line += c_row) {
                for (int v = 0; v < vecs; v++)
                    c[i][v] = first ? REAL_L(setzero)() : REAL_L(loadu)(line + v * LANES);
            }
            int left = tiles;
            __asm__("" : "+r"(left)); /* else the last tile gets a loop of its own */
            if (rows == TILE_ROWS)
                F(prefetch)(left > 1 ? line : t->c + (panel + 1) * TILE_COLS, c_row, rows, vecs);
            F(run_steps)(c, t, a, b, rows, vecs, together);
            __asm__("" : "+r"(to)); /* else the addresses of all rows are kept, in memory */
            for (int i = 0; i < rows; i++, to += c_row) {
                for (int v = 0; v < vecs; v++)
                    REAL_L(storeu)(to + v * LANES, c[i][v]);
            }
            a += a_tile;
        } while (--tiles > 0);
    } while (++panel < t->panels);
}

static inline __attribute__((always_inline)) void F(run_any)(const struct F(tile) * t, int rows, int vecs,
                                                             ptrdiff_t a_tile, bool together)
{
    if (t->first)
        F(run_tiles)(t, rows, vecs, a_tile, together, true);
    else
        F(run_tiles)(t, rows, vecs, a_tile, together, false);
}

typedef void F(tile_function)(const struct F(tile) * t);

/* Both sides packed. */
static void F(tile_packed)(const struct F(tile) * t)
{
    struct F(tile) packed = *t;
    packed.a_step = TILE_ROWS;
    packed.b_step = TILE_COLS;
    F(run_any)(&packed, TILE_ROWS, 2, (ptrdiff_t)TILE_ROWS * t->depth, true);
}

static void F(tile_full)(const struct F(tile) * t)
{
    F(run_any)(t, TILE_ROWS, 2, TILE_ROWS * t->a_row, false);
}

static void F(tile_full_x1)(const struct F(tile) * t)
{
    F(run_any)(t, TILE_ROWS, 1, TILE_ROWS * t->a_row, false);
}

#if TILE_ROWS > 8
static void F(tile_8x2)(const struct F(tile) * t)
{
    F(run_any)(t, 8, 2, 8 * t->a_row, false);
}

static void F(tile_8x1)(const struct F(tile) * t)
{
    F(run_any)(t, 8, 1, 8 * t->a_row, false);
}
#endif

static void F(tile_4x2)(const struct F(tile) * t)
{
    F(run_any)(t, 4, 2, 4 * t->a_row, false);
}

static void F(tile_4x1)(const struct F(tile) * t)
{
    F(run_any)(t, 4, 1, 4 * t->a_row, false);
}

static void F(tile_2x2)(const struct F(tile) * t)
{
    F(run_any)(t, 2, 2, 2 * t->a_row, false);
}

static void F(tile_2x1)(const struct F(tile) * t)
{
    F(run_any)(t, 2, 1, 2 * t->a_row, false);
}

static void F(tile_1x2)(const struct F(tile) * t)
{
    F(run_any)(t, 1, 2, 1 * t->a_row, false);
}

static void F(tile_1x1)(const struct F(tile) * t)
{
    F(run_any)(t, 1, 1, 1 * t->a_row, false);
}

/* Whole tiles of so many rows. Two tiles share those that would leave a tile of 2 or 3, whose few chains wait for each
 * other. */
static inline int F(whole_tiles)(int rows)
{
    int rest = rows % TILE_ROWS, whole = rows / TILE_ROWS;
    return whole && (rest == 2 || rest == 3) ? whole - 1 : whole;
}

/* Any number of rows of tiles of `vecs` vectors, in as few calls as possible. */
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
        t->tiles = s == 0 ? F(whole_tiles)(rows) : rows / sizes[s].rows;
        if (!t->tiles)
            continue;
        sizes[s].by_vecs[vecs - 1](t);
        int done = t->tiles * sizes[s].rows;
        t->a += done * t->a_row;
        t->c += done * t->c_row;
        rows -= done;
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

/* ---- a block of A and one of B ----------------------------------------------------------------------------------- */

/* A block of A (packed, or where it is) times a panel of a packed block of B that has whole vectors. */
static void F(multiply_panel)(struct F(tile) * t, bool packed, int rows, int vecs)
{
    int whole = rows / TILE_ROWS;
    if (packed && whole && vecs == 2) {
        t->tiles = whole;
        F(tile_packed)(t);
        t->a += (ptrdiff_t)whole * TILE_ROWS * t->depth;
        t->c += whole * TILE_ROWS * t->c_row;
        rows -= whole * TILE_ROWS;
    }
    for (int some; packed && rows > 0; rows -= some) {
        const REAL *a = t->a;
        some = rows < TILE_ROWS ? rows : TILE_ROWS;
        F(tile_rows)(t, some, vecs);
        t->a = a + (ptrdiff_t)TILE_ROWS * t->depth;
    }
    if (!packed)
        F(tile_rows)(t, rows, vecs);
}

/* The same with fewer columns. */
static void F(multiply_edge)(struct F(tile) * t, bool packed, int rows, int cols)
{
    for (int some; rows > 0; rows -= some) {
        some = rows < TILE_ROWS ? rows : TILE_ROWS;
        F(edge_tile)(t, some, cols);
        t->a += packed ? (ptrdiff_t)TILE_ROWS * t->depth : some * t->a_row;
        t->c += some * t->c_row;
    }
}

/* A block of A times a packed block of B. */
static void F(multiply_blocks)(struct F(matrix) a, bool packed, const REAL *b, struct F(result) c, int depth,
                               bool first)
{
    for (int j = 0; j < c.cols; j += TILE_COLS) {
        int width = c.cols - j < TILE_COLS ? c.cols - j : TILE_COLS;
        struct F(tile) t = {.a = a.at,
                            .b = b + (ptrdiff_t)j * depth,
                            .a_row = packed ? 1 : a.row,
                            .a_step = packed ? TILE_ROWS : a.col,
                            .b_step = TILE_COLS,
                            .c = c.at + j,
                            .c_row = c.stride,
                            .depth = depth,
                            .first = first};
        if (width < TILE_COLS && width != LANES)
            F(multiply_edge)(&t, packed, c.rows, width);
        else
            F(multiply_panel)(&t, packed, c.rows, width / LANES);
    }
}

static struct F(matrix) F(part)(struct F(matrix) m, int row, int col)
{
    return (struct F(matrix)){m.at + row * m.row + col * m.col, m.row, m.col};
}
