/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CLI_BATCH_H
#define FLYNN_CLI_BATCH_H

#include "cli/queue.h"

#include <flynn/backend.h>
#include <flynn/file.h>

#include <stdatomic.h>

/** One chain over many files.
 *
 * Three programs run at the same time: readers decode the next files, workers compute one image each, writers encode.
 * A job carries one file from the first to the last; there are few of them and they are used again and again, with
 * their buffers, so that memory is bounded and images of the same shape cost no allocation. A large image, and a file
 * of several images, goes from its file to its output by one worker, large ones on all threads and one at a time. */

struct cli_batch_file {
    char *in, *out; /**< out is the path of the output */
};

struct batch_job;
struct batch_plans;

/** Jobs that are not in use, and the bytes that all jobs hold. */
struct batch_store {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    struct batch_job *job, **idle; /**< idle[0 .. idles): last in, first out, so that buffers stay in the caches */
    int jobs, idles;
    size_t used, limit;
    bool strict; /**< the limit is the user's */
};

struct cli_batch {
    /* set by the caller */
    const struct cli_batch_file *file;
    int files;
    const struct flynn_chain *chain;
    struct flynn_backend backend; /**< unless automatic */
    bool automatic;
    struct flynn_limits limits;
    struct flynn_write_options write;
    size_t max_memory; /**< bytes; 0: no limit of the user's */
    int threads;       /**< images computed at a time; 1: the caller does everything in cli_batch_step */
    bool keep_going;
    bool quiet, verbose, explain; /**< as in struct cli_options */

    /* to be read while it runs, and after */
    atomic_int done, failed;
    atomic_ullong bytes;     /**< of samples read */
    atomic_bool progress;    /**< the caller has a line of progress on stderr; messages go before it */
    pthread_mutex_t report;  /**< held while something is printed */
    pthread_mutex_t opening; /**< held while an output is opened: who holds it knows that no temporary file appears */
    int status;              /**< exit status of the first file (in their order) that failed */

    /* its own */
    int first_failed;
    atomic_bool stop, told;
    atomic_int next, reading, computing, writing; /**< the next file; threads at work */
    pthread_mutex_t large;
    struct batch_store store;
    struct cli_queue decoded, computed;
    struct batch_plans *plans; /**< of the caller's thread */
    pthread_t *thread;
    int started;
    int finished; /**< eventfd, written when the last thread ends; -1: none */
};

/** Prepare, and start the threads unless there is only one. On failure nothing needs freeing. */
int cli_batch_start(struct cli_batch *batch, struct flynn_err *err);

/** One thread: process the next file. False when there is none, or after a failure without keep_going. */
bool cli_batch_step(struct cli_batch *batch);

/** Wait for the threads and free what cli_batch_start made. */
void cli_batch_end(struct cli_batch *batch);

#endif
