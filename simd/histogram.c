/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/counts.h"
#include "simd/counts_sorted.h"
#include "simd/vec.h"

/* The accumulator's layout stands in cpu/histogram.c. Sample i of a row goes to table i % tables. */

/* ---- u8: eight samples at once, counted by value ----------------------------------------------------------------- */

static void count_rows(const struct flynn_call *call, uint32_t *tables)
{
    int channels = call->stage->in.channels, samples = call->width * channels;
    for (int r = 0; r < call->rows; r++)
        count_row(call->in[r], samples, channels, tables);
}

#if defined(FLYNN_ISA_AVX512)
SORTED_INLINE void sort_rows(const struct flynn_call *call, uint32_t *tables, int channels)
{
    struct sorted sorted;
    for (int c = 0; c < channels; c++) {
        uint32_t *count = tables + c * COUNTS_STRIDE;
        sorted_begin(&sorted);
        for (int r = 0; r < call->rows; r++)
            sorted_row(&sorted, call->in[r], call->width, channels, c, count);
        sorted_end(&sorted, count);
    }
}

static void histogram_u8(const struct flynn_call *call)
{
    uint32_t *tables = (uint32_t *)call->acc + call->stage->k[4];
    int channels = call->stage->in.channels;
    if ((int64_t)call->width * call->rows < SORTED_LEAST)
        count_rows(call, tables);
    else if (channels == 1)
        sort_rows(call, tables, 1);
    else if (channels == 2)
        sort_rows(call, tables, 2);
    else if (channels == 3)
        sort_rows(call, tables, 3);
    else
        sort_rows(call, tables, 4);
}
#else
static void histogram_u8(const struct flynn_call *call)
{
    count_rows(call, (uint32_t *)call->acc + call->stage->k[4]);
}
#endif

/* ---- u16 and f32: a vector of counter indices -------------------------------------------------------------------- */

/* Eight lanes are enough for avx512 too: counting takes the time, not finding the bins. */
#if defined(FLYNN_ISA_AVX512) || defined(FLYNN_ISA_AVX2)
enum { LANES = 8 };
typedef simde__m256i lanes;
#define L(name)       simde_mm256_##name
#define L_BITS(name)  simde_mm256_##name##_si256
#define L_FLOATS(x)   simde_mm256_castsi256_ps(x)
#define L_INTEGERS(x) simde_mm256_castps_si256(x)
#else
enum { LANES = 4 };
typedef simde__m128i lanes;
#define L(name)       simde_mm_##name
#define L_BITS(name)  simde_mm_##name##_si128
#define L_FLOATS(x)   simde_mm_castsi128_ps(x)
#define L_INTEGERS(x) simde_mm_castps_si128(x)
#endif

enum { MOST_TABLES = 12 };

static inline lanes load_lanes(const void *p)
{
    lanes v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* Where the tables of a vector's samples begin: at start[phase + lane], phase being the table of its first sample. */
struct phases {
    int32_t start[MOST_TABLES + LANES];
    int tables, advance;
};

static struct phases phases_of(const struct flynn_stage *stage)
{
    struct phases p = {.tables = stage->k[1], .advance = LANES % stage->k[1]};
    for (int i = 0; i < p.tables + LANES; i++)
        p.start[i] = i % p.tables * stage->k[2];
    return p;
}

/* The phase of the next vector. */
static inline int advance(const struct phases *p, int phase)
{
    phase += p->advance;
    return phase < p->tables ? phase : phase - p->tables;
}

/* Count the first n of the samples whose bins are given. */
static inline void count_lanes(uint32_t *acc, lanes bin, const int32_t *start, int n)
{
    uint32_t at[LANES];
    lanes index = L(add_epi32)(bin, load_lanes(start));
    memcpy(at, &index, sizeof at);
    for (int i = 0; i < n; i++)
        acc[at[i]]++;
}

/* The high half of a 16-bit product is the bin, but 65536 bins do not fit a factor: there a sample is its own bin. */
static inline lanes bins_u16(const uint16_t *p, int bins)
{
#if defined(FLYNN_ISA_AVX512) || defined(FLYNN_ISA_AVX2)
    lanes x = simde_mm256_cvtepu16_epi32(simde_mm_loadu_si128((const simde__m128i *)(const void *)p));
#else
    lanes x = simde_mm_unpacklo_epi16(simde_mm_loadl_epi64((const simde__m128i *)(const void *)p), v_zero());
#endif
    return bins == 65536 ? x : L(mulhi_epu16)(x, L(set1_epi32)(bins));
}

static void histogram_u16(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    int samples = call->width * stage->in.channels;
    const struct phases p = phases_of(stage);
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *in = call->in[r];
        int i = 0, phase = 0;
        for (; i + LANES <= samples; i += LANES, phase = advance(&p, phase))
            count_lanes(call->acc, bins_u16(in + i, stage->k[0]), p.start + phase, LANES);
        if (i < samples) {
            uint16_t rest[LANES] = {0};
            memcpy(rest, in + i, (size_t)(samples - i) * sizeof *in);
            count_lanes(call->acc, bins_u16(rest, stage->k[0]), p.start + phase, samples - i);
        }
    }
}

/* A NaN, whose bits without the sign are above those of infinity, goes to the counter behind the last bin. It is made 0
 * before the conversion, which must not see it. */
static inline lanes bins_f32(const float *p, float bins)
{
    lanes t = L_INTEGERS(L(mul_ps)(L(loadu_ps)(p), L(set1_ps)(bins)));
    lanes size = L_BITS(and)(t, L(set1_epi32)(0x7fffffff));
    lanes nan = L(srai_epi32)(L(sub_epi32)(L(set1_epi32)(0x7f800000), size), 31);
    t = L_BITS(andnot)(nan, t);
    t = L(cvttps_epi32)(L(min_ps)(L(max_ps)(L_FLOATS(t), L(setzero_ps)()), L(set1_ps)(bins - 1)));
    return L_BITS(or)(L_BITS(andnot)(nan, t), L_BITS(and)(nan, L(set1_epi32)((int)bins)));
}

static void histogram_f32(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    int samples = call->width * stage->in.channels;
    float bins = (float)stage->k[0];
    const struct phases p = phases_of(stage);
    for (int r = 0; r < call->rows; r++) {
        const float *in = call->in[r];
        int i = 0, phase = 0;
        for (; i + LANES <= samples; i += LANES, phase = advance(&p, phase))
            count_lanes(call->acc, bins_f32(in + i, bins), p.start + phase, LANES);
        if (i < samples) {
            float rest[LANES] = {0};
            memcpy(rest, in + i, (size_t)(samples - i) * sizeof *in);
            count_lanes(call->acc, bins_f32(rest, bins), p.start + phase, samples - i);
        }
    }
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(histogram);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(histogram) = {
    .fn = {{[FLYNN_U8] = histogram_u8, [FLYNN_U16] = histogram_u16, [FLYNN_F32] = histogram_f32}},
};
