/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "simd/warp_walk.h"

/* Stages are described in core/warp.h. Coordinates are computed for as many columns as fit into vectors, which may be
 * more than asked for: the tables of affine are long enough, and remap copies the last ones. n is at most WARP_BLOCK.
 */

static void locate_affine(const struct flynn_call *call, int x, int y, int n, int32_t *X, int32_t *Y)
{
    const int32_t *column = (const int32_t *)call->stage->table[0].data + x;
    const int32_t *column_y = column + call->stage->out.width;
    const int32_t *row = (const int32_t *)call->stage->table[1].data + 2 * (ptrdiff_t)y;
    wi across = W(set1_epi32)(row[0]), down = W(set1_epi32)(row[1]);
    bool whole = call->stage->k[0] == FLYNN_WARP_NEAREST;
    for (int i = 0; i < n; i += W_GROUP) {
        wi u = W(srai_epi32)(W(add_epi32)(w_load(column + i), across), 10 - FLYNN_WARP_BITS);
        wi v = W(srai_epi32)(W(add_epi32)(w_load(column_y + i), down), 10 - FLYNN_WARP_BITS);
        w_store(X + i, whole ? W(srai_epi32)(u, FLYNN_WARP_BITS) : u);
        w_store(Y + i, whole ? W(srai_epi32)(v, FLYNN_WARP_BITS) : v);
    }
}

#if WIDE == 32
typedef simde__m256d wd;
typedef simde__m256 wf;
#else
typedef simde__m128d wd;
typedef simde__m128 wf;
#endif
#define W_DOUBLES (WIDE / 8)

/* Rounded half to even, what is not a number far away: the order of the operands decides that. */
static inline void store_nearest(int32_t *to, wd v)
{
    v = W(min_pd)(v, W(set1_pd)(FLYNN_WARP_FAR));
    v = W(max_pd)(v, W(set1_pd)(-FLYNN_WARP_FAR));
    simde__m128i whole = W(cvtpd_epi32)(v);
    memcpy(to, &whole, sizeof(int32_t) * W_DOUBLES);
}

static inline wd quotient(double one, wd w)
{
#if WIDE == 32
    wd zero = simde_mm256_cmp_pd(w, simde_mm256_setzero_pd(), SIMDE_CMP_EQ_OQ);
#else
    wd zero = simde_mm_cmpeq_pd(w, simde_mm_setzero_pd());
#endif
    return W(andnot_pd)(zero, W(div_pd)(W(set1_pd)(one), w));
}

/* From the start of one of the blocks that the products are taken from. */
static inline void locate_from(const struct flynn_call *call, int x, int y, int n, int32_t *X, int32_t *Y)
{
    const double *m = call->stage->table[0].data;
    double one = call->stage->k[0] == FLYNN_WARP_NEAREST ? 1 : FLYNN_WARP_ONE;
    wd x0 = W(set1_pd)(m[0] * x + m[1] * y + m[2]), y0 = W(set1_pd)(m[3] * x + m[4] * y + m[5]);
    wd w0 = W(set1_pd)(m[6] * x + m[7] * y + m[8]);
    wd m0 = W(set1_pd)(m[0]), m3 = W(set1_pd)(m[3]), m6 = W(set1_pd)(m[6]);
#if WIDE == 32
    wd i4 = simde_mm256_setr_pd(0, 1, 2, 3);
#else
    wd i4 = simde_mm_setr_pd(0, 1);
#endif
    for (int i = 0; i < n; i += W_DOUBLES) {
        wd at = W(add_pd)(W(set1_pd)(i), i4);
        wd w = quotient(one, W(add_pd)(w0, W(mul_pd)(m6, at)));
        store_nearest(X + i, W(mul_pd)(W(add_pd)(x0, W(mul_pd)(m0, at)), w));
        store_nearest(Y + i, W(mul_pd)(W(add_pd)(y0, W(mul_pd)(m3, at)), w));
    }
}

static void locate_perspective(const struct flynn_call *call, int x, int y, int n, int32_t *X, int32_t *Y)
{
    for (int i = 0; i < n; i += FLYNN_WARP_BLOCK)
        locate_from(call, x + i, y, n - i < FLYNN_WARP_BLOCK ? n - i : FLYNN_WARP_BLOCK, X + i, Y + i);
}

static inline wi nearest_f32(wf v)
{
    v = W(min_ps)(v, W(set1_ps)((float)FLYNN_WARP_FAR));
    v = W(max_ps)(v, W(set1_ps)(-(float)FLYNN_WARP_FAR));
    return W(cvtps_epi32)(v);
}

/* The even and the odd lanes of two vectors. */
static inline void store_parted(int32_t *even, int32_t *odd, wi a, wi b)
{
#if WIDE == 32
    simde__m256 low = simde_mm256_castsi256_ps(a), high = simde_mm256_castsi256_ps(b);
    simde__m256i x = simde_mm256_castps_si256(simde_mm256_shuffle_ps(low, high, 0x88));
    simde__m256i y = simde_mm256_castps_si256(simde_mm256_shuffle_ps(low, high, 0xdd));
    w_store(even, simde_mm256_permute4x64_epi64(x, 0xd8));
    w_store(odd, simde_mm256_permute4x64_epi64(y, 0xd8));
#else
    simde__m128 low = simde_mm_castsi128_ps(a), high = simde_mm_castsi128_ps(b);
    w_store(even, simde_mm_castps_si128(simde_mm_shuffle_ps(low, high, 0x88)));
    w_store(odd, simde_mm_castps_si128(simde_mm_shuffle_ps(low, high, 0xdd)));
#endif
}

