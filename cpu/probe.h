/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_PROBE_H
#define FLYNN_CPU_PROBE_H

#include <stddef.h>

/** The inner loops that measure a CPU's limits, for the widest vectors that it has; the caller takes the time. */

/** Copy `bytes`, a multiple of 256, between 64-byte aligned places, on x86-64 with streaming stores, which do not read
 * what they overwrite. When it returns the copy is visible to threads that are handed it in the usual way. */
void flynn_probe_copy(void *to, const void *from, size_t bytes);

/** Run `rounds` rounds of independent f32 multiply-add chains, enough of them to hide the latency; the operands stay in
 * registers. Returns the number of float operations done, a multiply-add being two. */
double flynn_probe_fma(long rounds);

/** Which instructions the two use: "AVX-512", "AVX2 + FMA", "SSE2" (multiply and add apart) or "portable C". */
const char *flynn_probe_name(void);

#endif
