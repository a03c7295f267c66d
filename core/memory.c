/* SPDX-License-Identifier: Apache-2.0 */
#include "core/memory.h"

#include "core/cgroup.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysinfo.h>

/* A number of bytes; 0 for "max" and what is no number. */
static double read_bytes(const char *dir, const char *file)
{
    char text[64], *end;
    if (!flynn_cgroup_read(text, sizeof text, dir, file))
        return 0;
    unsigned long long bytes = strtoull(text, &end, 10);
    return end == text || (*end && *end != '\n') || text[0] == '-' ? 0 : (double)bytes;
}

/* Memory of one group, and what it may swap. Without swap accounting a group may use all the swap there is. */
static double group_memory(const char *dir, bool version2, const void *machine_swap)
{
    double swap = *(const double *)machine_swap;
    double memory = read_bytes(dir, version2 ? "memory.max" : "memory.limit_in_bytes");
    if (memory <= 0)
        return 0;
    if (!version2) {
        double both = read_bytes(dir, "memory.memsw.limit_in_bytes");
        return both > 0 && both < memory + swap ? both : memory + swap;
    }
    char text[64];
    if (flynn_cgroup_read(text, sizeof text, dir, "memory.swap.max") && text[0] != 'm') {
        double most = read_bytes(dir, "memory.swap.max");
        swap = most < swap ? most : swap;
    }
    return memory + swap;
}

struct flynn_memory_limit flynn_memory_limit_from(const char *root, double memory, double swap)
{
    double group = flynn_cgroup_least(root, "memory", group_memory, &swap), machine = memory + swap;
    if (group > 0 && (machine <= 0 || group < machine))
        return (struct flynn_memory_limit){group, true};
    return (struct flynn_memory_limit){machine, false};
}

static struct flynn_memory_limit found;

static void find(void)
{
    struct sysinfo info;
    double unit = sysinfo(&info) ? 0 : info.mem_unit;
    found = flynn_memory_limit_from("", unit > 0 ? unit * (double)info.totalram : 0,
                                    unit > 0 ? unit * (double)info.totalswap : 0);
}

struct flynn_memory_limit flynn_memory_limit(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, find);
    return found;
}

bool flynn_memory_exceeds(struct flynn_memory_limit limit, double bytes, char why[FLYNN_MEMORY_WHY])
{
    bool exceeds = limit.bytes > 0 && bytes > limit.bytes;
    why[0] = '\0';
    if (exceeds)
        snprintf(why, FLYNN_MEMORY_WHY, ", and %s %.0f", limit.group ? "the control group allows" : "this machine has",
                 limit.bytes);
    return exceeds;
}
