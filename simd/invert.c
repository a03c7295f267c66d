/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/vec.h"

/* Integers: x ^ 11..1 is white - x; the mask leaves alpha alone. */
static void invert_bits(const struct flynn_call *call, size_t sample)
{
    size_t bytes = (size_t)call->width * (size_t)call->stage->in.channels * sample;
    vi flip = v_xor(v_alpha_mask(call->stage->in.channels, (int)sample), v_set8(-1));
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *in = call->in[r];
        uint8_t *out = call->out[r];
        size_t i = 0;
        for (; i + VEC <= bytes; i += VEC)
            v_store(out + i, v_xor(v_load(in + i), flip));
        if (i < bytes)
            v_store_n(out + i, v_xor(v_load_n(in + i, bytes - i), flip), bytes - i);
    }
}

static void invert_u8(const struct flynn_call *call)
{
    invert_bits(call, 1);
}

static void invert_u16(const struct flynn_call *call)
{
    invert_bits(call, 2);
}

static vi invert_floats(vi x, vi alpha)
{
    vi y = V_AS_I(V(sub_ps)(V(set1_ps)(1.0f), V_AS_F(x)));
    return v_select(alpha, y, x);
}

static void invert_f32(const struct flynn_call *call)
{
    size_t bytes = (size_t)call->width * (size_t)call->stage->in.channels * sizeof(float);
    vi alpha = v_alpha_mask(call->stage->in.channels, sizeof(float));
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *in = call->in[r];
        uint8_t *out = call->out[r];
        size_t i = 0;
        for (; i + VEC <= bytes; i += VEC)
            v_store(out + i, invert_floats(v_load(in + i), alpha));
        if (i < bytes)
            v_store_n(out + i, invert_floats(v_load_n(in + i, bytes - i), alpha), bytes - i);
    }
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(invert);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(invert) = {
    .fn = {{[FLYNN_U8] = invert_u8, [FLYNN_U16] = invert_u16, [FLYNN_F32] = invert_f32}},
};
