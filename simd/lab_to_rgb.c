/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/lab.h"
#if defined(FLYNN_ISA_AVX512)
#include "simd/lab_light.h"
#endif

#if defined(LAB_TABLES)

struct integers {
    const int32_t *lightness, *light;
    vi xy[3], z[3];
#if defined(FLYNN_ISA_AVX512)
    struct lab_words y, f;
    struct lab_light bytes;
#endif
};

/* f * 108 / 841 - 290 or ((f * f >> 14) * f) >> 14. The factor is a little above 108 / 841, so that the quotient has
 * the right whole part for every f, as was tried. */
POINT_INLINE vi cube8(vi f)
{
    vi square = V(srai_epi32)(V(mullo_epi32)(f, f), 14);
    vi high = V(srai_epi32)(V(mullo_epi32)(square, f), 14);
    vf real = V(cvtepi32_ps)(f);
    vi low = V(sub_epi32)(V(cvttps_epi32)(V(mul_ps)(real, rgb_set(108 / 841.0f * 1.000001f))), v_set32(290));
    /* As floats the comparison is exact and has a name at every width. */
    return V_AS_I(rgb_pick(rgb_less(rgb_set(3390), real), V_AS_F(low), V_AS_F(high)));
}

/* Y and X in halves of 16 bits, and Z, in the place of what the table has for L, of a and of b. */
POINT_INLINE void cubes(struct lab_block *block, int n)
{
    const vi low = v_set32(65535);
    for (int i = 0; i < n * VEC; i += LAB_STEP) {
        vi l = v_load(block->x[0] + i), f = v_and(l, low);
        vi a = V(mullo_epi32)(v_load(block->x[1] + i), v_set32(268435));
        a = V(srli_epi32)(V(add_epi32)(a, v_set32(128)), 13);
        vi c = V(mullo_epi32)(v_load(block->x[2] + i), v_set32(41943));
        c = V(srli_epi32)(V(add_epi32)(c, v_set32(16)), 9);
        vi x = cube8(V(sub_epi32)(V(add_epi32)(f, a), v_set32(4194)));
        v_store(block->x[0] + i, v_select(low, l, x));
        v_store(block->x[1] + i, cube8(V(add_epi32)(V(sub_epi32)(f, c), v_set32(10484))));
    }
}

/* Linear light of channel c at number i, in 1/4096. */
POINT_INLINE vi sum(const struct lab_block *block, int c, int i, const struct integers *by)
{
    vi sum = rgb_add_pairs(V(mullo_epi32)(v_load(block->x[1] + i), by->z[c]), v_load(block->x[0] + i), by->xy[c]);
    return V(srai_epi32)(V(add_epi32)(sum, v_set32(8192)), 14);
}

#if defined(FLYNN_ISA_AVX512)
/* What the table has for L of half h of group g. */
POINT_INLINE void lightness(struct lab_block *block, vi l, int g, int h, const struct integers *by)
{
    vi x = lab_half(l, h), f = lab_word(&by->f, x), y = lab_word(&by->y, x);
    v_store(block->x[0] + (4 * g + 2 * h) * LAB_STEP, lab_pair(f, y, 0));
    v_store(block->x[0] + (4 * g + 2 * h + 1) * LAB_STEP, lab_pair(f, y, 1));
}

POINT_INLINE vi channel(const struct lab_block *block, int c, int g, const struct integers *by)
{
    vi x[4];
    for (int i = 0; i < 4; i++)
        x[i] = sum(block, c, (4 * g + i) * LAB_STEP, by);
    return lab_light_bytes(&by->bytes, V(packs_epi32)(x[0], x[1]), V(packs_epi32)(x[2], x[3]));
}

