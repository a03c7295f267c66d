/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_MACHINE_H
#define FLYNN_CPU_MACHINE_H

#include <flynn/error.h>
#include "cpu/pool.h"
#include "cpu/topology.h"

/** What this machine is. */
struct flynn_machine {
    char cpu[96]; /**< the model's name as the system gives it, else the architecture */
    struct flynn_topology topology;
    const char *source; /**< where the topology comes from: "hwloc" or "sysfs" */
};

/** Cannot fail: what is unknown is 0. Takes milliseconds with hwloc, less without. */
void flynn_machine_describe(struct flynn_machine *machine);

/** What this machine can do at most: the measures that other figures are set against. */
struct flynn_peaks {
    int threads;          /**< of the measures [1]; [0] is one thread */
    double copy_gbps[2];  /**< copy in memory: bytes read and bytes written, 1e9 in a second */
    double fma_gflops[2]; /**< f32 multiply-add in registers, each two operations, 1e9 in a second */
    size_t copy_bytes;    /**< size of each of the two buffers that were copied between */
    const char *isa;      /**< instructions used, see flynn_probe_name */
};

/** Measure on the calling thread, then on all threads of the pool: the best of a few runs, about a tenth of a second
 * and 256 MB in all. The buffers are twice as large as L3 (32 MB to 128 MB each), so larger caches colour the figure.
 * FLYNN_ELIMIT when there is no memory. */
int flynn_peaks_measure(struct flynn_peaks *peaks, const struct flynn_machine *machine, struct flynn_pool *pool,
                         struct flynn_err *err);

#endif
