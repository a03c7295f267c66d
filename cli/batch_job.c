/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/batch_job.h"
#include "cli/job.h"

#include "dispatch/stream.h"
#include "dispatch/tables.h"

#include <stdio.h>
#include <string.h>

#define LARGE_PIXELS 8000000.0 /* from here on one image is enough work for all threads */

/* ---- plans ------------------------------------------------------------------------------------------------------- */

static void forget(struct batch_plan *entry)
{
    flynn_run_close(entry->run);
    flynn_plan_free(&entry->plan);
    *entry = (struct batch_plan){0};
}

void batch_plans_free(struct batch_plans *plans)
{
    while (plans->count)
        forget(&plans->entry[--plans->count]);
}

/* The plan for a shape, built when the thread does not have it; it belongs to *plans. */
static int plan_for(const struct cli_batch *batch, struct batch_plans *plans, const struct flynn_shape *shape,
                    struct batch_plan **plan, struct flynn_err *err)
{
    struct batch_plan *oldest = plans->entry;
    for (int i = 0; i < plans->count; i++) {
        struct batch_plan *entry = &plans->entry[i];
        if (flynn_shape_equal(&entry->shape, shape)) {
            entry->last = ++plans->clock;
            *plan = entry;
            return FLYNN_OK;
        }
        oldest = entry->last < oldest->last ? entry : oldest;
    }
    /* An open run may hold images between its segments: under a limit no more than one is kept. */
    int most = batch->store.strict ? 1 : BATCH_PLANS;
    struct batch_plan built = {.shape = *shape, .last = ++plans->clock};
    int code = flynn_plan_build(&built.plan, batch->chain, shape, err);
    if (code)
        return code;
    if (plans->count < most)
        oldest = &plans->entry[plans->count++];
    else
        forget(oldest);
    *oldest = built;
    *plan = oldest;
    return FLYNN_OK;
}

/* The backend for a plan on at most `threads` threads. */
static void choose(const struct cli_batch *batch, const struct flynn_plan *plan, int threads,
                   struct flynn_backend *backend, char *why, size_t size)
{
    struct flynn_limits limits = {.threads = threads, .isa = batch->limits.isa};
    *backend = batch->backend;
    snprintf(why, size, "named on the command line or by FLYNN_BACKEND");
    if (batch->automatic)
        flynn_backend_choose(backend, plan, &limits, why, size);
}

/* What --explain and -v ask for, and what a named backend lacks: once, for the first plan. */
static void tell(struct cli_batch *batch, const struct flynn_plan *plan, const struct flynn_backend *backend,
                 const char *why)
{
    char gaps[200];
    if (atomic_exchange(&batch->told, true))
        return;
    pthread_mutex_lock(&batch->report);
    if (batch->explain)
        cli_explain(plan, backend, why);
    else if (batch->verbose)
        cli_complain("backend %s, %d image%s at a time: %s", backend->name, batch->threads,
                     batch->threads == 1 ? "" : "s", why);
    if (!batch->automatic && !batch->quiet && cli_gaps(gaps, sizeof gaps, plan, backend))
        cli_complain("%s has no kernel for %s; the kernel named there runs", backend->name, gaps);
    pthread_mutex_unlock(&batch->report);
}

/* One thread for each image: the others have images of their own. */
static int open_run(struct cli_batch *batch, struct batch_plan *entry, struct flynn_err *err)
{
    struct flynn_backend backend;
    char why[400];
    if (entry->run)
        return FLYNN_OK;
    choose(batch, &entry->plan, 1, &backend, why, sizeof why);
    tell(batch, &entry->plan, &backend, why);
    if (backend.kind == FLYNN_BACKEND_THREADS)
        backend.kind = FLYNN_BACKEND_SERIAL;
    return flynn_run_open(&entry->run, &entry->plan, &backend, err);
}

/* ---- the steps --------------------------------------------------------------------------------------------------- */

/* Put the file's name in front of a message that does not start with it. */
static int name_file(const struct batch_job *job, int code, struct flynn_err *err)
{
    if (!code)
        return FLYNN_OK;
    size_t in = strlen(job->file->in), out = strlen(job->file->out);
    bool named = (strncmp(err->text, job->file->in, in) == 0 && err->text[in] == ':') ||
                 (strncmp(err->text, job->file->out, out) == 0 && err->text[out] == ':');
    return named ? code : flynn_fail_in(err, "%s", job->file->in);
}

/* Make *image one of this shape; the one that is there is used again when it fits. */
static int reuse(struct flynn_image *image, const struct flynn_shape *shape, struct flynn_err *err)
{
    if (image->owned && flynn_shape_equal(&image->shape, shape))
        return FLYNN_OK;
    flynn_image_free(image);
    return flynn_image_alloc(image, shape, err);
}

