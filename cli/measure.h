/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CLI_MEASURE_H
#define FLYNN_CLI_MEASURE_H

#include "cli/options.h"
#include "cli/peer.h"
#include "core/compare.h"

#include <flynn/plan.h>

/** Timing of one plan on several backends, with every output held against the scalar reference first. */

/** What the machine is and can do; shares of its limits are of these. */
struct cli_machine {
    char cpu[96];
    int cores, logical;    /**< 0: unknown */
    size_t l1d, l2, l3;    /**< bytes; 0: unknown */
    int threads;           /**< of the measures [1]; [0] is one thread */
    double copy_gbps[2];   /**< bytes read and written; 0: not measured */
    double fma_gflops[2];  /**< f32 */
    const char *probe_isa; /**< instructions that the measures used; "" when not measured */
    const char *source;    /**< where the topology comes from */
};

/** Describe the machine and, when asked to, measure it (a tenth of a second, 256 MB). */
int cli_machine_describe(struct cli_machine *machine, bool measure, const struct flynn_limits *limits,
                         struct flynn_err *err);

/** One backend. Figures that do not apply are NAN. */
struct cli_result {
    struct flynn_backend backend;
    bool listed; /**< false: scalar, timed as the baseline alone */
    bool ran;    /**< false: `why` says why not */
    char why[512];
    char gaps[200];                     /**< ops that run on a lower table's kernel, as cli_gaps gives them */
    bool equal;                         /**< every output that was checked */
    struct flynn_difference difference; /**< when not equal */
    int runs;                           /**< timed; 0 when not equal */
    double *times_ms, *upload_times, *download_times;
    double median_ms, min_ms, stddev_ms;       /**< computing, with the data in the backend's memory */
    double setup_ms, upload_ms, download_ms;   /**< upload and download: medians */
    double speedup, gbps, gflops, limit_share; /**< over scalar; least bytes moved; of the limit, 1 is all of it */
    /* while measuring */
    struct flynn_run *run;
    struct flynn_image *out, own;
    double spent_ms;
};

struct cli_measurement {
    const char *input;
    const struct flynn_chain *chain;
    const struct flynn_plan *plan;
    const struct flynn_image *in;
    struct cli_machine machine;
    struct cli_result *result;
    int count;
    struct flynn_image expected, shared;
    struct cli_peer peer;
    bool shows_progress;
};

/** Measure: the caller has filled input, chain, plan, in, machine, and backend and listed of every result. The backends
 * take turns: a round is one turn of each, of CLI_TURN_MS or one run, after warm-up rounds. A backend's first and last
 * output are compared with the reference outside of the timed part. Fails only when the reference itself cannot be
 * computed. */
int cli_measure(struct cli_measurement *m, const struct cli_options *options, struct flynn_err *err);

/** Whether some listed backend differs from the reference. */
bool cli_measurement_differs(const struct cli_measurement *m);

/** The result of the scalar table, or NULL. */
const struct cli_result *cli_scalar_result(const struct cli_measurement *m);

void cli_measurement_free(struct cli_measurement *m);

/** Print the table for people, at most 100 columns wide. */
void cli_print_table(const struct cli_measurement *m, void *stream);

/** Whether the files that the options name can be written; nothing is left of them. To be asked before measuring. */
int cli_export_check(const struct cli_options *options, struct flynn_err *err);

/** Write what --export-json, --export-csv and --export-markdown ask for. */
int cli_export(const struct cli_measurement *m, const struct cli_options *options, struct flynn_err *err);

#endif
