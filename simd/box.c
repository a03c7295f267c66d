/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/tiles.h"

/* The stages and their state are described in cpu/box.c. */

enum { SUMS_16, SUMS_32 };

struct columns {
    int32_t started, unused[15];
};

/* ---- down ---------------------------------------------------------------------------------------------------------
 */

static inline vi widen16(const uint16_t *p)
{
#if defined(FLYNN_ISA_AVX512)
    return simde_mm512_cvtepu16_epi32(simde_mm256_loadu_si256((const void *)p));
#elif defined(FLYNN_ISA_AVX2)
    return simde_mm256_cvtepu16_epi32(simde_mm_loadu_si128((const void *)p));
#else
    return simde_mm_unpacklo_epi16(simde_mm_loadl_epi64((const void *)p), v_zero());
#endif
}

static void start_u8(const struct flynn_call *call, int samples, uint16_t *sum)
{
    for (int k = 0; k < call->stage->k[1] - 1; k++) {
        const uint8_t *in = call->in[k];
        int i = 0;
        for (; i + VEC / 2 <= samples; i += VEC / 2)
            v_store(sum + i, V(add_epi16)(v_load(sum + i), v_widen8(in + i)));
        for (; i < samples; i++)
            sum[i] = (uint16_t)(sum[i] + in[i]);
    }
}

/* Every column of vectors goes down all rows before the next one: its sums stay in a register. */
static void down_u8(const struct flynn_call *call)
{
    int samples = call->width * call->stage->in.channels, rows = call->rows, i = 0;
    const void *const *first = call->in, *const *last = call->in + call->stage->k[1] - 1;
    struct columns *state = call->state;
    uint16_t *sum = (uint16_t *)(state + 1);
    if (!state->started)
        start_u8(call, samples, sum);
    state->started = 1;
    for (; i + VEC <= samples; i += VEC) {
        vi a = v_load(sum + i), b = v_load(sum + i + VEC / 2);
        for (int r = 0; r < rows; r++) {
            const uint8_t *add = (const uint8_t *)last[r] + i, *take = (const uint8_t *)first[r] + i;
            uint16_t *out = (uint16_t *)call->out[r] + i;
            a = V(add_epi16)(a, v_widen8(add));
            b = V(add_epi16)(b, v_widen8(add + VEC / 2));
            v_store(out, a);
            v_store(out + VEC / 2, b);
            a = V(sub_epi16)(a, v_widen8(take));
            b = V(sub_epi16)(b, v_widen8(take + VEC / 2));
        }
        v_store(sum + i, a);
        v_store(sum + i + VEC / 2, b);
    }
    for (; i < samples; i++) {
        for (int r = 0; r < rows; r++) {
            uint16_t s = (uint16_t)(sum[i] + ((const uint8_t *)last[r])[i]);
            ((uint16_t *)call->out[r])[i] = s;
            sum[i] = (uint16_t)(s - ((const uint8_t *)first[r])[i]);
        }
    }
}

static void start_u16(const struct flynn_call *call, int samples, uint32_t *sum)
{
    for (int k = 0; k < call->stage->k[1] - 1; k++) {
        const uint16_t *in = call->in[k];
        int i = 0;
        for (; i + VEC / 4 <= samples; i += VEC / 4)
            v_store(sum + i, V(add_epi32)(v_load(sum + i), widen16(in + i)));
        for (; i < samples; i++)
            sum[i] += in[i];
    }
}

static void down_u16(const struct flynn_call *call)
{
    int samples = call->width * call->stage->in.channels, rows = call->rows, i = 0;
    const void *const *first = call->in, *const *last = call->in + call->stage->k[1] - 1;
    struct columns *state = call->state;
    uint32_t *sum = (uint32_t *)(state + 1);
    if (!state->started)
        start_u16(call, samples, sum);
    state->started = 1;
    for (; i + VEC / 4 <= samples; i += VEC / 4) {
        vi a = v_load(sum + i);
        for (int r = 0; r < rows; r++) {
            a = V(add_epi32)(a, widen16((const uint16_t *)last[r] + i));
            v_store((uint32_t *)call->out[r] + i, a);
            a = V(sub_epi32)(a, widen16((const uint16_t *)first[r] + i));
        }
        v_store(sum + i, a);
    }
    for (; i < samples; i++) {
        for (int r = 0; r < rows; r++) {
            uint32_t s = sum[i] + ((const uint16_t *)last[r])[i];
            ((uint32_t *)call->out[r])[i] = s;
            sum[i] = s - ((const uint16_t *)first[r])[i];
        }
    }
}

