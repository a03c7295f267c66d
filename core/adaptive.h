/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_ADAPTIVE_H
#define FLYNN_CORE_ADAPTIVE_H

#include <flynn/op.h>

/** The stages of adaptive-threshold: those of box or gaussian, before them WIDEN where gaussian's run on integers as
 * floats, and one that compares the node's input, beside, with their output: COMPARE with a mean of the input's type,
 * COMPARE_FLOATS with a float, which is rounded to the nearest integer, ties to even.
 *
 * A sample is above when x - mean > k[0] (f32: f[0]). k[1]: 0 where samples above become white, 1 where the others do.
 * k[2]: the alpha channel or -1. */

enum { FLYNN_ADAPTIVE_COMPARE, FLYNN_ADAPTIVE_COMPARE_FLOATS, FLYNN_ADAPTIVE_WIDEN };

#endif
