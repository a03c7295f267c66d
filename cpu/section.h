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

/** Prepare segment number `i`, with its stages' kernels; all workers' memory is measured. */
int flynn_section_open(struct flynn_engine *engine, int i, flynn_kernel *const *kernels, struct flynn_err *err);

/** Cut it into tiles of so many columns instead of those that were chosen; 0: chosen again. What cannot be cut is not.
 */
void flynn_section_set_tile(struct flynn_engine *engine, struct flynn_section *section, int columns);

/** Bytes of a worker's rings and buffers, where rows come or go whole or not. */
size_t flynn_section_bytes(const struct flynn_section *section, bool whole_rows);

/** Take the workers' memory where that is not done. FLYNN_ELIMIT when there is not enough. */
int flynn_section_reserve(struct flynn_engine *engine, struct flynn_section *section, struct flynn_err *err);

/** Images between segments, of all segments: where a stage works in place, one for its input and its output. */
int flynn_section_images(struct flynn_engine *engine, struct flynn_err *err);

/** Whether segment i's input may lie in its output: its first stage works in place, and nothing else reads it. */
bool flynn_section_in_place(const struct flynn_engine *engine, int i);

/** Whether an image of the output's shape has room for the input, as it is. */
bool flynn_section_has_room(const struct flynn_stage *stage);

/** The memory that an output of an in-place stage takes with room for its input, and the output in it. */
struct flynn_shape flynn_section_room(const struct flynn_stage *stage);
int flynn_section_alloc_room(struct flynn_image *out, const struct flynn_stage *stage, struct flynn_err *err);

/** Where the input lies in the memory of the output. */
struct flynn_image flynn_section_input_in(const struct flynn_image *out, const struct flynn_stage *stage);

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
