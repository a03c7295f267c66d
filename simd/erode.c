/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/morphology.h"

static void down_u8(const struct flynn_call *call)
{
    morph_down(call, 1);
}

static void down_u16(const struct flynn_call *call)
{
    morph_down(call, 2);
}

static void down_f32(const struct flynn_call *call)
{
    morph_down(call, 4);
}

static void across_u8(const struct flynn_call *call)
{
    morph_across(call, 1);
}

static void across_u16(const struct flynn_call *call)
{
    morph_across(call, 2);
}

static void across_f32(const struct flynn_call *call)
{
    morph_across(call, 4);
}

/* ---- any shape --------------------------------------------------------------------------------------------------- */

FLYNN_UNROLLED void mask_vectors(const struct flynn_call *call, int r, ptrdiff_t i, ptrdiff_t pixel, vi *best,
                                 int vectors, int bytes, bool largest)
{
    const int32_t *element = call->stage->table[0].data;
    const void *const *in = call->in + call->stage->up + r;
    const uint8_t *first = (const uint8_t *)in[element[1]] + i + element[0] * pixel;
    for (int v = 0; v < vectors; v++)
        best[v] = order_key(v_load(first + v * VEC), bytes);
    for (int t = 1; t < call->stage->k[1]; t++) {
        const uint8_t *p = (const uint8_t *)in[element[2 * t + 1]] + i + element[2 * t] * pixel;
        for (int v = 0; v < vectors; v++)
            best[v] = choose(best[v], order_key(v_load(p + v * VEC), bytes), bytes, largest);
    }
}

FLYNN_UNROLLED void mask_row(const struct flynn_call *call, int r, int bytes, bool largest)
{
    ptrdiff_t pixel = call->stage->in.channels * bytes, all = call->width * pixel, i = 0;
    uint8_t *out = call->out[r];
    vi best[4];
    for (; i + 4 * VEC <= all; i += 4 * VEC) {
        mask_vectors(call, r, i, pixel, best, 4, bytes, largest);
        for (int v = 0; v < 4; v++)
            give(out + i + v * VEC, best[v], VEC, bytes, true);
    }
    for (; i < all; i += VEC) {
        size_t n = all - i < VEC ? (size_t)(all - i) : VEC;
        mask_vectors(call, r, i, pixel, best, 1, bytes, largest);
        give(out + i, best[0], n, bytes, true);
    }
}

FLYNN_UNROLLED void mask(const struct flynn_call *call, int bytes)
{
    for (int r = 0; r < call->rows; r++) {
        if (call->stage->k[0])
            mask_row(call, r, bytes, true);
        else
            mask_row(call, r, bytes, false);
    }
}

static void mask_u8(const struct flynn_call *call)
{
    mask(call, 1);
}

static void mask_u16(const struct flynn_call *call)
{
    mask(call, 2);
}

static void mask_f32(const struct flynn_call *call)
{
    mask(call, 4);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(erode);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(erode) = {
    .fn = {[FLYNN_MORPH_DOWN] = {[FLYNN_U8] = down_u8, [FLYNN_U16] = down_u16, [FLYNN_F32] = down_f32},
           [FLYNN_MORPH_ACROSS] = {[FLYNN_U8] = across_u8, [FLYNN_U16] = across_u16, [FLYNN_F32] = across_f32},
           [FLYNN_MORPH_MASK] = {[FLYNN_U8] = mask_u8, [FLYNN_U16] = mask_u16, [FLYNN_F32] = mask_f32}},
};
