/* SPDX-License-Identifier: Apache-2.0 */
/* Small matrices of a batch, LANES of them side by side: each step of an element's chain is one vector operation.
 * Written once for both types, on top of simd/factor_tiles.h. */

#define LANE_ROWS 6 /* the largest tile */
#define LANE_COLS 2 /* and what rows and columns are rounded up to */

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

static inline int F(lane_whole)(int n)
{
    return (n + LANE_COLS - 1) / LANE_COLS * LANE_COLS;
}

/* Rows that are not a power of two apart. */
static struct F(lanes) F(make_lanes)(REAL *at, int n)
{
    return (struct F(lanes)){at, (ptrdiff_t)(F(lane_whole)(n) + 2) * LANES, n};
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
            REAL_V x = REAL_L(loadu)(a + r * a_row);
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

/* ---- between matrices and lanes ----------------------------------------------------------------------------------
 */

/* 16 bytes of two lines. */
static inline simde__m256 F(join_two)(const REAL *low, const REAL *high)
{
    return simde_mm256_insertf128_ps(simde_mm256_castps128_ps256(simde_mm_loadu_ps((const void *)low)),
                                     simde_mm_loadu_ps((const void *)high), 1);
}

static inline void F(split_two)(REAL *low, REAL *high, simde__m256 v)
{
    simde_mm_storeu_ps((void *)low, simde_mm256_castps256_ps128(v));
    simde_mm_storeu_ps((void *)high, simde_mm256_extractf128_ps(v, 1));
}

/* BLOCK elements of every BLOCKth line. */
static inline vf F(join_lines)(const REAL *const line[LANES], int col)
{
#if defined(FLYNN_ISA_AVX512)
    return flynn_mm512_join_ps(F(join_two)(line[0] + col, line[BLOCK] + col),
                               F(join_two)(line[2 * BLOCK] + col, line[3 * BLOCK] + col));
#else
    return F(join_two)(line[0] + col, line[BLOCK] + col);
#endif
}

static inline void F(split_lines)(REAL *const line[LANES], int col, vf v)
{
#if defined(FLYNN_ISA_AVX512)
    F(split_two)(line[0] + col, line[BLOCK] + col, simde_mm512_castps512_ps256(v));
    F(split_two)(line[2 * BLOCK] + col, line[3 * BLOCK] + col, flynn_mm512_upper_ps(v));
#else
    F(split_two)(line[0] + col, line[BLOCK] + col, v);
#endif
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

/* And back, from column 0 on. */
static void F(store_lanes)(REAL *const line[LANES], const REAL *from, int last)
{
    REAL *own[LANES];
    int col = 0;
    for (int l = 0; l < LANES; l++)
        own[l] = line[l];
    for (; col + BLOCK <= last; col += BLOCK, from += BLOCK * LANES) {
        vf v[BLOCK];
        for (int i = 0; i < BLOCK; i++)
            v[i] = V_AS_F(v_load(from + i * LANES));
        F(turn)(v);
        for (int i = 0; i < BLOCK; i++)
            F(split_lines)(own + i, col, v[i]);
    }
    for (; col < last; col++, from += LANES) {
        for (int l = 0; l < LANES; l++)
            line[l][col] = from[l];
    }
}

/* Columns [first, last) of a line of each matrix become 0. */
static inline void F(clear_lanes)(REAL *const line[LANES], int first, int last)
{
    for (int l = 0; l < LANES; l++) {
        if (last - first >= 4 * BLOCK) {
            memset(line[l] + first, 0, sizeof(REAL) * (size_t)(last - first));
            continue;
        }
        for (int col = first; col < last; col++)
            line[l][col] = 0;
    }
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
#undef LANE_MASK
