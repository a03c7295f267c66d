/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_MEMORY_H
#define FLYNN_CORE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/** The most memory that this process can ever have: the least of
 *  - the machine's memory and swap,
 *  - the limits of its control group and of all groups above it, each with the swap that it allows: memory.max and
 *    memory.swap.max of version 2, memory.limit_in_bytes and memory.memsw.limit_in_bytes of version 1.
 * Linux grants more, and ends the process when it comes to be used; so more is refused before. What others hold at this
 * time is not looked at: they may give it back. */
struct flynn_memory_limit {
    double bytes; /**< 0: unknown */
    bool group;   /**< a control group's, not the machine's */
};

/** Found once for the process. */
struct flynn_memory_limit flynn_memory_limit(void);

/** The same with everything it asks for given: `root` as in flynn_cgroup_least, the machine's bytes of memory, swap. */
struct flynn_memory_limit flynn_memory_limit_from(const char *root, double memory, double swap);

#define FLYNN_MEMORY_WHY 80

/** Whether so many bytes are above the limit; `why` then gets text for the end of a message, else "". */
bool flynn_memory_exceeds(struct flynn_memory_limit limit, double bytes, char why[FLYNN_MEMORY_WHY]);

#endif
