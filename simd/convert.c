/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/wide_point.h"

/* As cpu/convert.c: a slot for each type of the output. Every block makes WIDE samples. */

/* The WIDE / 2 bytes, or WIDE / 4 bytes or shorts at p as wider integers. */
#if WIDE == 32
static inline wi bytes_to_words(const uint8_t *p)
{
    return simde_mm256_cvtepu8_epi16(w_load16(p));
}

static inline wi bytes_to_ints(const uint8_t *p)
{
    return simde_mm256_cvtepu8_epi32(simde_mm_loadl_epi64((const void *)p));
}

static inline wi words_to_ints(const uint8_t *p)
{
    return simde_mm256_cvtepu16_epi32(w_load16(p));
}

/* What packs within lanes have put out of order. */
static inline wi restore_order(wi x)
{
    return simde_mm256_permute4x64_epi64(x, 0xd8);
}
#else
static inline wi bytes_to_words(const uint8_t *p)
{
    return simde_mm_unpacklo_epi8(simde_mm_loadl_epi64((const void *)p), w_zero());
}

static inline wi bytes_to_ints(const uint8_t *p)
{
    int32_t bytes;
    memcpy(&bytes, p, sizeof bytes);
    return simde_mm_unpacklo_epi16(simde_mm_unpacklo_epi8(simde_mm_cvtsi32_si128(bytes), w_zero()), w_zero());
}

static inline wi words_to_ints(const uint8_t *p)
{
    return simde_mm_unpacklo_epi16(simde_mm_loadl_epi64((const void *)p), w_zero());
}

static inline wi restore_order(wi x)
{
    return x;
}
#endif

static inline void u8_to_u16(const uint8_t *in, uint8_t *out, bool stream, const void *by)
{
    (void)by;
    for (int i = 0; i < 2; i++) {
        wi x = bytes_to_words(in + i * WIDE / 2);
        w_put(out + i * WIDE, W_SI(or)(x, W(slli_epi16)(x, 8)), stream);
    }
}

/* x / 257 to the nearest, without a carry out of 16 bits. */
static inline wi nearest_byte(wi x)
{
    wi rest = W(add_epi16)(W(srli_epi16)(x, 15), w_set16(127));
    return W(srli_epi16)(W(add_epi16)(W(sub_epi16)(x, W(srli_epi16)(x, 8)), rest), 8);
}

static inline void u16_to_u8(const uint8_t *in, uint8_t *out, bool stream, const void *by)
{
    (void)by;
    wi low = nearest_byte(w_load(in)), high = nearest_byte(w_load(in + WIDE));
    w_put(out, restore_order(W(packus_epi16)(low, high)), stream);
}

static inline void u8_to_f32(const uint8_t *in, uint8_t *out, bool stream, const void *by)
{
    (void)by;
    for (int i = 0; i < 4; i++) {
        wf x = W(cvtepi32_ps)(bytes_to_ints(in + i * WIDE / 4));
        w_put(out + i * WIDE, W_AS_I(W(div_ps)(x, W(set1_ps)(255.0f))), stream);
    }
}

static inline void u16_to_f32(const uint8_t *in, uint8_t *out, bool stream, const void *by)
{
    (void)by;
    for (int i = 0; i < 4; i++) {
        wf x = W(cvtepi32_ps)(words_to_ints(in + i * WIDE / 2));
        w_put(out + i * WIDE, W_AS_I(W(div_ps)(x, W(set1_ps)(65535.0f))), stream);
    }
}

/* max and min take their second operand where one is a NaN. */
static inline wi to_integers(const uint8_t *in, float white)
{
    wf y = W(mul_ps)(W_AS_F(w_load(in)), W(set1_ps)(white));
    return W(cvtps_epi32)(W(min_ps)(W(max_ps)(y, W(set1_ps)(0.0f)), W(set1_ps)(white)));
}

static inline void f32_to_u8(const uint8_t *in, uint8_t *out, bool stream, const void *by)
{
    (void)by;
    wi a = W(packs_epi32)(to_integers(in, 255.0f), to_integers(in + WIDE, 255.0f));
    wi b = W(packs_epi32)(to_integers(in + 2 * WIDE, 255.0f), to_integers(in + 3 * WIDE, 255.0f));
    wi y = W(packus_epi16)(a, b);
#if WIDE == 32
    y = simde_mm256_permutevar8x32_epi32(y, simde_mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
#endif
    w_put(out, y, stream);
}

static inline void f32_to_u16(const uint8_t *in, uint8_t *out, bool stream, const void *by)
{
    (void)by;
    for (int i = 0; i < 2; i++, in += 2 * WIDE, out += WIDE)
        w_put(out, restore_order(w_pack_u16(to_integers(in, 65535.0f), to_integers(in + WIDE, 65535.0f))), stream);
}

POINT_INLINE void run(const struct flynn_call *call, size_t from, size_t to, wide_block *make)
{
    size_t samples = (size_t)call->width * (size_t)call->stage->in.channels;
    enum wide_pass pass = wide_first_pass(call);
    do {
        for (int r = 0; r < call->rows; r++)
            wide_blocks(call->in[r], call->out[r], samples, WIDE, from, to, pass, make, NULL);
    } while (wide_next_pass(&pass));
}

static void convert_u8_to_u16(const struct flynn_call *call)
{
    run(call, 1, 2, u8_to_u16);
}

static void convert_u16_to_u8(const struct flynn_call *call)
{
    run(call, 2, 1, u16_to_u8);
}

static void convert_u8_to_f32(const struct flynn_call *call)
{
    run(call, 1, 4, u8_to_f32);
}

static void convert_u16_to_f32(const struct flynn_call *call)
{
    run(call, 2, 4, u16_to_f32);
}

static void convert_f32_to_u8(const struct flynn_call *call)
{
    run(call, 4, 1, f32_to_u8);
}

static void convert_f32_to_u16(const struct flynn_call *call)
{
    run(call, 4, 2, f32_to_u16);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(convert);

/* Copies are memcpy already. */
const struct flynn_kernels FLYNN_KERNELS_SYMBOL(convert) = {
    .fn = {{[FLYNN_U16] = convert_u16_to_u8, [FLYNN_F32] = convert_f32_to_u8},
           {[FLYNN_U8] = convert_u8_to_u16, [FLYNN_F32] = convert_f32_to_u16},
           {[FLYNN_U8] = convert_u8_to_f32, [FLYNN_U16] = convert_u16_to_f32}},
};
