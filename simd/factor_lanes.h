/* SPDX-License-Identifier: Apache-2.0 */
/* Small matrices of a batch, LANES of them side by side: each step of an element's chain is one vector operation.
 * Written once for both types, on top of simd/factor_tiles.h. */

#define LANE_ROWS  6 /* the largest tile */
#define LANE_COLS  2 /* and what rows and columns are rounded up to */
#define LANE_GROUP 4 /* rows that go between matrices and lanes together */
#define LANE_WIDTH 4 /* and what columns are rounded up to there */
/* From a row to the next: known to the compiler, as a tile has more rows than there are registers for their addresses,
 * and no power of two. */
#define LANE_STRIDE ((ptrdiff_t)(FLYNN_FACTOR_SMALL + LANE_COLS) * LANES)

#if REAL_IS_FLOAT
typedef int32_t F(lane);
#define LANE_I(name) V(name##_epi32)
#else
typedef int64_t F(lane);
#define LANE_I(name) V(name##_epi64)
#endif

/* Elements (i, j) of the matrices begin at at[i * LANE_STRIDE + j * LANES]. */
struct F(lanes) {
    REAL *at;
    int n;
};

static inline int F(lane_whole)(int n)
{
    return (n + LANE_COLS - 1) / LANE_COLS * LANE_COLS;
}

static inline REAL *F(of)(const struct F(lanes) * m, int i, int j)
{
    return m->at + i * LANE_STRIDE + j * LANES;
}

/* ---- integers of the elements' width ----------------------------------------------------------------------------- */

static inline vi F(lane_set)(F(lane) x)
{
    REAL bits;
    memcpy(&bits, &x, sizeof bits);
    REAL_V all = REAL_L(set1)(bits);
    vi v;
    memcpy(&v, &all, sizeof v);
    return v;
}

static inline vi F(lane_bits)(REAL x)
{
    F(lane) bits;
    memcpy(&bits, &x, sizeof bits);
    return F(lane_set)(bits);
}

static inline vi F(lane_gt)(vi a, vi b)
{
    return LANE_I(cmpgt)(a, b);
}

static inline vi F(lane_eq)(vi a, vi b)
{
    return LANE_I(cmpeq)(a, b);
}

static inline vi F(lane_pick)(vi mask, vi a, vi b)
{
    return V(blendv_epi8)(a, b, mask);
}

/* x where `size` is positive and finite, NaN elsewhere. Positive numbers have the order of their bits, with NaN last.
 */
static inline REAL_V F(usable)(REAL_V size, REAL_V x)
{
    vi bits, all, nan = F(lane_bits)((REAL)NAN);
    memcpy(&bits, &size, sizeof bits);
    memcpy(&all, &x, sizeof all);
    vi good = v_and(F(lane_gt)(bits, v_zero()), F(lane_gt)(F(lane_bits)((REAL)INFINITY), bits));
    all = F(lane_pick)(good, nan, all);
    memcpy(&x, &all, sizeof x);
    return x;
}

/* ---- tiles ------------------------------------------------------------------------------------------------------- */

/* `depth` steps of the chains of a tile of `rows` rows. Element k of its row r at a[r * a_row + k * LANES],
 * of its column v at b[v * b_col + k * b_step]. */
static inline __attribute__((always_inline)) void F(lane_steps)(REAL_V c[LANE_ROWS][LANE_COLS], int rows, const REAL *a,
                                                                ptrdiff_t a_row, const REAL *b, ptrdiff_t b_col,
                                                                ptrdiff_t b_step, int depth)
{
    for (; depth > 0; depth--, a += LANES, b += b_step) {
        REAL_V column[LANE_COLS];
        for (int v = 0; v < LANE_COLS; v++)
            column[v] = REAL_L(loadu)(b + v * b_col);
        for (int r = 0; r < rows; r++) {
            REAL_V x = F(tile_keep)(REAL_L(loadu)(a + r * a_row));
            for (int v = 0; v < LANE_COLS; v++)
                c[r][v] = TILE_STEP(x, column[v], c[r][v]);
        }
    }
}

static inline __attribute__((always_inline)) void F(load_tile)(REAL_V c[LANE_ROWS][LANE_COLS], int rows, const REAL *at,
                                                               ptrdiff_t row)
{
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < LANE_COLS; v++)
            c[r][v] = REAL_L(loadu)(at + r * row + v * LANES);
    }
}

