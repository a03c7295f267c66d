/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_DISPATCH_VERIFY_H
#define FLYNN_DISPATCH_VERIFY_H

#include <flynn/backend.h>

/** Verification: every backend against the scalar reference, bit for bit.
 *
 * Inputs are drawn as checkasm does: odd shapes around every vector width, eight patterns, every type and channel count
 * of the op, its defaults, its own cases and the ends of every parameter's range. CPU backends run on images that end
 * at an unmapped page, twice with differently poisoned outputs, and once more cut at random into strips of rows and
 * tiles of columns; what lies outside of the output's samples must not change. */

struct flynn_verify_options {
    uint64_t seed;    /**< the same seed draws the same inputs */
    bool thorough;    /**< every pattern on every shape, instead of each in turn */
    const char *only; /**< only inputs whose description contains this text; NULL: all */
};

/** What happened with one op (or chain) on one backend. */
struct flynn_verify_result {
    const char *op;
    const char *backend;
    long executed;  /**< inputs compared */
    long refused;   /**< inputs that the op rightly refused with a message (a parameter out of reach for that size) */
    long failed;    /**< inputs with differing samples, or worse */
    bool skipped;   /**< the backend could not run at all, or not with all types; `text` says why unless some failed */
    unsigned lacks; /**< FLYNN_TYPE_BIT of each type of input that it could not run, and is not asked for again */
    char text[600]; /**< the first failure, with all that is needed to see it again */
};

/** Called once for each op and backend. */
typedef void flynn_verify_report(void *arg, const struct flynn_verify_result *result);

/** Verify one op on some backends. Returns the number of backends that failed, or a negative error. */
int flynn_verify_op(int op, const struct flynn_backend *backends, int count, const struct flynn_verify_options *options,
                    flynn_verify_report *report, void *arg, struct flynn_err *err);

/** Verify randomly drawn chains of ops (fused rings, composed tables, cut segments) on some backends. */
int flynn_verify_chains(int chains, const struct flynn_backend *backends, int count,
                        const struct flynn_verify_options *options, flynn_verify_report *report, void *arg,
                        struct flynn_err *err);

/** Verify one plan on one image of the user's. `name` stands in the results. */
int flynn_verify_plan(const struct flynn_plan *plan, const struct flynn_image *in, const char *name,
                      const struct flynn_backend *backends, int count, const struct flynn_verify_options *options,
                      flynn_verify_report *report, void *arg, struct flynn_err *err);

/** Run the scalar reference serially: what everything is compared with. Both images are the caller's. */
int flynn_reference_run(const struct flynn_plan *plan, const struct flynn_image *in, const struct flynn_image *out,
                        struct flynn_err *err);

#endif
