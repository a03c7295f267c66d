/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/slopes.h"

FLYNN_UNROLLED vf step_floats(vi a, vi b, int w)
{
    vf d = V(sub_ps)(V_AS_F(b), V_AS_F(a));
    return w == 1 ? d : V(mul_ps)(V(set1_ps)((float)w), d);
}

/* ---- u8 ---------------------------------------------------------------------------------------------------------- */

static inline vi root_longs(vi n)
{
    return V(cvtps_epi32)(V(sqrt_ps)(V(cvtepi32_ps)(n)));
}

/* Half of the magnitudes, in 16 bits. */
FLYNN_UNROLLED vi size_bytes(const struct window *w, struct weights by, bool l2, bool high)
{
    struct slopes d = slopes_bytes(w, by, high);
    if (!l2)
        return V(add_epi16)(V(abs_epi16)(d.dx), V(abs_epi16)(d.dy));
    vi low = V(unpacklo_epi16)(d.dx, d.dy), upper = V(unpackhi_epi16)(d.dx, d.dy);
    return V(packs_epi32)(root_longs(V(madd_epi16)(low, low)), root_longs(V(madd_epi16)(upper, upper)));
}

/* ---- u16 --------------------------------------------------------------------------------------------------------- */

/* All ones where a > b, both without sign. */
static inline vi above_longs(vi a, vi b)
{
    vi sign = v_set32(INT32_MIN);
    return v_gt_i32(v_xor(a, sign), v_xor(b, sign));
}

/* The rounded root of x*x + y*y, as the scalar kernel has it; x, y up to 65535. */
static inline vi length_longs(vi x, vi y)
{
    vi most = v_set32((int32_t)(65535u * 65535u + 65535u));
    vi xx = V(mullo_epi32)(x, x), n = V(add_epi32)(xx, V(mullo_epi32)(y, y));
    n = v_or(n, above_longs(xx, n));
    n = v_select(above_longs(n, most), n, most);
    vf upper = V(cvtepi32_ps)(V(srli_epi32)(n, 16)), lower = V(cvtepi32_ps)(v_and(n, v_set32(65535)));
    vf real = V(add_ps)(V(mul_ps)(upper, V(set1_ps)(65536.0f)), lower);
    vi root = V(cvtps_epi32)(V(sub_ps)(V(sqrt_ps)(real), V(set1_ps)(0.5f)));
    vi high = V(add_epi32)(V(mullo_epi32)(root, root), root);
    return V(sub_epi32)(root, above_longs(n, high));
}

FLYNN_UNROLLED vi size_words(const struct window *w, struct weights by, bool l2, bool high)
{
    struct slopes d = slopes_words(w, by, high);
    vi x = V(abs_epi32)(d.dx), y = V(abs_epi32)(d.dy), most = v_set32(65535);
    if (!l2)
        return V(min_epi32)(V(add_epi32)(x, y), most);
    return length_longs(V(min_epi32)(x, most), V(min_epi32)(y, most));
}

/* ---- f32 and all ------------------------------------------------------------------------------------------------- */

FLYNN_UNROLLED vi size_floats(const struct window *w, struct weights by, bool l2)
{
    vf dx = V(add_ps)(V(add_ps)(step_floats(w->a0, w->c0, by.side), step_floats(w->a1, w->c1, by.middle)),
                      step_floats(w->a2, w->c2, by.side));
    vf dy = V(add_ps)(V(add_ps)(step_floats(w->a0, w->a2, by.side), step_floats(w->b0, w->b2, by.middle)),
                      step_floats(w->c0, w->c2, by.side));
    vi positive = v_set32(INT32_MAX);
    if (!l2)
        return V_AS_I(V(add_ps)(V_AS_F(v_and(V_AS_I(dx), positive)), V_AS_F(v_and(V_AS_I(dy), positive))));
    return V_AS_I(V(sqrt_ps)(V(add_ps)(V(mul_ps)(dx, dx), V(mul_ps)(dy, dy))));
}

/* The vector of results at byte i; the neighbours in the row are `pixel` bytes away. */
FLYNN_UNROLLED vi magnitude(const uint8_t *const row[3], int i, int pixel, int bytes, struct weights by, bool l2)
{
    const struct window w = window_at(row, i, pixel);
    if (bytes == 1)
        return V(packus_epi16)(size_bytes(&w, by, l2, false), size_bytes(&w, by, l2, true));
    if (bytes == 2)
        return v_pack_words(size_words(&w, by, l2, false), size_words(&w, by, l2, true));
    return size_floats(&w, by, l2);
}

FLYNN_UNROLLED void lengths(const struct flynn_call *call, int bytes, struct weights by, bool l2)
{
    int pixel = call->stage->in.channels * bytes, all = call->width * pixel;
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *const row[3] = {call->in[r], call->in[r + 1], call->in[r + 2]};
        uint8_t *out = call->out[r];
        int i = 0;
        for (; i + VEC <= all; i += VEC)
            v_store(out + i, magnitude(row, i, pixel, bytes, by, l2));
        if (i < all) {
            i = i ? all - VEC : 0;
            v_store_row(out, i, all, 1, magnitude(row, i, pixel, bytes, by, l2));
        }
    }
}

FLYNN_UNROLLED void sobel(const struct flynn_call *call, int bytes, bool l2)
{
    if (call->stage->k[0] == 3)
        lengths(call, bytes, (struct weights){3, 10}, l2);
    else if (call->stage->k[1] == 1)
        lengths(call, bytes, (struct weights){1, 1}, l2);
    else
        lengths(call, bytes, (struct weights){1, 2}, l2);
}

static void sobel_l1_u8(const struct flynn_call *call)
{
    sobel(call, 1, false);
}

static void sobel_l1_u16(const struct flynn_call *call)
{
    sobel(call, 2, false);
}

static void sobel_l1_f32(const struct flynn_call *call)
{
    sobel(call, 4, false);
}

static void sobel_l2_u8(const struct flynn_call *call)
{
    sobel(call, 1, true);
}

static void sobel_l2_u16(const struct flynn_call *call)
{
    sobel(call, 2, true);
}

static void sobel_l2_f32(const struct flynn_call *call)
{
    sobel(call, 4, true);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(sobel);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(sobel) = {
    .fn = {{[FLYNN_U8] = sobel_l1_u8, [FLYNN_U16] = sobel_l1_u16, [FLYNN_F32] = sobel_l1_f32},
           {[FLYNN_U8] = sobel_l2_u8, [FLYNN_U16] = sobel_l2_u16, [FLYNN_F32] = sobel_l2_f32}},
};
