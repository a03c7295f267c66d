/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/wide_point.h"

#if W_SHUFFLES

/* All types are bytes here: a byte of the mask covers `cover` bytes of the images, from 1 to 16. */

enum { MOST = 16 };

struct masked {
    wi spread[MOST]; /* for each vector of the output: repeats each byte of the mask for what it covers */
    int cover;
    const uint8_t *in, *with, *mask;
};

POINT_INLINE void copy_block(size_t i, uint8_t *out, bool stream, const struct masked *m, int cover)
{
    size_t at = i * (size_t)cover;
    for (int j = 0; j < cover; j++, at += WIDE) {
        wi mask = wide_source(m->mask + i, j, cover);
        wi away = W(cmpeq_epi8)(cover == 1 ? mask : W(shuffle_epi8)(mask, m->spread[j]), w_zero());
        w_put(out + j * WIDE, W(blendv_epi8)(w_load(m->with + at), w_load(m->in + at), away), stream);
    }
}

POINT_INLINE void copy_1(size_t i, uint8_t *out, bool stream, const void *by)
{
    copy_block(i, out, stream, by, 1);
}

POINT_INLINE void copy_3(size_t i, uint8_t *out, bool stream, const void *by)
{
    copy_block(i, out, stream, by, 3);
}

POINT_INLINE void copy_any(size_t i, uint8_t *out, bool stream, const void *by)
{
    copy_block(i, out, stream, by, ((const struct masked *)by)->cover);
}

/* A row of n bytes of the mask; the copy of `by` is one that no store can change. */
POINT_INLINE void copy_row(const struct masked *by, uint8_t *out, size_t n, size_t cover, enum wide_pass pass,
                           wide_make *make)
{
    struct masked m = *by;
    if (n < WIDE && pass != WIDE_STREAMED) {
        uint8_t in[WIDE * MOST] = {0}, with[WIDE * MOST] = {0}, mask[WIDE] = {0}, made[WIDE * MOST];
        m.in = memcpy(in, m.in, n * cover);
        m.with = memcpy(with, m.with, n * cover);
        m.mask = memcpy(mask, m.mask, n);
        make(0, made, false, &m);
        memcpy(out, made, n * cover);
    } else if (n >= WIDE) {
        wide_walk(out, n, WIDE, cover, pass, make, &m);
    }
}

static void load_shuffles(struct masked *m)
{
    uint8_t shuffle[MOST][16];
    for (int i = 0; i < 16 * m->cover; i++)
        shuffle[i / 16][i % 16] = (uint8_t)(i / m->cover);
    for (int j = 0; j < m->cover; j++)
        m->spread[j] = wide_shuffle((const uint8_t(*)[16])shuffle, j, m->cover);
}

POINT_INLINE void copy_rows(const struct flynn_call *call, struct masked *m, size_t cover, enum wide_pass pass,
                            wide_make *make)
{
    const struct flynn_stage *stage = call->stage;
    size_t per = (size_t)(stage->in.channels / stage->k[1]), n = (size_t)call->width * per;
    const uint8_t *masks = (const uint8_t *)stage->table[0].data + (size_t)call->x * per;
    for (int r = 0; r < call->rows; r++) {
        m->mask = masks + (size_t)(call->y + r) * (size_t)stage->k[0];
        m->in = call->in[r];
        m->with = call->with[r];
        copy_row(m, call->out[r], n, cover, pass, make);
    }
}

static void copy_masked(const struct flynn_call *call)
{
    struct masked m = {.cover = call->stage->k[2]};
    enum wide_pass pass = wide_first_pass(call);
    load_shuffles(&m);
    do {
        if (m.cover == 1)
            copy_rows(call, &m, 1, pass, copy_1);
        else if (m.cover == 3)
            copy_rows(call, &m, 3, pass, copy_3);
        else
            copy_rows(call, &m, (size_t)m.cover, pass, copy_any);
    } while (wide_next_pass(&pass));
}

#endif

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(copy_masked);

#if W_SHUFFLES
const struct flynn_kernels FLYNN_KERNELS_SYMBOL(copy_masked) = {
    .fn = {{[FLYNN_U8] = copy_masked, [FLYNN_U16] = copy_masked, [FLYNN_F32] = copy_masked}},
};
#else
const struct flynn_kernels FLYNN_KERNELS_SYMBOL(copy_masked) = {.fn = {{NULL}}};
#endif
