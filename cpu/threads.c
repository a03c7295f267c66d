/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/threads.h"

#include "core/cgroup.h"
#include "cpu/pool.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int flynn_affinity_cpus(void)
{
    for (int cpus = 1024; cpus <= 1 << 20; cpus *= 4) {
        cpu_set_t *set = CPU_ALLOC(cpus);
        size_t size = CPU_ALLOC_SIZE(cpus);
        if (!set)
            break;
        int failed = sched_getaffinity(0, size, set) ? errno : 0;
        int n = failed ? 0 : CPU_COUNT_S(size, set);
        CPU_FREE(set);
        if (n > 0)
            return n;
        if (failed != EINVAL)
            break;
    }
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
}

/* CPUs that the quota of one group is worth; none when it is not above 0. */
static double group_quota(const char *dir, bool version2, const void *unused)
{
    char text[64];
    long long quota = 0, period = 0;

    (void)unused;
    if (version2) {
        if (!flynn_cgroup_read(text, sizeof text, dir, "cpu.max") || sscanf(text, "%lld %lld", &quota, &period) != 2)
            return 0;
    } else {
        if (!flynn_cgroup_read(text, sizeof text, dir, "cpu.cfs_quota_us") || sscanf(text, "%lld", &quota) != 1)
            return 0;
        if (!flynn_cgroup_read(text, sizeof text, dir, "cpu.cfs_period_us") || sscanf(text, "%lld", &period) != 1)
            return 0;
    }
    return period > 0 ? (double)quota / (double)period : 0;
}

/* ---- the answer ---------------------------------------------------------------------------------------------- */

static int parse_threads(const char *text, int *threads, struct flynn_err *err)
{
    char *end;

    errno = 0;
    long n = strtol(text, &end, 10);
    if (errno || end == text || *end || n < 1 || n > FLYNN_POOL_MAX)
        return flynn_fail(err, FLYNN_EUSAGE, "FLYNN_NUM_THREADS: '%.40s' is not a number of threads, give 1 to %d",
                          text, FLYNN_POOL_MAX);
    *threads = (int)n;
    return 0;
}

int flynn_cpu_count_from(struct flynn_cpu_count *count, const char *root, const char *env, int affinity,
                         struct flynn_err *err)
{
    char quota[32] = "none";
    int asked = 0;

    if (env && *env) {
        int code = parse_threads(env, &asked, err);
        if (code)
            return code;
    }
    count->affinity = affinity > 0 ? affinity : 1;
    count->quota = flynn_cgroup_least(root, "cpu", group_quota, NULL);
    count->threads = count->affinity;
    if (count->quota > 0) {
        snprintf(quota, sizeof quota, "%.3g", count->quota);
        if (ceil(count->quota) < count->threads)
            count->threads = (int)ceil(count->quota);
    }
    if (asked)
        count->threads = asked;
    snprintf(count->text, sizeof count->text, "%d: %saffinity %d, cgroup quota %s%s", count->threads,
             asked ? "FLYNN_NUM_THREADS (" : "", count->affinity, quota, asked ? ")" : "");
    return 0;
}

int flynn_cpu_count(struct flynn_cpu_count *count, struct flynn_err *err)
{
    return flynn_cpu_count_from(count, "", getenv("FLYNN_NUM_THREADS"), flynn_affinity_cpus(), err);
}