static inline __attribute__((always_inline)) void F(store_tile)(REAL *at, ptrdiff_t row, REAL_V c[LANE_ROWS][LANE_COLS],
                                                                int rows)
{
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < LANE_COLS; v++)
            REAL_L(storeu)(at + r * row + v * LANES, c[r][v]);
    }
}

/* ---- between matrices and lanes ---------------------------------------------------------------------------------- */

/* BLOCK elements of every BLOCKth line. */
static inline vf F(join_lines)(const REAL *const *line, ptrdiff_t col)
{
    return simde_mm256_insertf128_ps(simde_mm256_castps128_ps256(simde_mm_loadu_ps((const void *)(line[0] + col))),
                                     simde_mm_loadu_ps((const void *)(line[BLOCK] + col)), 1);
}

static inline void F(split_lines)(REAL *const *line, ptrdiff_t col, vf v)
{
    simde_mm_storeu_ps((void *)(line[0] + col), simde_mm256_castps256_ps128(v));
    simde_mm_storeu_ps((void *)(line[BLOCK] + col), simde_mm256_extractf128_ps(v, 1));
}

/* Between BLOCK elements of lines and BLOCK vectors of lanes. */
static inline void F(turn)(vf v[BLOCK])
{
#define PAIR(half, a, b) V(castpd_ps)(V(unpack##half##_pd)(V(castps_pd)(a), V(castps_pd)(b)))
#if REAL_IS_FLOAT
    vf t0 = V(unpacklo_ps)(v[0], v[1]), t1 = V(unpacklo_ps)(v[2], v[3]);
    vf t2 = V(unpackhi_ps)(v[0], v[1]), t3 = V(unpackhi_ps)(v[2], v[3]);
    v[0] = PAIR(lo, t0, t1);
    v[1] = PAIR(hi, t0, t1);
    v[2] = PAIR(lo, t2, t3);
    v[3] = PAIR(hi, t2, t3);
#else
    vf low = PAIR(lo, v[0], v[1]);
    v[1] = PAIR(hi, v[0], v[1]);
    v[0] = low;
#endif
#undef PAIR
}

/* Columns [first, last) of a line of each matrix become vectors from `to` on. */
static void F(load_lanes)(REAL *to, const REAL *const line[LANES], int first, int last)
{
    const REAL *own[LANES]; /* which cannot be where `to` is */
    int col = first;
    for (int l = 0; l < LANES; l++)
        own[l] = line[l];
    for (; col + BLOCK <= last; col += BLOCK, to += BLOCK * LANES) {
        vf v[BLOCK];
        for (int i = 0; i < BLOCK; i++)
            v[i] = F(join_lines)(own + i, col);
        F(turn)(v);
        for (int i = 0; i < BLOCK; i++)
            v_store(to + i * LANES, V_AS_I(v[i]));
    }
    for (; col < last; col++, to += LANES) {
        for (int l = 0; l < LANES; l++)
            to[l] = line[l][col];
    }
}

/* An index that the compiler does not turn into a pointer to each line of each row, of which it would keep most in
 * memory. */
static inline ptrdiff_t F(lane_index)(ptrdiff_t at)
{
    __asm__("" : "+r"(at));
    return at;
}

/* BLOCK columns of `rows` rows of all matrices, from where `line` points to. */
static inline __attribute__((always_inline)) void F(load_block)(REAL *to, const REAL *const *line, ptrdiff_t stride,
                                                                int rows, int col)
{
    for (int r = 0; r < rows; r++) {
        ptrdiff_t at = F(lane_index)(r * stride + col);
        vf v[BLOCK];
        for (int i = 0; i < BLOCK; i++)
            v[i] = F(join_lines)(line + i, at);
        F(turn)(v);
        for (int i = 0; i < BLOCK; i++)
            v_store(to + r * LANE_STRIDE + (col + i) * LANES, V_AS_I(v[i]));
    }
}

static inline __attribute__((always_inline)) void F(store_block)(REAL *const *line, ptrdiff_t stride, const REAL *from,
                                                                 int rows, int col)
{
    for (int r = 0; r < rows; r++) {
        ptrdiff_t at = F(lane_index)(r * stride + col);
        vf v[BLOCK];
        for (int i = 0; i < BLOCK; i++)
            v[i] = V_AS_F(v_load(from + r * LANE_STRIDE + (col + i) * LANES));
        F(turn)(v);
        for (int i = 0; i < BLOCK; i++)
            F(split_lines)(line + i, at, v[i]);
    }
}

