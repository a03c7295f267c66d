/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_OPENCL_DEVICE_H
#define FLYNN_OPENCL_DEVICE_H

#include "opencl/loader.h"
#include "opencl/opencl.h"

#include <pthread.h>

/** What flynn keeps for one device until flynn_cl_shutdown. */
struct flynn_cl_handle {
    const struct flynn_cl_device *info;
    cl_device_id id;
    char *identity; /**< text naming platform, device, driver and their versions: part of every cache key */
    char identity_hash[33];
    size_t local_bytes, group_items; /**< local memory and items of a work-group, at most */
    bool exact_div;       /**< f32 divide and sqrt can be correctly rounded */
    pthread_mutex_t lock; /**< guards what follows */
    cl_context context;   /**< NULL until a plan is opened on the device */
    struct flynn_cl_program *programs;
    struct flynn_cl_verdict *verdicts;
    struct flynn_cl_choice *choices; /**< of shape.c, which guards them itself */
};

/** The handle of a listed device with its context made. FLYNN_EUSAGE for an index that does not exist,
 * FLYNN_EUNAVAILABLE for an unusable device. */
int flynn_cl_handle_open(struct flynn_cl_handle **handle, int device, struct flynn_err *err);

/** The handle of a listed device as it is, NULL for an index that does not exist. */
struct flynn_cl_handle *flynn_cl_handle_at(int device);

#endif
