/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/lookup256.h"
#include "simd/rgb_rows.h"

/* ---- u8: a table for each channel
 * ------------------------------------------------------------------------------------ */

#if !defined(FLYNN_ISA_SSE2)

struct tables {
    struct lookup256 channel[3];
};

POINT_INLINE void look_up_each(struct rgb *px, const void *by)
{
    const struct tables *t = by;
    px->r = lookup256(px->r, &t->channel[0]);
    px->g = lookup256(px->g, &t->channel[1]);
    px->b = lookup256(px->b, &t->channel[2]);
}

static void lut_u8(const struct flynn_call *call)
{
    struct tables tables;
    int channels = call->stage->in.channels, colors = channels < 3 ? 1 : 3;
    for (int c = 0; c < colors; c++)
        lookup256_load(&tables.channel[c], (const uint8_t *)call->stage->table[0].data + 256 * c);
    if (colors == 3)
        rgb_kernel(call, 1, false, look_up_each, &tables);
    else
        point_kernel_heavy(call, 1, lookup256, &tables.channel[0]);
}

#endif

/* ---- f32
 * ------------------------------------------------------------------------------------------------------------- */

#define LANES (VEC / 4)

/* Entries index[i] and index[i] + 1 of every lane: each pair is one load of 8 bytes. */
static inline void pairs4(const float *table, const int32_t *index, simde__m128 *a, simde__m128 *b)
{
    simde__m128 low = simde_mm_setzero_ps(), high = low;
    low = simde_mm_loadl_pi(low, (const simde__m64 *)(const void *)(table + index[0]));
    low = simde_mm_loadh_pi(low, (const simde__m64 *)(const void *)(table + index[1]));
    high = simde_mm_loadl_pi(high, (const simde__m64 *)(const void *)(table + index[2]));
    high = simde_mm_loadh_pi(high, (const simde__m64 *)(const void *)(table + index[3]));
    *a = simde_mm_shuffle_ps(low, high, 0x88);
    *b = simde_mm_shuffle_ps(low, high, 0xdd);
}

#if defined(FLYNN_ISA_AVX512) || defined(FLYNN_ISA_AVX2)
static inline void pairs8(const float *table, const int32_t *index, simde__m256 *a, simde__m256 *b)
{
    simde__m128 a4[2], b4[2];
    pairs4(table, index, &a4[0], &b4[0]);
    pairs4(table, index + 4, &a4[1], &b4[1]);
    *a = simde_mm256_set_m128(a4[1], a4[0]);
    *b = simde_mm256_set_m128(b4[1], b4[0]);
}
#endif

static inline void pairs(const float *table, const int32_t *index, vf *a, vf *b)
{
#if defined(FLYNN_ISA_AVX512)
    simde__m256 a8[2], b8[2];
    pairs8(table, index, &a8[0], &b8[0]);
    pairs8(table, index + 8, &a8[1], &b8[1]);
    *a = flynn_mm512_join_ps(a8[0], a8[1]);
    *b = flynn_mm512_join_ps(b8[0], b8[1]);
#elif defined(FLYNN_ISA_AVX2)
    pairs8(table, index, a, b);
#else
    pairs4(table, index, a, b);
#endif
}

/* start: where the table of every lane begins. max and min take their second operand where one is a NaN. */
static inline vi interpolate(vi bits, const float *table, vi start, vf last)
{
    int32_t index[LANES];
    vf x = V(min_ps)(V(max_ps)(V_AS_F(bits), V(set1_ps)(0.0f)), V(set1_ps)(1.0f)), a, b;
    vf t = V(mul_ps)(x, last);
    vi k = V(cvttps_epi32)(t);
    v_store(index, V(add_epi32)(k, start));
    pairs(table, index, &a, &b);
    return V_AS_I(V(add_ps)(a, V(mul_ps)(V(sub_ps)(b, a), V(sub_ps)(t, V(cvtepi32_ps)(k)))));
}

static void lut_f32(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, entries = call->stage->k[1], tables = call->stage->k[2];
    size_t bytes = (size_t)call->width * (size_t)channels * sizeof(float);
    const float *table = call->stage->table[0].data;
    const vi alpha = v_alpha_mask(channels, sizeof(float));
    const vf last = V(set1_ps)((float)(entries - 2));
    int32_t start[3 * LANES]; /* three vectors begin with the same channel again, whatever their number */
    vi starts[3];

    for (int i = 0; i < 3 * LANES; i++)
        start[i] = i % channels < tables ? i % channels * entries : 0;
    for (int i = 0; i < 3; i++)
        starts[i] = v_load(start + i * LANES);
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *in = call->in[r];
        uint8_t *out = call->out[r];
        size_t i = 0;
        for (; i + 3 * VEC <= bytes; i += 3 * VEC) {
            for (size_t j = 0; j < 3; j++) {
                vi x = v_load(in + i + j * VEC);
                v_store(out + i + j * VEC, v_select(alpha, interpolate(x, table, starts[j], last), x));
            }
        }
        for (int j = 0; i < bytes; i += VEC, j++) {
            size_t n = bytes - i < VEC ? bytes - i : VEC;
            vi x = n < VEC ? v_load_n(in + i, n) : v_load(in + i);
            vi y = v_select(alpha, interpolate(x, table, starts[j], last), x);
            if (n < VEC)
                v_store_n(out + i, y, n);
            else
                v_store(out + i, y);
        }
    }
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(lut);

/* u16: the scalar loop, whose tables are larger than what a vector can look up in. */
const struct flynn_kernels FLYNN_KERNELS_SYMBOL(lut) = {
    .fn = {{
        [FLYNN_F32] = lut_f32,
#if !defined(FLYNN_ISA_SSE2)
        [FLYNN_U8] = lut_u8,
#endif
    }},
};
