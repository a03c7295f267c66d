/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/lab.h"

#if defined(LAB_GATHER)

struct integers {
    const int32_t *light, *root;
    vi rg[3], b1[3];
};

/* The root of one of X, Y, Z. */
POINT_INLINE vi root8(const struct integers *by, int row, vi rg, vi b1)
{
    vi sum = V(add_epi32)(V(madd_epi16)(rg, by->rg[row]), V(madd_epi16)(b1, by->b1[row]));
    return lab_look_up(by->root, V(srli_epi32)(sum, 12));
}

/* (factor * x + plus) >> 15 for x of 16 bits. */
POINT_INLINE vi scaled(vi x, int factor, int32_t plus)
{
    return V(srai_epi32)(V(add_epi32)(V(madd_epi16)(x, v_set32(factor)), v_set32(plus)), 15);
}

static inline void map8(struct rgb *px, const void *by)
{
    const struct integers *m = by;
    const vi one = v_set32(65536), down = v_set32(16384);
    const int32_t middle = (128 << 15) + 16384;
    vi l[4], a[4], b[4];
    for (int i = 0; i < 4; i++) {
        vi rg = lab_look_up(m->light, lab_quarter(px->r, i));
        rg = v_or(rg, V(slli_epi32)(lab_look_up(m->light, lab_quarter(px->g, i)), 16));
        vi b1 = v_or(lab_look_up(m->light, lab_quarter(px->b, i)), one);
        vi x = root8(m, 0, rg, b1), y = root8(m, 1, rg, b1), z = root8(m, 2, rg, b1);
        l[i] = scaled(v_and(V(sub_epi32)(y, down), v_set32(65535)), 296, 296 * 16384 - 1336935 + 16384);
        a[i] = scaled(v_and(V(sub_epi32)(x, y), v_set32(65535)), 500, middle);
        b[i] = scaled(v_and(V(sub_epi32)(y, z), v_set32(65535)), 200, middle);
    }
    px->r = rgb_pack8(l);
    px->g = rgb_pack8(a);
    px->b = rgb_pack8(b);
}

static void lab_u8(const struct flynn_call *call)
{
    const int32_t *table = call->stage->table[0].data, *m = table + 256 + 3072;
    struct integers by = {.light = table, .root = table + 256};
    for (int i = 0; i < 3; i++) {
        by.rg[i] = rgb_pair(m[3 * i], m[3 * i + 1]);
        by.b1[i] = rgb_pair(m[3 * i + 2], 2048);
    }
    rgb_kernel(call, 1, false, map8, &by);
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
#if defined(LAB_GATHER)
    .fn = {{[FLYNN_U8] = lab_u8, [FLYNN_F32] = lab_f32}},
#else
    .fn = {{[FLYNN_F32] = lab_f32}},
#endif
};
