/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/point.h"
#include "simd/wide.h"

/* ---- a mask with the input's channels --------------------------------------------------------------------------- */

static inline vi mask_bytes(vi x, vi mask, const void *fill)
{
    return v_select(v_eq_i8(mask, v_zero()), x, *(const vi *)fill);
}

/* A sample is 0 where both of its bytes are: a comparison of bytes, and'ed with itself across the sample. */
static inline vi mask_shorts(vi x, vi mask, const void *fill)
{
    vi zero = v_eq_i8(mask, v_zero());
    zero = v_and(zero, v_or(V(slli_epi16)(zero, 8), V(srli_epi16)(zero, 8)));
    return v_select(zero, x, *(const vi *)fill);
}

/* Bits of a number that is not 0, without its sign, are at least 1. */
static inline vi mask_floats(vi x, vi mask, const void *fill)
{
    vi bits = v_and(mask, v_set32(INT32_MAX));
    vi zero = V(srai_epi32)(V(sub_epi32)(bits, v_set32(1)), 31);
    return v_select(zero, x, *(const vi *)fill);
}

static void mask_u8(const struct flynn_call *call)
{
    vi fill = v_set8(call->stage->k[1]);
    point_kernel2(call, 1, mask_bytes, &fill);
}

static void mask_u16(const struct flynn_call *call)
{
    vi fill = v_set16(call->stage->k[1]);
    point_kernel2(call, 2, mask_shorts, &fill);
}

static void mask_f32(const struct flynn_call *call)
{
    vi fill = V_AS_I(V(set1_ps)(call->stage->f[0]));
    point_kernel2(call, sizeof(float), mask_floats, &fill);
}

/* ---- a mask of one channel --------------------------------------------------------------------------------------- */

#if W_SHUFFLES

enum { BYTES = 16 }; /* of a vector of the mask, which covers `channels` vectors of the input */

struct cover {
    simde__m128i spread[4]; /* shuffles that repeat each sample of the mask for its pixel */
    simde__m128i keep[4];   /* all zero at alpha, else all ones */
    simde__m128i fill;
    int channels;
    size_t sample;
};

static struct cover cover_of(const struct flynn_call *call, size_t sample)
{
    const struct flynn_stage *stage = call->stage;
    struct cover cover = {.channels = stage->in.channels, .sample = sample};
    for (int k = 0; k < cover.channels; k++) {
        uint8_t spread[BYTES], keep[BYTES];
        for (size_t i = 0; i < BYTES; i++) {
            size_t at = ((size_t)k * BYTES + i) / sample;
            spread[i] = (uint8_t)(at / (size_t)cover.channels * sample + i % sample);
            keep[i] = (int)(at % (size_t)cover.channels) == stage->k[0] ? 0 : 0xff;
        }
        cover.spread[k] = w_load16(spread);
        cover.keep[k] = w_load16(keep);
    }
    if (sample == sizeof(float))
        cover.fill = simde_mm_castps_si128(simde_mm_set1_ps(stage->f[0]));
    else
        cover.fill = sample == 1 ? simde_mm_set1_epi8((int8_t)stage->k[1]) : simde_mm_set1_epi16((int16_t)stage->k[1]);
    return cover;
}

/* All ones where a sample of the mask is 0. */
POINT_INLINE simde__m128i zeros_of(simde__m128i mask, size_t sample)
{
    const simde__m128i zero = simde_mm_setzero_si128();
    if (sample == 1)
        return simde_mm_cmpeq_epi8(mask, zero);
    if (sample == 2)
        return simde_mm_cmpeq_epi16(mask, zero);
    return simde_mm_cmpeq_epi32(simde_mm_and_si128(mask, simde_mm_set1_epi32(INT32_MAX)), zero);
}

/* The pixels of one vector of the mask. */
POINT_INLINE void cover_pixels(const struct cover *cover, const uint8_t *in, const uint8_t *mask, uint8_t *out,
                               int channels, size_t sample)
{
    simde__m128i zero = zeros_of(w_load16(mask), sample);
    for (int k = 0; k < channels; k++) {
        simde__m128i away = simde_mm_and_si128(simde_mm_shuffle_epi8(zero, cover->spread[k]), cover->keep[k]);
        simde__m128i x = w_load16(in + k * BYTES);
        w_store16(out + k * BYTES,
                  simde_mm_or_si128(simde_mm_andnot_si128(away, x), simde_mm_and_si128(away, cover->fill)));
    }
}

/* A row of `bytes` bytes of the mask. The last vector overlaps the one before; short rows go through buffers. */
POINT_INLINE void cover_row(const struct cover *cover, const uint8_t *in, const uint8_t *mask, uint8_t *out,
                            size_t bytes, int channels, size_t sample)
{
    size_t i = 0, n = (size_t)channels;
    if (bytes < BYTES) {
        uint8_t x[4 * BYTES] = {0}, m[BYTES] = {0}, y[4 * BYTES];
        memcpy(x, in, bytes * n);
        memcpy(m, mask, bytes);
        cover_pixels(cover, x, m, y, channels, sample);
        memcpy(out, y, bytes * n);
        return;
    }
    for (; i + BYTES <= bytes; i += BYTES)
        cover_pixels(cover, in + i * n, mask + i, out + i * n, channels, sample);
    if (i < bytes) {
        i = bytes - BYTES;
        cover_pixels(cover, in + i * n, mask + i, out + i * n, channels, sample);
    }
}

POINT_INLINE void cover_rows(const struct flynn_call *call, size_t sample)
{
    struct cover cover = cover_of(call, sample);
    size_t bytes = (size_t)call->width * sample;
    for (int r = 0; r < call->rows; r++) {
        if (cover.channels == 3)
            cover_row(&cover, call->in[r], call->with[r], call->out[r], bytes, 3, sample);
        else if (cover.channels == 4)
            cover_row(&cover, call->in[r], call->with[r], call->out[r], bytes, 4, sample);
        else
            cover_row(&cover, call->in[r], call->with[r], call->out[r], bytes, cover.channels, sample);
    }
}

static void cover_u8(const struct flynn_call *call)
{
    cover_rows(call, 1);
}

static void cover_u16(const struct flynn_call *call)
{
    cover_rows(call, 2);
}

static void cover_f32(const struct flynn_call *call)
{
    cover_rows(call, sizeof(float));
}

#else

#define cover_u8  NULL
#define cover_u16 NULL
#define cover_f32 NULL

#endif

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(mask);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(mask) = {
    .fn = {{[FLYNN_U8] = mask_u8, [FLYNN_U16] = mask_u16, [FLYNN_F32] = mask_f32},
           {[FLYNN_U8] = cover_u8, [FLYNN_U16] = cover_u16, [FLYNN_F32] = cover_f32}},
};
