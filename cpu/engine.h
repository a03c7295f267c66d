/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_ENGINE_H
#define FLYNN_CPU_ENGINE_H

#include <flynn/plan.h>

#include <stdatomic.h>

struct flynn_pool;

/** The row engine: runs a plan's segments on the CPU.
 *
 * A segment of rows stages is run in strips of output rows. Each worker has one ring of rows for every stage's input;
 * the last stage pulls rows through the rings, so that a chain reads its input once and writes its output once. Rows
 * are recomputed where strips meet. Where rings would outgrow the caches, because rows are long, a worker makes the
 * strip tile of columns by tile, with rings for one tile; where rows come from or go to elsewhere whole, a few rows of
 * each tile in turn, which pays for very long rows only. Columns are recomputed where tiles meet. Windows are clamped
 * by the image's borders only, never by a strip's or a tile's, so the cut cannot change a bit. whole stages and stages
 * that wrap around get their input as one image. */
struct flynn_engine;

/** Prepare. kernels[i] runs plan->stage[i]; workers share the pool's threads (NULL: the calling thread alone).
 * Rings and buffers are measured here, images between segments allocated: FLYNN_ELIMIT when there is no memory for
 * them. The plan must outlive the engine. */
int flynn_engine_open(struct flynn_engine **engine, const struct flynn_plan *plan, flynn_kernel *const *kernels,
                      struct flynn_pool *pool, struct flynn_err *err);

/** Take the memory of rings and buffers, as the first run does otherwise. FLYNN_ELIMIT when there is not enough: all of
 * it is used, so that more than the machine has is refused before anything is taken. */
int flynn_engine_reserve(struct flynn_engine *engine, struct flynn_err *err);

/** Run the plan from `in` to `out`, which must have the plan's shapes and not overlap. Once the memory is
 * reserved it fails only as a stage's check does: the chain ends there. */
int flynn_engine_run(struct flynn_engine *engine, const struct flynn_image *in, const struct flynn_image *out,
                     struct flynn_err *err);

/** Where the rows of a plan's input come from and those of its output go when they are not images in memory.
 *
 * Workers call read, place, done and flush at the same time, each with its own number and for its own rows; before and
 * after are called by the thread that runs the plan. Errors are the context's to keep: it sets *stop, whereupon the
 * engine gives up soon. */
struct flynn_row_io {
    void *context;
    int band; /**< the plan is run in bands of this many output rows, one after the other; 0: all rows at once */

    /** Input rows [low, high] will be read for the next band. May be NULL. */
    void (*before)(void *context, int low, int high);
    /** Row y of the input: decoded into `buffer`, or a pointer to it that is valid until the worker's next call. NULL:
     * the input is an image. */
    const void *(*read)(void *context, int worker, int y, void *buffer);
    /** Where the output row y is to be put; it stays the worker's until done. NULL: the output is an image. */
    void *(*place)(void *context, int worker, int y);
    /** Output rows [y, y + rows), at most FLYNN_IO_STEP, are complete. */
    void (*done)(void *context, int worker, int y, int rows);
    /** The worker will not go on behind its last row. */
    void (*flush)(void *context, int worker);
    /** Output rows [y, y + rows) of a band are done and flushed. May be NULL. */
    void (*after)(void *context, int y, int rows);
    const atomic_bool *stop;
};

#define FLYNN_IO_STEP 16 /**< most rows between place and done, whatever the step of the last stage */

/** Run the plan from and to rows. `in` and `out` stand where io has no read or no place, and may be NULL otherwise.
 * Only stages that need a whole image get one: FLYNN_ELIMIT when there is no memory for it. A stage that works in place
 * has one image for its input and its output. What cannot be done with one: products (every output needs a whole row
 * and a whole column of the input), solve (it has two inputs already), sums down the columns of integers, whose output
 * is wider, so that the columns of one thread's share would lie over another's input, and of two such stages in
 * succession the second. */
int flynn_engine_stream(struct flynn_engine *engine, const struct flynn_image *in, const struct flynn_image *out,
                        const struct flynn_row_io *io, struct flynn_err *err);

/** The most input rows that a band of `rows` output rows of the plan's first segment needs at once. */
int flynn_engine_reach(const struct flynn_engine *engine, int rows);

/** Bytes of the images that flynn_engine_stream will allocate for stages that need one, beside flynn_engine_bytes. */
size_t flynn_engine_stream_bytes(const struct flynn_engine *engine);

/** Workers of the engine: the numbers that io's functions get are below this. */
int flynn_engine_workers(const struct flynn_engine *engine);

/** Fix the number of output rows of a strip (0: chosen by the engine); the result must not depend on it. */
void flynn_engine_set_strip(struct flynn_engine *engine, int rows);

/** Fix the number of columns of a tile (0: chosen by the engine); the result must not depend on it. Gives back what was
 * reserved. */
void flynn_engine_set_tile(struct flynn_engine *engine, int columns);

/** How a segment is run: rows of a strip, strips (one after the other on one worker, or at once), columns of a tile and
 * tiles, bytes of the rings and buffers of one worker. whole_rows: row_io gives or takes rows where it can. For
 * messages. */
struct flynn_engine_layout {
    int strip, strips;
    int tile, tiles;
    size_t ring_bytes;
};
void flynn_engine_layout(const struct flynn_engine *engine, int segment, int band, bool whole_rows,
                         struct flynn_engine_layout *layout);

/** Bytes that the engine takes: rings, accumulators and images between segments. */
size_t flynn_engine_bytes(const struct flynn_engine *engine);

void flynn_engine_close(struct flynn_engine *engine);

#endif