/* ---- across -------------------------------------------------------------------------------------------------------
 */

/* Sums of a tile, of 16 bits in `even`, or of 32: of even rows in `even` and of odd rows in `odd`. */
struct sums {
    wi even, odd;
};

FLYNN_UNROLLED void add_pixel(struct sums *s, wi x, bool wide)
{
    wi low = W_SI(and)(x, W(set1_epi32)(65535)), high = W(srli_epi32)(x, 16);
    s->even = wide ? W(add_epi32)(s->even, low) : W(add_epi16)(s->even, x);
    s->odd = wide ? W(add_epi32)(s->odd, high) : s->odd;
}

FLYNN_UNROLLED void take_pixel(struct sums *s, wi x, bool wide)
{
    wi low = W_SI(and)(x, W(set1_epi32)(65535)), high = W(srli_epi32)(x, 16);
    s->even = wide ? W(sub_epi32)(s->even, low) : W(sub_epi16)(s->even, x);
    s->odd = wide ? W(sub_epi32)(s->odd, high) : s->odd;
}

/* Quotients of sums of 32 bits; where floats alone do not tell, they are one off at most. */
FLYNN_UNROLLED wi quotient32(const struct flynn_stage *stage, wi sum, bool exact)
{
    wi q = W(cvttps_epi32)(W(mul_ps)(W(cvtepi32_ps)(sum), W(set1_ps)(stage->f[0])));
    if (exact)
        return q;
    wi area = W(set1_epi32)(stage->k[2]), rest = W(sub_epi32)(sum, W(mullo_epi32)(q, area));
    wi less = W(cmpgt_epi32)(W(set1_epi32)(0), rest);
    wi more = W(cmpgt_epi32)(rest, W(set1_epi32)(stage->k[2] - 1));
    return W(sub_epi32)(W(add_epi32)(q, less), more);
}

FLYNN_UNROLLED wi quotient(const struct flynn_stage *stage, const struct sums *s, bool wide, bool exact)
{
    if (!wide)
        return W(srl_epi16)(W(mulhi_epu16)(s->even, W(set1_epi16)((int16_t)stage->k[5])),
                            simde_mm_cvtsi32_si128(stage->k[6]));
    return W_SI(or)(quotient32(stage, s->even, exact), W(slli_epi32)(quotient32(stage, s->odd, exact), 16));
}

/* Up to TILE_ROWS rows from row `at` of the call on. */
FLYNN_UNROLLED void across_tile(const struct flynn_call *call, int at, int c, bool wide, bool exact)
{
    const struct flynn_stage *stage = call->stage;
    int rows = call->rows - at < TILE_ROWS ? call->rows - at : TILE_ROWS, size = stage->k[0];
    struct tile_ring ring = {.pixel = call->state, .pixels = stage->k[7], .total = call->width + size - 1};
    struct sums sum[FLYNN_MAX_CHANNELS];
    for (int r = 0; r < TILE_ROWS; r++)
        ring.row[r] = (const uint16_t *)call->in[at + (r < rows ? r : 0)] - stage->left * c;
    for (int k = 0; k < c; k++) {
        sum[k].even = wide ? W(set1_epi32)(stage->k[3]) : W(set1_epi16)((int16_t)stage->k[3]);
        sum[k].odd = sum[k].even;
    }
    tile_ring_fill(&ring, c, size - 1);
    for (int x = 0; x < size - 1; x++) {
        const wi *in = tile_pixel(&ring, c, x);
        for (int k = 0; k < c; k++)
            add_pixel(&sum[k], w_load(in + k), wide);
    }
    for (int x = 0; x < call->width; x += 16) {
        wi out[16 * FLYNN_MAX_CHANNELS];
        tile_ring_fill(&ring, c, x + 15 + size);
        for (int k = 0; k < c; k++) {
            struct sums s = sum[k];
            for (int j = 0; j < 16; j++) {
                add_pixel(&s, w_load(tile_pixel(&ring, c, x + j + size - 1) + k), wide);
                out[j * c + k] = quotient(stage, &s, wide, exact);
                take_pixel(&s, w_load(tile_pixel(&ring, c, x + j) + k), wide);
            }
            sum[k] = s;
        }
        for (int k = 0; k < c && (x * c + k * 16) < call->width * c; k++)
            tile_store16((uint8_t *const *)call->out + at, rows, x * c + k * 16, call->width * c, out + k * 16);
    }
}

