/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/pool.h"
#include "cpu/threads.h"

#include "tests/tree.h"

#include <criterion/criterion.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

TestSuite(threads, .init = make_tree, .fini = remove_tree);

#define V2_MOUNT "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
#define V1_MOUNT                                                                                                       \
    "32 31 0:29 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"                                                                \
    "33 32 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"                                                \
    "34 32 0:31 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"

static void expect(int affinity, const char *env, int threads, const char *text)
{
    struct flynn_cpu_count count;
    struct flynn_err err;

    cr_assert_eq(flynn_cpu_count_from(&count, tree, env, affinity, &err), 0, "%s", err.text);
    cr_assert_eq(count.threads, threads, "%d threads: %s", count.threads, count.text);
    cr_assert_str_eq(count.text, text);
    cr_assert_eq(count.affinity, affinity);
}

Test(threads, no_control_groups)
{
    expect(4, NULL, 4, "4: affinity 4, cgroup quota none");
    expect(1, "", 1, "1: affinity 1, cgroup quota none");
}

Test(threads, version_2)
{
    tree_put("/proc/self/mountinfo", V2_MOUNT);
    tree_put("/proc/self/cgroup", "0::/user.slice/job\n");
    tree_put("/sys/fs/cgroup/user.slice/job/cpu.max", "max 100000\n");
    expect(8, NULL, 8, "8: affinity 8, cgroup quota none");
    tree_put("/sys/fs/cgroup/user.slice/job/cpu.max", "300000 100000\n");
    expect(8, NULL, 3, "3: affinity 8, cgroup quota 3");
    expect(2, NULL, 2, "2: affinity 2, cgroup quota 3");
}

Test(threads, version_2_walks_up)
{
    tree_put("/proc/self/mountinfo", V2_MOUNT);
    tree_put("/proc/self/cgroup", "0::/a/b/c\n");
    tree_put("/sys/fs/cgroup/a/b/c/cpu.max", "600000 100000\n");
    tree_put("/sys/fs/cgroup/a/cpu.max", "75000 50000\n");
    expect(8, NULL, 2, "2: affinity 8, cgroup quota 1.5");
    tree_put("/sys/fs/cgroup/a/b/cpu.max", "1000 100000\n");
    expect(8, NULL, 1, "1: affinity 8, cgroup quota 0.01");
    tree_put("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
    tree_put("/sys/fs/cgroup/cpu.max", "100000 100000\n");
    expect(8, NULL, 1, "1: affinity 8, cgroup quota 1");
}

Test(threads, version_1)
{
    tree_put("/proc/self/mountinfo", V1_MOUNT);
    tree_put("/proc/self/cgroup", "4:cpuset:/x\n3:cpu,cpuacct:/box\n");
    tree_put("/sys/fs/cgroup/cpuset/x/cpu.cfs_quota_us", "100000\n");
    tree_put("/sys/fs/cgroup/cpuset/x/cpu.cfs_period_us", "100000\n");
    tree_put("/sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us", "-1\n");
    tree_put("/sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us", "100000\n");
    expect(8, NULL, 8, "8: affinity 8, cgroup quota none");
    tree_put("/sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us", "250000\n");
    expect(8, NULL, 3, "3: affinity 8, cgroup quota 2.5");
    tree_put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "200000\n");
    tree_put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
    expect(8, NULL, 2, "2: affinity 8, cgroup quota 2");
}

/* A container sees its own group at the top of the mount, and its path may carry the whole way from the host. */
Test(threads, group_at_the_top_of_the_mount)
{
    tree_put("/proc/self/mountinfo", "30 24 0:26 /docker/1f /sys/fs/cgroup rw - cgroup2 cgroup rw\n");
    tree_put("/proc/self/cgroup", "0::/docker/1f\n");
    tree_put("/sys/fs/cgroup/cpu.max", "200000 100000\n");
    expect(8, NULL, 2, "2: affinity 8, cgroup quota 2");
    tree_put("/proc/self/cgroup", "0::/docker/1f/in\n");
    tree_put("/sys/fs/cgroup/in/cpu.max", "100000 100000\n");
    expect(8, NULL, 1, "1: affinity 8, cgroup quota 1");
    tree_put("/proc/self/cgroup", "0::/docker/1fa/in\n");
    expect(8, NULL, 2, "2: affinity 8, cgroup quota 2");
}

