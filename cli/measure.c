/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/measure.h"

#include "cli/job.h"
#include "dispatch/tables.h"
#include "dispatch/verify.h"
#include "opencl/opencl.h"

#include <flynn/backend.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LEAST_RUNS  5
#define MOST_RUNS   2000
#define ENOUGH_MS   400.0   /* of timed work for each backend, once it has LEAST_RUNS */
#define PATIENCE_MS 20000.0 /* for all of them; after that one run each must do */

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static void poison(const struct flynn_image *image)
{
    for (int y = 0; y < image->shape.height; y++)
        memset(flynn_row(image, y), 0xa5, flynn_row_bytes(&image->shape));
}

/* Compare what a backend made with the reference. */
static void check(const struct cli_measurement *m, struct cli_result *r)
{
    r->equal = flynn_images_equal(&m->expected, r->out);
    if (!r->equal)
        flynn_compare(&r->difference, &m->expected, r->out);
}

static void give_up(struct cli_result *r, const struct flynn_err *err)
{
    r->ran = false;
    r->runs = 0;
    snprintf(r->why, sizeof r->why, "%s", err->text);
    flynn_run_close(r->run);
    r->run = NULL;
}

/* One run; times are appended when `timed`. */
static int run_once(struct cli_result *r, bool timed, struct flynn_err *err)
{
    double start = now_ms();
    int code = flynn_run_upload(r->run, err);
    double uploaded = now_ms();
    if (!code)
        code = flynn_run_compute(r->run, err);
    double computed = now_ms();
    if (!code)
        code = flynn_run_download(r->run, err);
    double downloaded = now_ms();
    if (code || !timed)
        return code;
    r->upload_times[r->runs] = uploaded - start;
    r->times_ms[r->runs] = computed - uploaded;
    r->download_times[r->runs] = downloaded - computed;
    r->spent_ms += downloaded - start;
    r->runs++;
    return FLYNN_OK;
}

/* Open a backend, run it once on a poisoned output and check what it made. */
static void open_result(struct cli_measurement *m, struct cli_result *r, int room)
{
    struct flynn_err err;
    bool cl = r->backend.kind == FLYNN_BACKEND_OPENCL;
    r->median_ms = r->min_ms = r->stddev_ms = r->setup_ms = r->upload_ms = r->download_ms = NAN;
    r->speedup = r->gbps = r->gflops = r->limit_share = NAN;
    if (!r->backend.available) {
        snprintf(r->why, sizeof r->why, "%s", r->backend.why);
        return;
    }
    cli_gaps(r->gaps, sizeof r->gaps, m->plan, &r->backend);
    double start = now_ms();
    int code = flynn_run_open(&r->run, m->plan, &r->backend, &err);
    r->setup_ms = now_ms() - start;
    r->out = cl ? &r->own : &m->shared;
    if (!code && cl)
        code = flynn_plan_output(m->plan, m->in, &r->own, &err);
    if (!code) {
        r->times_ms = calloc((size_t)room * 3, sizeof *r->times_ms);
        code = r->times_ms ? FLYNN_OK : flynn_fail(&err, FLYNN_ELIMIT, "out of memory");
    }
    if (!code) {
        r->upload_times = r->times_ms + room;
        r->download_times = r->upload_times + room;
        poison(r->out);
        code = flynn_run_bind(r->run, m->in, r->out, &err);
    }
    if (!code)
        code = run_once(r, false, &err);
    if (code) {
        give_up(r, &err);
        return;
    }
    r->ran = true;
    check(m, r);
}

static bool enough(const struct cli_result *r, int runs, double total_ms)
{
    if (runs > 0)
        return r->runs >= runs;
    if (r->runs >= MOST_RUNS || (r->runs >= 1 && total_ms > PATIENCE_MS))
        return true;
    return r->runs >= LEAST_RUNS && r->spent_ms >= ENOUGH_MS;
}

/* A run, and those that follow it as small jobs follow each other in use: threads are awake then, data is near. */
static int take_turn(struct cli_result *r, int runs, double start, struct flynn_err *err)
{
    int code;
    double first = now_ms();
    do
        code = run_once(r, true, err);
    while (!code && now_ms() - first < CLI_TURN_MS && !enough(r, runs, now_ms() - start));
    return code;
}

/* One turn of every backend that is not done yet; returns how many still are not. */
static int timed_round(struct cli_measurement *m, int runs, double start)
{
    int left = 0;
    for (int i = 0; i < m->count; i++) {
        struct cli_result *r = &m->result[i];
        struct flynn_err err;
        if (!r->ran || !r->equal || enough(r, runs, now_ms() - start))
            continue;
        if (take_turn(r, runs, start, &err)) {
            give_up(r, &err);
            continue;
        }
        if (enough(r, runs, now_ms() - start))
            check(m, r);
        else
            left++;
    }
    return left;
}

static void warm_up(struct cli_measurement *m, int rounds)
{
    for (int k = 0; k < rounds; k++) {
        for (int i = 0; i < m->count; i++) {
            struct cli_result *r = &m->result[i];
            struct flynn_err err;
            if (r->ran && r->equal && run_once(r, false, &err))
                give_up(r, &err);
        }
    }
}

