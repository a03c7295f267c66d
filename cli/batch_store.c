/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/batch_job.h"
#include "cli/job.h"

struct batch_job *batch_take(struct cli_batch *batch)
{
    struct batch_store *store = &batch->store;
    struct batch_job *job = NULL;
    pthread_mutex_lock(&store->lock);
    while (store->idles == 0 && !atomic_load(&batch->stop))
        pthread_cond_wait(&store->freed, &store->lock);
    if (!atomic_load(&batch->stop))
        job = store->idle[--store->idles];
    pthread_mutex_unlock(&store->lock);
    return job;
}

void batch_give(struct cli_batch *batch, struct batch_job *job)
{
    struct batch_store *store = &batch->store;
    if (job->more == 1)
        flynn_rows_in_close(&job->rows);
    flynn_reader_close(job->reader);
    job->reader = NULL;
    job->result = NULL;
    job->decoded = job->whole = false;
    job->more = 0;
    pthread_mutex_lock(&store->lock);
    store->idle[store->idles++] = job;
    pthread_cond_broadcast(&store->freed);
    pthread_mutex_unlock(&store->lock);
}

static void drop_buffers(struct batch_store *store, struct batch_job *job)
{
    flynn_image_free(&job->in);
    flynn_image_free(&job->out);
    store->used -= job->held;
    job->held = 0;
}

/* Free the buffers of a job that is not in use; false when none has any. */
static bool drop_idle(struct batch_store *store)
{
    for (int i = 0; i < store->idles; i++) {
        if (store->idle[i]->held) {
            drop_buffers(store, store->idle[i]);
            return true;
        }
    }
    return false;
}

static int refuse(const struct cli_batch *batch, double bytes, struct flynn_err *err)
{
    char need[32], limit[32];
    return flynn_fail(err, FLYNN_ELIMIT, "this needs %s, more than --max-memory allows (%s)",
                      cli_bytes_text(need, sizeof need, bytes),
                      cli_bytes_text(limit, sizeof limit, (double)batch->store.limit));
}

int batch_hold(struct cli_batch *batch, struct batch_job *job, double bytes, struct flynn_err *err)
{
    struct batch_store *store = &batch->store;
    if (bytes > (double)store->limit && store->strict)
        return refuse(batch, bytes, err);
    size_t need = bytes < (double)store->limit ? (size_t)bytes : store->limit;
    pthread_mutex_lock(&store->lock);
    while (store->used - job->held + need > store->limit) {
        if (drop_idle(store))
            continue;
        /* Whoever waits holds nothing, so that two who wait cannot wait for each other. */
        if (job->held)
            drop_buffers(store, job);
        else
            pthread_cond_wait(&store->freed, &store->lock);
    }
    store->used += need - job->held;
    job->held = need;
    pthread_mutex_unlock(&store->lock);
    return FLYNN_OK;
}

void batch_hold_all(struct cli_batch *batch, struct batch_job *job)
{
    struct batch_store *store = &batch->store;
    if (!store->strict)
        return;
    pthread_mutex_lock(&store->lock);
    if (!job->decoded)
        drop_buffers(store, job);
    while (store->used > job->held) {
        if (!drop_idle(store))
            pthread_cond_wait(&store->freed, &store->lock);
    }
    store->used = job->held = store->limit;
    pthread_mutex_unlock(&store->lock);
}

int batch_count(struct cli_batch *batch, struct batch_job *job, double bytes, struct flynn_err *err)
{
    struct batch_store *store = &batch->store;
    if (bytes > (double)store->limit && store->strict)
        return refuse(batch, bytes, err);
    size_t need = bytes < (double)store->limit ? (size_t)bytes : store->limit;
    /* A file of several images keeps all until it is done: the next image may be larger. */
    if (store->strict && job->whole)
        return FLYNN_OK;
    pthread_mutex_lock(&store->lock);
    store->used += need - job->held;
    job->held = need;
    pthread_cond_broadcast(&store->freed);
    pthread_mutex_unlock(&store->lock);
    return FLYNN_OK;
}
