/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CLI_SAMPLE_H
#define FLYNN_CLI_SAMPLE_H

#include "core/compare.h"

#include <flynn/plan.h>

/** Hold the output of a plan against the scalar reference: --verify.
 *
 * In full, the reference is computed for the whole image. As a sample, it is computed for bands of rows at the top, in
 * the middle and at the bottom, each from a view of the input rows that it needs. That is possible for chains whose ops
 * keep the size and look at a window of rows; other chains, images that the bands would cover anyhow, and samples in
 * which anything differs are verified in full. */
struct cli_verdict {
    struct flynn_difference difference;
    char compared[160]; /**< what was compared: "3145728 samples", "rows 0-31, 496-527 and 992-1023 of 1024" */
    char map[FLYNN_DIFFERENCE_MAP];
};

/** Verify `out`, which some backend made from `in`. Returns 0 when the comparison was made (equal or not), else an
 * error. */
int cli_verify_output(struct cli_verdict *verdict, bool sample, const struct flynn_chain *chain,
                      const struct flynn_plan *plan, const struct flynn_image *in, const struct flynn_image *out,
                      struct flynn_err *err);

#endif
