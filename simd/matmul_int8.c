/* SPDX-License-Identifier: Apache-2.0 */
#include "core/matmul.h"
#include "simd/vec.h"

/* Bytes are widened to 16 bits and packed in pairs of k, so that one instruction multiplies and adds two of them
 * without saturation. Integer sums are exact in any order, so a tile starts from 0 and is added to C. */

#define TILE_VECS 2
#define LANES     (VEC / 4)
#define TILE_COLS (TILE_VECS * LANES)
#if defined(FLYNN_ISA_AVX512)
#define TILE_ROWS 14
#else
#define TILE_ROWS 6
#endif
#define PAIRS FLYNN_MATMUL_PAIRS
#define MC    ((int)(FLYNN_MATMUL_MC_BYTES / 4))
#define NC    ((int)(FLYNN_MATMUL_NC_BYTES / 4))

/* Element (i, j) at at[i * row + j * col], a byte v worth (v ^ sign) - sign. */
struct bytes {
    const uint8_t *at;
    ptrdiff_t row, col;
    int sign;
};

struct sums {
    int32_t *at;
    ptrdiff_t stride;
    int rows, cols;
};

static inline vi multiply_add(vi sum, vi a, vi b)
{
#if defined(FLYNN_ISA_AVX512)
    return simde_mm512_dpwssd_epi32(sum, a, b);
#else
    return V(add_epi32)(sum, V(madd_epi16)(a, b));
#endif
}

static void run_tile(const int32_t *a, const int32_t *b, int pairs, int32_t *to)
{
    vi c[TILE_ROWS][TILE_VECS];
    for (int i = 0; i < TILE_ROWS; i++)
        c[i][0] = c[i][1] = v_zero();
    for (; pairs > 0; pairs--, a += TILE_ROWS, b += TILE_COLS) {
        vi b0 = v_load(b), b1 = v_load(b + LANES);
        for (int i = 0; i < TILE_ROWS; i++) {
            vi x = v_set32(a[i]);
            c[i][0] = multiply_add(c[i][0], x, b0);
            c[i][1] = multiply_add(c[i][1], x, b1);
        }
    }
    for (int i = 0; i < TILE_ROWS; i++) {
        v_store(to + i * TILE_COLS, c[i][0]);
        v_store(to + i * TILE_COLS + LANES, c[i][1]);
    }
}

static void add_tile(struct sums c, const int32_t *tile, bool first)
{
    for (int i = 0; i < c.rows; i++) {
        for (int j = 0; j < c.cols; j++)
            c.at[i * c.stride + j] = tile[i * TILE_COLS + j] + (first ? 0 : c.at[i * c.stride + j]);
    }
}

/* Lines of m (rows, where `m.row` steps between them) become groups of `group` pairs; missing bytes are 0. */
static void pack(int16_t *to, struct bytes m, int lines, int depth, int group)
{
    for (int first = 0; first < lines; first += group) {
        int some = lines - first < group ? lines - first : group;
        for (int k = 0; k < depth; k += 2, to += 2 * group) {
            const uint8_t *from = m.at + first * m.row + k * m.col;
            bool both = k + 1 < depth;
            memset(to, 0, sizeof *to * 2 * (size_t)group);
            for (int i = 0; i < some; i++) {
                to[2 * i] = (int16_t)((from[i * m.row] ^ m.sign) - m.sign);
                to[2 * i + 1] = (int16_t)(both ? (from[i * m.row + m.col] ^ m.sign) - m.sign : 0);
            }
        }
    }
}

/* The same where lines lie next to each other, in vectors of 16 lines. */
static void pack_adjacent(int16_t *to, struct bytes m, int lines, int depth, int group)
{
    for (int first = 0; first < lines; first += group) {
        int some = lines - first < group ? lines - first : group;
        for (int k = 0; k < depth; k += 2, to += 2 * group) {
            static const uint8_t zero[TILE_COLS];
            const uint8_t *low = m.at + first + k * m.col, *high = k + 1 < depth ? low + m.col : zero;
            for (int i = 0; i < some; i++) {
                to[2 * i] = (int16_t)((low[i] ^ m.sign) - m.sign);
                to[2 * i + 1] = (int16_t)((high[i] ^ m.sign) - m.sign);
            }
            memset(to + 2 * some, 0, sizeof *to * 2 * (size_t)(group - some));
        }
    }
}

static void pack_any(int32_t *to, struct bytes m, int lines, int depth, int group)
{
    if (m.row == 1)
        pack_adjacent((int16_t *)to, m, lines, depth, group);
    else
        pack((int16_t *)to, m, lines, depth, group);
}

static void multiply_blocks(const int32_t *a, const int32_t *b, struct sums c, int pairs, bool first)
{
    int32_t tile[TILE_ROWS * TILE_COLS];
    for (int j = 0; j < c.cols; j += TILE_COLS) {
        for (int i = 0; i < c.rows; i += TILE_ROWS) {
            struct sums part = {c.at + i * c.stride + j, c.stride, c.rows - i, c.cols - j};
            part.rows = part.rows < TILE_ROWS ? part.rows : TILE_ROWS;
            part.cols = part.cols < TILE_COLS ? part.cols : TILE_COLS;
            run_tile(a + (ptrdiff_t)i * pairs, b + (ptrdiff_t)j * pairs, pairs, tile);
            add_tile(part, tile, first);
        }
    }
}

static struct bytes part(struct bytes m, int row, int col)
{
    m.at += row * m.row + col * m.col;
    return m;
}

/* B as its transpose: its lines are the columns. */
static void by_blocks(struct bytes a, struct bytes b, struct sums c, int depth, int32_t *scratch)
{
    enum { KC = 2 * PAIRS };
    int mc = c.rows < MC ? (c.rows + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS : MC;
    int deepest = depth < KC ? (depth + 1) / 2 : PAIRS;
    int32_t *packed_b = scratch + ((ptrdiff_t)mc * deepest + 15) / 16 * 16;
    for (int j = 0; j < c.cols; j += NC) {
        int nc = c.cols - j < NC ? c.cols - j : NC;
        for (int k = 0; k < depth; k += KC) {
            int some = depth - k < KC ? depth - k : KC;
            pack_any(packed_b, part(b, j, k), nc, some, TILE_COLS);
            for (int i = 0; i < c.rows; i += mc) {
                struct sums block = {c.at + i * c.stride + j, c.stride, c.rows - i < mc ? c.rows - i : mc, nc};
                pack_any(scratch, part(a, i, k), block.rows, some, TILE_ROWS);
                multiply_blocks(scratch, packed_b, block, (some + 1) / 2, k == 0);
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
    struct bytes a = {flynn_row(call->src, number * (trans_a ? depth : height)), trans_a ? 1 : a_stride,
                      trans_a ? a_stride : 1, k[FLYNN_MATMUL_SIGN_A]};
    struct bytes b = {flynn_row(call->src2, number * (trans_b ? call->dst->shape.width : depth)),
                      trans_b ? b_stride : 1, trans_b ? 1 : b_stride, k[FLYNN_MATMUL_SIGN_B]};
    struct sums c = {(int32_t *)flynn_row(call->dst, y) + share->first_col, (ptrdiff_t)(call->dst->stride / 4), rows,
                     share->last_col - share->first_col};
    by_blocks(part(a, y % height, 0), part(b, share->first_col, 0), c, depth, call->scratch);
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
