/* SPDX-License-Identifier: Apache-2.0 */
#include "flynn_config.h"

#include "cpu/machine.h"
#include "cpu/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <time.h>

#define MB          ((size_t)1 << 20)
#define HUGE_PAGE   (2 * MB)
#define SLICE_ALIGN ((size_t)4096)
#define FMA_ROUNDS  200000
#define COPY_TIME   0.025 /* seconds for one figure, of three runs at least */
#define FMA_TIME    0.015 /* long enough for the scheduler to spread threads that woke on one CPU */

/* ---- what it is ---------------------------------------------------------------------------------------------- */

static void read_cpu_name(char *name, size_t size)
{
    struct utsname system;
    char *line = NULL;
    size_t n = 0;
    FILE *f = fopen("/proc/cpuinfo", "re");

    snprintf(name, size, "%s", uname(&system) ? "unknown" : system.machine);
    if (!f)
        return;
    while (getline(&line, &n, f) > 0) {
        char *value = strchr(line, ':');
        if (strncmp(line, "model name", 10) || !value)
            continue;
        value += 1 + strspn(value + 1, " \t");
        value[strcspn(value, "\n")] = '\0';
        snprintf(name, size, "%s", value);
        break;
    }
    free(line);
    fclose(f);
}

#if FLYNN_HAVE_HWLOC

static size_t known(size_t first, size_t second)
{
    return first ? first : second;
}

static const char *read_topology(struct flynn_topology *t)
{
    struct flynn_topology files;

    flynn_topology_hwloc(t);
    flynn_topology_sysfs(&files, "");
    t->cores = t->cores ? t->cores : files.cores;
    t->logical = t->logical ? t->logical : files.logical;
    t->l1d_bytes = known(t->l1d_bytes, files.l1d_bytes);
    t->l2_bytes = known(t->l2_bytes, files.l2_bytes);
    t->l3_bytes = known(t->l3_bytes, files.l3_bytes);
    return "hwloc";
}

#else

static const char *read_topology(struct flynn_topology *t)
{
    flynn_topology_sysfs(t, "");
    return "sysfs";
}

#endif

void flynn_machine_describe(struct flynn_machine *machine)
{
    read_cpu_name(machine->cpu, sizeof machine->cpu);
    machine->source = read_topology(&machine->topology);
}

/* ---- what it can do ------------------------------------------------------------------------------------------ */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Seconds of the fastest of several jobs of so many tasks. */
static double best_time(struct flynn_pool *pool, int tasks, flynn_pool_task *task, void *arg, double budget)
{
    double start = now(), best = 1e9;

    for (int i = 0; i < 3 || now() - start < budget; i++) {
        double begin = now();
        flynn_pool_run(pool, tasks, task, arg);
        double taken = now() - begin;
        if (taken < best)
            best = taken;
    }
    return best;
}

struct copy {
    char *to, *from;
    size_t slice; /* bytes of one task */
};

static void fill_slice(void *arg, int index, int worker)
{
    (void)worker;
    const struct copy *c = arg;
    memset(c->from + c->slice * (size_t)index, 1, c->slice);
    memset(c->to + c->slice * (size_t)index, 2, c->slice);
}

static void copy_slice(void *arg, int index, int worker)
{
    (void)worker;
    const struct copy *c = arg;
    flynn_probe_copy(c->to + c->slice * (size_t)index, c->from + c->slice * (size_t)index, c->slice);
}

/* GB/s of a copy split in so many slices. */
static double copy_rate(struct flynn_pool *pool, struct copy *c, size_t bytes, int tasks)
{
    c->slice = bytes / (size_t)tasks / SLICE_ALIGN * SLICE_ALIGN;
    double moved = 2.0 * (double)c->slice * tasks;
    return moved / best_time(pool, tasks, copy_slice, c, COPY_TIME) * 1e-9;
}

static int measure_copy(struct flynn_peaks *peaks, size_t l3, struct flynn_pool *pool, struct flynn_err *err)
{
    size_t bytes = 2 * l3 < 32 * MB ? 32 * MB : 2 * l3 > 128 * MB ? 128 * MB : 2 * l3;
    bytes = bytes / HUGE_PAGE * HUGE_PAGE;
    char *memory = aligned_alloc(HUGE_PAGE, 2 * bytes);

    if (!memory)
        return flynn_fail(err, FLYNN_ELIMIT, "measuring the copy rate: no memory for %zu bytes", 2 * bytes);
    madvise(memory, 2 * bytes, MADV_HUGEPAGE);
    struct copy c = {memory + bytes, memory, bytes / (size_t)peaks->threads / SLICE_ALIGN * SLICE_ALIGN};
    flynn_pool_run(pool, peaks->threads, fill_slice, &c);
    peaks->copy_bytes = bytes;
    peaks->copy_gbps[1] = copy_rate(pool, &c, bytes, peaks->threads);
    peaks->copy_gbps[0] = peaks->threads > 1 ? copy_rate(pool, &c, bytes, 1) : peaks->copy_gbps[1];
    free(memory);
    return 0;
}

static void fma_task(void *arg, int index, int worker)
{
    double *operations = arg;
    double done = flynn_probe_fma(FMA_ROUNDS);

    (void)worker;
    if (!index)
        *operations = done;
}

static double fma_rate(struct flynn_pool *pool, int tasks)
{
    double operations = 0;
    double seconds = best_time(pool, tasks, fma_task, &operations, FMA_TIME);
    return operations * tasks / seconds * 1e-9;
}

int flynn_peaks_measure(struct flynn_peaks *peaks, const struct flynn_machine *machine, struct flynn_pool *pool,
                         struct flynn_err *err)
{
    memset(peaks, 0, sizeof *peaks);
    peaks->threads = flynn_pool_threads(pool);
    peaks->isa = flynn_probe_name();
    int code = measure_copy(peaks, machine->topology.l3_bytes, pool, err);
    if (code)
        return code;
    peaks->fma_gflops[1] = fma_rate(pool, peaks->threads);
    peaks->fma_gflops[0] = peaks->threads > 1 ? fma_rate(pool, 1) : peaks->fma_gflops[1];
    return 0;
}
