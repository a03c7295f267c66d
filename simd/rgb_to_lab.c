/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/lab.h"

#if defined(LAB_TABLES)

struct integers {
    const int32_t *light, *root;
    vi rg[3], b1[3];
#if defined(FLYNN_ISA_AVX512)
    struct lab_words words;
#endif
};

/* X, Y, Z in 1/2040 of a vector of linear light at number i. */
POINT_INLINE void sum(struct lab_block *block, int i, vi rg, vi b1, const struct integers *by)
{
    for (int c = 0; c < 3; c++) {
        vi y = rgb_add_pairs(V(madd_epi16)(rg, by->rg[c]), b1, by->b1[c]);
        v_store(block->x[c] + i, V(srli_epi32)(y, 12));
    }
}

#if defined(FLYNN_ISA_AVX512)
/* Of half h of group g. */
POINT_INLINE void sum_half(struct lab_block *block, const struct rgb *px, int g, int h, const struct integers *by)
{
    vi red = lab_word(&by->words, lab_half(px[g].r, h)), green = lab_word(&by->words, lab_half(px[g].g, h));
    vi blue = lab_word(&by->words, lab_half(px[g].b, h));
    for (int q = 2 * h; q < 2 * h + 2; q++)
        sum(block, (4 * g + q) * LAB_STEP, lab_pair(red, green, q), lab_pair(blue, v_set16(1), q), by);
}

POINT_INLINE void sums(struct lab_block *block, const struct rgb *px, int n, const struct integers *by)
{
    for (int g = 0; g < n; g++) {
        sum_half(block, px, g, 0, by);
        sum_half(block, px, g, 1, by);
    }
}
#else
POINT_INLINE void sums(struct lab_block *block, const struct rgb *px, int n, const struct integers *by)
{
    const vi one = v_set32(65536);
    lab_load_block(block, px, n);
    for (int c = 0; c < 3; c++)
        lab_look_up(by->light, block->x[c], n * VEC);
    for (int i = 0; i < n * VEC; i += LAB_STEP) {
        vi rg = v_or(v_load(block->x[0] + i), V(slli_epi32)(v_load(block->x[1] + i), 16));
        sum(block, i, rg, v_or(v_load(block->x[2] + i), one), by);
    }
}
#endif

/* (factor * x + plus) >> 15 for x of 16 bits. */
POINT_INLINE vi scaled(vi x, int factor, int32_t plus)
{
    return V(srai_epi32)(V(add_epi32)(V(madd_epi16)(x, v_set32(factor)), v_set32(plus)), 15);
}

/* L, a, b in the place of the roots. */
POINT_INLINE void differences(struct lab_block *block, int n)
{
    const vi down = v_set32(16384), low = v_set32(65535);
    const int32_t middle = (128 << 15) + 16384;
    for (int i = 0; i < n * VEC; i += LAB_STEP) {
        vi x = v_load(block->x[0] + i), y = v_load(block->x[1] + i), z = v_load(block->x[2] + i);
        vi l = scaled(v_and(V(sub_epi32)(y, down), low), 296, 296 * 16384 - 1336935 + 16384);
        v_store(block->x[0] + i, l);
        v_store(block->x[1] + i, scaled(v_and(V(sub_epi32)(x, y), low), 500, middle));
        v_store(block->x[2] + i, scaled(v_and(V(sub_epi32)(y, z), low), 200, middle));
    }
}

static inline void map8(struct rgb *px, int n, const void *by)
{
    const struct integers *m = by;
    struct lab_block block;
    sums(&block, px, n, m);
    for (int c = 0; c < 3; c++)
        lab_look_up(m->root, block.x[c], n * VEC);
    differences(&block, n);
    for (int g = 0; g < n; g++) {
        px[g].r = lab_bytes(&block, 0, g);
        px[g].g = lab_bytes(&block, 1, g);
        px[g].b = lab_bytes(&block, 2, g);
    }
}

static void lab_u8(const struct flynn_call *call)
{
    const int32_t *table = call->stage->table[0].data, *m = table + 256 + 3072;
    struct integers by = {.light = table, .root = table + 256};
    for (int i = 0; i < 3; i++) {
        by.rg[i] = rgb_pair(m[3 * i], m[3 * i + 1]);
        by.b1[i] = rgb_pair(m[3 * i + 2], 2048);
    }
#if defined(FLYNN_ISA_AVX512)
    lab_load_words(&by.words, by.light, false);
#endif
    rgb_kernel_many(call, 1, map8, &by);
}

#endif

POINT_INLINE vf root(vf t)
{
    vf low = V(add_ps)(V(mul_ps)(t, rgb_set(841 / 108.0f)), rgb_set(16 / 116.0f));
    vf high = curve_cube_root(V(min_ps)(t, rgb_set(0x1p120f)));
    return rgb_pick(rgb_less(rgb_set(216 / 24389.0f), t), low, high);
}

static inline void mapf(struct rgb *px, const void *by)
{
    const struct lab_floats *m = by;
    vf r = curve_to_linear(V_AS_F(px->r)), g = curve_to_linear(V_AS_F(px->g)), b = curve_to_linear(V_AS_F(px->b));
    vf x = root(lab_dot(m->m, r, g, b)), y = root(lab_dot(m->m + 3, r, g, b)), z = root(lab_dot(m->m + 6, r, g, b));
    px->r = V_AS_I(V(sub_ps)(V(mul_ps)(y, rgb_set(116)), rgb_set(16)));
    px->g = V_AS_I(V(mul_ps)(V(sub_ps)(x, y), rgb_set(500)));
    px->b = V_AS_I(V(mul_ps)(V(sub_ps)(y, z), rgb_set(200)));
}

static void lab_f32(const struct flynn_call *call)
{
    struct lab_floats m;
    lab_load(&m, call->stage->table[0].data);
    rgb_kernel(call, 4, false, mapf, &m);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(rgb_to_lab);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(rgb_to_lab) = {
#if defined(LAB_TABLES)
    .fn = {{[FLYNN_U8] = lab_u8, [FLYNN_F32] = lab_f32}},
#else
    .fn = {{[FLYNN_F32] = lab_f32}},
#endif
};
