/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CLI_JOB_H
#define FLYNN_CLI_JOB_H

#include "cli/options.h"

#include <flynn/plan.h>

/** Pieces of work that several commands share. */

/** Parse OP arguments into a chain. `in` is the IN argument, or NULL; one input at most can be stdin. */
int cli_chain(struct flynn_chain *chain, const char *in, char **ops, int count, struct flynn_err *err);

/** Parse one backend for a command that takes a single one: FLYNN_EUSAGE for several, FLYNN_EUNAVAILABLE with the
 * reason when it cannot run here. */
int cli_one_backend(struct flynn_backend *backend, const char *text, const struct flynn_limits *limits,
                    struct flynn_err *err);

/** Bytes of samples that a plan needs at once: the input, second inputs, the output (`outputs` of them) and the images
 * that stand between segments. Buffers of some rows and a device's own copies are not counted. */
double cli_plan_memory(const struct flynn_plan *plan, int outputs);

/** FLYNN_ELIMIT with the amount needed when cli_plan_memory is above options->max_memory. */
int cli_check_memory(const struct flynn_plan *plan, int outputs, const struct cli_options *options,
                     struct flynn_err *err);

/** "1.5 GB", "640 bytes": powers of 1000. */
const char *cli_bytes_text(char *text, size_t size, double bytes);

/** "640x480, 3 channels, u8". */
const char *cli_shape_text(char *text, size_t size, const struct flynn_shape *shape);

/** Ops of the plan for which the backend's table has no kernel of its own, as "gaussian (scalar), ..."; "" when there
 * is none, and for OpenCL. Returns whether there are any. */
bool cli_gaps(char *text, size_t size, const struct flynn_plan *plan, const struct flynn_backend *backend);

/** Print the plan on stderr: ops, stages, segments, bytes. */
void cli_explain(const struct flynn_plan *plan, const struct flynn_backend *backend, const char *why);

#endif
