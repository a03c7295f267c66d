/* SPDX-License-Identifier: Apache-2.0 */
#include <flynn/backend.h>

#include "cpu/pool.h"
#include "dispatch/run.h"
#include "dispatch/tables.h"
#include "dispatch/verify.h"

#include <pthread.h>
#include <stdlib.h>

/* One warm pool for each number of threads asked for; runs share them. */
static pthread_mutex_t pools_lock = PTHREAD_MUTEX_INITIALIZER;
static struct flynn_pool *pools[FLYNN_POOL_MAX + 1];

static int shared_pool(struct flynn_pool **pool, int threads, struct flynn_err *err)
{
    int code = FLYNN_OK;
    pthread_mutex_lock(&pools_lock);
    if (!pools[threads])
        code = flynn_pool_create(&pools[threads], threads, err);
    *pool = pools[threads];
    pthread_mutex_unlock(&pools_lock);
    return code;
}

static int open_cpu(struct flynn_run *run, const struct flynn_plan *plan, const struct flynn_backend *backend,
                    struct flynn_err *err)
{
    struct flynn_pool *pool = NULL;
    run->kernel = calloc((size_t)plan->stages + 1, sizeof *run->kernel);
    if (!run->kernel)
        return flynn_fail(err, FLYNN_ELIMIT, "out of memory");
    for (int i = 0; i < plan->stages; i++)
        run->kernel[i] = flynn_table_resolve(backend->table, plan->stage[i], NULL);
    if (backend->kind == FLYNN_BACKEND_THREADS && backend->threads > 1) {
        int code = shared_pool(&pool, backend->threads, err);
        if (code)
            return code;
    }
    return flynn_engine_open(&run->engine, plan, run->kernel, pool, err);
}

/* What the self-tests of OpenCL kernels are held against. */
static int reference(const struct flynn_plan *plan, const struct flynn_image *in, const struct flynn_image *out)
{
    struct flynn_err err;
    return flynn_reference_run(plan, in, out, &err);
}

void flynn_run_set_reference(void)
{
    flynn_cl_set_reference(reference);
}

int flynn_run_open(struct flynn_run **run, const struct flynn_plan *plan, const struct flynn_backend *backend,
                   struct flynn_err *err)
{
    *run = NULL;
    if (!backend->available)
        return flynn_fail(err, FLYNN_EUNAVAILABLE, "%s: %s", backend->name, backend->why);
    struct flynn_run *r = calloc(1, sizeof *r);
    if (!r)
        return flynn_fail(err, FLYNN_ELIMIT, "out of memory");
    r->plan = plan;
    if (backend->kind == FLYNN_BACKEND_OPENCL)
        flynn_run_set_reference();
    int code = backend->kind == FLYNN_BACKEND_OPENCL ? flynn_cl_open(&r->cl, plan, backend->device, err)
                                                     : open_cpu(r, plan, backend, err);
    if (code) {
        flynn_run_close(r);
        return code;
    }
    *run = r;
    return FLYNN_OK;
}

int flynn_run_bind(struct flynn_run *run, const struct flynn_image *in, const struct flynn_image *out,
                   struct flynn_err *err)
{
    run->in = in;
    run->out = out;
    return run->cl ? flynn_cl_bind(run->cl, in, out, err) : flynn_engine_reserve(run->engine, err);
}

int flynn_run_upload(struct flynn_run *run, struct flynn_err *err)
{
    return run->cl ? flynn_cl_upload(run->cl, err) : FLYNN_OK;
}

int flynn_run_compute(struct flynn_run *run, struct flynn_err *err)
{
    if (run->cl)
        return flynn_cl_compute(run->cl, err);
    return flynn_engine_run(run->engine, run->in, run->out, err);
}

int flynn_run_download(struct flynn_run *run, struct flynn_err *err)
{
    return run->cl ? flynn_cl_download(run->cl, err) : FLYNN_OK;
}

void flynn_run_set_strip(struct flynn_run *run, int rows)
{
    if (run->engine)
        flynn_engine_set_strip(run->engine, rows);
}

void flynn_run_set_tile(struct flynn_run *run, int columns)
{
    if (run->engine)
        flynn_engine_set_tile(run->engine, columns);
}

void flynn_run_close(struct flynn_run *run)
{
    if (!run)
        return;
    flynn_engine_close(run->engine);
    flynn_cl_close(run->cl);
    free(run->kernel);
    free(run);
}

int flynn_run_once(struct flynn_run *run, const struct flynn_image *in, const struct flynn_image *out,
                   struct flynn_err *err)
{
    int code = flynn_run_bind(run, in, out, err);
    if (!code)
        code = flynn_run_upload(run, err);
    if (!code)
        code = flynn_run_compute(run, err);
    return code ? code : flynn_run_download(run, err);
}

int flynn_plan_output(const struct flynn_plan *plan, const struct flynn_image *in, struct flynn_image *out,
                      struct flynn_err *err)
{
    int code = flynn_image_alloc(out, &plan->out, err);
    if (!code) {
        out->maxval = plan->out.type == in->shape.type ? in->maxval : 0;
        out->matrix = plan->nodes ? plan->out_matrix : in->matrix;
        out->planes = plan->nodes ? plan->out_planes : in->planes;
    }
    return code;
}

int flynn_run_plan(const struct flynn_plan *plan, const struct flynn_backend *backend, const struct flynn_image *in,
                   struct flynn_image *out, struct flynn_err *err)
{
    struct flynn_run *run = NULL;
    int code = flynn_plan_output(plan, in, out, err); /* what cannot be held is refused before anything is prepared */
    if (!code)
        code = flynn_run_open(&run, plan, backend, err);
    if (!code)
        code = flynn_run_once(run, in, out, err);
    flynn_run_close(run);
    if (code)
        flynn_image_free(out);
    return code;
}

void flynn_backend_shutdown(void)
{
    pthread_mutex_lock(&pools_lock);
    for (int i = 0; i <= FLYNN_POOL_MAX; i++) {
        flynn_pool_free(pools[i]);
        pools[i] = NULL;
    }
    pthread_mutex_unlock(&pools_lock);
    flynn_cl_shutdown();
}
