/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CLI_JSON_H
#define FLYNN_CLI_JSON_H

#include "cli/measure.h"

#include <jansson.h>

/** Pieces of JSON that several commands print. */

#define CLI_JSON_FLAGS (JSON_INDENT(2) | JSON_REAL_PRECISION(12))

/** A number, or null where it is not finite. */
json_t *cli_json_number(double value);

/** A text from outside, such as the name of a file or of a device. JSON is UTF-8: what is not becomes U+FFFD. */
json_t *cli_json_text(const char *text);

/** {version, commit, compiler, flags} */
json_t *cli_json_flynn(void);

/** {cpu, cores, isas, l1d_bytes, l2_bytes, l3_bytes, copy_gbps, fma_gflops}; measures are those of all threads. */
json_t *cli_json_machine(const struct cli_machine *machine);

/** Print on stdout and free. */
void cli_json_print(json_t *json);

#endif
