/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_STRIP_H
#define FLYNN_CPU_STRIP_H

#include "cpu/engine.h"
#include "cpu/ring.h"

/** The inner part of the row engine: what one worker does with one strip of a segment. */

/** What a stage of a segment works on in one tile. */
struct flynn_place {
    const struct flynn_stage *stage; /**< the section's, or what its `part` made of it */
    struct flynn_ring *ring;         /**< what it reads; the first stage's is common to all tiles */
    uint8_t *state;
    struct flynn_span out; /**< the columns that it makes */
    int in_x;              /**< the input column that in[] points at */
};

/** What a worker needs for one segment; all of it lies in its arena.
 *
 * Where the section is tiled and goes from image to image, the worker makes all rows of one tile after the other, with
 * rings for one. Where rows come or go whole, every tile of columns has rings and states of its own, and the worker
 * makes FLYNN_IO_STEP rows of one tile after the other: what it reads again and again is one tile's rings. The first
 * ring is then common to all tiles, as wide as the image and higher. */
struct flynn_worker {
    int number;
    int tiles;   /**< whose rings and states there are: all, or one */
    int tile;    /**< which of these is in progress */
    int laid;    /**< FLYNN_LAID_ALL, or the one tile */
    bool direct; /**< the first stage reads rows where row_io has them, one at a time, and not in its ring */
    struct flynn_place *place; /**< of stage s for tile t of those that there are: place[t * stages + s] */
    struct flynn_ring *ring;   /**< the rings that places point at */
    const void **in;           /**< in[] of every stage, `window` pointers each */
    void **out;                /**< out[] of every stage, `step` pointers each */
    const void **with;         /**< with[] of every stage, `step` pointers each */
    void **row;                /**< tiles: `step` whole rows of the output */
    uint8_t *acc;
    bool counts; /**< acc holds part of the reduction that runs */
    uint8_t *scratch;
    uint8_t *arena;
    size_t rooms; /**< where in the arena rings and states begin */
    size_t bytes;
};

enum { FLYNN_LAID_ALL = -1, FLYNN_LAID_NONE = -2 };

/** A cut into tiles of columns. */
struct flynn_cut {
    int tile, tiles; /**< columns of a tile (the last one may have fewer), and how many tiles */
    int block;       /**< rows of the input that blocks of rows need of a ring that all tiles share */
};

/** A segment of a plan with the kernels and workers that run it. */
struct flynn_section {
    const struct flynn_stage *const *stage;
    flynn_kernel *const *kernel;
    int stages;
    int head;                       /**< the first stage that pulls rows through a ring: 1 behind a whole stage */
    int window, step;               /**< the longest in[] and out[] of its stages */
    struct flynn_cut columns, rows; /**< for images, tile by tile; where rows come or go whole */
    bool handed; /**< after its one whole stage stands one that hands the rows on, for output that goes by rows */
    struct flynn_stage *own;          /**< copies of its stages where they differ from the plan's, or NULL */
    const struct flynn_stage **owned; /**< pointers to them */
    flynn_kernel **owned_kernel;
    int *beside; /**< whose ring holds what is beside each stage; -1: the task's image */
    int *need;   /**< rows that a call of each stage spans */
    int *keep;   /**< rows that each ring holds on to beyond its own stage's window */
    struct flynn_worker *worker;
    struct flynn_image result; /**< what the next segment reads; unset for the last one */
    struct flynn_image room;   /**< its output where the input lies in the same memory; `result` is a view of it */
};

/** One run of a section over output rows [first, last) (rows of the input where the last stage reduces), cut into
 * strips. */
struct flynn_task {
    struct flynn_section *section;
    const struct flynn_image *src, *dst;
    const struct flynn_image *side, *beside; /**< for its stages, or NULL */
    const struct flynn_row_io *read, *write; /**< rows come from or go there instead of to src or dst; or NULL */
    int first, last, strip;
    bool stream; /**< dst is larger than the caches */
};

/** How it is cut where rows come or go whole, as they do behind a whole stage too, and where they do not. */
static inline const struct flynn_cut *flynn_section_cut(const struct flynn_section *section, bool whole_rows)
{
    return section->head || whole_rows ? &section->rows : &section->columns;
}

/** Give the worker rings and states for one tile, or for all: FLYNN_LAID_ALL. */
void flynn_section_lay(const struct flynn_section *section, struct flynn_worker *w, int tile);

/** Pool tasks: strip number `index`; arg is the struct flynn_task. */
void flynn_strip_rows(void *arg, int index, int worker);
void flynn_strip_whole(void *arg, int index, int worker);

/** A stage that reads border columns, or beyond the row, cannot read rows of an image in place. */
static inline bool flynn_stage_copies(const struct flynn_stage *stage)
{
    return stage->left || stage->right || stage->padded;
}

/** Rows that output bands of a whole stage start at multiples of. */
static inline int flynn_stage_band(const struct flynn_stage *stage)
{
    return stage->band > 0 ? stage->band : 1;
}

#define FLYNN_WHOLE_STEP 16 /* rows that a whole stage makes for the next one at least */

/** Rows that a call of the stage's kernel makes at most. A whole stage makes so many for the stage behind it. */
static inline int flynn_stage_step(const struct flynn_stage *stage)
{
    int band = flynn_stage_band(stage);
    if (stage->kind == FLYNN_WHOLE)
        return (FLYNN_WHOLE_STEP + band - 1) / band * band;
    return stage->step > 0 ? stage->step : 1;
}

#endif
