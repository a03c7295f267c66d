/* SPDX-License-Identifier: Apache-2.0 */
#include "core/planes.h"
#include "simd/wide_point.h"

#if W_SHUFFLES

/* 16 bytes of each of n channels make n times 16 bytes of the output, within every lane. */
struct join {
    wi shuffle[4][4]; /* of the part and the channel */
};

static void load_shuffles(struct join *join, const uint8_t *bytes, int channels)
{
    for (int part = 0; part < channels; part++) {
        for (int c = 0; c < channels; c++, bytes += 16)
            join->shuffle[part][c] = w_repeat16(bytes);
    }
}

POINT_INLINE void join_block(const uint8_t *const *in, size_t at, uint8_t *out, const struct join *join, int n)
{
    wi plane[4], y[4];
    for (int c = 0; c < n; c++)
        plane[c] = w_load(in[c] + at);
    for (int part = 0; part < n; part++) {
        y[part] = W(shuffle_epi8)(plane[0], join->shuffle[part][0]);
        for (int c = 1; c < n; c++)
            y[part] = W_SI(or)(y[part], W(shuffle_epi8)(plane[c], join->shuffle[part][c]));
    }
    for (int part = 0; part < n; part++) {
#if WIDE == 32
        w_store16(out + 16 * part, simde_mm256_castsi256_si128(y[part]));
        w_store16(out + 16 * (n + part), simde_mm256_extracti128_si256(y[part], 1));
#else
        w_store(out + 16 * part, y[part]);
#endif
    }
}

/* `bytes` of every channel. */
POINT_INLINE void join_row(const uint8_t *const *in, uint8_t *out, size_t bytes, const struct join *join, int n)
{
    size_t i = 0, wide = (size_t)n;
    for (; i + WIDE <= bytes; i += WIDE)
        join_block(in, i, out + i * wide, join, n);
    if (i < bytes && bytes >= WIDE) {
        join_block(in, bytes - WIDE, out + (bytes - WIDE) * wide, join, n);
    } else if (i < bytes) {
        uint8_t part[4][WIDE] = {{0}}, made[4 * WIDE];
        const uint8_t *const parts[4] = {part[0], part[1], part[2], part[3]};
        for (int c = 0; c < n; c++)
            memcpy(part[c], in[c], bytes);
        join_block(parts, 0, made, join, n);
        memcpy(out, made, bytes * wide);
    }
}

POINT_INLINE void run(const struct flynn_call *call, int sample)
{
    int channels = call->stage->out.channels;
    size_t bytes = (size_t)call->width * (size_t)sample;
    struct join join;
    load_shuffles(&join, call->stage->table[1].data, channels);
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *in[4] = {NULL};
        for (int c = 0; c < channels; c++)
            in[c] = flynn_plane_row(call, r, c);
        if (channels == 2)
            join_row(in, call->out[r], bytes, &join, 2);
        else if (channels == 3)
            join_row(in, call->out[r], bytes, &join, 3);
        else
            join_row(in, call->out[r], bytes, &join, 4);
    }
}

static void merge_u8(const struct flynn_call *call)
{
    run(call, 1);
}

static void merge_u16(const struct flynn_call *call)
{
    run(call, 2);
}

static void merge_f32(const struct flynn_call *call)
{
    run(call, 4);
}

#endif

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(merge);

/* Without a byte shuffle the scalar loop is as good. */
const struct flynn_kernels FLYNN_KERNELS_SYMBOL(merge) = {
#if W_SHUFFLES
    .fn = {{[FLYNN_U8] = merge_u8, [FLYNN_U16] = merge_u16, [FLYNN_F32] = merge_f32}},
#else
    .fn = {{NULL}},
#endif
};
