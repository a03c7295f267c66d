/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_OPENCL_VERDICT_H
#define FLYNN_OPENCL_VERDICT_H

#include "opencl/selftest.h"

/** Verdicts of self-tests: in memory for this process, in the cache folder for the next. */

/** The name under which the verdict for a key is kept. */
void flynn_cl_verdict_name(char name[80], const struct flynn_cl_handle *handle, const char *key);

/** Look for verdict->name in memory and in the cache; fills good and why. */
bool flynn_cl_verdict_find(struct flynn_cl_handle *handle, struct flynn_cl_verdict *verdict, const char *key);

/** Remember a copy, and for later processes too when `lasting`. */
void flynn_cl_verdict_add(struct flynn_cl_handle *handle, const struct flynn_cl_verdict *verdict, const char *key,
                          bool lasting);

#endif
