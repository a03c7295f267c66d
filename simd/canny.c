/* SPDX-License-Identifier: Apache-2.0 */
#include "core/canny.h"
#include "simd/filter.h"

static inline vi magnitude(vi x)
{
    return V(max_epi16)(x, V(sub_epi16)(v_zero(), x));
}

/* For whole numbers y < x * 13573 / 2^15 is y <= the quotient rounded down, but for x = y = 0, which is no edge
 * whatever its direction. */
static inline vi gradient(const uint8_t *a, const uint8_t *b, const uint8_t *c)
{
    vi a0 = v_widen8(a - 1), a1 = v_widen8(a), a2 = v_widen8(a + 1), b0 = v_widen8(b - 1), b2 = v_widen8(b + 1);
    vi c0 = v_widen8(c - 1), c1 = v_widen8(c), c2 = v_widen8(c + 1);
    vi dx = V(sub_epi16)(V(add_epi16)(V(add_epi16)(a2, c2), V(slli_epi16)(b2, 1)),
                         V(add_epi16)(V(add_epi16)(a0, c0), V(slli_epi16)(b0, 1)));
    vi dy = V(sub_epi16)(V(add_epi16)(V(add_epi16)(c0, c2), V(slli_epi16)(c1, 1)),
                         V(add_epi16)(V(add_epi16)(a0, a2), V(slli_epi16)(a1, 1)));
    vi x = magnitude(dx), y = magnitude(dy);
    vi tangent = V(mulhi_epi16)(V(slli_epi16)(x, 1), v_set16(13573));
    vi across = v_gt_i16(V(add_epi16)(tangent, v_set16(1)), y);
    vi down = v_gt_i16(V(sub_epi16)(y, V(slli_epi16)(x, 1)), tangent);
    vi rising = V(srli_epi16)(v_xor(dx, dy), 15);
    vi way = v_select(down, V(add_epi16)(rising, v_set16(FLYNN_CANNY_FALLING)), v_set16(FLYNN_CANNY_DOWN));
    way = v_andnot(across, way);
    return v_or(V(slli_epi16)(V(add_epi16)(x, y), 2), way);
}

/* Rows are padded, so that whole vectors can be read at their end; what is written ends with the row. */
static void gradient_l1(const struct flynn_call *call)
{
    const uint8_t *a = call->in[0], *b = call->in[1], *c = call->in[2];
    uint16_t *out = call->out[0];
    enum { STEP = VEC / 2 };
    int x = 0;
    for (; x + STEP <= call->width; x += STEP)
        v_store(out + x, gradient(a + x, b + x, c + x));
    if (x < call->width)
        v_store_n(out + x, gradient(a + x, b + x, c + x), (size_t)(call->width - x) * sizeof *out);
}

/* The class of VEC / 2 samples, in 16 bits. Magnitudes are below 2^11. */
static inline vi suppress(const uint16_t *up, const uint16_t *row, const uint16_t *down, vi low, vi high)
{
    vi v = v_load(row), m = V(srli_epi16)(v, 2), way = v_and(v, v_set16(3));
    vi upright = v_gt_i16(v_set16(FLYNN_CANNY_DOWN), way), straight = v_gt_i16(v_set16(FLYNN_CANNY_FALLING), way);
    vi rising = v_gt_i16(way, v_set16(FLYNN_CANNY_FALLING));
    vi before = v_select(rising, v_load(up - 1), v_load(up + 1)),
       after = v_select(rising, v_load(down + 1), v_load(down - 1));
    before = v_select(straight, before, v_select(upright, v_load(up), v_load(row - 1)));
    after = v_select(straight, after, v_select(upright, v_load(down), v_load(row + 1)));
    /* One more than m where m >= after is enough: `straight` is -1 there. */
    vi peak =
        v_and(v_gt_i16(m, V(srli_epi16)(before, 2)), v_gt_i16(V(sub_epi16)(m, straight), V(srli_epi16)(after, 2)));
    vi one = v_and(v_and(peak, v_gt_i16(m, low)), v_set16(1));
    return V(add_epi16)(one, v_and(one, v_gt_i16(m, high)));
}

static void suppress_u16(const struct flynn_call *call)
{
    const uint16_t *up = call->in[0], *row = call->in[1], *down = call->in[2];
    const vi low = v_set16(call->stage->k[0]), high = v_set16(call->stage->k[1]);
    uint8_t *out = call->out[0];
    enum { HALF = VEC / 2 };
    for (int x = 0; x < call->width; x += VEC) {
        vi a = suppress(up + x, row + x, down + x, low, high);
        /* The second half of a short vector lies in the padding or is not needed. */
        int next = call->width - x > HALF ? x + HALF : x;
        vi b = suppress(up + next, row + next, down + next, low, high);
        vi bytes = v_packed_order(V(packus_epi16)(a, b));
        if (call->width - x >= VEC)
            v_store(out + x, bytes);
        else
            v_store_n(out + x, bytes, (size_t)(call->width - x));
    }
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(canny);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(canny) = {
    .fn = {[0] = {[FLYNN_U8] = gradient_l1}, [2] = {[FLYNN_U16] = suppress_u16}},
};
