/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_TESTS_OPENCL_FIXTURE_H
#define FLYNN_TESTS_OPENCL_FIXTURE_H

#include "opencl/opencl.h"

#include <criterion/criterion.h>

/** What the OpenCL tests share. Every test runs in a process and a cache folder of its own. */

/** Make a temporary folder and point FLYNN_CACHE_DIR at FOLDER/cache; and remove it. */
void fixture_setup(void);
void fixture_teardown(void);

/** The path of a file in the temporary folder, in a static buffer. */
const char *fixture_path(const char *name);

/** Write a text file into the temporary folder; folders in its name are made. */
void fixture_write(const char *name, const char *text);

/** Let the loader see only the runtimes named in FOLDER/vendors/NAME.icd. */
void fixture_vendors(void);
void fixture_add_vendor(const char *name, const char *library);

/** The fake runtime of fake_icd.c as the only one, behaving as told. */
void fixture_fake(const char *behaviour);

/** The first usable device, or the test is skipped. */
int fixture_device(void);

/** A chain of `length` inverts for a shape. */
void fixture_plan(struct flynn_chain *chain, struct flynn_plan *plan, int length, const struct flynn_shape *shape);

/** Fill with bytes that depend on the seed; f32 gets values from 0 to 1. */
void fixture_fill(struct flynn_image *image, uint64_t seed);

/** Open, bind, upload, compute, download, close. */
int fixture_run(const struct flynn_plan *plan, int device, const struct flynn_image *in, const struct flynn_image *out,
                struct flynn_err *err);

/** The number of samples in which `out` is not the negative of `in` (alpha: not the same). */
size_t fixture_wrong(const struct flynn_image *in, const struct flynn_image *out);

/** The name of the first cache entry whose name starts with prefix; "" when there is none. Static buffer. */
const char *fixture_entry(const char *prefix);

#endif
