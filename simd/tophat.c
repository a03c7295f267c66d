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

/* ---- smallest and largest together ------------------------------------------------------------------------------- */

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

/* ---- differences of small windows -------------------------------------------------------------------------------- */

/* What is taken from what: windows of the smallest from windows of the largest, those from samples, or samples from
 * windows of the smallest. */
enum terms { TWO_WINDOWS, LESS_LARGEST, SMALLEST_LESS };

/* `count` bytes of the samples, or of windows of n. */
FLYNN_UNROLLED vi term(const uint8_t *p, bool samples, bool largest, ptrdiff_t far, int n, size_t count, int bytes)
{
    if (samples)
        return count < VEC ? v_load_n(p, count) : v_load(p);
    return order_flip(window(p, far, (n - 1) * far, n, bytes, false, largest), bytes);
}

FLYNN_UNROLLED void less_vector(const uint8_t *a, const uint8_t *b, uint8_t *out, ptrdiff_t far, int n, size_t count,
                                int bytes, enum terms terms)
{
    vi v = minus(term(a, terms == LESS_LARGEST, terms == TWO_WINDOWS, far, n, count, bytes),
                 term(b, terms == SMALLEST_LESS, terms == LESS_LARGEST, far, n, count, bytes), bytes);
    if (count < VEC)
        v_store_n(out, v, count);
    else
        v_store(out, v);
}

FLYNN_UNROLLED void less_row(const uint8_t *a, const uint8_t *b, uint8_t *out, ptrdiff_t all, ptrdiff_t far, int n,
                             int bytes, enum terms terms)
{
    ptrdiff_t i = 0;
    for (; i + VEC <= all; i += VEC)
        less_vector(a + i, b + i, out + i, far, n, VEC, bytes, terms);
    if (i < all && i)
        less_vector(a + all - VEC, b + all - VEC, out + all - VEC, far, n, VEC, bytes, terms);
    else if (i < all)
        less_vector(a, b, out, far, n, (size_t)all, bytes, terms);
}

FLYNN_UNROLLED void less_some(const struct flynn_call *call, const uint8_t *a, const uint8_t *b, uint8_t *out,
                              int bytes, enum terms terms)
{
    ptrdiff_t pixel = call->stage->in.channels * bytes, all = call->width * pixel;
    switch (call->stage->k[1]) {
    case 1:
        less_row(a, b, out, all, pixel, 1, bytes, terms);
        break;
    case 2:
        less_row(a, b, out, all, pixel, 2, bytes, terms);
        break;
    case 3:
        less_row(a, b, out, all, pixel, 3, bytes, terms);
        break;
    case 4:
        less_row(a, b, out, all, pixel, 4, bytes, terms);
        break;
    default:
        less_row(a, b, out, all, pixel, 5, bytes, terms);
    }
}

FLYNN_UNROLLED void less_rows(const struct flynn_call *call, int bytes, bool beside)
{
    const struct flynn_stage *stage = call->stage;
    ptrdiff_t pixel = stage->in.channels * bytes;
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *in = (const uint8_t *)call->in[r] - stage->left * pixel;
        if (!beside)
            less_some(call, in + stage->k[6] * pixel, in, call->out[r], bytes, TWO_WINDOWS);
        else if (stage->k[0])
            less_some(call, call->with[r], in, call->out[r], bytes, LESS_LARGEST);
        else
            less_some(call, in, call->with[r], call->out[r], bytes, SMALLEST_LESS);
    }
}

static void less(const struct flynn_call *call, bool beside)
{
    enum flynn_type type = call->stage->variant;
    if (type == FLYNN_U8)
        less_rows(call, 1, beside);
    else if (type == FLYNN_U16)
        less_rows(call, 2, beside);
    else
        less_rows(call, 4, beside);
}

static void across_difference(const struct flynn_call *call)
{
    if (call->stage->k[1] <= 5)
        less(call, true);
    else
        flynn_tophat_across_difference(call, part_across, subtract_of(call));
}

static void both_difference(const struct flynn_call *call)
{
    if (call->stage->k[1] <= 5)
        less(call, false);
    else
        flynn_tophat_both_difference(call, part_across, subtract_of(call));
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(tophat);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(tophat) = {
    .fn = {[FLYNN_TOPHAT_ACROSS_SUBTRACT] =
               {[FLYNN_U8] = across_difference, [FLYNN_U16] = across_difference, [FLYNN_F32] = across_difference},
           [FLYNN_TOPHAT_BOTH_DOWN] = {[FLYNN_U8] = both_down, [FLYNN_U16] = both_down, [FLYNN_F32] = both_down},
           [FLYNN_TOPHAT_BOTH_SUBTRACT] =
               {[FLYNN_U8] = both_difference, [FLYNN_U16] = both_difference, [FLYNN_F32] = both_difference}},
};
