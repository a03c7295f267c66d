/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CLI_OPTIONS_H
#define FLYNN_CLI_OPTIONS_H

#include "cli/cli.h"

#include <flynn/backend.h>
#include <flynn/file.h>

/** Options that several commands have, as argp children whose input is a struct cli_options. */

enum cli_verify { CLI_VERIFY_NONE, CLI_VERIFY_FULL, CLI_VERIFY_SAMPLE };
enum cli_when { CLI_AUTO, CLI_ALWAYS, CLI_NEVER };

struct cli_options {
    /* where to compute */
    const char *backends;       /**< the list of -b; NULL: not given */
    struct flynn_limits limits; /**< -t and --isa */
    size_t max_memory;          /**< bytes; 0: no limit */
    const char *seed;           /**< digits; NULL: not given */

    /* what to say */
    bool quiet, verbose, explain, json;
    enum cli_when progress;

    /* what to write */
    struct flynn_write_options write;
    const char *format; /**< the word of --format in small letters; NULL: not given */

    /* how to measure */
    int warmup, runs; /**< -1: chosen */
    const char *export_json, *export_csv, *export_markdown;
};

/** -b -t --isa --max-memory --seed -q -v --explain --progress */
extern const struct argp cli_common_argp;

/** --format --maxval --plain */
extern const struct argp cli_write_argp;

/** --warmup --runs --export-json --export-csv --export-markdown */
extern const struct argp cli_measure_argp;

/** Defaults, with FLYNN_ISA taken from the environment and FLYNN_NUM_THREADS checked. False after a complaint. */
bool cli_options_start(struct cli_options *options);

/** A whole number in [min, max]; false after a complaint that names `option`. */
bool cli_parse_int(const char *option, const char *text, int min, int max, int *value);

/** Whether progress should be shown on stderr. */
bool cli_shows_progress(const struct cli_options *options);

/** The name of an input with --seed added where it is a generator without a seed. Free it. NULL: out of memory. */
char *cli_input_name(const char *in, const struct cli_options *options);

#endif
