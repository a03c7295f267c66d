/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_OPENCL_SELFTEST_H
#define FLYNN_OPENCL_SELFTEST_H

#include "opencl/device.h"

/** What is known of one set of kernels on one device. */
struct flynn_cl_verdict {
    struct flynn_cl_verdict *next;
    char name[80]; /**< of the cache entry; stands for everything that the verdict depends on */
    char op[32];
    enum flynn_type variant; /**< of its first kernel */
    char program[33];        /**< hash of that kernel's program */
    bool good;
    char why[300];
};

/** Make sure that the kernels of a node give what the reference gives: by memory, by the cache, or by running the op on
 * a small image of odd sides. FLYNN_EUNAVAILABLE with the reason when they do not, or do not compile or run. Without a
 * reference (flynn_cl_set_reference), or when no small case leads to the same kernels, the node passes untested. */
int flynn_cl_selftest(struct flynn_cl_handle *handle, const struct flynn_node *node, struct flynn_err *err);

void flynn_cl_verdicts_free(struct flynn_cl_handle *handle);

#endif
