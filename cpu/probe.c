/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/probe.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define CHAINS 12 /* two FMA units of latency 4 need 8; more would not fit into 16 registers */

/* The compiler must think that someone looks at the results. */
static inline void use(const void *results)
{
    __asm__ volatile("" : : "r"(results) : "memory");
}

typedef float f32x4 __attribute__((vector_size(16)));

static double fma_portable(long rounds)
{
    const f32x4 c = {0.999f, 0.999f, 0.999f, 0.999f};
    f32x4 x[CHAINS];

    for (int k = 0; k < CHAINS; k++)
        x[k] = c * (float)k;
    for (long i = 0; i < rounds; i++)
#pragma GCC unroll 12
        for (int k = 0; k < CHAINS; k++)
            x[k] = x[k] * c + c;
    use(x);
    return 2.0 * 4 * CHAINS * (double)rounds;
}

#if defined(__x86_64__)

static void copy_sse2(void *to, const void *from, size_t bytes)
{
    const __m128i *s = from;
    __m128i *d = to;

    for (size_t i = 0; i < bytes / 16; i += 4) {
        __m128i a = _mm_load_si128(s + i), b = _mm_load_si128(s + i + 1);
        __m128i e = _mm_load_si128(s + i + 2), f = _mm_load_si128(s + i + 3);
        _mm_stream_si128(d + i, a);
        _mm_stream_si128(d + i + 1, b);
        _mm_stream_si128(d + i + 2, e);
        _mm_stream_si128(d + i + 3, f);
    }
    _mm_sfence();
}

__attribute__((target("avx2,fma"))) static void copy_avx2(void *to, const void *from, size_t bytes)
{
    const __m256i *s = from;
    __m256i *d = to;

    for (size_t i = 0; i < bytes / 32; i += 2) {
        __m256i a = _mm256_load_si256(s + i), b = _mm256_load_si256(s + i + 1);
        _mm256_stream_si256(d + i, a);
        _mm256_stream_si256(d + i + 1, b);
    }
    _mm_sfence();
}

__attribute__((target("avx2,fma"))) static double fma_avx2(long rounds)
{
    const __m256 c = _mm256_set1_ps(0.999f);
    __m256 x[CHAINS];

    for (int k = 0; k < CHAINS; k++)
        x[k] = _mm256_set1_ps((float)k);
    for (long i = 0; i < rounds; i++)
#pragma GCC unroll 12
        for (int k = 0; k < CHAINS; k++)
            x[k] = _mm256_fmadd_ps(x[k], c, c);
    use(x);
    return 2.0 * 8 * CHAINS * (double)rounds;
}

__attribute__((target("avx512f"))) static void copy_avx512(void *to, const void *from, size_t bytes)
{
    const char *s = from;
    char *d = to;

    for (size_t i = 0; i < bytes; i += 64)
        _mm512_stream_si512((void *)(d + i), _mm512_load_si512(s + i));
    _mm_sfence();
}

__attribute__((target("avx512f"))) static double fma_avx512(long rounds)
{
    const __m512 c = _mm512_set1_ps(0.999f);
    __m512 x[CHAINS];

    for (int k = 0; k < CHAINS; k++)
        x[k] = _mm512_set1_ps((float)k);
    for (long i = 0; i < rounds; i++)
#pragma GCC unroll 12
        for (int k = 0; k < CHAINS; k++)
            x[k] = _mm512_fmadd_ps(x[k], c, c);
    use(x);
    return 2.0 * 16 * CHAINS * (double)rounds;
}

enum level { SSE2, AVX2, AVX512 };

static enum level level(void)
{
    if (__builtin_cpu_supports("avx512f"))
        return AVX512;
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? AVX2 : SSE2;
}

void flynn_probe_copy(void *to, const void *from, size_t bytes)
{
    static void (*const copy[])(void *, const void *, size_t) = {copy_sse2, copy_avx2, copy_avx512};
    copy[level()](to, from, bytes);
}

double flynn_probe_fma(long rounds)
{
    static double (*const fma[])(long) = {fma_portable, fma_avx2, fma_avx512};
    return fma[level()](rounds);
}

const char *flynn_probe_name(void)
{
    static const char *const name[] = {"SSE2", "AVX2 + FMA", "AVX-512"};
    return name[level()];
}

#else

void flynn_probe_copy(void *to, const void *from, size_t bytes)
{
    memcpy(to, from, bytes);
}

double flynn_probe_fma(long rounds)
{
    return fma_portable(rounds);
}

const char *flynn_probe_name(void)
{
    return "portable C";
}

#endif
