/* SPDX-License-Identifier: Apache-2.0 */
#include "core/matmul.h"
#include "simd/filter.h"
#include "simd/matmul_int8_pack.h"

/* One instruction of avx512 multiplies and adds 4 bytes of k, unsigned ones of one side and signed ones of the other.
 * It takes A as it is. B must be the other kind: where it is of the same kind as A, its bytes are packed 128 less
 * (signed) or more (unsigned), and an element of C starts from 128 times the sum of its row of A, or from that negated.
 *
 * Other tables widen bytes to 16 bits and take 2 of k at once. Neither instruction saturates. Integer sums are exact in
 * any order and modulo 2^32, so a tile is added to C as a whole. */

#define TILE_VECS 2
#define LANES     (VEC / 4)
#define TILE_COLS (TILE_VECS * LANES)
#if defined(FLYNN_ISA_AVX512)
#define TILE_ROWS 14
#else
#define TILE_ROWS 6
#endif
#define NUMBERS FLYNN_MATMUL_NUMBERS
#define MC      ((int)(FLYNN_MATMUL_MC_BYTES / 4))
#define NC      ((int)(FLYNN_MATMUL_NC_BYTES / 4))

struct sums {
    int32_t *at;
    ptrdiff_t stride;
    int rows, cols;
};

/* How the two sides are packed. */
struct kinds {
    int a_sign, b_sign; /* see struct bytes */
    bool a_signed;      /* the instruction's signed bytes are those of A */
    int per_sum;        /* what an element of C starts from, for a row of A with the sum 1 */
};

static struct kinds kinds(int a_sign, int b_sign)
{
#if STEPS == 4
    bool same = a_sign == b_sign;
    return (struct kinds){0, same ? 128 : 0, a_sign, same ? (a_sign ? -128 : 128) : 0};
#else
    return (struct kinds){a_sign, b_sign, false, 0};
#endif
}

static inline vi multiply_add(vi sum, vi a, vi b, bool a_signed)
{
#if STEPS == 4
    return v_keep(a_signed ? simde_mm512_dpbusd_epi32(sum, b, a) : simde_mm512_dpbusd_epi32(sum, a, b));
#else
    (void)a_signed;
    return v_keep(V(add_epi32)(v_keep(V(madd_epi16)(a, b)), sum));
#endif
}

/* ---- tiles ------------------------------------------------------------------------------------------------------- */

/* A panel of A begins with the numbers that the rows of C start from. */
struct tile {
    const int32_t *a, *b;
    int numbers;
    int32_t *c;
    ptrdiff_t stride;
    bool first; /* C is not there yet */
};

static inline __attribute__((always_inline)) void run_tile(const struct tile *t, int rows, bool a_signed)
{
    const int32_t *a = t->a, *b = t->b;
    const ptrdiff_t stride = t->stride;
    const bool first = t->first;
    int32_t *to = t->c;
    vi c[TILE_ROWS][TILE_VECS];
#pragma GCC unroll 14
    for (int i = 0; i < rows; i++)
        c[i][0] = c[i][1] = v_set32(a[i]);
    int numbers = t->numbers;
    do {
        vi b0 = v_load(b), b1 = v_load(b + LANES);
        a += TILE_ROWS;
        b += TILE_COLS;
#pragma GCC unroll 14
        for (int i = 0; i < rows; i++) {
            vi x = v_set32(a[i]);
            c[i][0] = multiply_add(c[i][0], x, b0, a_signed);
            c[i][1] = multiply_add(c[i][1], x, b1, a_signed);
        }
    } while (--numbers > 0);
    if (!first) {
#pragma GCC unroll 14
        for (int i = 0; i < rows; i++) {
            c[i][0] = V(add_epi32)(c[i][0], v_load(to + i * stride));
            c[i][1] = V(add_epi32)(c[i][1], v_load(to + i * stride + LANES));
        }
    }
#pragma GCC unroll 14
    for (int i = 0; i < rows; i++) {
        v_store(to + i * stride, c[i][0]);
        v_store(to + i * stride + LANES, c[i][1]);
    }
}

/* At least so many rows, as few as there is a function for. */
static inline __attribute__((always_inline)) void run_rows(const struct tile *t, int rows, bool a_signed)
{
    enum { HALF = TILE_ROWS > 8 ? 8 : 4, FEW = HALF / 2 };
    if (rows <= FEW)
        run_tile(t, FEW, a_signed);
    else if (rows <= HALF)
        run_tile(t, HALF, a_signed);
    else
        run_tile(t, TILE_ROWS, a_signed);
}

static void tile_unsigned(const struct tile *t, int rows)
{
    run_rows(t, rows, false);
}

#if STEPS == 4
static void tile_signed(const struct tile *t, int rows)
{
    run_rows(t, rows, true);
}
#else
#define tile_signed tile_unsigned
#endif

/* A tile that is not whole is made beside C. */
static void any_tile(const struct tile *t, int rows, int cols, bool a_signed)
{
    int32_t beside[TILE_ROWS * TILE_COLS];
    bool whole = rows == TILE_ROWS && cols == TILE_COLS;
    struct tile part = *t;
    if (!whole) {
        part.c = beside;
        part.stride = TILE_COLS;
        part.first = true;
    }
    if (a_signed)
        tile_signed(&part, rows);
    else
        tile_unsigned(&part, rows);
    for (int i = 0; i < rows && !whole; i++) {
        int32_t *to = t->c + i * t->stride;
        for (int j = 0; j < cols; j++)
            to[j] = beside[i * TILE_COLS + j] + (t->first ? 0 : to[j]);
    }
}

/* ---- blocks ------------------------------------------------------------------------------------------------------ */