Test(threads, group_outside_of_what_is_visible)
{
    tree_put("/proc/self/mountinfo", V2_MOUNT);
    tree_put("/proc/self/cgroup", "0::/../../elsewhere\n");
    tree_put("/sys/elsewhere/cpu.max", "100000 100000\n");
    expect(8, NULL, 8, "8: affinity 8, cgroup quota none");
    tree_put("/sys/fs/cgroup/cpu.max", "300000 100000\n");
    expect(8, NULL, 3, "3: affinity 8, cgroup quota 3");
}

Test(threads, mount_point_with_a_blank)
{
    tree_put("/proc/self/mountinfo", "30 24 0:26 / /sys/c\\040g rw - cgroup2 cgroup rw\n");
    tree_put("/proc/self/cgroup", "0::/\n");
    tree_put("/sys/c g/cpu.max", "200000 100000\n");
    expect(8, NULL, 2, "2: affinity 8, cgroup quota 2");
}

Test(threads, malformed_files_are_no_quota)
{
    static const char *bad[] = {"", "max", "100000", "x y", "100000 0", "-1 100000", "0 100000"};
    tree_put("/proc/self/mountinfo", V2_MOUNT "short\n - cgroup2\n");
    tree_put("/proc/self/cgroup", "\n:\n0:\n0::/a\n");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        tree_put("/sys/fs/cgroup/a/cpu.max", bad[i]);
        expect(8, NULL, 8, "8: affinity 8, cgroup quota none");
    }
}

Test(threads, environment_overrides)
{
    tree_put("/proc/self/mountinfo", V2_MOUNT);
    tree_put("/proc/self/cgroup", "0::/a\n");
    tree_put("/sys/fs/cgroup/a/cpu.max", "200000 100000\n");
    expect(8, "5", 5, "5: FLYNN_NUM_THREADS (affinity 8, cgroup quota 2)");
    expect(8, "1024", 1024, "1024: FLYNN_NUM_THREADS (affinity 8, cgroup quota 2)");
    expect(8, "", 2, "2: affinity 8, cgroup quota 2");
}

Test(threads, bad_environment_is_an_error)
{
    static const char *bad[] = {"0", "-2", "1025", "two", "2x", "1.5", " ", "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct flynn_cpu_count count;
        struct flynn_err err = {0};
        cr_assert_eq(flynn_cpu_count_from(&count, tree, bad[i], 2, &err), FLYNN_EUSAGE, "'%s'", bad[i]);
        cr_assert(strstr(err.text, "FLYNN_NUM_THREADS") && strstr(err.text, bad[i]), "%s", err.text);
    }
}

Test(threads, this_process)
{
    struct flynn_cpu_count count;
    cpu_set_t set;

    unsetenv("FLYNN_NUM_THREADS");
    cr_assert_eq(flynn_cpu_count(&count, NULL), 0);
    cr_assert(count.threads >= 1 && count.threads <= count.affinity, "%s", count.text);
    setenv("FLYNN_NUM_THREADS", "3", 1);
    cr_assert_eq(flynn_cpu_count(&count, NULL), 0);
    cr_assert_eq(count.threads, 3);
    setenv("FLYNN_NUM_THREADS", "many", 1);
    cr_assert_eq(flynn_cpu_count(&count, NULL), FLYNN_EUSAGE);

    if (sched_getaffinity(0, sizeof set, &set) || CPU_COUNT(&set) != flynn_affinity_cpus())
        cr_assert_fail("affinity: %d", flynn_affinity_cpus());
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &set))
            continue;
        CPU_ZERO(&set);
        CPU_SET(cpu, &set);
        cr_assert_eq(sched_setaffinity(0, sizeof set, &set), 0);
        cr_assert_eq(flynn_affinity_cpus(), 1);
        return;
    }
}
