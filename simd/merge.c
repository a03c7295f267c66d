/* SPDX-License-Identifier: Apache-2.0 */
#include "core/planes.h"
#include "simd/wide_point.h"

#if W_SHUFFLES

/* 16 bytes of each of n channels make n times 16 bytes of the output, within every lane. */
struct join {
    wi shuffle[4][4]; /* of the part and the channel */
    const uint8_t *in[4];
    int sample;
};

static void load_shuffles(struct join *join, const uint8_t *bytes, int channels)
{
    for (int part = 0; part < channels; part++) {
        for (int c = 0; c < channels; c++, bytes += 16)
            join->shuffle[part][c] = w_repeat16(bytes);
    }
}

POINT_INLINE void join_block(size_t i, uint8_t *out, bool stream, const struct join *join, int n)
{
    size_t at = i * (size_t)join->sample;
    wi plane[4], part[4];
    for (int c = 0; c < n; c++)
        plane[c] = w_load(join->in[c] + at);
    for (int p = 0; p < n; p++) {
        part[p] = W(shuffle_epi8)(plane[0], join->shuffle[p][0]);
        for (int c = 1; c < n; c++)
            part[p] = W_SI(or)(part[p], W(shuffle_epi8)(plane[c], join->shuffle[p][c]));
    }
    for (int j = 0; j < n; j++)
        w_put(out + j * WIDE, wide_order(part, j, n), stream);
}

POINT_INLINE void join_2(size_t i, uint8_t *out, bool stream, const void *by)
{
    join_block(i, out, stream, by, 2);
}

POINT_INLINE void join_3(size_t i, uint8_t *out, bool stream, const void *by)
{
    join_block(i, out, stream, by, 3);
}

POINT_INLINE void join_4(size_t i, uint8_t *out, bool stream, const void *by)
{
    join_block(i, out, stream, by, 4);
}

/* A row of n samples of each channel; the copy of `by` is one that no store can change. */
POINT_INLINE void join_row(const struct join *by, uint8_t *out, size_t n, int channels, enum wide_pass pass,
                           wide_make *make)
{
    struct join join = *by;
    size_t sample = (size_t)join.sample, step = WIDE / sample, pixel = (size_t)channels * sample;
    if (n < step && pass != WIDE_STREAMED) {
        uint8_t part[4][WIDE] = {{0}}, made[4 * WIDE];
        for (int c = 0; c < channels; c++)
            join.in[c] = memcpy(part[c], join.in[c], n * sample);
        make(0, made, false, &join);
        memcpy(out, made, n * pixel);
    } else if (n >= step) {
        wide_walk(out, n, step, pixel, pass, make, &join);
    }
}

POINT_INLINE void join_rows(const struct flynn_call *call, struct join *join, int channels, enum wide_pass pass,
                            wide_make *make)
{
    for (int r = 0; r < call->rows; r++) {
        for (int c = 0; c < channels; c++)
            join->in[c] = flynn_plane_row(call, r, c);
        join_row(join, call->out[r], (size_t)call->width, channels, pass, make);
    }
}

POINT_INLINE void run(const struct flynn_call *call, int sample)
{
    int channels = call->stage->out.channels;
    enum wide_pass pass = wide_first_pass(call);
    struct join join = {.sample = sample};
    load_shuffles(&join, call->stage->table[1].data, channels);
    do {
        if (channels == 2)
            join_rows(call, &join, 2, pass, join_2);
        else if (channels == 3)
            join_rows(call, &join, 3, pass, join_3);
        else
            join_rows(call, &join, 4, pass, join_4);
    } while (wide_next_pass(&pass));
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
