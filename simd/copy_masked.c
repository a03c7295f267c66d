/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/point.h"
#include "simd/wide.h"

/* All types are bytes here: a byte of the mask covers `cover` bytes of the images, from 1 to 16. Vectors of 16 bytes:
 * memory is the limit. */

enum { BYTES = 16 };

struct masked {
    simde__m128i spread[BYTES]; /* shuffles that repeat each byte of the mask for what it covers */
    int cover;
};

POINT_INLINE simde__m128i repeated(const struct masked *m, simde__m128i away, int k, bool bytes)
{
#if W_SHUFFLES
    return bytes ? away : simde_mm_shuffle_epi8(away, m->spread[k]);
#else
    (void)m, (void)k, (void)bytes;
    return away;
#endif
}

/* What one vector of the mask covers. */
POINT_INLINE void copy_vectors(const struct masked *m, const uint8_t *in, const uint8_t *with, const uint8_t *mask,
                               uint8_t *out, int cover)
{
    simde__m128i zero = simde_mm_cmpeq_epi8(w_load16(mask), simde_mm_setzero_si128());
    for (int k = 0; k < cover; k++) {
        simde__m128i away = repeated(m, zero, k, cover == 1);
        simde__m128i x = w_load16(in + k * BYTES), w = w_load16(with + k * BYTES);
        w_store16(out + k * BYTES, simde_mm_or_si128(simde_mm_and_si128(away, x), simde_mm_andnot_si128(away, w)));
    }
}

/* A row of n bytes of the mask. The last vector overlaps the one before; short rows go through buffers. */
POINT_INLINE void copy_row(const struct masked *m, const uint8_t *in, const uint8_t *with, const uint8_t *mask,
                           uint8_t *out, size_t n, int cover)
{
    size_t i = 0, c = (size_t)cover;
    if (n < BYTES) {
        uint8_t x[BYTES * BYTES] = {0}, w[BYTES * BYTES] = {0}, to[BYTES * BYTES], covering[BYTES] = {0};
        memcpy(x, in, n * c);
        memcpy(w, with, n * c);
        memcpy(covering, mask, n);
        copy_vectors(m, x, w, covering, to, cover);
        memcpy(out, to, n * c);
        return;
    }
    for (; i + BYTES <= n; i += BYTES)
        copy_vectors(m, in + i * c, with + i * c, mask + i, out + i * c, cover);
    if (i < n) {
        i = n - BYTES;
        copy_vectors(m, in + i * c, with + i * c, mask + i, out + i * c, cover);
    }
}

static void copy_masked(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    struct masked m = {.cover = stage->k[2]};
    size_t per = (size_t)(stage->in.channels / stage->k[1]), n = (size_t)call->width * per;
    const uint8_t *masks = (const uint8_t *)stage->table[0].data + (size_t)call->x * per;
    for (int k = 0; k < m.cover; k++) {
        uint8_t spread[BYTES];
        for (int i = 0; i < BYTES; i++)
            spread[i] = (uint8_t)((k * BYTES + i) / m.cover);
        m.spread[k] = w_load16(spread);
    }
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *mask = masks + (size_t)(call->y + r) * (size_t)stage->k[0];
        if (m.cover == 1)
            copy_row(&m, call->in[r], call->with[r], mask, call->out[r], n, 1);
        else if (m.cover == 3)
            copy_row(&m, call->in[r], call->with[r], mask, call->out[r], n, 3);
        else
            copy_row(&m, call->in[r], call->with[r], mask, call->out[r], n, m.cover);
    }
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(copy_masked);

#if W_SHUFFLES
const struct flynn_kernels FLYNN_KERNELS_SYMBOL(copy_masked) = {
    .fn = {{[FLYNN_U8] = copy_masked, [FLYNN_U16] = copy_masked, [FLYNN_F32] = copy_masked}},
};
#else
const struct flynn_kernels FLYNN_KERNELS_SYMBOL(copy_masked) = {.fn = {{NULL}}};
#endif
