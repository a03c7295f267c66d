/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_BACKEND_H
#define FLYNN_BACKEND_H

#include <flynn/plan.h>

/** Backends: the ways in which a plan can be run on this machine.
 *
 * A CPU backend is an executor (serial, or a thread pool) times a kernel table; an OpenCL backend is a device. Every
 * one of them gives the same bits. */

enum flynn_backend_kind { FLYNN_BACKEND_SERIAL, FLYNN_BACKEND_THREADS, FLYNN_BACKEND_OPENCL };

struct flynn_backend {
    enum flynn_backend_kind kind;
    char name[48];  /**< as -b takes it: "scalar", "autovec", "simd:avx2", "threads:2", "opencl:0" */
    char label[96]; /**< device name for OpenCL, "" otherwise */
    int table;      /**< CPU: index for flynn_table_name */
    int threads;    /**< THREADS: workers, the caller counted */
    int device;     /**< OPENCL: index */
    bool available;
    char why[256]; /**< why it is not available */
};

/** What the caller allows. Zero-initialise: all that the machine has. */
struct flynn_limits {
    int threads;     /**< workers for `threads`; 0: as many as the process may use */
    const char *isa; /**< cap: no table above this one ("scalar", "sse2", ...); NULL: none */
};

/** Kernel tables of this build, lowest first: scalar, autovec, then the SIMD tables. */
int flynn_table_count(void);
const char *flynn_table_name(int table);

/** Whether the CPU runs a table; else *why (static text) says what is missing. */
bool flynn_table_usable(int table, const char **why);

/** Whether a table has kernels of its own for all stages that an op can have; tests and `flynn ops` ask this. */
bool flynn_table_has(int table, const struct flynn_op *op);

/** Parse the list of -b ("auto" is not in it): "scalar,simd:avx2,threads:2,opencl:pocl" or "all". Writes to list (room
 * for `most`) and returns the count, or a negative error. A backend that this build or machine lacks is listed with
 * available = false; an unknown word is FLYNN_EUSAGE. OpenCL is probed only when the list names it (or "all"). */
int flynn_backends_parse(struct flynn_backend *list, int most, const char *text, const struct flynn_limits *limits,
                         struct flynn_err *err);

/** The choice for a plan: the best table, and threads by the ops' cost and the image's size. OpenCL runs only where it
 * is named. `why` gets one line. Never fails: scalar always works. */
void flynn_backend_choose(struct flynn_backend *backend, const struct flynn_plan *plan,
                          const struct flynn_limits *limits, char *why, size_t size);

/** A plan bound to a backend. */
struct flynn_run;

/** Prepare: resolve kernels, allocate rings, start threads, or open the device and build its programs. The plan must
 * outlive the run. FLYNN_EUNAVAILABLE when the backend cannot run the plan. */
int flynn_run_open(struct flynn_run **run, const struct flynn_plan *plan, const struct flynn_backend *backend,
                   struct flynn_err *err);

/** Name the images to read and write; both of the plan's shapes, not overlapping, valid until close or the next bind.
 */
int flynn_run_bind(struct flynn_run *run, const struct flynn_image *in, const struct flynn_image *out,
                   struct flynn_err *err);

/** The three steps, each complete when it returns; upload and download do nothing on CPU backends. */
int flynn_run_upload(struct flynn_run *run, struct flynn_err *err);
int flynn_run_compute(struct flynn_run *run, struct flynn_err *err);
int flynn_run_download(struct flynn_run *run, struct flynn_err *err);

/** CPU backends: fix the strip height (tests; 0: chosen). */
void flynn_run_set_strip(struct flynn_run *run, int rows);

/** CPU backends: fix the columns of a tile (0: chosen by the engine); the result must not depend on it. */
void flynn_run_set_tile(struct flynn_run *run, int columns);

void flynn_run_close(struct flynn_run *run);

/** All of the above for one image: allocates *out (maxval follows the input's where the type is kept). */
int flynn_run_plan(const struct flynn_plan *plan, const struct flynn_backend *backend, const struct flynn_image *in,
                   struct flynn_image *out, struct flynn_err *err);

/** Allocate the output of a plan for an input. */
int flynn_plan_output(const struct flynn_plan *plan, const struct flynn_image *in, struct flynn_image *out,
                      struct flynn_err *err);

/** Give back threads and devices that runs left warm. No run may be open. */
void flynn_backend_shutdown(void);

#endif
