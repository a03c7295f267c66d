/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/topology.h"

#include <hwloc.h>
#include <string.h>

static size_t cache_size(hwloc_topology_t hwloc, hwloc_obj_type_t type)
{
    hwloc_obj_t cache = hwloc_get_obj_by_type(hwloc, type, 0);
    return cache ? (size_t)cache->attr->cache.size : 0;
}

static int count(hwloc_topology_t hwloc, hwloc_obj_type_t type)
{
    int n = hwloc_get_nbobjs_by_type(hwloc, type);
    return n > 0 ? n : 0;
}

void flynn_topology_hwloc(struct flynn_topology *t)
{
    hwloc_topology_t hwloc;

    memset(t, 0, sizeof *t);
    if (hwloc_topology_init(&hwloc))
        return;
    if (!hwloc_topology_set_flags(hwloc, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED) && !hwloc_topology_load(hwloc)) {
        t->cores = count(hwloc, HWLOC_OBJ_CORE);
        t->logical = count(hwloc, HWLOC_OBJ_PU);
        t->l1d_bytes = cache_size(hwloc, HWLOC_OBJ_L1CACHE);
        t->l2_bytes = cache_size(hwloc, HWLOC_OBJ_L2CACHE);
        t->l3_bytes = cache_size(hwloc, HWLOC_OBJ_L3CACHE);
    }
    hwloc_topology_destroy(hwloc);
}
