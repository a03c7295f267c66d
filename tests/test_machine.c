/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/machine.h"
#include "cpu/probe.h"
#include "tests/tree.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(machine, .init = make_tree, .fini = remove_tree);

static void put_cache(int index, const char *level, const char *type, const char *size)
{
    char path[128];

    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/level", index);
    tree_put(path, level);
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/type", index);
    tree_put(path, type);
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/size", index);
    tree_put(path, size);
}

Test(machine, caches_from_files)
{
    struct flynn_topology t;

    put_cache(0, "1\n", "Data\n", "48K\n");
    put_cache(1, "1\n", "Instruction\n", "32K\n");
    put_cache(2, "2\n", "Unified\n", "1280K\n");
    put_cache(3, "3\n", "Unified\n", "48M\n");
    flynn_topology_sysfs(&t, tree);
    cr_assert_eq(t.l1d_bytes, 48 << 10);
    cr_assert_eq(t.l2_bytes, 1280 << 10);
    cr_assert_eq(t.l3_bytes, 48 << 20);
}

Test(machine, missing_files_are_zero)
{
    struct flynn_topology t;

    put_cache(0, "1\n", "Data\n", "large\n");
    flynn_topology_sysfs(&t, tree);
    cr_assert_eq(t.l1d_bytes, 0);
    cr_assert_eq(t.l2_bytes, 0);
    cr_assert_eq(t.l3_bytes, 0);
    cr_assert_eq(t.cores, 0);
    cr_assert_eq(t.logical, 0);
}

Test(machine, cores_are_counted_once)
{
    static const char *siblings[] = {"0,4\n", "1,5\n", "", "", "0,4\n", "1,5\n", "", "7\n"};
    struct flynn_topology t;

    tree_put("/sys/devices/system/cpu/online", "0-1,4-5,7\n");
    for (int cpu = 0; cpu < 8; cpu++) {
        char path[128];
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu);
        tree_put(path, siblings[cpu]);
    }
    flynn_topology_sysfs(&t, tree);
    cr_assert_eq(t.logical, 5, "%d", t.logical);
    cr_assert_eq(t.cores, 3, "%d", t.cores);
}

Test(machine, this_one)
{
    struct flynn_machine m;

    flynn_machine_describe(&m);
    cr_assert(*m.cpu && !strchr(m.cpu, '\n'), "%s", m.cpu);
    cr_assert(m.topology.logical >= 1 && m.topology.cores <= m.topology.logical, "%d cores of %d", m.topology.cores,
              m.topology.logical);
}

Test(machine, probe_copies)
{
    size_t bytes = 256 * 37;
    unsigned char *from = aligned_alloc(64, bytes), *to = aligned_alloc(64, bytes + 256);

    for (size_t i = 0; i < bytes; i++)
        from[i] = (unsigned char)(i * 7 + i / 256);
    memset(to, 0xaa, bytes + 256);
    flynn_probe_copy(to, from, bytes);
    cr_assert(!memcmp(to, from, bytes), "the copy differs");
    for (size_t i = bytes; i < bytes + 256; i++)
        cr_assert_eq(to[i], 0xaa, "byte %zu after the end was written", i - bytes);
    free(from);
    free(to);
}

Test(machine, limits_are_found)
{
    struct flynn_machine m = {.topology = {.l3_bytes = 1 << 20}};
    struct flynn_peaks limits;
    struct flynn_pool *pool;
    struct flynn_err err;

    cr_assert_eq(flynn_pool_create(&pool, 2, &err), 0, "%s", err.text);
    cr_assert_eq(flynn_peaks_measure(&limits, &m, pool, &err), 0, "%s", err.text);
    cr_assert_eq(limits.threads, 2);
    cr_assert_eq(limits.copy_bytes, 32 << 20);
    cr_assert_str_eq(limits.isa, flynn_probe_name());
    for (int i = 0; i < 2; i++) {
        cr_assert(limits.copy_gbps[i] > 0 && limits.copy_gbps[i] < 1e5, "%g GB/s", limits.copy_gbps[i]);
        cr_assert(limits.fma_gflops[i] > 0 && limits.fma_gflops[i] < 1e6, "%g GFLOP/s", limits.fma_gflops[i]);
    }
    flynn_pool_free(pool);
}
