/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_OPENCL_TUNE_H
#define FLYNN_OPENCL_TUNE_H

#include "opencl/opencl.h"

/** The search for the quickest shape of a product on a device (opencl/shape.h says what shapes are).
 *
 * Every shape that fits the device is built, held against the reference bit for bit on small products of odd sides,
 * with either side transposed and in a batch, and only then timed on one of middling size. What does not build, differs
 * or fails is left out. The quickest is remembered in the cache folder. */

#define FLYNN_CL_TRIALS 24

struct flynn_cl_trial {
    const char *shape;
    bool good;     /**< built, equal and timed */
    double gflops; /**< 10^9 multiplications and additions each second, where good */
    char why[256]; /**< why not, otherwise */
};

struct flynn_cl_tuning {
    struct flynn_cl_trial trial[FLYNN_CL_TRIALS];
    int trials;
    int best;  /**< -1: none was good */
    bool kept; /**< the best is in the cache folder */
    double seconds;
};

/** Products that have shapes, number i: false after the last one. */
bool flynn_cl_product(int i, const char **op, enum flynn_type *type);

/** Search. No shape is begun after `seconds`; what was found until then counts. Needs the reference
 * (flynn_cl_set_reference). Errors are those of the device; a device on which no shape is good has best = -1, and then
 * nothing is remembered. */
int flynn_cl_tune(struct flynn_cl_tuning *tuning, int device, const char *op, enum flynn_type type, double seconds,
                  struct flynn_err *err);

/** The shape that a product takes on a device and how it came by it, as "panels-6 (preset)" or "tiles-64x64x16-8x8
 * (found by flynn tune, 812 GFLOP/s)"; false, and an empty text, where the op has no shapes or the device is not
 * usable. *found: a search found it. Builds nothing. */
bool flynn_cl_shape_text(char *text, size_t size, int device, const char *op, enum flynn_type type, bool *found);

#endif
