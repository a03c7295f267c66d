/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/morphology.h"

#include "core/tophat.h"

/* The kernels are put together from those of simd/morphology.h as core/tophat.h says. */

FLYNN_UNROLLED vi minus(vi a, vi b, int bytes)
{
    if (bytes == 4)
        return V_AS_I(V(sub_ps)(V_AS_F(a), V_AS_F(b)));
    return bytes == 2 ? V(subs_epu16)(a, b) : V(subs_epu8)(a, b);
}

/* The last vector is not moved back: out may be one of the others. */
FLYNN_UNROLLED void subtract(void *out, const void *a, const void *b, size_t n, int bytes)
{
    const uint8_t *p = a, *q = b;
    uint8_t *to = out;
    size_t all = n * (size_t)bytes, i = 0;
    for (; i + VEC <= all; i += VEC)
        v_store(to + i, minus(v_load(p + i), v_load(q + i), bytes));
    if (i < all)
        v_store_n(to + i, minus(v_load_n(p + i, all - i), v_load_n(q + i, all - i), bytes), all - i);
}

static void subtract_u8(void *out, const void *a, const void *b, size_t n)
{
    subtract(out, a, b, n, 1);
}

static void subtract_u16(void *out, const void *a, const void *b, size_t n)
{
    subtract(out, a, b, n, 2);
}

static void subtract_f32(void *out, const void *a, const void *b, size_t n)
{
    subtract(out, a, b, n, 4);
}

static flynn_tophat_subtract *subtract_of(const struct flynn_call *call)
{
    enum flynn_type type = call->stage->variant;
    return type == FLYNN_U8 ? subtract_u8 : type == FLYNN_U16 ? subtract_u16 : subtract_f32;
}

static void part_down(const struct flynn_call *call)
{
    enum flynn_type type = call->stage->variant;
    if (type == FLYNN_U8)
        morph_down(call, 1);
    else if (type == FLYNN_U16)
        morph_down(call, 2);
    else
        morph_down(call, 4);
}

static void part_across(const struct flynn_call *call)
{
    enum flynn_type type = call->stage->variant;
    if (type == FLYNN_U8)
        morph_across(call, 1);
    else if (type == FLYNN_U16)
        morph_across(call, 2);
    else
        morph_across(call, 4);
}

static void difference(const struct flynn_call *call)
{
    flynn_tophat_difference(call, subtract_of(call));
}

/* ---- smallest and largest together --------------------------------------------------------------------------------
 */

FLYNN_UNROLLED void both_rows(const struct flynn_call *call, int bytes)
{
    const struct flynn_stage *stage = call->stage;
    size_t all = (size_t)stage->k[4] * (size_t)stage->in.channels * (size_t)bytes;
    void *least[FLYNN_MORPH_STEP], *most[FLYNN_MORPH_STEP];
    for (int r = 0; r < call->rows; r++) {
        least[r] = flynn_tophat_at(&stage->out, call->out[r], stage->k[2]);
        most[r] = flynn_tophat_at(&stage->out, call->out[r], stage->k[5] + stage->k[2]);
    }
    down_rows(call, least, most, all, bytes, false);
    for (int r = 0; r < call->rows; r++) {
        flynn_tophat_pad(stage, least[r], stage->k[4]);
        flynn_tophat_pad(stage, most[r], stage->k[4]);
    }
}

static void both_down(const struct flynn_call *call)
{
    enum flynn_type type = call->stage->variant;
    if (call->stage->k[1] > MANY)
        flynn_tophat_both_down(call, part_down);
    else if (type == FLYNN_U8)
        both_rows(call, 1);
    else if (type == FLYNN_U16)
        both_rows(call, 2);
    else
        both_rows(call, 4);
}

FLYNN_UNROLLED vi spread(const uint8_t *least, const uint8_t *most, ptrdiff_t far, int n, int bytes)
{
    ptrdiff_t last = (n - 1) * far;
    return minus(order_flip(window(most, far, last, n, bytes, false, true), bytes),
                 order_flip(window(least, far, last, n, bytes, false, false), bytes), bytes);
}

/* A row of windows of n samples. */
FLYNN_UNROLLED void spread_row(const uint8_t *least, const uint8_t *most, uint8_t *out, ptrdiff_t all, ptrdiff_t far,
                               int n, int bytes)
{
    ptrdiff_t i = 0;
    for (; i + VEC <= all; i += VEC)
        v_store(out + i, spread(least + i, most + i, far, n, bytes));
    if (i < all && i)
        v_store(out + all - VEC, spread(least + all - VEC, most + all - VEC, far, n, bytes));
    else if (i < all)
        v_store_n(out, spread(least, most, far, n, bytes), (size_t)all);
}

FLYNN_UNROLLED void spread_rows(const struct flynn_call *call, int bytes)
{
    const struct flynn_stage *stage = call->stage;
    ptrdiff_t pixel = stage->in.channels * bytes, all = call->width * pixel;
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *least = (const uint8_t *)call->in[r] - stage->left * pixel, *most = least + stage->k[6] * pixel;
        switch (stage->k[1]) {
        case 1:
            spread_row(least, most, call->out[r], all, pixel, 1, bytes);
            break;
        case 2:
            spread_row(least, most, call->out[r], all, pixel, 2, bytes);
            break;
        case 3:
            spread_row(least, most, call->out[r], all, pixel, 3, bytes);
            break;
        case 4:
            spread_row(least, most, call->out[r], all, pixel, 4, bytes);
            break;
        default:
            spread_row(least, most, call->out[r], all, pixel, 5, bytes);
        }
    }
}

static void both_difference(const struct flynn_call *call)
{
    enum flynn_type type = call->stage->variant;
    if (call->stage->k[1] > 5)
        flynn_tophat_both_difference(call, part_across, subtract_of(call));
    else if (type == FLYNN_U8)
        spread_rows(call, 1);
    else if (type == FLYNN_U16)
        spread_rows(call, 2);
    else
        spread_rows(call, 4);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(tophat);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(tophat) = {
    .fn = {[FLYNN_TOPHAT_SUBTRACT] = {[FLYNN_U8] = difference, [FLYNN_U16] = difference, [FLYNN_F32] = difference},
           [FLYNN_TOPHAT_BOTH_DOWN] = {[FLYNN_U8] = both_down, [FLYNN_U16] = both_down, [FLYNN_F32] = both_down},
           [FLYNN_TOPHAT_BOTH_SUBTRACT] =
               {[FLYNN_U8] = both_difference, [FLYNN_U16] = both_difference, [FLYNN_F32] = both_difference}},
};
