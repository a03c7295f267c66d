/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CLI_COVERAGE_H
#define FLYNN_CLI_COVERAGE_H

#include <flynn/op.h>

#define CLI_MOST_TABLES 16

/** Which backends have kernels of their own for an op. */
struct cli_coverage {
    unsigned table[CLI_MOST_TABLES]; /**< by table: FLYNN_TYPE_BIT of the input types that it runs wholly by itself */
    unsigned part[CLI_MOST_TABLES];  /**< likewise: of which it runs some stages, but not all */
    int falls_to[CLI_MOST_TABLES][FLYNN_N_TYPES]; /**< for other types of the op: the lowest table that helps out */
    unsigned unplanned; /**< FLYNN_TYPE_BIT of the input types of which no plan could be made: what stands above and
                           below is what the catalogue says */
    bool opencl;        /**< there are OpenCL kernels in this build */
};

/** Asked of the tables with small plans of the op's defaults (or of its first case where it has none),
 * on three channels where it takes them. */
void cli_coverage_find(struct cli_coverage *coverage, const struct flynn_op *op);

/** "u8 u16 f32", with the given separator. */
const char *cli_types_text(char *text, size_t size, unsigned types, const char *separator);

/** "1-4" or "1,3". */
const char *cli_channels_text(char *text, size_t size, unsigned channels);

#endif
