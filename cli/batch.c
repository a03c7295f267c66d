/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/batch.h"

#include "cli/batch_job.h"
#include "cli/cli.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define DEFAULT_BYTES ((size_t)512 << 20) /* of all jobs, unless one alone needs more */

/* Each may have a file open; a process has 1,024 as a rule. */
#define MOST_WORKERS 256
#define MOST_WRITERS 64

/* ---- what happened ----------------------------------------------------------------------------------------------- */

static void stop(struct cli_batch *batch)
{
    atomic_store(&batch->stop, true);
    pthread_mutex_lock(&batch->store.lock);
    pthread_cond_broadcast(&batch->store.freed);
    pthread_mutex_unlock(&batch->store.lock);
}

static void failed(struct cli_batch *batch, const struct batch_job *job, const struct flynn_err *err)
{
    pthread_mutex_lock(&batch->report);
    bool tell = batch->keep_going || !atomic_load(&batch->stop);
    if (tell) {
        if (atomic_load(&batch->progress))
            fputs("\r\033[K", stderr);
        cli_complain("%s", err->text);
        if (job->index < batch->first_failed) {
            batch->first_failed = job->index;
            batch->status = flynn_exit_status(err->code);
        }
    }
    atomic_fetch_add(&batch->failed, 1);
    if (!batch->keep_going)
        stop(batch);
    pthread_mutex_unlock(&batch->report);
}

/* A job is over, well (0) or not; it can carry another file. */
static void settle(struct cli_batch *batch, struct batch_job *job, int code, const struct flynn_err *err)
{
    if (code)
        failed(batch, job, err);
    else
        atomic_fetch_add(&batch->done, 1);
    batch_give(batch, job);
}

/* The next file, on a job; NULL when there is none, or the batch stops. */
static struct batch_job *next_job(struct cli_batch *batch)
{
    struct batch_job *job = batch_take(batch);
    if (!job)
        return NULL;
    job->index = atomic_fetch_add(&batch->next, 1);
    if (job->index >= batch->files) {
        batch_give(batch, job);
        return NULL;
    }
    job->file = &batch->file[job->index];
    return job;
}

/* ---- the programs ------------------------------------------------------------------------------------------------ */

static void *reader(void *arg)
{
    struct cli_batch *batch = arg;
    struct batch_plans plans = {.count = 0};
    struct batch_job *job;
    struct flynn_err err;
    while ((job = next_job(batch))) {
        int code = batch_read(batch, &plans, job, &err);
        if (code)
            settle(batch, job, code, &err);
        else
            cli_queue_push(&batch->decoded, job);
    }
    batch_plans_free(&plans);
    if (atomic_fetch_sub(&batch->reading, 1) == 1)
        cli_queue_close(&batch->decoded);
    return NULL;
}

static void *worker(void *arg)
{
    struct cli_batch *batch = arg;
    struct batch_plans plans = {.count = 0};
    struct batch_job *job;
    struct flynn_err err;
    while ((job = cli_queue_pop(&batch->decoded))) {
        bool whole = job->whole;
        int code = 0;
        if (atomic_load(&batch->stop)) {
            batch_give(batch, job);
            continue;
        }
        code = whole ? batch_whole(batch, &plans, job, &err) : batch_compute(batch, &plans, job, &err);
        if (code || whole)
            settle(batch, job, code, &err);
        else
            cli_queue_push(&batch->computed, job);
    }
    batch_plans_free(&plans);
    if (atomic_fetch_sub(&batch->computing, 1) == 1)
        cli_queue_close(&batch->computed);
    return NULL;
}

static void *writer(void *arg)
{
    struct cli_batch *batch = arg;
    struct batch_job *job;
    struct flynn_err err;
    while ((job = cli_queue_pop(&batch->computed))) {
        if (atomic_load(&batch->stop))
            batch_give(batch, job);
        else
            settle(batch, job, batch_write(batch, job, &err), &err);
    }
    if (atomic_fetch_sub(&batch->writing, 1) == 1 && eventfd_write(batch->finished, 1) != 0)
        abort();
    return NULL;
}

bool cli_batch_step(struct cli_batch *batch)
{
    struct batch_job *job = next_job(batch);
    struct flynn_err err;
    if (!job)
        return false;
    int code = batch_read(batch, batch->plans, job, &err);
    if (!code && job->whole) {
        code = batch_whole(batch, batch->plans, job, &err);
    } else if (!code) {
        code = batch_compute(batch, batch->plans, job, &err);
        if (!code)
            code = batch_write(batch, job, &err);
    }
    settle(batch, job, code, &err);
    return true;
}

/* ---- start and end ----------------------------------------------------------------------------------------------- */

