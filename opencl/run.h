/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_OPENCL_RUN_H
#define FLYNN_OPENCL_RUN_H

#include "kernels/args.h"
#include "opencl/device.h"
#include "opencl/program.h"

#define FLYNN_CL_DATA 3 /**< a launch's input and output, and what is beside it */
#define FLYNN_CL_SIDE 2 /**< a result that is aside, and the one before it */

/** The parts of one run, shared by run.c, transfer.c, launch.c and selftest.c. */

/** An image on the device. */
struct flynn_cl_buffer {
    struct flynn_shape shape;
    cl_mem mem;
    size_t stride, bytes;
    bool wraps;              /**< mem is the host image's own memory */
    struct flynn_image host; /**< view of the host image; data is NULL when there is none */
};

/** Pinned memory through which images go to a device with memory of its own, in two halves that take turns. */
struct flynn_cl_staging {
    cl_mem mem;
    uint8_t *host;
    size_t half; /**< bytes */
};

/** The second input of a stage; launches that share an image share its buffer. */
struct flynn_cl_second {
    const struct flynn_image *image;
    struct flynn_cl_buffer buffer;
};

struct flynn_cl_table {
    const void *data;
    cl_mem mem;
};

/** One launch, ready to be enqueued. */
struct flynn_cl_step {
    const struct flynn_node *node;
    const struct flynn_op *op;
    const struct flynn_launch *launch;
    const struct flynn_cl_shape *shape; /**< NULL: an op without shapes */
    cl_kernel kernel;
    struct flynn_args args;
    size_t global[2], local[2];
    struct flynn_cl_buffer *in, *out;
    struct flynn_cl_buffer *with;  /**< NULL: none */
    struct flynn_shape with_shape; /**< what lies in it */
    cl_mem table[FLYNN_STAGE_TABLES];
    bool side_table; /**< table 0 is what lies aside */
};

struct flynn_cl_run {
    const struct flynn_plan *plan;
    struct flynn_cl_handle *handle;
    const struct flynn_cl_shape *trial; /**< taken by its op instead of the chosen one; NULL: none */
    cl_command_queue queue;
    struct flynn_cl_step *step;
    int steps;
    struct flynn_cl_buffer in, out;
    struct flynn_cl_buffer
        between[FLYNN_CL_DATA + FLYNN_CL_SIDE]; /**< what launches hand on; results that are aside last */
    struct flynn_cl_second *second;
    int seconds;
    struct flynn_cl_table *table;
    int tables;
    cl_mem dummy; /**< stands for a table or second input that a stage does not have */
    struct flynn_cl_staging staging;
    bool bound, uploaded;
};

/** As flynn_cl_open, without the self-test. */
int flynn_cl_run_make(struct flynn_cl_run **run, const struct flynn_plan *plan, struct flynn_cl_handle *handle,
                      const struct flynn_cl_shape *trial, struct flynn_err *err);

/* ---- transfer.c ---- */

/** FLYNN_ELIMIT when the device does not take a buffer of so many bytes. */
int flynn_cl_check_bytes(const struct flynn_cl_run *run, size_t bytes, struct flynn_err *err);

/** Allocate memory on the device for a shape. */
int flynn_cl_buffer_make(struct flynn_cl_run *run, struct flynn_cl_buffer *buffer, const struct flynn_shape *shape,
                         struct flynn_err *err);

/** Name the host image of a buffer; wraps it where `may_wrap`, the device shares memory and the image is aligned. */
int flynn_cl_buffer_bind(struct flynn_cl_run *run, struct flynn_cl_buffer *buffer, const struct flynn_image *image,
                         bool may_wrap, struct flynn_err *err);

/** Bring the host image to the device, or back; complete on return. */
int flynn_cl_buffer_up(struct flynn_cl_run *run, struct flynn_cl_buffer *buffer, struct flynn_err *err);
int flynn_cl_buffer_down(struct flynn_cl_run *run, struct flynn_cl_buffer *buffer, struct flynn_err *err);

void flynn_cl_buffer_free(struct flynn_cl_buffer *buffer);

/** Make the staging memory for images whose rows take up to `stride` bytes, `bytes` in all. */
int flynn_cl_staging_make(struct flynn_cl_run *run, size_t stride, size_t bytes, struct flynn_err *err);
void flynn_cl_staging_free(struct flynn_cl_run *run);

/* ---- launch.c ---- */

/** Fill the step's arguments and decide its items and groups, once its kernel is there. */
int flynn_cl_step_layout(struct flynn_cl_run *run, struct flynn_cl_step *step, struct flynn_err *err);

/** Set the arguments and enqueue. */
int flynn_cl_step_enqueue(struct flynn_cl_run *run, struct flynn_cl_step *step, struct flynn_err *err);

#endif
