/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/extreme.h"
#include "simd/wide.h"

#if WIDE == 32
typedef simde__m256 wf;
typedef simde__m256d wd;
#else
typedef simde__m128 wf;
typedef simde__m128d wd;
#endif

/* Each type: the extreme of n samples, a multiple of those of a vector. NaN in the first operand of a maximum or
 * minimum gives the second, which is none. */

BLOCK_INLINE double extreme_u8(bool least, const uint8_t *x, int n)
{
    uint8_t best[WIDE];
    wi acc = w_load(x);
    for (int i = WIDE; i < n; i += WIDE)
        acc = least ? W(min_epu8)(w_load(x + i), acc) : W(max_epu8)(w_load(x + i), acc);
    w_store(best, acc);
    for (int i = 1; i < WIDE; i++)
        best[0] = (least ? best[i] < best[0] : best[i] > best[0]) ? best[i] : best[0];
    return best[0];
}

BLOCK_INLINE double extreme_u16(bool least, const uint16_t *x, int n)
{
    uint16_t best[WIDE / 2];
    wi acc = w_load(x);
    for (int i = WIDE / 2; i < n; i += WIDE / 2) {
        wi v = w_load(x + i), over = W(subs_epu16)(v, acc);
        acc = least ? W(sub_epi16)(v, over) : W(add_epi16)(acc, over);
    }
    w_store(best, acc);
    for (int i = 1; i < WIDE / 2; i++)
        best[0] = (least ? best[i] < best[0] : best[i] > best[0]) ? best[i] : best[0];
    return best[0];
}

BLOCK_INLINE double extreme_f32(bool least, const float *x, int n)
{
    float best[WIDE / 4];
    wf acc = W(set1_ps)(least ? INFINITY : -INFINITY);
    for (int i = 0; i < n; i += WIDE / 4) {
        wf v = W(loadu_ps)(x + i);
        acc = least ? W(min_ps)(v, acc) : W(max_ps)(v, acc);
    }
    W(storeu_ps)(best, acc);
    for (int i = 1; i < WIDE / 4; i++)
        best[0] = least ? (best[i] < best[0] ? best[i] : best[0]) : (best[i] > best[0] ? best[i] : best[0]);
    return (double)best[0];
}

BLOCK_INLINE double extreme_f64(bool least, const double *x, int n)
{
    double best[WIDE / 8];
    wd acc = W(set1_pd)((double)(least ? INFINITY : -INFINITY));
    for (int i = 0; i < n; i += WIDE / 8) {
        wd v = W(loadu_pd)(x + i);
        acc = least ? W(min_pd)(v, acc) : W(max_pd)(v, acc);
    }
    W(storeu_pd)(best, acc);
    for (int i = 1; i < WIDE / 8; i++)
        best[0] = least ? (best[i] < best[0] ? best[i] : best[0]) : (best[i] > best[0] ? best[i] : best[0]);
    return best[0];
}

BLOCK_INLINE double extreme_of(bool least, enum flynn_type type, const void *x, int n)
{
    switch (type) {
    case FLYNN_U8:
        return extreme_u8(least, x, n);
    case FLYNN_U16:
        return extreme_u16(least, x, n);
    case FLYNN_F32:
        return extreme_f32(least, x, n);
    default:
        return extreme_f64(least, x, n);
    }
}

/* The block_run: parts that hold nothing better are passed by whole; the others are searched again. */
BLOCK_INLINE void extreme_vectors(enum block_kind kind, enum flynn_type type, double *lanes, int lane, const void *x,
                                  const void *w, int n)
{
    enum { PART = 512 };
    const uint8_t *bytes = x;
    size_t sample = flynn_type_bytes(type);
    int i = 0;
    for (; i + PART <= n; i += PART) {
        const uint8_t *part = bytes + (size_t)i * sample;
        if (extreme_better(kind, extreme_of(kind == BLOCK_ARGMIN, type, part, PART), lanes[EXTREME_VALUE]))
            extreme_plain(kind, type, lanes, lane, part, w, PART);
        else
            lanes[EXTREME_SEEN] += PART;
    }
    extreme_plain(kind, type, lanes, lane, bytes + (size_t)i * sample, w, n - i);
}

static void greatest_u8(const struct flynn_call *call)
{
    extreme_stage(call, BLOCK_ARGMAX, FLYNN_U8, extreme_vectors);
}

static void greatest_u16(const struct flynn_call *call)
{
    extreme_stage(call, BLOCK_ARGMAX, FLYNN_U16, extreme_vectors);
}

static void greatest_f32(const struct flynn_call *call)
{
    extreme_stage(call, BLOCK_ARGMAX, FLYNN_F32, extreme_vectors);
}

static void greatest_f64(const struct flynn_call *call)
{
    extreme_stage(call, BLOCK_ARGMAX, FLYNN_F64, extreme_vectors);
}

static void least_u8(const struct flynn_call *call)
{
    extreme_stage(call, BLOCK_ARGMIN, FLYNN_U8, extreme_vectors);
}

static void least_u16(const struct flynn_call *call)
{
    extreme_stage(call, BLOCK_ARGMIN, FLYNN_U16, extreme_vectors);
}

static void least_f32(const struct flynn_call *call)
{
    extreme_stage(call, BLOCK_ARGMIN, FLYNN_F32, extreme_vectors);
}

static void least_f64(const struct flynn_call *call)
{
    extreme_stage(call, BLOCK_ARGMIN, FLYNN_F64, extreme_vectors);
}

static void combine(const struct flynn_call *call)
{
    extreme_finish(call);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(argmax);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(argmax) = {
    .fn =
        {{[FLYNN_U8] = greatest_u8, [FLYNN_U16] = greatest_u16, [FLYNN_F32] = greatest_f32, [FLYNN_F64] = greatest_f64},
         {[FLYNN_U8] = least_u8, [FLYNN_U16] = least_u16, [FLYNN_F32] = least_f32, [FLYNN_F64] = least_f64},
         {[FLYNN_F64] = combine}},
};
