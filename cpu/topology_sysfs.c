/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/topology.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CPU_DIR    "/sys/devices/system/cpu"
#define MAX_CACHES 16

/* The first word of root/sys/devices/system/cpu/cpuN/file. */
static bool read_word(char word[32], const char *root, int cpu, const char *file)
{
    char name[PATH_MAX];

    if (snprintf(name, sizeof name, "%s" CPU_DIR "/cpu%d/%s", root, cpu, file) >= (int)sizeof name)
        return false;
    FILE *f = fopen(name, "re");
    if (!f)
        return false;
    bool ok = fscanf(f, "%31s", word) == 1;
    fclose(f);
    return ok;
}

/* "512K" and the like, in bytes; 0 when it is not a size. */
static size_t parse_size(const char *text)
{
    size_t n = 0;
    char unit = 'B';

    if (sscanf(text, "%zu%c", &n, &unit) < 1)
        return 0;
    return unit == 'K' ? n << 10 : unit == 'M' ? n << 20 : unit == 'G' ? n << 30 : n;
}

static void read_caches(struct flynn_topology *t, const char *root)
{
    for (int i = 0; i < MAX_CACHES; i++) {
        char file[48], type[32], level[32], size[32];
        snprintf(file, sizeof file, "cache/index%d/type", i);
        if (!read_word(type, root, 0, file))
            return;
        snprintf(file, sizeof file, "cache/index%d/level", i);
        bool ok = read_word(level, root, 0, file);
        snprintf(file, sizeof file, "cache/index%d/size", i);
        if (!ok || !read_word(size, root, 0, file) || !strcmp(type, "Instruction"))
            continue;
        if (!strcmp(level, "1"))
            t->l1d_bytes = parse_size(size);
        else if (!strcmp(level, "2"))
            t->l2_bytes = parse_size(size);
        else if (!strcmp(level, "3"))
            t->l3_bytes = parse_size(size);
    }
}

/* A core is counted at the first of its hardware threads. */
static void count_core(struct flynn_topology *t, const char *root, int cpu)
{
    char siblings[32];
    int first;

    t->logical++;
    if (read_word(siblings, root, cpu, "topology/thread_siblings_list") && sscanf(siblings, "%d", &first) == 1 &&
        first == cpu)
        t->cores++;
}

static void count_cores(struct flynn_topology *t, const char *root)
{
    char name[PATH_MAX];
    int low, high;

    if (snprintf(name, sizeof name, "%s" CPU_DIR "/online", root) >= (int)sizeof name)
        return;
    FILE *f = fopen(name, "re");
    if (!f)
        return;
    while (fscanf(f, "%d", &low) == 1) {
        if (fscanf(f, "-%d", &high) != 1)
            high = low;
        for (int cpu = low; cpu <= high; cpu++)
            count_core(t, root, cpu);
        if (fgetc(f) != ',')
            break;
    }
    fclose(f);
}

static void fill(size_t *bytes, int name)
{
    long n = *bytes ? 0 : sysconf(name);
    if (n > 0)
        *bytes = (size_t)n;
}

void flynn_topology_sysfs(struct flynn_topology *t, const char *root)
{
    memset(t, 0, sizeof *t);
    read_caches(t, root);
    count_cores(t, root);
    if (*root)
        return;
    fill(&t->l1d_bytes, _SC_LEVEL1_DCACHE_SIZE);
    fill(&t->l2_bytes, _SC_LEVEL2_CACHE_SIZE);
    fill(&t->l3_bytes, _SC_LEVEL3_CACHE_SIZE);
    if (!t->logical) {
        long online = sysconf(_SC_NPROCESSORS_ONLN);
        t->logical = online > 0 ? (int)online : 1;
    }
}
