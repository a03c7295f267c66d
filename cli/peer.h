/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CLI_PEER_H
#define FLYNN_CLI_PEER_H

#include <flynn/plan.h>

#include <stdio.h>

/** A CBLAS of the system, timed beside flynn's backends where the plan is one plain matrix product.
 *
 * The library is opened at run time: what FLYNN_CBLAS names, else libopenblas.so.0 or libblas.so.3. Nothing of flynn
 * depends on it. */

#define CLI_PEER_RUNS 256

/** One number of threads. */
struct cli_peer_row {
    int threads; /**< 0: as many as the library takes by itself */
    int runs;
    double times_ms[CLI_PEER_RUNS], spent_ms;
    double median_ms, min_ms, gflops;
    uint64_t differing, samples; /**< elements whose bits are not flynn's */
    double max_abs, of_bound;    /**< largest difference, and the largest share that one has of its bound */
};

struct cli_peer {
    void *library;
    char name[128];
    char why[200]; /**< why there are no rows; "" where none were to be expected */
    void *gemm, *set_threads;
    const struct flynn_plan *plan;
    const struct flynn_image *in, *expected;
    struct flynn_image out, sum; /**< of the peer; |A| |B| */
    struct cli_peer_row row[2];
    int rows;
};

/** Find a library and prepare its rows, for 1 and for `threads` threads. Never fails: without one there are no rows. */
void cli_peer_open(struct cli_peer *peer, const struct flynn_plan *plan, const struct flynn_image *in,
                   const struct flynn_image *expected, int threads);

/** One timed run of each row that has not had enough; returns how many still have not. */
int cli_peer_turn(struct cli_peer *peer, int runs);

/** Compare what the rows made with what flynn made, and find their figures. */
void cli_peer_finish(struct cli_peer *peer);

/** The rows as lines of the table of `flynn compare`; and below it, how far they are from flynn's bits. */
void cli_peer_print_rows(const struct cli_peer *peer, FILE *out, int name_width);
void cli_peer_print_notes(const struct cli_peer *peer, FILE *out);

void cli_peer_close(struct cli_peer *peer);

#endif
