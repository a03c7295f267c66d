/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_DISPATCH_LAWS_H
#define FLYNN_DISPATCH_LAWS_H

#include "dispatch/verify.h"

/** Metamorphic checks: pairs of chains that give the same samples whatever the input, by what the ops mean. Unlike the
 * comparison with the scalar reference they also find a reference that is wrong. */

/** Hold every law against random images on some backends, the scalar reference too where it is among them. Results have
 * "laws" for their op. Returns the number of backends that failed, or a negative error. */
int flynn_verify_laws(const struct flynn_backend *backends, int count, const struct flynn_verify_options *options,
                      flynn_verify_report *report, void *arg, struct flynn_err *err);

#endif
