/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/median5.h"
#include "simd/median_large.h"
#include "simd/median_net.h"

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

/* A single row is made as the first of two whose second is thrown away. */
FLYNN_UNROLLED void median3(const struct flynn_call *call, int bytes)
{
    ptrdiff_t pixel = call->stage->in.channels * bytes, all = call->width * pixel, i = 0;
    const uint8_t *const row[4] = {call->in[0], call->in[1], call->in[2], call->in[call->rows == 2 ? 3 : 0]};
    uint8_t *first = call->out[0], *second = call->out[call->rows - 1];
    vi out[2];
    for (; i + VEC <= all; i += VEC) {
        two_rows(row, i, pixel, bytes, out);
        v_store(second + i, out[1]);
        v_store(first + i, out[0]);
    }
    if (i < all) {
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
