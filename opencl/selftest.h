/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_OPENCL_SELFTEST_H
#define FLYNN_OPENCL_SELFTEST_H

#include "opencl/shape.h"

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

/** Allocate an image and fill it with what depends on the seed: integers take all values; floats are multiples of 2^-16
 * in 0..1, so that no case depends on infinities or NaN. */
int flynn_cl_pattern(struct flynn_image *image, const struct flynn_shape *shape, uint64_t seed, struct flynn_err *err);

/** Allocate the output of a plan and let the reference make it; FLYNN_EUNAVAILABLE without one. */
int flynn_cl_wanted(struct flynn_image *want, const struct flynn_plan *plan, const struct flynn_image *in,
                    struct flynn_err *err);

/** Run a plan on the device, with `trial` as the shape of its op unless NULL, and compare with what the reference made.
 * *differs tells a wrong result from other failures. */
int flynn_cl_answer(struct flynn_cl_handle *handle, const struct flynn_plan *plan, const struct flynn_cl_shape *trial,
                    const struct flynn_image *in, const struct flynn_image *want, bool *differs, struct flynn_err *err);

void flynn_cl_verdicts_free(struct flynn_cl_handle *handle);

#endif
