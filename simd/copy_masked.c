/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/wide_point.h"

#if W_SHUFFLES

/* All types are bytes here: a byte of the mask covers `cover` bytes of the images, from 1 to 16. */

enum { MOST = 16 };

#if defined(FLYNN_ISA_AVX512)
typedef vi mi;
#else
typedef wi mi;
#endif
#define STEP sizeof(mi) /* bytes of the mask at a time */

struct masked {
    mi spread[MOST]; /* shuffles that repeat each byte of the mask for what it covers */
    int cover;
    const uint8_t *in, *with, *mask;
};

#if defined(FLYNN_ISA_AVX512)
/* Of the mask, which is one vector, `cover` vectors are made. */
POINT_INLINE void copy_block(size_t i, uint8_t *out, bool stream, const struct masked *m, int cover)
{
    size_t at = i * (size_t)cover;
    const vi mask = v_load(m->mask + i);
    for (int p = 0; p < cover; p++, at += VEC) {
        vi part = cover == 1 ? mask : simde_mm512_permutexvar_epi8(m->spread[p], mask);
        vi y = simde_mm512_mask_blend_epi8(simde_mm512_test_epi8_mask(part, part), v_load(m->in + at),
                                           v_load(m->with + at));
        if (stream)
            v_stream(out + p * VEC, y);
        else
            v_store(out + p * VEC, y);
    }
}

static void load_shuffles(struct masked *m)
{
    for (int p = 0; p < m->cover; p++) {
        uint8_t spread[VEC];
        for (int i = 0; i < VEC; i++)
            spread[i] = (uint8_t)((p * VEC + i) / m->cover);
        m->spread[p] = v_load(spread);
    }
}
#else
/* Of every lane of the mask, which is one vector, `cover` blocks are made. */
POINT_INLINE void copy_block(size_t i, uint8_t *out, bool stream, const struct masked *m, int cover)
{
    size_t at = i * (size_t)cover;
    wi part[MOST], zero = W(cmpeq_epi8)(w_load(m->mask + i), w_zero());
    for (int p = 0; p < cover; p++)
        part[p] = cover == 1 ? zero : W(shuffle_epi8)(zero, m->spread[p]);
    for (int j = 0; j < cover; j++, at += WIDE) {
        wi away = cover == 1 ? zero : wide_order(part, j, cover);
        w_put(out + j * WIDE, W(blendv_epi8)(w_load(m->with + at), w_load(m->in + at), away), stream);
    }
}

static void load_shuffles(struct masked *m)
{
    for (int p = 0; p < m->cover; p++) {
        uint8_t spread[16];
        for (int i = 0; i < 16; i++)
            spread[i] = (uint8_t)((p * 16 + i) / m->cover);
        m->spread[p] = w_repeat16(spread);
    }
}
#endif

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
    if (n < STEP && pass != WIDE_STREAMED) {
        uint8_t in[STEP * MOST] = {0}, with[STEP * MOST] = {0}, mask[STEP] = {0}, made[STEP * MOST];
        m.in = memcpy(in, m.in, n * cover);
        m.with = memcpy(with, m.with, n * cover);
        m.mask = memcpy(mask, m.mask, n);
        make(0, made, false, &m);
        memcpy(out, made, n * cover);
    } else if (n >= STEP) {
        wide_walk(out, n, STEP, cover, pass, make, &m);
    }
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