FLYNN_UNROLLED void across(const struct flynn_call *call, bool wide, bool exact)
{
    for (int at = 0; at < call->rows; at += TILE_ROWS) {
        switch (call->stage->in.channels) {
        case 1:
            across_tile(call, at, 1, wide, exact);
            break;
        case 2:
            across_tile(call, at, 2, wide, exact);
            break;
        case 3:
            across_tile(call, at, 3, wide, exact);
            break;
        default:
            across_tile(call, at, 4, wide, exact);
        }
    }
}

/* Narrow boxes: as many loads as pixels. */
FLYNN_UNROLLED vi near_vector(const struct flynn_stage *stage, const uint16_t *in, int n)
{
    int c = stage->in.channels;
    vi sum = V(add_epi16)(v_load(in), v_set16(stage->k[3]));
    for (int k = 1; k < n; k++)
        sum = V(add_epi16)(sum, v_load(in + k * c));
    return V(srl_epi16)(V(mulhi_epu16)(sum, v_set16(stage->k[5])), simde_mm_cvtsi32_si128(stage->k[6]));
}

FLYNN_UNROLLED void near_rows(const struct flynn_call *call, int n)
{
    const struct flynn_stage *stage = call->stage;
    int samples = call->width * stage->in.channels;
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *in = (const uint16_t *)call->in[r] - stage->left * stage->in.channels;
        for (int i = 0; i < samples; i = v_advance(i, VEC, samples)) {
            vi low = near_vector(stage, in + i, n), high = low;
            if (i + VEC / 2 < samples)
                high = near_vector(stage, in + i + VEC / 2, n);
            v_store_row(call->out[r], i, samples, 1, v_packed_order(V(packus_epi16)(low, high)));
        }
    }
}

/* Whether the box was narrow enough. */
static bool near_box(const struct flynn_call *call)
{
    switch (call->stage->k[0]) {
    case 3:
        near_rows(call, 3);
        return true;
    case 5:
        near_rows(call, 5);
        return true;
    case 7:
        near_rows(call, 7);
        return true;
    default:
        return false;
    }
}

static void across_u8(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    if (stage->k[4] == SUMS_16 && near_box(call))
        return;
    if (stage->k[4] == SUMS_16)
        across(call, false, true);
    else if (stage->k[5])
        across(call, true, true);
    else
        across(call, true, false);
}

/* ---- f32 ----------------------------------------------------------------------------------------------------------
 */

/* Vectors [i, i + VEC / 4) of `count` rows, or of places that are `apart` samples from each other in one. */
static inline vf sum_rows(const void *const *row, int count, int i)
{
    vf sum = vf_load((const float *)row[0] + i);
    for (int k = 1; k < count; k++)
        sum = V(add_ps)(sum, vf_load((const float *)row[k] + i));
    return sum;
}

static inline vf sum_apart(const float *in, int count, int apart)
{
    vf sum = vf_load(in);
    for (int k = 1; k < count; k++)
        sum = V(add_ps)(sum, vf_load(in + (ptrdiff_t)k * apart));
    return sum;
}

static void down_f32(const struct flynn_call *call)
{
    int samples = call->width * call->stage->in.channels, tall = call->stage->k[1];
    for (int r = 0; r < call->rows; r++) {
        float *out = call->out[r];
        int i = 0;
        for (; i + VEC / 4 <= samples; i += VEC / 4)
            vf_store(out + i, sum_rows(call->in + r, tall, i));
        for (; i < samples; i++) {
            out[i] = ((const float *)call->in[r])[i];
            for (int k = 1; k < tall; k++)
                out[i] += ((const float *)call->in[r + k])[i];
        }
    }
}

static void across_f32(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    int c = stage->in.channels, samples = call->width * c;
    vf scale = V(set1_ps)(stage->f[0]);
    for (int r = 0; r < call->rows; r++) {
        const float *in = (const float *)call->in[r] - stage->left * c;
        for (int i = 0; i < samples; i = v_advance(i, VEC / 4, samples))
            v_store_row(call->out[r], i, samples, 4, V_AS_I(V(mul_ps)(sum_apart(in + i, stage->k[0], c), scale)));
    }
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(box);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(box) = {
    .fn = {{[FLYNN_U8] = down_u8, [FLYNN_U16] = down_u16, [FLYNN_F32] = down_f32},
           {[FLYNN_U8] = across_u8, [FLYNN_F32] = across_f32}},
};