static int hold_plan(struct cli_batch *batch, struct batch_plans *plans, struct batch_job *job,
                     const struct flynn_shape *shape, struct flynn_err *err)
{
    struct batch_plan *plan;
    int code = plan_for(batch, plans, shape, &plan, err);
    if (code)
        return code;
    double bytes = cli_plan_memory(&plan->plan, 1);
    return job->whole ? batch_count(batch, job, bytes, err) : batch_hold(batch, job, bytes, err);
}

static int read_rows(struct cli_batch *batch, struct batch_plans *plans, struct batch_job *job, struct flynn_err *err)
{
    int code = hold_plan(batch, plans, job, &job->rows.shape, err);
    if (!code)
        code = reuse(&job->in, &job->rows.shape, err);
    job->in.matrix = job->rows.matrix;
    job->in.planes = job->rows.planes;
    if (!code)
        code = flynn_rows_in_fill(&job->rows, &job->in, err);
    job->in.maxval = job->rows.maxval;
    flynn_rows_in_close(&job->rows);
    job->more = 0;
    return code;
}

/* Formats whose size is only known when they have been read. */
static int read_image(struct cli_batch *batch, struct batch_plans *plans, struct batch_job *job, struct flynn_err *err)
{
    struct batch_plan *plan;
    if (!job->whole)
        batch_hold_all(batch, job);
    flynn_image_free(&job->in);
    int code = flynn_reader_next(job->reader, &job->in, err);
    if (code == 0)
        code = flynn_fail(err, FLYNN_EINPUT, "no image where one is expected");
    if (code == 1)
        code = plan_for(batch, plans, &job->in.shape, &plan, err);
    return code ? code : batch_count(batch, job, cli_plan_memory(&plan->plan, 1), err);
}

static bool is_large(const struct cli_batch *batch, const struct flynn_shape *shape)
{
    return (batch->automatic || batch->backend.kind != FLYNN_BACKEND_OPENCL) &&
           (double)shape->width * shape->height > LARGE_PIXELS;
}

static int read_file(struct cli_batch *batch, struct batch_plans *plans, struct batch_job *job, struct flynn_err *err)
{
    int code = flynn_reader_open(&job->reader, job->file->in, err);
    if (code)
        return code;
    flynn_reader_limit(job->reader, batch->max_memory);
    job->more = flynn_reader_rows(job->reader, &job->rows, err);
    if (job->more < 0)
        return job->more;
    job->whole = job->more == 1 && is_large(batch, &job->rows.shape);
    if (!job->whole) {
        code = job->more == 1 ? read_rows(batch, plans, job, err) : read_image(batch, plans, job, err);
        if (code)
            return code;
        job->decoded = true;
        job->more = flynn_reader_rows(job->reader, &job->rows, err);
        if (job->more < 0)
            return job->more;
        job->whole = job->more > 0;
    }
    if (job->whole) {
        batch_hold_all(batch, job);
    } else {
        flynn_reader_close(job->reader);
        job->reader = NULL;
    }
    return FLYNN_OK;
}

int batch_read(struct cli_batch *batch, struct batch_plans *plans, struct batch_job *job, struct flynn_err *err)
{
    return name_file(job, read_file(batch, plans, job, err), err);
}

static int compute(struct cli_batch *batch, struct batch_plans *plans, struct batch_job *job, struct flynn_err *err)
{
    struct batch_plan *entry;
    atomic_fetch_add(&batch->bytes, flynn_row_bytes(&job->in.shape) * (size_t)job->in.shape.height);
    job->result = &job->in;
    if (batch->chain->length == 0)
        return FLYNN_OK;
    int code = plan_for(batch, plans, &job->in.shape, &entry, err);
    if (!code)
        code = open_run(batch, entry, err);
    if (!code)
        code = reuse(&job->out, &entry->plan.out, err);
    if (code)
        return code;
    job->out.maxval = entry->plan.out.type == job->in.shape.type ? job->in.maxval : 0;
    job->out.matrix = entry->plan.out_matrix;
    job->out.planes = entry->plan.out_planes;
    job->result = &job->out;
    code = flynn_run_bind(entry->run, &job->in, &job->out, err);
    if (!code)
        code = flynn_run_upload(entry->run, err);
    if (!code)
        code = flynn_run_compute(entry->run, err);
    return code ? code : flynn_run_download(entry->run, err);
}

int batch_compute(struct cli_batch *batch, struct batch_plans *plans, struct batch_job *job, struct flynn_err *err)
{
    return name_file(job, compute(batch, plans, job, err), err);
}