/* What the rows of C start from: multiples of the sums of the rows of A. */
static void start_sums(int32_t *panel, int numbers, const struct kinds *how)
{
    memset(panel, 0, sizeof *panel * TILE_ROWS);
#if STEPS == 4
    int32_t sums[LANES];
    vi sum = v_zero(), factor = v_set32(how->per_sum), ones = v_set8(1);
    if (!how->per_sum)
        return;
    for (int k = 1; k <= numbers; k++)
        sum = multiply_add(sum, v_load(panel + k * TILE_ROWS), ones, how->a_signed);
    v_store(sums, V(mullo_epi32)(sum, factor));
    memcpy(panel, sums, sizeof *panel * TILE_ROWS);
#else
    (void)numbers;
    (void)how;
#endif
}

static void pack_a(int32_t *to, struct bytes a, int rows, int depth, const struct kinds *how)
{
    int numbers = (depth + STEPS - 1) / STEPS;
    ptrdiff_t apart = (ptrdiff_t)TILE_ROWS * (numbers + 1);
    pack(to + TILE_ROWS, apart, a, rows, depth, TILE_ROWS);
    for (int i = 0; i < rows; i += TILE_ROWS, to += apart)
        start_sums(to, numbers, how);
}

static void pack_b(int32_t *to, struct bytes b, int cols, int depth)
{
    pack(to, (ptrdiff_t)TILE_COLS * ((depth + STEPS - 1) / STEPS), b, cols, depth, TILE_COLS);
}

static void multiply_blocks(const int32_t *a, const int32_t *b, struct sums c, int numbers, bool first, bool a_signed)
{
    for (int j = 0; j < c.cols; j += TILE_COLS) {
        for (int i = 0; i < c.rows; i += TILE_ROWS) {
            int rows = c.rows - i < TILE_ROWS ? c.rows - i : TILE_ROWS;
            int cols = c.cols - j < TILE_COLS ? c.cols - j : TILE_COLS;
            struct tile t = {a + (ptrdiff_t)i * (numbers + 1),
                             b + (ptrdiff_t)j * numbers,
                             numbers,
                             c.at + i * c.stride + j,
                             c.stride,
                             first};
            any_tile(&t, rows, cols, a_signed);
        }
    }
}

static struct bytes part(struct bytes m, int line, int k)
{
    m.at += line * m.line + k * m.step;
    return m;
}

static void by_blocks(struct bytes a, struct bytes b, struct sums c, int depth, struct kinds how, int32_t *scratch)
{
    enum { KC = STEPS * NUMBERS };
    int mc = c.rows < MC ? (c.rows + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS : MC;
    int most = depth < KC ? (depth + STEPS - 1) / STEPS : NUMBERS;
    int32_t *packed_b = scratch + ((ptrdiff_t)mc * (most + 1) + 15) / 16 * 16;
    for (int j = 0; j < c.cols; j += NC) {
        int nc = c.cols - j < NC ? c.cols - j : NC;
        for (int k = 0; k < depth; k += KC) {
            int some = depth - k < KC ? depth - k : KC;
            pack_b(packed_b, part(b, j, k), nc, some);
            for (int i = 0; i < c.rows; i += mc) {
                struct sums block = {c.at + i * c.stride + j, c.stride, c.rows - i < mc ? c.rows - i : mc, nc};
                pack_a(scratch, part(a, i, k), block.rows, some, &how);
                multiply_blocks(scratch, packed_b, block, (some + STEPS - 1) / STEPS, k == 0, how.a_signed);
            }
        }
    }
}

/* Rows [y, y + rows) of one product. */
static void multiply(const struct flynn_call *call, const struct flynn_matmul_share *share, int y, int rows)
{
    const int32_t *k = call->stage->k;
    bool trans_a = k[FLYNN_MATMUL_FLAGS] & FLYNN_MATMUL_TRANS_A, trans_b = k[FLYNN_MATMUL_FLAGS] & FLYNN_MATMUL_TRANS_B;
    int depth = k[FLYNN_MATMUL_DEPTH], height = k[FLYNN_MATMUL_ROWS], number = y / height;
    ptrdiff_t a_stride = (ptrdiff_t)call->src->stride, b_stride = (ptrdiff_t)call->src2->stride;
    struct kinds how = kinds(k[FLYNN_MATMUL_SIGN_A], k[FLYNN_MATMUL_SIGN_B]);
    struct bytes a = {flynn_row(call->src, number * (trans_a ? depth : height)), trans_a ? 1 : a_stride,
                      trans_a ? a_stride : 1, how.a_sign};
    struct bytes b = {flynn_row(call->src2, number * (trans_b ? call->dst->shape.width : depth)),
                      trans_b ? b_stride : 1, trans_b ? 1 : b_stride, how.b_sign};
    struct sums c = {(int32_t *)flynn_row(call->dst, y) + share->first_col, (ptrdiff_t)(call->dst->stride / 4), rows,
                     share->last_col - share->first_col};
    by_blocks(part(a, y % height, 0), part(b, share->first_col, 0), c, depth, how, call->scratch);
}

static void matmul_u8(const struct flynn_call *call)
{
    struct flynn_matmul_share share = flynn_matmul_share(call, TILE_ROWS, TILE_COLS);
    int every = call->stage->k[FLYNN_MATMUL_ROWS];
    for (int y = share.first_row, some; y < share.last_row && share.first_col < share.last_col; y += some) {
        int left = share.last_row - y, last = every - y % every;
        some = left < last ? left : last;
        multiply(call, &share, y, some);
    }
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(matmul_int8);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(matmul_int8) = {
    .fn = {{[FLYNN_U8] = matmul_u8}},
};
