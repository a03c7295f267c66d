/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/median_large.h"
#include "simd/median_net.h"

#if defined(FLYNN_ISA_AVX512)
#include "simd/median5_columns.h"
#else
#include "simd/median5_segments.h"
#endif

FLYNN_UNROLLED vi middle(vi a, vi b, vi c, int bytes)
{
    return order_most(order_least(a, b, bytes), order_least(order_most(a, b, bytes), c, bytes), bytes);
}

/* What is kept of the columns so far: the largest of the smallest, the smallest of the largest, and of the middles the
 * two in order, of three the median. */
struct columns {
    vi low, high, mid, other;
};

/* Add column k, made of p <= q and x. */
FLYNN_UNROLLED void add_column(struct columns *c, int k, vi p, vi q, vi x, int bytes)
{
    vi upper = order_most(p, x, bytes), low = order_least(p, x, bytes), mid = order_least(upper, q, bytes),
       high = order_most(upper, q, bytes);
    if (k == 0) {
        *c = (struct columns){low, high, mid, mid};
        return;
    }
    c->low = order_most(c->low, low, bytes);
    c->high = order_least(c->high, high, bytes);
    if (k == 1) {
        c->other = order_most(c->mid, mid, bytes);
        c->mid = order_least(c->mid, mid, bytes);
    } else {
        c->mid = order_most(c->mid, order_least(c->other, mid, bytes), bytes);
    }
}

/* Two rows of output at byte i: the two input rows that both see are put in order once. */
FLYNN_UNROLLED void two_rows(const uint8_t *const row[4], ptrdiff_t i, ptrdiff_t pixel, int bytes, vi out[2])
{
    struct columns c[2];
    for (int k = 0; k < 3; k++) {
        ptrdiff_t at = i + (k - 1) * pixel;
        vi x = order_key(v_load(row[1] + at), bytes), y = order_key(v_load(row[2] + at), bytes);
        vi p = order_least(x, y, bytes), q = order_most(x, y, bytes);
        add_column(&c[0], k, p, q, order_key(v_load(row[0] + at), bytes), bytes);
        add_column(&c[1], k, p, q, order_key(v_load(row[3] + at), bytes), bytes);
    }
    for (int r = 0; r < 2; r++)
        out[r] = order_flip(middle(c[r].low, c[r].mid, c[r].high, bytes), bytes);
}

#if defined(FLYNN_ISA_AVX512)

/* Columns of three, in order. */
struct sorted_columns {
    vi low, mid, high;
};

/* Where a vector's neighbours are in two vectors: those to its left in the one before and itself, those to its right in
 * itself and the next. */
struct beside {
    vi left, right;
};

static inline struct beside beside_of(ptrdiff_t pixel)
{
    uint8_t left[VEC], right[VEC];
    for (int i = 0; i < VEC; i++) {
        left[i] = (uint8_t)(VEC - pixel + i);
        right[i] = (uint8_t)(pixel + i);
    }
    return (struct beside){v_load(left), v_load(right)};
}

FLYNN_UNROLLED void sort_columns(const uint8_t *const row[4], ptrdiff_t at, int bytes, struct sorted_columns to[2])
{
    vi x = order_key(v_load(row[1] + at), bytes), y = order_key(v_load(row[2] + at), bytes);
    vi p = order_least(x, y, bytes), q = order_most(x, y, bytes);
    for (int r = 0; r < 2; r++) {
        vi z = order_key(v_load(row[3 * r] + at), bytes), upper = order_most(p, z, bytes);
        to[r].low = order_least(p, z, bytes);
        to[r].mid = order_least(upper, q, bytes);
        to[r].high = order_most(upper, q, bytes);
    }
}

/* The vectors before, at and after the output. */
FLYNN_UNROLLED vi median_of_columns(const struct sorted_columns *a, const struct sorted_columns *b,
                                    const struct sorted_columns *c, const struct beside *beside, int bytes)
{
#define LEFT(of)  V(permutex2var_epi8)(a->of, beside->left, b->of)
#define RIGHT(of) V(permutex2var_epi8)(b->of, beside->right, c->of)
    vi low = order_most(order_most(LEFT(low), b->low, bytes), RIGHT(low), bytes);
    vi high = order_least(order_least(LEFT(high), b->high, bytes), RIGHT(high), bytes);
    vi mid = middle(LEFT(mid), b->mid, RIGHT(mid), bytes);
#undef LEFT
#undef RIGHT
    return order_flip(middle(low, mid, high, bytes), bytes);
}