/* Columns [0, cols) of `rows` rows go between matrices and lanes together, so that they are counted once. at[l] is the
 * first of the rows in matrix l. Where the last columns are no whole block, some go twice. */
static inline __attribute__((always_inline)) void F(load_group)(REAL *to, const REAL *const at[LANES], ptrdiff_t stride,
                                                                int rows, int cols)
{
    const REAL *own[LANES]; /* which cannot be where `to` is */
    int col = 0;
    for (int l = 0; l < LANES; l++)
        own[l] = at[l];
    for (; col + BLOCK <= cols; col += BLOCK)
        F(load_block)(to, own, stride, rows, col);
    if (col > 0 && col < cols)
        F(load_block)(to, own, stride, rows, cols - BLOCK);
    for (int r = 0; r < rows && cols < BLOCK; r++) {
        for (int e = 0; e < cols * LANES; e++)
            to[r * LANE_STRIDE + e] = own[e % LANES][r * stride + e / LANES];
    }
}

static inline __attribute__((always_inline)) void F(store_group)(REAL *const at[LANES], ptrdiff_t stride,
                                                                 const REAL *from, int rows, int cols)
{
    REAL *own[LANES];
    int col = 0;
    for (int l = 0; l < LANES; l++)
        own[l] = at[l];
    for (; col + BLOCK <= cols; col += BLOCK)
        F(store_block)(own, stride, from, rows, col);
    if (col > 0 && col < cols)
        F(store_block)(own, stride, from, rows, cols - BLOCK);
    for (int r = 0; r < rows && cols < BLOCK; r++) {
        for (int e = 0; e < cols * LANES; e++)
            own[e % LANES][r * stride + e / LANES] = from[r * LANE_STRIDE + e];
    }
}

/* Elements [first, last) become 0, by stores that the compiler does not make a call of. */
static inline void F(clear)(REAL *to, int first, int last)
{
    REAL_V none = F(tile_keep)(REAL_L(setzero)());
    if (last - first >= LANES) {
        for (; first + LANES <= last; first += LANES)
            REAL_L(storeu)(to + first, none);
        REAL_L(storeu)(to + last - LANES, none);
        return;
    }
    for (; first + BLOCK <= last; first += BLOCK)
        memset(to + first, 0, sizeof(REAL) * BLOCK);
    for (; first < last; first++)
        to[first] = 0;
}

/* Columns [cols, n) of the same rows become 0. */
static inline __attribute__((always_inline)) void F(clear_group)(REAL *const at[LANES], ptrdiff_t stride, int rows,
                                                                 int cols, int n)
{
    for (int l = 0; l < LANES && rows == 1; l++)
        F(clear)(at[l], cols, n);
    for (; cols < n && rows > 1; cols += LANE_WIDTH) {
        int some = n - cols < LANE_WIDTH ? n - cols : LANE_WIDTH;
        for (int r = 0; r < rows; r++) {
            for (int l = 0; l < LANES; l++) {
                REAL *to = at[l] + r * stride + cols;
                if (some == LANE_WIDTH)
                    memset(to, 0, sizeof(REAL) * LANE_WIDTH);
                for (int i = 0; i < some && some < LANE_WIDTH; i++)
                    to[i] = 0;
            }
        }
    }
}

/* Rows of a group. Matrices a multiple of this far apart fall on the same lines of the first cache: the lines that one
 * row is on just fit there together. */
static inline int F(lane_group)(int n, ptrdiff_t stride)
{
    enum { APART = 1 << 14 };
    return (size_t)n * (size_t)stride * sizeof(REAL) % APART ? LANE_GROUP : 1;
}

/* Do matrices [first, last) with `lanes`, LANES at a time, and with `one` where there are fewer or their order is above
 * FLYNN_FACTOR_SMALL. Of the last group all lanes from the last matrix on hold that one. */
static void F(share_lanes)(const struct flynn_call *call, struct flynn_factor_share s,
                           void (*lanes)(const struct flynn_call *, const int *),
                           void (*one)(const struct flynn_call *, int))
{
    bool small = call->stage->k[FLYNN_FACTOR_ORDER] <= FLYNN_FACTOR_SMALL && s.last - s.first >= LANES;
    for (int b = s.first; b < s.last; b += small ? LANES : 1) {
        int number[LANES];
        for (int l = 0; l < LANES; l++)
            number[l] = b + l < s.last ? b + l : s.last - 1;
        if (small)
            lanes(call, number);
        else
            one(call, b);
    }
}

#undef LANE_I
