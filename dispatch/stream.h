/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_DISPATCH_STREAM_H
#define FLYNN_DISPATCH_STREAM_H

#include "core/rows.h"

#include <flynn/backend.h>

/** Running a plan from rows to rows: neither the input nor the output is ever held as an image, unless a stage needs
 * it. */

/** The output of a plan for an input, without its samples. */
struct flynn_image flynn_stream_output(const struct flynn_plan *plan, const struct flynn_rows_in *in);

/** Called by one worker with the share of the rows that are done, now and then. */
typedef void flynn_stream_progress(void *arg, double share);

/** Run a plan on a CPU backend from `in` to `out` (or to `image`, where the plan ends in a reduction and `out` is
 * NULL). Both are finished but not closed. Errors of reading and writing come back here. */
int flynn_run_stream(struct flynn_run *run, struct flynn_rows_in *in, struct flynn_rows_out *out,
                     const struct flynn_image *image, flynn_stream_progress *progress, void *arg,
                     struct flynn_err *err);

/** One line on how a segment of the plan will be cut, such as "2 strips of 2000 rows, rings of 640 kB for each worker".
 */
void flynn_run_stream_layout(const struct flynn_run *run, int segment, const struct flynn_rows_in *in,
                             const struct flynn_rows_out *out, char *text, size_t size);

/** Bytes that flynn_run_stream will hold at once: rings, buffers, and images where stages need them. `out` may be NULL.
 */
size_t flynn_run_stream_bytes(const struct flynn_run *run, const struct flynn_rows_in *in,
                              const struct flynn_rows_out *out);

#endif