static inline void map8(struct rgb *px, int n, const void *by)
{
    const struct integers *m = by;
    struct lab_block block;
    lab_load_block(&block, px, n);
    for (int g = 0; g < n; g++) {
        lightness(&block, px[g].r, g, 0, m);
        lightness(&block, px[g].r, g, 1, m);
    }
    cubes(&block, n);
    for (int g = 0; g < n; g++) {
        px[g].r = channel(&block, 0, g, m);
        px[g].g = channel(&block, 1, g, m);
        px[g].b = channel(&block, 2, g, m);
    }
}
#else
/* Clamped, in the place of X, Y and Z. */
POINT_INLINE void sums(struct lab_block *block, int n, const struct integers *by)
{
    for (int i = 0; i < n * VEC; i += LAB_STEP) {
        vi x[3];
        for (int c = 0; c < 3; c++)
            x[c] = sum(block, c, i, by);
        for (int c = 0; c < 3; c++)
            v_store(block->x[c] + i, V(max_epi32)(V(min_epi32)(x[c], v_set32(4095)), v_zero()));
    }
}

static inline void map8(struct rgb *px, int n, const void *by)
{
    const struct integers *m = by;
    struct lab_block block;
    lab_load_block(&block, px, n);
    lab_look_up(m->lightness, block.x[0], n * VEC);
    cubes(&block, n);
    sums(&block, n, m);
    for (int c = 0; c < 3; c++)
        lab_look_up(m->light, block.x[c], n * VEC);
    for (int g = 0; g < n; g++) {
        px[g].r = lab_bytes(&block, 0, g);
        px[g].g = lab_bytes(&block, 1, g);
        px[g].b = lab_bytes(&block, 2, g);
    }
}
#endif

static void rgb_u8(const struct flynn_call *call)
{
    const int32_t *table = call->stage->table[0].data, *m = table + 256 + 4096;
    struct integers by = {.lightness = table, .light = table + 256};
    for (int i = 0; i < 3; i++) {
        by.xy[i] = rgb_pair(m[3 * i], m[3 * i + 1]);
        by.z[i] = v_set32(m[3 * i + 2]);
    }
#if defined(FLYNN_ISA_AVX512)
    lab_load_words(&by.f, by.lightness, false);
    lab_load_words(&by.y, by.lightness, true);
    lab_light_load(&by.bytes, by.light);
#endif
    rgb_kernel_many(call, 1, map8, &by);
}

#endif

POINT_INLINE vf cube(vf f)
{
    vf low = V(mul_ps)(V(sub_ps)(f, rgb_set(16 / 116.0f)), rgb_set(108 / 841.0f));
    return rgb_pick(rgb_less(rgb_set(6 / 29.0f), f), low, V(mul_ps)(V(mul_ps)(f, f), f));
}

static inline void mapf(struct rgb *px, const void *by)
{
    const struct lab_floats *m = by;
    vf f = V(mul_ps)(V(add_ps)(V_AS_F(px->r), rgb_set(16)), rgb_set(1 / 116.0f)), y = cube(f);
    vf x = cube(V(add_ps)(f, V(mul_ps)(V_AS_F(px->g), rgb_set(1 / 500.0f))));
    vf z = cube(V(sub_ps)(f, V(mul_ps)(V_AS_F(px->b), rgb_set(1 / 200.0f))));
    px->r = V_AS_I(curve_from_linear(lab_dot(m->m, x, y, z)));
    px->g = V_AS_I(curve_from_linear(lab_dot(m->m + 3, x, y, z)));
    px->b = V_AS_I(curve_from_linear(lab_dot(m->m + 6, x, y, z)));
}

static void rgb_f32(const struct flynn_call *call)
{
    struct lab_floats m;
    lab_load(&m, call->stage->table[0].data);
    rgb_kernel(call, 4, false, mapf, &m);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(lab_to_rgb);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(lab_to_rgb) = {
#if defined(LAB_TABLES)
    .fn = {{[FLYNN_U8] = rgb_u8, [FLYNN_F32] = rgb_f32}},
#else
    .fn = {{[FLYNN_F32] = rgb_f32}},
#endif
};
