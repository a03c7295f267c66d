/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_FLYNN_H
#define FLYNN_FLYNN_H

/** All of libflynn. In short: read an image (flynn_read), parse a chain of ops (flynn_chain_add), bind it to the
 * image's shape (flynn_plan_build), choose a backend (flynn_backend_choose or flynn_backends_parse), run
 * (flynn_run_plan), write (flynn_write). What was filled in is given back with the _free function of its type. */

#include <flynn/backend.h>
#include <flynn/error.h>
#include <flynn/file.h>
#include <flynn/generate.h>
#include <flynn/image.h>
#include <flynn/op.h>
#include <flynn/plan.h>

#endif
