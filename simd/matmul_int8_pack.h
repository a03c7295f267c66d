/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_MATMUL_INT8_PACK_H
#define FLYNN_SIMD_MATMUL_INT8_PACK_H

#include "simd/vec.h"

/** Packing for the product of bytes. The lines of A are its rows, those of B its columns. A panel holds some lines:
 * for every STEPS bytes along k a number of 32 bits of each line.
 *
 * For avx512 a number is 4 bytes, a byte v being v ^ sign; for other tables 2 of 16 bits, each (v ^ sign) - sign. Bytes
 * beyond the last are taken for 0. */

#if defined(FLYNN_ISA_AVX512)
#define STEPS 4
#else
#define STEPS 2
#endif
#define RUN        (4 * STEPS) /* bytes that make 4 numbers */
#define PANEL_RUNS 4           /* runs along k of one panel before those of the next */

/** Byte k of line i at at[i * line + k * step]: one of the two is 1. */
struct bytes {
    const uint8_t *at;
    ptrdiff_t line, step;
    int sign;
};

/** The first n of a run of bytes, then zeros. */
static inline simde__m128i load_bytes(const uint8_t *from, int n)
{
    uint8_t bytes[16] = {0};
    if (n == 16)
        return simde_mm_loadu_si128((const simde__m128i *)(const void *)from);
    if (n == 8)
        return simde_mm_loadl_epi64((const simde__m128i *)(const void *)from);
    memcpy(bytes, from, (size_t)n);
    return simde_mm_loadu_si128((const simde__m128i *)(const void *)bytes);
}

/** 4 numbers of the first RUN bytes. */
static inline simde__m128i numbers(simde__m128i bytes, int sign)
{
#if STEPS == 4
    return simde_mm_xor_si128(bytes, simde_mm_set1_epi8((int8_t)sign));
#else
    simde__m128i s = simde_mm_set1_epi16((int16_t)sign);
    return simde_mm_sub_epi16(simde_mm_xor_si128(simde_mm_unpacklo_epi8(bytes, simde_mm_setzero_si128()), s), s);
#endif
}

/** The first n of 4 numbers, n being 2 or at least 4. */
static inline void store_numbers(int32_t *to, simde__m128i x, int n)
{
    if (n == 2)
        simde_mm_storel_epi64((simde__m128i *)(void *)to, x);
    else
        simde_mm_storeu_si128((simde__m128i *)(void *)to, x);
}

static inline void transpose_numbers(simde__m128i x[4])
{
    simde__m128i t0 = simde_mm_unpacklo_epi32(x[0], x[1]), t1 = simde_mm_unpacklo_epi32(x[2], x[3]);
    simde__m128i t2 = simde_mm_unpackhi_epi32(x[0], x[1]), t3 = simde_mm_unpackhi_epi32(x[2], x[3]);
    x[0] = simde_mm_unpacklo_epi64(t0, t1);
    x[1] = simde_mm_unpackhi_epi64(t0, t1);
    x[2] = simde_mm_unpacklo_epi64(t2, t3);
    x[3] = simde_mm_unpackhi_epi64(t2, t3);
}

/* ---- where the bytes of a line follow each other ----------------------------------------------------------------- */

/** n bytes of each line of a panel. */
static inline __attribute__((always_inline)) void pack_run(int32_t *to, struct bytes m, int lines, int group, int n)
{
    for (int r = 0; r < group; r += 4) {
        simde__m128i x[4];
        for (int i = 0; i < 4; i++)
            x[i] = r + i < lines ? numbers(load_bytes(m.at + (r + i) * m.line, n), m.sign) : simde_mm_setzero_si128();
        transpose_numbers(x);
        for (int i = 0; i * STEPS < n; i++)
            store_numbers(to + i * group + r, x[i], group - r);
    }
}

static inline __attribute__((always_inline)) void pack_lines(int32_t *to, struct bytes m, int lines, int depth,
                                                             int group)
{
    int k = 0;
    for (; k + RUN <= depth && lines >= group; k += RUN, m.at += RUN, to += 4 * group)
        pack_run(to, m, group, group, RUN);
    for (; k < depth; k += RUN, m.at += RUN, to += 4 * group)
        pack_run(to, m, lines, group, depth - k < RUN ? depth - k : RUN);
}

/* ---- where lines lie next to each other -------------------------------------------------------------------------- */

/** n <= STEPS bytes of each line of a panel; `lines` and more may be read. */
static inline __attribute__((always_inline)) void pack_across(int32_t *to, struct bytes m, int lines, int group, int n)
{
    for (int r = 0; r < group; r += 16) {
        int some = lines - r < 16 ? (lines > r ? lines - r : 0) : 16;
        simde__m128i x[4];
        for (int s = 0; s < 4; s++)
            x[s] = s < n ? load_bytes(m.at + r + s * m.step, some) : simde_mm_setzero_si128();
        simde__m128i low = simde_mm_unpacklo_epi8(x[0], x[1]), high = simde_mm_unpackhi_epi8(x[0], x[1]);
#if STEPS == 4
        simde__m128i low2 = simde_mm_unpacklo_epi8(x[2], x[3]), high2 = simde_mm_unpackhi_epi8(x[2], x[3]);
        x[0] = simde_mm_unpacklo_epi16(low, low2);
        x[1] = simde_mm_unpackhi_epi16(low, low2);
        x[2] = simde_mm_unpacklo_epi16(high, high2);
        x[3] = simde_mm_unpackhi_epi16(high, high2);
#else
        x[0] = low;
        x[1] = simde_mm_srli_si128(low, 8);
        x[2] = high;
        x[3] = simde_mm_srli_si128(high, 8);
#endif
        for (int q = 0; q < 4 && r + 4 * q < group; q++)
            store_numbers(to + r + 4 * q, numbers(x[q], m.sign), group - r - 4 * q);
    }
}

/** `depth` bytes of each line of a panel, of which there are `lines` here and in the panels after it. */
static inline __attribute__((always_inline)) void pack_block(int32_t *to, struct bytes m, int lines, int depth,
                                                             int group)
{
    int k = 0;
    for (; k + STEPS <= depth && lines >= (group + 15) / 16 * 16; k += STEPS, m.at += STEPS * m.step, to += group)
        pack_across(to, m, (group + 15) / 16 * 16, group, STEPS);
    for (; k < depth; k += STEPS, m.at += STEPS * m.step, to += group)
        pack_across(to, m, lines < group ? lines : group, group, depth - k < STEPS ? depth - k : STEPS);
}

/* ---- any --------------------------------------------------------------------------------------------------------- */

/** Panels of `group` lines, `apart` numbers from one to the next. Lines side by side are read in long runs, some of
 * them at a time. */
static inline __attribute__((always_inline)) void pack(int32_t *to, ptrdiff_t apart, struct bytes m, int lines,
                                                       int depth, int group)
{
    int run = m.step == 1 ? depth : PANEL_RUNS * RUN;
    for (int k = 0; k < depth; k += run) {
        int some = depth - k < run ? depth - k : run;
        for (int i = 0; i < lines; i += group) {
            int32_t *panel = to + i / group * apart + k / STEPS * group;
            struct bytes part = {m.at + i * m.line + k * m.step, m.line, m.step, m.sign};
            if (m.step == 1)
                pack_lines(panel, part, lines - i, some, group);
            else
                pack_block(panel, part, lines - i, some, group);
        }
    }
}

#endif
