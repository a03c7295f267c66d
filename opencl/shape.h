/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_OPENCL_SHAPE_H
#define FLYNN_OPENCL_SHAPE_H

#include "opencl/device.h"

/** Shapes of the matrix products: how a kernel cuts its output, given to it as build options.
 *
 * Which shape is the quickest differs from device to device, and is found by trying (opencl/tune.h); it never decides
 * the bits. A device takes the shape that FLYNN_OPENCL_SHAPE names, else the one that a search found and the cache
 * remembers, else one that fits its kind. */
struct flynn_cl_shape {
    const char *name;
    const char *op; /**< the op, whose OpenCL file has the product under the name `kernel` */
    const char *kernel;
    bool shared;        /**< a group shares tiles in local memory; else its one item makes a whole tile */
    int tile_m, tile_n; /**< rows and columns of a tile of C */
    int tile_k;         /**< steps of the chains between two visits to memory */
    int micro_m,
        micro_n; /**< rows and columns of an item in registers; without `shared` rows, and vectors of 64 bytes */
};

/** How a device came by its shape. */
enum flynn_cl_shape_from { FLYNN_CL_SHAPE_PRESET, FLYNN_CL_SHAPE_FOUND, FLYNN_CL_SHAPE_NAMED };

/** Shape number i of an op, NULL after the last one; ops that have no shapes have none. */
const struct flynn_cl_shape *flynn_cl_shape_at(const char *op, int i);

/** The shape of an op by name, or NULL. */
const struct flynn_cl_shape *flynn_cl_shape_find(const char *op, const char *name);

/** Whether the device can run it: FLYNN_EUNAVAILABLE with what it lacks. */
int flynn_cl_shape_fits(const struct flynn_cl_shape *shape, const struct flynn_cl_handle *handle, enum flynn_type type,
                        struct flynn_err *err);

/** The shape that an op takes on a device; NULL for an op without shapes. FLYNN_EUSAGE when FLYNN_OPENCL_SHAPE names
 * none, FLYNN_EUNAVAILABLE when the device cannot run what it names. */
int flynn_cl_shape_choose(const struct flynn_cl_shape **shape, enum flynn_cl_shape_from *from,
                          struct flynn_cl_handle *handle, const char *op, enum flynn_type type, struct flynn_err *err);

/** Remember what a search found, here and in the cache, with its rate; false when the cache did not take it. */
bool flynn_cl_shape_remember(const struct flynn_cl_shape *shape, struct flynn_cl_handle *handle, enum flynn_type type,
                             double gflops);

/** The rate that the search measured; 0 when the shape was not found by one. */
double flynn_cl_shape_rate(struct flynn_cl_handle *handle, const char *op, enum flynn_type type);

/** Build options of the shape, "" for NULL; begins with a blank. */
void flynn_cl_shape_options(char *options, size_t size, const struct flynn_cl_shape *shape);

/** Items of a group, and groups for a launch. */
int flynn_cl_shape_group(const struct flynn_cl_shape *shape);
int flynn_cl_shape_groups(const struct flynn_cl_shape *shape, const struct flynn_launch *launch);

void flynn_cl_shapes_free(struct flynn_cl_handle *handle);

#endif