/* Signals are for the caller's thread. */
static int launch(struct cli_batch *batch, void *(*program)(void *), int count, struct flynn_err *err)
{
    sigset_t all, old;
    int why = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    for (int i = 0; i < count && !why; i++) {
        why = pthread_create(&batch->thread[batch->started], NULL, program, batch);
        batch->started += !why;
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return why ? flynn_fail(err, FLYNN_ELIMIT, "a thread cannot be started: %s", strerror(why)) : FLYNN_OK;
}

static int make_store(struct cli_batch *batch, int jobs)
{
    struct batch_store *store = &batch->store;
    *store = (struct batch_store){.limit = batch->max_memory ? batch->max_memory : DEFAULT_BYTES};
    store->strict = batch->max_memory != 0;
    pthread_mutex_init(&store->lock, NULL);
    pthread_cond_init(&store->freed, NULL);
    store->job = calloc((size_t)jobs, sizeof *store->job);
    store->idle = calloc((size_t)jobs, sizeof *store->idle);
    store->jobs = jobs;
    for (int i = 0; store->job && store->idle && i < jobs; i++)
        store->idle[store->idles++] = &store->job[i];
    return store->idles == jobs ? FLYNN_OK : FLYNN_ELIMIT;
}

static int make_all(struct cli_batch *batch, int jobs, int threads, struct flynn_err *err)
{
    pthread_mutex_init(&batch->report, NULL);
    pthread_mutex_init(&batch->opening, NULL);
    pthread_mutex_init(&batch->large, NULL);
    batch->first_failed = INT_MAX;
    batch->finished = -1;
    batch->thread = calloc((size_t)threads + 1, sizeof *batch->thread);
    batch->plans = calloc(1, sizeof *batch->plans);
    if (make_store(batch, jobs) || !batch->thread || !batch->plans)
        return flynn_fail(err, FLYNN_ELIMIT, "out of memory for a batch of %d threads", threads);
    if (threads == 0)
        return FLYNN_OK;
    if (!cli_queue_init(&batch->decoded, jobs) || !cli_queue_init(&batch->computed, jobs))
        return flynn_fail(err, FLYNN_ELIMIT, "out of memory for a batch of %d threads", threads);
    batch->finished = eventfd(0, EFD_CLOEXEC);
    return batch->finished < 0 ? flynn_fail(err, FLYNN_ELIMIT, "no file descriptor is left for a batch") : FLYNN_OK;
}

/* Threads that could not be started do not count. */
static int launch_all(struct cli_batch *batch, int readers, int workers, int writers, struct flynn_err *err)
{
    batch->reading = readers;
    batch->computing = workers;
    batch->writing = writers;
    int code = launch(batch, writer, writers, err);
    if (!code)
        code = launch(batch, worker, workers, err);
    if (!code)
        code = launch(batch, reader, readers, err);
    return code;
}

int cli_batch_start(struct cli_batch *batch, struct flynn_err *err)
{
    bool device = !batch->automatic && batch->backend.kind == FLYNN_BACKEND_OPENCL;
    int n = batch->threads < MOST_WORKERS ? batch->threads : MOST_WORKERS;
    int io = n < MOST_WRITERS ? n : MOST_WRITERS;
    /* Writing costs more than reading, and more than most ops. Under a limit one reader alone waits for memory. */
    int workers = device ? 1 : n, writers = io, readers = batch->max_memory ? 1 : (io + 1) / 2;
    bool alone = n == 1;
    int code =
        make_all(batch, alone ? 1 : readers + workers + writers + 2, alone ? 0 : readers + workers + writers, err);
    if (!code && !alone)
        code = launch_all(batch, readers, workers, writers, err);
    if (code) {
        stop(batch);
        if (batch->started) {
            cli_queue_close(&batch->decoded);
            cli_queue_close(&batch->computed);
        }
        cli_batch_end(batch);
    }
    return code;
}

void cli_batch_end(struct cli_batch *batch)
{
    for (int i = 0; i < batch->started; i++)
        pthread_join(batch->thread[i], NULL);
    for (int i = 0; i < batch->store.jobs && batch->store.job; i++) {
        flynn_image_free(&batch->store.job[i].in);
        flynn_image_free(&batch->store.job[i].out);
    }
    if (batch->plans)
        batch_plans_free(batch->plans);
    if (batch->finished >= 0)
        close(batch->finished);
    cli_queue_free(&batch->decoded);
    cli_queue_free(&batch->computed);
    free(batch->plans);
    free(batch->store.job);
    free(batch->store.idle);
    free(batch->thread);
    pthread_mutex_destroy(&batch->store.lock);
    pthread_cond_destroy(&batch->store.freed);
    pthread_mutex_destroy(&batch->report);
    pthread_mutex_destroy(&batch->opening);
    pthread_mutex_destroy(&batch->large);
}
