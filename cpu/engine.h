/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_ENGINE_H
#define FLYNN_CPU_ENGINE_H

#include <flynn/plan.h>

struct flynn_pool;

/** The row engine: runs a plan's segments on the CPU.
 *
 * A segment of rows stages is run in strips of output rows. Each worker has one ring of rows for every stage's input;
 * the last stage pulls rows through the rings, so that a chain reads its input once and writes its output once. Rows
 * are recomputed where strips meet. Windows are clamped by the image's borders only, never by a strip's, so the cut
 * into strips cannot change a bit. whole stages and stages that wrap around get their input as one image. */
struct flynn_engine;

/** Prepare. kernels[i] runs plan->stage[i]; workers share the pool's threads (NULL: the calling thread alone).
 * All memory is allocated here. FLYNN_ELIMIT when there is not enough. The plan must outlive the engine. */
int flynn_engine_open(struct flynn_engine **engine, const struct flynn_plan *plan, flynn_kernel *const *kernels,
                      struct flynn_pool *pool, struct flynn_err *err);

/** Run the plan from `in` to `out`, which must have the plan's shapes and not overlap. Cannot fail. */
void flynn_engine_run(struct flynn_engine *engine, const struct flynn_image *in, const struct flynn_image *out);

/** Fix the number of output rows of a strip (0: chosen by the engine); the result must not depend on it. */
void flynn_engine_set_strip(struct flynn_engine *engine, int rows);

/** Bytes that the engine allocated: rings, accumulators and images between segments. */
size_t flynn_engine_bytes(const struct flynn_engine *engine);

void flynn_engine_close(struct flynn_engine *engine);

#endif
