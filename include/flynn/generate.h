/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_GENERATE_H
#define FLYNN_GENERATE_H

#include <flynn/image.h>

/** Make an image from "KIND:WxH[,key=value...]" (the text after "gen:").
 *
 * KIND: scene, noise, gradient, zoneplate, checker, mandelbrot. Keys: seed (default 1), type (u8, u16, f32, f64;
 * default u8), channels (default 3; 1 for f64). Samples are defined by integer arithmetic (mandelbrot: by rounded + -
 * *) and are the same on every machine.
 *
 * Matrices, of f64 or with type=f32, WxH columns x rows, or N for N x N: identity; hilbert, whose element (i, j) is
 * 1 / (i + j + 1) rounded to f64 and then to the type; signed, random in [-1, 1), twice the sample of `noise` less 1.
 * `noise` with channels=1 and type f32 or f64 is random in [0, 1). */
int flynn_generate(struct flynn_image *image, const char *spec, struct flynn_err *err);

/** Measure what the spec would make, without making it. */
int flynn_generate_shape(struct flynn_shape *shape, const char *spec, struct flynn_err *err);

#endif
