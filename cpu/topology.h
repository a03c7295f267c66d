/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_TOPOLOGY_H
#define FLYNN_CPU_TOPOLOGY_H

#include <stddef.h>

/** Caches and cores of this machine. A field that could not be found is 0. */
struct flynn_topology {
    int cores;        /**< physical cores that are online */
    int logical;      /**< hardware threads that are online */
    size_t l1d_bytes; /**< each cache: one instance, the first CPU's */
    size_t l2_bytes;
    size_t l3_bytes;
};

/** From the files below root/sys/devices/system/cpu (Linux, Documentation/ABI/testing/sysfs-devices-system-cpu); `root`
 * is "" for this machine, and only then does sysconf() fill what the files lack. */
void flynn_topology_sysfs(struct flynn_topology *topology, const char *root);

/** From hwloc; in programs built with it (FLYNN_HAVE_HWLOC). */
void flynn_topology_hwloc(struct flynn_topology *topology);

#endif
