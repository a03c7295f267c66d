/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CLI_PEER_H
#define FLYNN_CLI_PEER_H

#include <flynn/plan.h>

#include <stdio.h>

/** A CBLAS or LAPACK of the system, timed beside flynn's backends where the plan is one plain matrix product (gemm) or
 * factorisation (potrf, getrf) or solution of linear systems (posv, gesv).
 *
 * The library is opened at run time: what FLYNN_CBLAS or FLYNN_LAPACK names, else libopenblas.so.0, libblas.so.3 or
 * liblapack.so.3. Nothing of flynn depends on it. */

#define CLI_PEER_RUNS 2000
#define CLI_TURN_MS   2.0 /**< a turn of a backend or a peer is as many runs as take so long, or one */

/** One number of threads. */
struct cli_peer_row {
    int threads; /**< 0: as many as the library takes by itself */
    int runs;
    double times_ms[CLI_PEER_RUNS], spent_ms;
    double median_ms, min_ms, gflops;
    uint64_t differing, samples; /**< elements whose bits are not flynn's */
    double max_abs, of_bound;    /**< largest difference, and the largest share that one has of its bound */
};

struct cli_peer;

/** What one kind of op has beside it. */
struct cli_peer_way {
    const char *kind, *row;   /**< "CBLAS", "cblas" */
    const char *variable;     /**< environment: a library to use instead of `libraries` */
    const char *libraries[2]; /**< to be tried in this order */
    const char *f32, *f64;    /**< the function for either type */
    bool bounded;             /**< differences have a bound, proportional to |A| |B| */
    int (*prepare)(struct cli_peer *peer, struct flynn_err *err);
    void (*load)(struct cli_peer *peer); /**< before each run, untimed; NULL: nothing to do */
    void (*run)(struct cli_peer *peer);
    void (*store)(struct cli_peer *peer); /**< what the last run made, into `out`; NULL: it is there */
};

/** The way of a plan that is one factorisation or solution; NULL for any other. */
const struct cli_peer_way *cli_lapack_way(const struct flynn_plan *plan);

struct cli_peer {
    const struct cli_peer_way *way;
    void *library;
    char name[128];
    char why[200]; /**< why there are no rows; "" where none were to be expected */
    void *function, *set_threads;
    const struct flynn_plan *plan;
    const struct flynn_image *in, *expected;
    struct flynn_image out, sum; /**< of the peer; |A| |B| */
    void *fresh, *work;          /**< LAPACK: matrices by columns, and those that a run works in */
    int *pivots;                 /**< and its row exchanges */
    struct cli_peer_row row[2];
    int rows;
};

/** Find a library and prepare its rows, for 1 and for `threads` threads. Never fails: without one there are no rows. */
void cli_peer_open(struct cli_peer *peer, const struct flynn_plan *plan, const struct flynn_image *in,
                   const struct flynn_image *expected, int threads);

/** One turn of each row that has not had enough; returns how many still have not. */
int cli_peer_turn(struct cli_peer *peer, int runs);

/** Compare what the rows made with what flynn made, and find their figures. */
void cli_peer_finish(struct cli_peer *peer);

/** The rows as lines of the table of `flynn compare`; and below it, how far they are from flynn's bits. */
void cli_peer_print_rows(const struct cli_peer *peer, FILE *out, int name_width);
void cli_peer_print_notes(const struct cli_peer *peer, FILE *out);

void cli_peer_close(struct cli_peer *peer);

#endif
