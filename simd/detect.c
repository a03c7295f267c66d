/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/detect.h"

#if defined(__x86_64__)

/* The compiler's builtin also asks the operating system (XGETBV) whether it saves the wide registers. */
bool flynn_cpu_has(enum flynn_level level)
{
    __builtin_cpu_init();
    bool sse41 = __builtin_cpu_supports("sse4.1");
    bool fma = sse41 && __builtin_cpu_supports("avx") && __builtin_cpu_supports("fma");
    bool avx2 = fma && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
                __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
    bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                  __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2") &&
                  __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bitalg") &&
                  __builtin_cpu_supports("gfni");
    switch (level) {
    case FLYNN_LEVEL_BASE:
        return true;
    case FLYNN_LEVEL_SSE41:
        return sse41;
    case FLYNN_LEVEL_FMA:
        return fma;
    case FLYNN_LEVEL_AVX2:
        return avx2;
    default:
        return avx512;
    }
}

#else

bool flynn_cpu_has(enum flynn_level level)
{
    return level == FLYNN_LEVEL_BASE;
}

#endif
