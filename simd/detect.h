/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_DETECT_H
#define FLYNN_SIMD_DETECT_H

#include <stdbool.h>

/** Levels of instruction sets; each contains the ones before it. */
enum flynn_level {
    FLYNN_LEVEL_BASE, /**< what the compiler targets by default: SSE2 on x86-64 */
    FLYNN_LEVEL_SSE41,
    FLYNN_LEVEL_FMA,    /**< scalar FMA instructions (AVX encoding) */
    FLYNN_LEVEL_AVX2,   /**< x86-64-v3 */
    FLYNN_LEVEL_AVX512, /**< the Ice Lake level: F BW DQ VL VBMI VBMI2 VNNI BITALG GFNI */
};

/** Whether this CPU, under this operating system, runs a level. The result is computed once. */
bool flynn_cpu_has(enum flynn_level level);

#endif
