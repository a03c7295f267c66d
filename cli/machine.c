/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/measure.h"

#include "cpu/machine.h"
#include "cpu/threads.h"

#include <stdio.h>

static int measure(struct cli_machine *machine, const struct flynn_machine *described, int threads,
                   struct flynn_err *err)
{
    struct flynn_pool *pool;
    struct flynn_peaks peaks;
    int code = flynn_pool_create(&pool, threads, err);
    if (code)
        return code;
    code = flynn_peaks_measure(&peaks, described, pool, err);
    flynn_pool_free(pool);
    if (code)
        return code;
    machine->threads = peaks.threads;
    machine->probe_isa = peaks.isa;
    for (int i = 0; i < 2; i++) {
        machine->copy_gbps[i] = peaks.copy_gbps[i];
        machine->fma_gflops[i] = peaks.fma_gflops[i];
    }
    return FLYNN_OK;
}

int cli_machine_describe(struct cli_machine *machine, bool measured, const struct flynn_limits *limits,
                         struct flynn_err *err)
{
    struct flynn_machine described;
    struct flynn_cpu_count cpus;

    *machine = (struct cli_machine){.probe_isa = ""};
    int code = flynn_cpu_count(&cpus, err);
    if (code)
        return code;
    flynn_machine_describe(&described);
    snprintf(machine->cpu, sizeof machine->cpu, "%s", described.cpu);
    machine->source = described.source;
    machine->cores = described.topology.cores;
    machine->logical = described.topology.logical;
    machine->l1d = described.topology.l1d_bytes;
    machine->l2 = described.topology.l2_bytes;
    machine->l3 = described.topology.l3_bytes;
    machine->threads = limits->threads ? limits->threads : cpus.threads;
    return measured ? measure(machine, &described, machine->threads, err) : FLYNN_OK;
}