static int open_output(struct cli_batch *batch, const struct batch_job *job, struct flynn_writer **writer,
                       struct flynn_err *err)
{
    pthread_mutex_lock(&batch->opening);
    int code = flynn_writer_open(writer, job->file->out, &batch->write, err);
    pthread_mutex_unlock(&batch->opening);
    return code;
}

int batch_write(struct cli_batch *batch, struct batch_job *job, struct flynn_err *err)
{
    struct flynn_writer *writer;
    int code = open_output(batch, job, &writer, err);
    if (code)
        return name_file(job, code, err);
    code = flynn_writer_put(writer, job->result, err);
    if (!code)
        code = flynn_writer_commit(writer, err);
    flynn_writer_close(writer);
    return name_file(job, code, err);
}

/* ---- whole files ------------------------------------------------------------------------------------------------- */

/* From the rows of one file to those of the other, or to an image where the format or the op asks for one. */
static int stream(struct cli_batch *batch, struct batch_job *job, struct flynn_run *run, const struct flynn_plan *plan,
                  struct flynn_writer *writer, struct flynn_err *err)
{
    struct flynn_image like = flynn_rows_in_like(&job->rows), image = flynn_stream_output(plan, &job->rows);
    struct flynn_rows_out out = {0};

    int kind = flynn_writer_rows(writer, &image, &out, err), code = kind < 0 ? kind : FLYNN_OK;
    if (kind == 2)
        code = flynn_plan_output(plan, &like, &image, err);
    if (!code)
        code = batch_count(batch, job, (double)flynn_run_stream_bytes(run, &job->rows, kind == 1 ? &out : NULL), err);
    if (!code)
        code = flynn_run_stream(run, &job->rows, kind == 1 ? &out : NULL, &image, NULL, NULL, err);
    if (!code && kind == 2)
        code = flynn_writer_put(writer, &image, err);
    if (kind == 1)
        flynn_rows_out_close(&out);
    flynn_image_free(&image);
    return code;
}

static int whole_rows(struct cli_batch *batch, struct batch_job *job, struct flynn_writer *writer,
                      struct flynn_err *err)
{
    struct flynn_plan plan;
    struct flynn_backend backend;
    struct flynn_run *run = NULL;
    char why[400];
    int code = flynn_plan_build(&plan, batch->chain, &job->rows.shape, err);
    if (code)
        return code;
    choose(batch, &plan, batch->threads, &backend, why, sizeof why);
    tell(batch, &plan, &backend, why);
    bool alone = backend.kind == FLYNN_BACKEND_THREADS;
    if (alone)
        pthread_mutex_lock(&batch->large);
    code = flynn_run_open(&run, &plan, &backend, err);
    if (!code)
        code = stream(batch, job, run, &plan, writer, err);
    flynn_run_close(run);
    if (alone)
        pthread_mutex_unlock(&batch->large);
    if (!code)
        atomic_fetch_add(&batch->bytes, flynn_row_bytes(&plan.in) * (size_t)plan.in.height);
    flynn_plan_free(&plan);
    return code;
}

/* The next image of the file, with flynn_reader_rows called. */
static int whole_next(struct cli_batch *batch, struct batch_plans *plans, struct batch_job *job,
                      struct flynn_writer *writer, struct flynn_err *err)
{
    int code;
    if (job->more == 1 && is_large(batch, &job->rows.shape)) {
        code = whole_rows(batch, job, writer, err);
        flynn_rows_in_close(&job->rows);
        job->more = 0;
        return code;
    }
    code = job->more == 1 ? read_rows(batch, plans, job, err) : read_image(batch, plans, job, err);
    if (!code)
        code = compute(batch, plans, job, err);
    return code ? code : flynn_writer_put(writer, job->result, err);
}

int batch_whole(struct cli_batch *batch, struct batch_plans *plans, struct batch_job *job, struct flynn_err *err)
{
    struct flynn_writer *writer;
    int code = open_output(batch, job, &writer, err);
    if (code)
        return name_file(job, code, err);
    if (job->decoded) {
        code = compute(batch, plans, job, err);
        if (!code)
            code = flynn_writer_put(writer, job->result, err);
        job->decoded = false;
    }
    while (!code && job->more > 0 && !atomic_load(&batch->stop)) {
        code = whole_next(batch, plans, job, writer, err);
        if (!code)
            code = job->more = flynn_reader_rows(job->reader, &job->rows, err);
        code = code > 0 ? FLYNN_OK : code;
    }
    if (!code && job->more > 0)
        code = flynn_fail(err, FLYNN_EIO, "given up, as another file failed");
    if (!code)
        code = flynn_writer_commit(writer, err);
    flynn_writer_close(writer);
    return name_file(job, code, err);
}