#define MAP_AHEAD 8 /* rows of the map, of which blocks read short pieces */

/* The map's pairs as they come: coordinates of columns in even lanes, of rows in odd ones. */
static void locate_remap(const struct flynn_call *call, int x, int y, int n, int32_t *X, int32_t *Y)
{
    static const int32_t columns[8] = {0, 0, 1, 0, 2, 0, 3, 0};
    const float *map = (const float *)flynn_row(call->src2, y) + 2 * (ptrdiff_t)x, *scale = call->stage->f;
    const uintptr_t ahead = MAP_AHEAD * (uintptr_t)call->src2->stride;
    float one = call->stage->k[0] == FLYNN_WARP_NEAREST ? 1 : FLYNN_WARP_ONE, from = call->stage->k[1] ? 1 : 0;
    float rest[2 * W_GROUP] = {0};
    double both; /* the two, as bits */
    memcpy(&both, scale, sizeof both);
    wi first = W(add_epi32)(W(set1_epi64x)((int64_t)y * (INT64_C(1) << 32) + x), w_load(columns));
    wf scales = W(castpd_ps)(W(set1_pd)(both)), unit = W(set1_ps)(one), at = W(cvtepi32_ps)(first);
    at = W(mul_ps)(at, W(set1_ps)(from));
    wf steps = W(mul_ps)(W(cvtepi32_ps)(W(set1_epi64x)(W_GROUP / 2)), W(set1_ps)(from));
    for (int i = 0; i < n; i += W_GROUP) {
        const float *pairs = map + 2 * (ptrdiff_t)i;
        __builtin_prefetch((const void *)((uintptr_t)pairs + ahead));
        if (n - i < W_GROUP)
            pairs = memcpy(rest, pairs, (size_t)(n - i) * 2 * sizeof *rest);
        wi v[2];
        for (int half = 0; half < 2; half++) {
            wf pair = W(mul_ps)(W(loadu_ps)(pairs + half * W_GROUP), scales);
            v[half] = nearest_f32(W(mul_ps)(W(add_ps)(pair, at), unit));
            at = W(add_ps)(at, steps);
        }
        store_parted(X + i, Y + i, v[0], v[1]);
    }
}

/* ---- kernels ----------------------------------------------------------------------------------------------------- */

WARP_INLINE void draw_method(const struct flynn_warp_source *s, enum flynn_type type, int channels, struct block *block,
                             uint8_t *to)
{
    if (s->method == FLYNN_WARP_NEAREST)
        draw_groups(s, FLYNN_WARP_NEAREST, type, channels, block, to);
    else if (s->method == FLYNN_WARP_BILINEAR)
        draw_groups(s, FLYNN_WARP_BILINEAR, type, channels, block, to);
    else
        draw_groups(s, FLYNN_WARP_BICUBIC, type, channels, block, to);
}

WARP_INLINE void draw_type(const struct flynn_warp_source *s, enum flynn_type type, struct block *block, uint8_t *to)
{
    switch (s->channels) {
    case 1:
        draw_method(s, type, 1, block, to);
        break;
    case 2:
        draw_method(s, type, 2, block, to);
        break;
    case 3:
        draw_method(s, type, 3, block, to);
        break;
    default:
        draw_method(s, type, 4, block, to);
    }
}

static void draw_u8(const struct flynn_warp_source *s, struct block *block, uint8_t *to)
{
    draw_type(s, FLYNN_U8, block, to);
}

static void draw_u16(const struct flynn_warp_source *s, struct block *block, uint8_t *to)
{
    draw_type(s, FLYNN_U16, block, to);
}

static void draw_f32(const struct flynn_warp_source *s, struct block *block, uint8_t *to)
{
    draw_type(s, FLYNN_F32, block, to);
}

static void warp(const struct flynn_call *call)
{
    static flynn_warp_locate *const locate[] = {locate_affine, locate_perspective, locate_remap};
    static draw_fn *const draw[] = {[FLYNN_U8] = draw_u8, [FLYNN_U16] = draw_u16, [FLYNN_F32] = draw_f32};
    walk(call, locate[call->stage->kernel], draw[call->stage->in.type]);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(affine);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(affine) = {
    .fn = {[FLYNN_WARP_AFFINE] = {[FLYNN_U8] = warp, [FLYNN_U16] = warp, [FLYNN_F32] = warp},
           [FLYNN_WARP_PERSPECTIVE] = {[FLYNN_U8] = warp, [FLYNN_U16] = warp, [FLYNN_F32] = warp},
           [FLYNN_WARP_REMAP] = {[FLYNN_U8] = warp, [FLYNN_U16] = warp, [FLYNN_F32] = warp}},
};
