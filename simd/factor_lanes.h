/* SPDX-License-Identifier: Apache-2.0 */
/* Small matrices of a batch, LANES of them side by side: each step of an element's chain is one vector operation.
 * Written once for both types, on top of simd/factor_tiles.h. */

#define LANE_ROWS 4 /* a tile, and what rows and columns are rounded up to */
#define LANE_COLS 2

#if REAL_IS_FLOAT
typedef int32_t F(lane);
#define LANE_I(name)          V(name##_epi32)
#define LANE_MASK(name, a, b) simde_mm512_movm_epi32(simde_mm512_##name##_epi32_mask(a, b))
#else
typedef int64_t F(lane);
#define LANE_I(name)          V(name##_epi64)
#define LANE_MASK(name, a, b) simde_mm512_movm_epi64(simde_mm512_##name##_epi64_mask(a, b))
#endif

/* Elements (i, j) of the matrices begin at at[i * row + j * LANES]. */
struct F(lanes) {
    REAL *at;
    ptrdiff_t row;
    int n;
};

/* Rows that are not a power of two apart. */
static struct F(lanes) F(make_lanes)(REAL *at, int n)
{
    int whole = (n + LANE_ROWS - 1) / LANE_ROWS * LANE_ROWS;
    return (struct F(lanes)){at, (ptrdiff_t)(whole + 2) * LANES, n};
}

static inline REAL *F(of)(const struct F(lanes) * m, int i, int j)
{
    return m->at + i * m->row + j * LANES;
}

/* ---- integers of the elements' width --------------------------------------------------------------------------------
 */

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

#if defined(FLYNN_ISA_AVX512)
static inline vi F(lane_gt)(vi a, vi b)
{
    return LANE_MASK(cmpgt, a, b);
}

static inline vi F(lane_eq)(vi a, vi b)
{
    return LANE_MASK(cmpeq, a, b);
}

static inline vi F(lane_pick)(vi mask, vi a, vi b)
{
    return v_select(mask, a, b);
}
#else
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
#endif

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

/* ---- tiles ---------------------------------------------------------------------------------------------------------
 */

/* `depth` steps of the chains of a tile. Element k of its row r at a[r * a_row + k * LANES], of its column v at
 * b[v * b_col + k * b_step]. */
static inline __attribute__((always_inline)) void F(lane_steps)(REAL_V c[LANE_ROWS][LANE_COLS], const REAL *a,
                                                                ptrdiff_t a_row, const REAL *b, ptrdiff_t b_col,
                                                                ptrdiff_t b_step, int depth)
{
    for (; depth > 0; depth--, a += LANES, b += b_step) {
        REAL_V b0 = REAL_L(loadu)(b), b1 = REAL_L(loadu)(b + b_col);
        for (int r = 0; r < LANE_ROWS; r++) {
            REAL_V x = REAL_L(loadu)(a + r * a_row);
            c[r][0] = TILE_STEP(x, b0, c[r][0]);
            c[r][1] = TILE_STEP(x, b1, c[r][1]);
        }
    }
}

static inline __attribute__((always_inline)) void F(lane_tile)(REAL_V c[LANE_ROWS][LANE_COLS], const REAL *at,
                                                               ptrdiff_t row)
{
    for (int r = 0; r < LANE_ROWS; r++) {
        for (int v = 0; v < LANE_COLS; v++)
            c[r][v] = REAL_L(loadu)(at + r * row + v * LANES);
    }
}

/* ---- between matrices and lanes
 * --------------------------------------------------------------------------------------
 */

/* Columns [first, n) of a row go to a row of each matrix. */
static void F(store_lanes)(REAL *const to[LANES], const REAL *from, int first, int n)
{
    int even = n / BLOCK * BLOCK;
    for (int col = first, some; col < n; col += some) {
        some = col % BLOCK == 0 && col < even ? BLOCK : 1;
        for (int l = 0; l < LANES && some == BLOCK; l += BLOCK) {
            REAL *block[BLOCK];
            for (int i = 0; i < BLOCK; i++)
                block[i] = to[l + i] + col;
            F(transpose_to)(block, from + col * LANES + l, LANES);
        }
        for (int l = 0; l < LANES && some == 1; l++)
            to[l][col] = from[col * LANES + l];
    }
}

/* Do matrices [first, last) with `lanes`, LANES at a time, and with `one` where there are fewer or their order is above
 * `most`. The last ones may be done twice. */
static void F(share_lanes)(const struct flynn_call *call, struct flynn_factor_share s, int most,
                           void (*lanes)(const struct flynn_call *, int), void (*one)(const struct flynn_call *, int))
{
    int order = call->stage->k[FLYNN_FACTOR_ORDER];
    bool small = order <= most && order <= FLYNN_FACTOR_SMALL && s.last - s.first >= LANES;
    for (int b = s.first; b < s.last; b += small ? LANES : 1) {
        if (small)
            lanes(call, b + LANES < s.last ? b : s.last - LANES);
        else
            one(call, b);
    }
}

#undef LANE_I
#undef LANE_MASK
