/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_OPENCL_OPENCL_H
#define FLYNN_OPENCL_OPENCL_H

#include <flynn/plan.h>

/** The OpenCL backend: platforms and devices, the program cache and one launcher for every op.
 *
 * libOpenCL is loaded with dlopen on the first call of flynn_cl_devices, never before. The first probe of a machine's
 * runtimes runs in a child process with a time limit, because a broken runtime may abort or hang; its verdict is
 * remembered under the cache folder. Built without the feature, flynn_cl_devices reports that and no devices.
 *
 * Environment:
 *   FLYNN_OPENCL_LIBRARY   the loader, instead of libOpenCL.so.1
 *   FLYNN_OPENCL_TIMEOUT   seconds that the probe may take, instead of 30
 *   FLYNN_OPENCL_COPY=1    treat every device as one with memory of its own (tests of the copying paths)
 *   FLYNN_OPENCL_SHAPE     the shape of matrix products (opencl/shape.h), instead of the one found or preset
 *   FLYNN_KERNEL_DIR       folder whose kernel files are taken before the embedded ones
 *   FLYNN_CACHE_DIR        cache folder, instead of $XDG_CACHE_HOME/flynn and ~/.cache/flynn
 *
 * Functions may be called from several threads; one run belongs to one thread at a time. A process that was forked
 * after devices were listed sees none: runtimes do not survive a fork. */

struct flynn_cl_device {
    char platform[96], name[128], version[96], driver[96];
    bool cpu;       /**< shares memory with the host: zero copy */
    bool simulator; /**< oclgrind and the like: never chosen by itself */
    bool fp64;
    bool usable; /**< false: `why` says what is wrong (no compiler, OpenCL < 1.2, quarantined, ...) */
    char why[200];
    int units;     /**< compute units */
    size_t memory; /**< bytes of global memory */
    size_t max_alloc;
};

/** All devices of all platforms, in the order of the runtime; opened on the first call. *count is 0 where there are
 * none, and then *why (static) says the reason in one line: no loader, no platform, no device, the probe crashed or
 * hung. */
const struct flynn_cl_device *flynn_cl_devices(int *count, const char **why);

/** Runs a plan on the host by the scalar reference; returns 0 or an error. */
typedef int flynn_cl_reference(const struct flynn_plan *plan, const struct flynn_image *in,
                               const struct flynn_image *out);

/** Install the reference that self-tests compare with. Without one nothing is tested. */
void flynn_cl_set_reference(flynn_cl_reference *reference);

/** List the kernels that failed their self-test on a device, in this process or, as remembered, in an earlier one:
 * lines "OP TYPE: reason" without a newline at the end. Returns how many there are. */
int flynn_cl_quarantine(int device, char *text, size_t size);

/** A plan bound to a device. */
struct flynn_cl_run;

/** Create queues, build or load the programs (the set-up that compare shows apart), run the known-answer self-test of
 * every kernel not yet tested on this device, allocate buffers. The plan must outlive the run. FLYNN_EUNAVAILABLE with
 * the reason when that fails, also when an op has no OpenCL kernel; FLYNN_ELIMIT when an image is too large for the
 * device. */
int flynn_cl_open(struct flynn_cl_run **run, const struct flynn_plan *plan, int device, struct flynn_err *err);

/** Name the host images to read from and to write to; they must stay valid until close or the next bind. On a CPU
 * device the buffers wrap them without a copy. */
int flynn_cl_bind(struct flynn_cl_run *run, const struct flynn_image *in, const struct flynn_image *out,
                  struct flynn_err *err);

/** Bring the input (and second inputs) to the device, run, bring the output back; each returns when it is complete. */
int flynn_cl_upload(struct flynn_cl_run *run, struct flynn_err *err);
int flynn_cl_compute(struct flynn_cl_run *run, struct flynn_err *err);
int flynn_cl_download(struct flynn_cl_run *run, struct flynn_err *err);

void flynn_cl_close(struct flynn_cl_run *run);

/** Give everything back (contexts, programs); devices must be listed anew afterwards. */
void flynn_cl_shutdown(void);

#endif
