/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_THREADS_H
#define FLYNN_CPU_THREADS_H

#include <flynn/error.h>

/** How many threads are worth starting: the least of
 *  - the CPUs that the scheduler lets this thread use (sched_getaffinity),
 *  - the CPU quota of its control group and of all groups above it, rounded up: cpu.max of version 2,
 *    cpu.cfs_quota_us over cpu.cfs_period_us of version 1 (Linux, Documentation/admin-guide/cgroup-v2.rst and
 *    Documentation/scheduler/sched-bwc.rst).
 * FLYNN_NUM_THREADS in the environment, when it is set and not empty, overrides both. */
struct flynn_cpu_count {
    int threads;    /**< at least 1 */
    int affinity;   /**< CPUs that the scheduler allows */
    double quota;   /**< CPUs that the quota is worth, 0: no quota */
    char text[160]; /**< the answer and its reason, such as "2: affinity 2, cgroup quota none" */
};

/** Find it for this process. FLYNN_EUSAGE when FLYNN_NUM_THREADS is not a number from 1 to FLYNN_POOL_MAX. */
int flynn_cpu_count(struct flynn_cpu_count *count, struct flynn_err *err);

/** The same with everything it asks for given. `root` stands before the paths of /proc/self/cgroup,
 * /proc/self/mountinfo and of the mounted cgroup file systems ("" is the system's own); `env` is the value of
 * FLYNN_NUM_THREADS or NULL. */
int flynn_cpu_count_from(struct flynn_cpu_count *count, const char *root, const char *env, int affinity,
                         struct flynn_err *err);

/** CPUs that the scheduler lets the calling thread use, at least 1. */
int flynn_affinity_cpus(void);

#endif
