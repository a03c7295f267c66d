/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_SECTION_H
#define FLYNN_CPU_SECTION_H

#include "cpu/strip.h"

/** The memory of the row engine: its segments' stages, rings and images, and the cut into tiles of columns. */

struct flynn_engine {
    const struct flynn_plan *plan;
    struct flynn_pool *pool;
    int workers;
    int strip; /**< rows, 0: chosen by the engine */
    struct flynn_section *section;
    size_t bytes;
};

/** Prepare segment number `i`, with its stages' kernels and all workers' memory. */
int flynn_section_open(struct flynn_engine *engine, int i, flynn_kernel *const *kernels, struct flynn_err *err);

/** Cut it into tiles of so many columns instead of those that were chosen; 0: chosen again. What cannot be cut is not.
 */
int flynn_section_set_tile(struct flynn_engine *engine, struct flynn_section *section, int columns,
                           struct flynn_err *err);

void flynn_section_close(struct flynn_engine *engine, struct flynn_section *section);

/** Input rows that output rows [y0, y1) of a section need; `ahead`: those too that stages make because they make
 * several at once. */
void flynn_section_reach(const struct flynn_section *section, int y0, int y1, bool ahead, int *low, int *high);

static inline const struct flynn_stage *flynn_section_last(const struct flynn_section *section)
{
    return section->stage[section->stages - 1];
}

/** Rows that it makes: of the output, or of the input where the last stage reduces. */
static inline int flynn_section_height(const struct flynn_section *section)
{
    const struct flynn_stage *last = flynn_section_last(section);
    return last->kind == FLYNN_REDUCE ? last->in.height : last->out.height;
}

#endif
