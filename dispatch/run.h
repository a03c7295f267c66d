/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_DISPATCH_RUN_H
#define FLYNN_DISPATCH_RUN_H

#include "cpu/engine.h"
#include "opencl/opencl.h"

#include <flynn/backend.h>

/** A plan bound to a backend: the engine on CPUs, or a device's run. */
struct flynn_run {
    const struct flynn_plan *plan;
    struct flynn_engine *engine;
    struct flynn_cl_run *cl;
    flynn_kernel **kernel;
    const struct flynn_image *in, *out;
};

/** Bind an open run to its images, and do all that it does once: upload, compute, download. */
int flynn_run_once(struct flynn_run *run, const struct flynn_image *in, const struct flynn_image *out,
                   struct flynn_err *err);

/** Tell OpenCL what its self-tests and searches are held against; flynn_run_open does so too. */
void flynn_run_set_reference(void);

#endif
