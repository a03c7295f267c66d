/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_BYPASS_H
#define FLYNN_CPU_BYPASS_H

#include <stdbool.h>
#include <stddef.h>

/** Streaming stores: large outputs go past the caches, which saves reading every line before it is overwritten. */

/** Whether an output of this many bytes is better written so: it would not stay in the last-level cache anyway. */
bool flynn_bypass_pays(size_t bytes);

/** memcpy with streaming stores where the CPU has them. Call flynn_bypass_end before others may read the copies. */
void flynn_bypass_copy(void *to, const void *from, size_t n);

/** Order the streaming stores of this thread before its later stores. */
void flynn_bypass_end(void);

#endif
