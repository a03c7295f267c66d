/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/color_matrix.h"

/* ---- u8 -------------------------------------------------------------------------------------------------------------
 * The bias is a multiple of 256: it is the product of a coefficient with the 256 beside every B. */

struct matrix8 {
    vi rg[3], b[3];
};

/* Sums are shifted up where their upper halves are taken by one shuffle, rather than each of them down. */
#if defined(FLYNN_ISA_AVX512)
#define UP 4
#else
#define UP 0
#endif

POINT_INLINE vi row8(const struct rgb_group *group, const struct rgb_pairs *pairs, const struct matrix8 *m, int row)
{
    vi y[4];
    for (int i = 0; i < 4; i++) {
        vi sum = rgb_add_pairs(V(madd_epi16)(pairs->rg[i], m->rg[row]), pairs->b[i], m->b[row]);
        y[i] = UP ? sum : V(srai_epi32)(sum, 12);
    }
    return UP ? rgb_upper8(group, y) : rgb_pack8(y);
}

static inline void map8(struct rgb *px, const void *by)
{
    const struct matrix8 *m = by;
    struct rgb_group *group = (struct rgb_group *)px;
    const struct rgb_pairs pairs = rgb_pairs8(group, UP, 256);
    px->r = row8(group, &pairs, m, 0);
    px->g = row8(group, &pairs, m, 1);
    px->b = row8(group, &pairs, m, 2);
}

static void matrix_u8(const struct flynn_call *call)
{
    const int32_t *table = call->stage->table[0].data;
    struct matrix8 m;
    for (int i = 0; i < 3; i++) {
        m.rg[i] = rgb_pair(table[4 * i], table[4 * i + 1]);
        m.b[i] = rgb_pair(table[4 * i + 2], table[4 * i + 3] / 256);
    }
    rgb_kernel(call, 1, true, map8, &m);
}

/* ---- u16 -----------------------------------------------------------------------------------------------------------
 * A coefficient is 1024 * high + low, both of 16 bits. (1024 * H + L) >> 22 is (H + (L >> 10)) >> 12, exactly. Samples
 * are moved down by 32768 to be signed, and so is the result; the bias makes up for both. */

struct matrix16 {
    vi rg[3][2], b[3][2], bias[3][2]; /* [][0]: high, [][1]: low */
};

POINT_INLINE vi sum16(const struct rgb_pairs *pairs, int i, const struct matrix16 *m, int row, int part)
{
    vi sum = rgb_add_pairs(V(madd_epi16)(pairs->rg[i], m->rg[row][part]), pairs->b[i], m->b[row][part]);
    return V(add_epi32)(sum, m->bias[row][part]);
}

POINT_INLINE vi row16(const struct rgb_pairs *pairs, const struct matrix16 *m, int row)
{
    vi y[2];
    for (int i = 0; i < 2; i++) {
        vi low = V(srai_epi32)(sum16(pairs, i, m, row, 1), 10);
        y[i] = V(srai_epi32)(V(add_epi32)(sum16(pairs, i, m, row, 0), low), 12);
    }
    return v_xor(V(packs_epi32)(y[0], y[1]), v_set16(-32768));
}

static inline void map16(struct rgb *px, const void *by)
{
    const struct matrix16 *m = by;
    const vi sign = v_set16(-32768);
    px->r = v_xor(px->r, sign);
    px->g = v_xor(px->g, sign);
    px->b = v_xor(px->b, sign);
    const struct rgb_pairs pairs = rgb_pairs16(px);
    px->r = row16(&pairs, m, 0);
    px->g = row16(&pairs, m, 1);
    px->b = row16(&pairs, m, 2);
}

static void matrix_u16(const struct flynn_call *call)
{
    struct matrix16 m;
    for (int i = 0; i < 3; i++) {
        const int32_t *high = (const int32_t *)call->stage->table[0].data + 8 * i, *low = high + 4;
        int64_t bias = (int64_t)high[3] * 1024 + low[3] - ((int64_t)32768 << 22);
        for (int j = 0; j < 3; j++)
            bias += 32768 * ((int64_t)high[j] * 1024 + low[j]);
        m.rg[i][0] = rgb_pair(high[0], high[1]);
        m.rg[i][1] = rgb_pair(low[0], low[1]);
        m.b[i][0] = rgb_pair(high[2], 0);
        m.b[i][1] = rgb_pair(low[2], 0);
        m.bias[i][0] = v_set32((int32_t)(bias >> 10));
        m.bias[i][1] = v_set32((int32_t)(bias & 1023));
    }
    rgb_kernel(call, 2, true, map16, &m);
}

/* ---- f32 --------------------------------------------------------------------------------------------------------- */

struct matrixf {
    vf m[12];
};

POINT_INLINE vi rowf(vf r, vf g, vf b, const vf *m)
{
    vf sum = V(add_ps)(V(mul_ps)(m[0], r), V(mul_ps)(m[1], g));
    return V_AS_I(V(add_ps)(V(add_ps)(sum, V(mul_ps)(m[2], b)), m[3]));
}

static inline void mapf(struct rgb *px, const void *by)
{
    const struct matrixf *m = by;
    vf r = V_AS_F(px->r), g = V_AS_F(px->g), b = V_AS_F(px->b);
    px->r = rowf(r, g, b, m->m);
    px->g = rowf(r, g, b, m->m + 4);
    px->b = rowf(r, g, b, m->m + 8);
}

static void matrix_f32(const struct flynn_call *call)
{
    const float *table = call->stage->table[0].data;
    struct matrixf m;
    for (int i = 0; i < 12; i++)
        m.m[i] = V(set1_ps)(table[i]);
    rgb_kernel(call, 4, true, mapf, &m);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(color_matrix);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(color_matrix) = {
    .fn = {{[FLYNN_U8] = matrix_u8, [FLYNN_U16] = matrix_u16, [FLYNN_F32] = matrix_f32}},
};
