/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CLI_BATCH_JOB_H
#define FLYNN_CLI_BATCH_JOB_H

#include "cli/batch.h"
#include "core/rows.h"

/** The steps of one file of a batch, and what they share. */

/** One file on its way. */
struct batch_job {
    const struct cli_batch_file *file;
    int index;                   /**< of the file */
    struct flynn_image in, out;  /**< buffers, kept for the next file */
    struct flynn_image *result;  /**< what is to be written: in or out */
    struct flynn_reader *reader; /**< open while there is more to read than the image in `in` */
    bool decoded;                /**< there is an image in `in` */
    bool whole;                  /**< for batch_whole */
    int more;                    /**< what flynn_reader_rows said last */
    struct flynn_rows_in rows;   /**< open when more is 1 */
    size_t held;                 /**< bytes that the store counts for it */
};

#define BATCH_PLANS 4

/** A thread's plans by input shape, each with an open run once it was needed. */
struct batch_plans {
    struct batch_plan {
        struct flynn_shape shape;
        struct flynn_plan plan;
        struct flynn_run *run;
        unsigned long last; /**< use */
    } entry[BATCH_PLANS];
    int count;
    unsigned long clock;
};

void batch_plans_free(struct batch_plans *plans);

/** A job that is not in use; waits for one. NULL when the batch stops. */
struct batch_job *batch_take(struct cli_batch *batch);

/** Close what the job has open and give it back. */
void batch_give(struct cli_batch *batch, struct batch_job *job);

/* Readers alone wait for memory. Workers and writers never do, so that what others hold is always given back. */

/** Make sure that the job may hold `bytes`; waits until others have given back enough. FLYNN_ELIMIT when they are more
 * than the user allows. The job's buffers may be freed. */
int batch_hold(struct cli_batch *batch, struct batch_job *job, double bytes, struct flynn_err *err);

/** Under a limit of the user's: wait until no other job holds anything, and take all. The job's buffers are freed
 * unless there is an image in them. For what can only be measured when it has been read. */
void batch_hold_all(struct cli_batch *batch, struct batch_job *job);

/** The job turned out to hold `bytes`; does not wait. FLYNN_ELIMIT when they are more than the user allows. */
int batch_count(struct cli_batch *batch, struct batch_job *job, double bytes, struct flynn_err *err);

/** The three steps. After batch_read, a job is for batch_whole when it says so, else for batch_compute and then
 * batch_write. Errors name the file. */
int batch_read(struct cli_batch *batch, struct batch_plans *plans, struct batch_job *job, struct flynn_err *err);
int batch_compute(struct cli_batch *batch, struct batch_plans *plans, struct batch_job *job, struct flynn_err *err);
int batch_write(struct cli_batch *batch, struct batch_job *job, struct flynn_err *err);

/** All that is left of a file: computed and written by the calling thread. */
int batch_whole(struct cli_batch *batch, struct batch_plans *plans, struct batch_job *job, struct flynn_err *err);

#endif