static void rounds(struct cli_measurement *m, const struct cli_options *options)
{
    int runs = options->runs > 0 ? options->runs : 0, number = 0;
    warm_up(m, options->warmup >= 0 ? options->warmup : 1);
    double start = now_ms(), shown = start;
    while (timed_round(m, runs, start) + cli_peer_turn(&m->peer, runs) > 0) {
        number++;
        if (m->shows_progress && now_ms() - shown > 100) {
            fprintf(stderr, "\rflynn: round %d", number);
            shown = now_ms();
        }
    }
    if (m->shows_progress)
        fputs("\r\033[K", stderr);
}

/* ---- figures ----------------------------------------------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const double *values, int count)
{
    double *sorted = malloc((size_t)count * sizeof *sorted);
    if (!sorted)
        return NAN;
    memcpy(sorted, values, (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, ascending);
    double m = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
    free(sorted);
    return m;
}

static double deviation(const double *values, int count)
{
    double mean = 0, square = 0;
    for (int i = 0; i < count; i++)
        mean += values[i] / count;
    for (int i = 0; i < count; i++)
        square += (values[i] - mean) * (values[i] - mean);
    return count > 1 ? sqrt(square / (count - 1)) : 0;
}

/* What the CPUs that a backend uses can do at most: 0 for those of one thread, and so on. NAN for other devices. */
static double peak(const struct cli_measurement *m, const struct flynn_backend *backend, const double values[2])
{
    int threads = backend->kind == FLYNN_BACKEND_THREADS ? backend->threads : 1;
    if (backend->kind == FLYNN_BACKEND_OPENCL) {
        int count;
        const char *why;
        const struct flynn_cl_device *devices = flynn_cl_devices(&count, &why);
        if (backend->device >= count || !devices[backend->device].cpu)
            return NAN;
        return values[1] > values[0] ? values[1] : values[0];
    }
    double most = values[1] > values[0] ? values[1] : values[0];
    double share = threads * values[0];
    return threads >= m->machine.threads || share > most ? (threads > 1 ? most : values[0]) : share;
}

static void figures(const struct cli_measurement *m, struct cli_result *r)
{
    double bytes = flynn_plan_bytes(m->plan), flops = flynn_plan_flops(m->plan);
    double fma = peak(m, &r->backend, m->machine.fma_gflops), copy = peak(m, &r->backend, m->machine.copy_gbps);

    r->median_ms = median(r->times_ms, r->runs);
    r->min_ms = r->times_ms[0];
    for (int i = 1; i < r->runs; i++)
        r->min_ms = r->times_ms[i] < r->min_ms ? r->times_ms[i] : r->min_ms;
    r->stddev_ms = deviation(r->times_ms, r->runs);
    r->upload_ms = median(r->upload_times, r->runs);
    r->download_ms = median(r->download_times, r->runs);
    r->gbps = bytes / r->median_ms / 1e6;
    if (flops > 0)
        r->gflops = flops / r->median_ms / 1e6;
    if (m->plan->in.type == FLYNN_F64)
        fma /= 2;
    double share = r->gbps / copy;
    r->limit_share = flops > 0 && r->gflops / fma > share ? r->gflops / fma : share;
    /* The rate of integer products is not measured. */
    if (flops > 0 && m->plan->in.type != FLYNN_F32 && m->plan->in.type != FLYNN_F64)
        r->limit_share = NAN;
}

const struct cli_result *cli_scalar_result(const struct cli_measurement *m)
{
    for (int i = 0; i < m->count; i++) {
        if (m->result[i].backend.kind == FLYNN_BACKEND_SERIAL && m->result[i].backend.table == FLYNN_TABLE_SCALAR &&
            m->result[i].backend.available)
            return &m->result[i];
    }
    return NULL;
}

static void all_figures(struct cli_measurement *m)
{
    for (int i = 0; i < m->count; i++) {
        struct cli_result *r = &m->result[i];
        if (!r->ran || !r->equal)
            r->runs = 0;
        else
            figures(m, r);
    }
    const struct cli_result *scalar = cli_scalar_result(m);
    for (int i = 0; scalar && scalar->runs && i < m->count; i++) {
        if (m->result[i].runs)
            m->result[i].speedup = scalar->median_ms / m->result[i].median_ms;
    }
}

int cli_measure(struct cli_measurement *m, const struct cli_options *options, struct flynn_err *err)
{
    int room = options->runs > 0 ? options->runs : MOST_RUNS;
    int code = flynn_plan_output(m->plan, m->in, &m->expected, err);
    if (!code)
        code = flynn_plan_output(m->plan, m->in, &m->shared, err);
    if (!code)
        code = flynn_reference_run(m->plan, m->in, &m->expected, err);
    if (code)
        return code;
    for (int i = 0; i < m->count; i++)
        open_result(m, &m->result[i], room);
    cli_peer_open(&m->peer, m->plan, m->in, &m->expected, m->machine.threads);
    rounds(m, options);
    cli_peer_finish(&m->peer);
    all_figures(m);
    return FLYNN_OK;
}

bool cli_measurement_differs(const struct cli_measurement *m)
{
    for (int i = 0; i < m->count; i++) {
        if (m->result[i].ran && !m->result[i].equal)
            return true;
    }
    return false;
}

void cli_measurement_free(struct cli_measurement *m)
{
    for (int i = 0; i < m->count; i++) {
        flynn_run_close(m->result[i].run);
        flynn_image_free(&m->result[i].own);
        free(m->result[i].times_ms);
    }
    free(m->result);
    flynn_image_free(&m->expected);
    flynn_image_free(&m->shared);
    cli_peer_close(&m->peer);
}