/* Whole vectors of two rows; every column is put in order once. Returns the bytes that are done. */
FLYNN_UNROLLED ptrdiff_t whole_vectors(const uint8_t *const row[4], uint8_t *first, uint8_t *second, ptrdiff_t pixel,
                                       ptrdiff_t all, int bytes)
{
    const struct beside beside = beside_of(pixel);
    struct sorted_columns a[2], b[2], c[2];
    ptrdiff_t i = 0;
    sort_columns(row, -VEC, bytes, a);
    sort_columns(row, 0, bytes, b);
    for (; i + VEC <= all; i += VEC) {
        sort_columns(row, i + VEC, bytes, c);
        v_store(second + i, median_of_columns(&a[1], &b[1], &c[1], &beside, bytes));
        v_store(first + i, median_of_columns(&a[0], &b[0], &c[0], &beside, bytes));
        memcpy(a, b, sizeof a);
        memcpy(b, c, sizeof b);
    }
    return i;
}

#else

FLYNN_UNROLLED ptrdiff_t whole_vectors(const uint8_t *const row[4], uint8_t *first, uint8_t *second, ptrdiff_t pixel,
                                       ptrdiff_t all, int bytes)
{
    ptrdiff_t i = 0;
    for (; i + VEC <= all; i += VEC) {
        vi out[2];
        two_rows(row, i, pixel, bytes, out);
        v_store(second + i, out[1]);
        v_store(first + i, out[0]);
    }
    return i;
}

#endif

/* A single row is made as the first of two whose second is thrown away. */
FLYNN_UNROLLED void median3(const struct flynn_call *call, int bytes)
{
    ptrdiff_t pixel = call->stage->in.channels * bytes, all = call->width * pixel, i = 0;
    const uint8_t *const row[4] = {call->in[0], call->in[1], call->in[2], call->in[call->rows == 2 ? 3 : 0]};
    uint8_t *first = call->out[0], *second = call->out[call->rows - 1];
    if (all >= VEC)
        i = whole_vectors(row, first, second, pixel, all, bytes);
    if (i < all) {
        vi out[2];
        i = i ? all - VEC : 0;
        two_rows(row, i, pixel, bytes, out);
        v_store_row(second, (int)i, (int)all, 1, out[1]);
        v_store_row(first, (int)i, (int)all, 1, out[0]);
    }
}

static void median3_u8(const struct flynn_call *call)
{
    median3(call, 1);
}

static void median3_u16(const struct flynn_call *call)
{
    median3(call, 2);
}

static void median3_f32(const struct flynn_call *call)
{
    median3(call, 4);
}

static void median5_u8(const struct flynn_call *call)
{
    median5_rows(call, 1);
}

static void median5_u16(const struct flynn_call *call)
{
    median5_rows(call, 2);
}

static void median5_f32(const struct flynn_call *call)
{
    median5_rows(call, 4);
}

static void median_net_u8(const struct flynn_call *call)
{
    net_rows(call, 1);
}

static void median_net_u16(const struct flynn_call *call)
{
    net_rows(call, 2);
}

static void median_net_f32(const struct flynn_call *call)
{
    net_rows(call, 4);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(median);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(median) = {
    .fn = {[FLYNN_MEDIAN_3] = {[FLYNN_U8] = median3_u8, [FLYNN_U16] = median3_u16, [FLYNN_F32] = median3_f32},
           [FLYNN_MEDIAN_5] = {[FLYNN_U8] = median5_u8, [FLYNN_U16] = median5_u16, [FLYNN_F32] = median5_f32},
           [FLYNN_MEDIAN_15] = {[FLYNN_U8] = median_net_u8, [FLYNN_U16] = median_net_u16, [FLYNN_F32] = median_net_f32},
           [FLYNN_MEDIAN_LARGE] = {[FLYNN_U8] = median_large_u8}},
};
