/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/lab.h"

#if defined(LAB_GATHER)

struct integers {
    const int32_t *lightness, *light;
    vi m[9];
};

/* f * 108 / 841 - 290 or ((f * f >> 14) * f) >> 14. The quotient of floats has the right whole part for every f, as was
 * tried. */
POINT_INLINE vi cube8(vi f)
{
    vi square = V(srai_epi32)(V(mullo_epi32)(f, f), 14);
    vi high = V(srai_epi32)(V(mullo_epi32)(square, f), 14);
    vf product = V(mul_ps)(V(cvtepi32_ps)(f), rgb_set(108));
    vi low = V(sub_epi32)(V(cvttps_epi32)(V(div_ps)(product, rgb_set(841))), v_set32(290));
    /* As floats the comparison is exact and has a name at every width. */
    return v_select(rgb_less(rgb_set(3390), V(cvtepi32_ps)(f)), low, high);
}

POINT_INLINE vi sample8(const struct integers *by, int row, vi x, vi y, vi z)
{
    const vi *m = by->m + 3 * row;
    vi sum = V(add_epi32)(V(mullo_epi32)(x, m[0]), V(mullo_epi32)(y, m[1]));
    sum = V(add_epi32)(V(add_epi32)(sum, V(mullo_epi32)(z, m[2])), v_set32(8192));
    vi t = V(max_epi32)(V(min_epi32)(V(srai_epi32)(sum, 14), v_set32(4095)), v_zero());
    return lab_look_up(by->light, t);
}

static inline void map8(struct rgb *px, const void *by)
{
    const struct integers *m = by;
    vi r[4], g[4], b[4];
    for (int i = 0; i < 4; i++) {
        vi l = lab_look_up(m->lightness, lab_quarter(px->r, i));
        vi y = V(srli_epi32)(l, 16), f = v_and(l, v_set32(65535));
        vi a = V(mullo_epi32)(lab_quarter(px->g, i), v_set32(268435));
        a = V(srli_epi32)(V(add_epi32)(a, v_set32(128)), 13);
        vi c = V(mullo_epi32)(lab_quarter(px->b, i), v_set32(41943));
        c = V(srli_epi32)(V(add_epi32)(c, v_set32(16)), 9);
        vi x = cube8(V(sub_epi32)(V(add_epi32)(f, a), v_set32(4194)));
        vi z = cube8(V(add_epi32)(V(sub_epi32)(f, c), v_set32(10484)));
        r[i] = sample8(m, 0, x, y, z);
        g[i] = sample8(m, 1, x, y, z);
        b[i] = sample8(m, 2, x, y, z);
    }
    px->r = rgb_pack8(r);
    px->g = rgb_pack8(g);
    px->b = rgb_pack8(b);
}

static void rgb_u8(const struct flynn_call *call)
{
    const int32_t *table = call->stage->table[0].data;
    struct integers by = {.lightness = table, .light = table + 256};
    for (int i = 0; i < 9; i++)
        by.m[i] = v_set32(table[256 + 4096 + i]);
    rgb_kernel(call, 1, false, map8, &by);
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
#if defined(LAB_GATHER)
    .fn = {{[FLYNN_U8] = rgb_u8, [FLYNN_F32] = rgb_f32}},
#else
    .fn = {{[FLYNN_F32] = rgb_f32}},
#endif
};
