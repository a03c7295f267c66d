/* SPDX-License-Identifier: Apache-2.0 */
#include <flynn/backend.h>

#include "cpu/threads.h"
#include "dispatch/tables.h"

#include <stdio.h>
#include <string.h>

/* A rough model of one thread with SIMD kernels, good to a factor of two or three: enough to tell jobs that are over
 * before a second thread has woken up from those that are not. Waking the pool and waiting for it takes 10 to 20 us. */
#define POINT_BYTES_PER_US  20000.0 /* stages that read one sample for each that they write */
#define WINDOW_BYTES_PER_US 8000.0  /* stages with a window, and stages that read anywhere */
#define COSTLY_BYTES_PER_US 4000.0  /* stages that say so */
#define FLOPS_PER_US        60000.0
#define SCALAR_FACTOR       6.0  /* how much slower without vectors */
#define THREADS_PAY_US      60.0 /* work for which threads pay: about 0.2 MP of RGB in a point op */
#define THREAD_SHARE_US     25.0 /* least work for each thread */

static double shape_bytes(const struct flynn_shape *shape)
{
    return (double)flynn_row_bytes(shape) * shape->height;
}

static double stage_us(const struct flynn_stage *stage)
{
    bool window = stage->kind == FLYNN_WHOLE || flynn_stage_taps(stage) > 1 || stage->left || stage->right;
    double speed = stage->costly ? COSTLY_BYTES_PER_US : window ? WINDOW_BYTES_PER_US : POINT_BYTES_PER_US;
    return (shape_bytes(&stage->in) + shape_bytes(&stage->out)) / speed;
}

/* Estimated time of the plan on one thread, in microseconds. */
static double plan_us(const struct flynn_plan *plan, int table)
{
    double us = flynn_plan_flops(plan) / FLOPS_PER_US;
    for (int i = 0; i < plan->stages; i++)
        us += stage_us(plan->stage[i]);
    return table == FLYNN_TABLE_SCALAR ? us * SCALAR_FACTOR : us;
}

/* How many threads are allowed, and how that is known. */
static int allowed_threads(const struct flynn_limits *limits, char *text, size_t size)
{
    struct flynn_cpu_count cpus;
    struct flynn_err err;
    if (limits->threads) {
        snprintf(text, size, "%d asked for", limits->threads);
        return limits->threads;
    }
    if (flynn_cpu_count(&cpus, &err)) {
        snprintf(text, size, "%.190s", err.text);
        return 1;
    }
    snprintf(text, size, "%s", cpus.text);
    return cpus.threads;
}

static void set_name(struct flynn_backend *backend)
{
    const char *table = flynn_table_name(backend->table);
    if (backend->kind == FLYNN_BACKEND_THREADS)
        snprintf(backend->name, sizeof backend->name, "threads:%d", backend->threads);
    else
        snprintf(backend->name, sizeof backend->name, "%s%s",
                 backend->table == FLYNN_TABLE_SCALAR ? "" : "simd:", table);
}

void flynn_backend_choose(struct flynn_backend *backend, const struct flynn_plan *plan,
                          const struct flynn_limits *limits, char *why, size_t size)
{
    static const struct flynn_limits none;
    char threads[200] = "not counted for a job this small";
    limits = limits ? limits : &none;
    *backend = (struct flynn_backend){.kind = FLYNN_BACKEND_SERIAL, .available = true, .threads = 1};
    backend->table = flynn_table_best(limits->isa);

    double us = plan_us(plan, backend->table);
    if (us >= THREADS_PAY_US) {
        int allowed = allowed_threads(limits, threads, sizeof threads);
        int useful = us / THREAD_SHARE_US < allowed ? (int)(us / THREAD_SHARE_US) : allowed;
        if (useful > 1) {
            backend->kind = FLYNN_BACKEND_THREADS;
            backend->threads = useful;
        }
    }
    set_name(backend);
    snprintf(why, size,
             "best table %s; about %.3g ms of work on one thread, threads pay from %.2g ms (threads %s); "
             "OpenCL runs only when it is named",
             flynn_table_name(backend->table), us / 1000, THREADS_PAY_US / 1000, threads);
}
