/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_TESTS_MATRIX_HELPERS_H
#define FLYNN_TESTS_MATRIX_HELPERS_H

#include <flynn/backend.h>

#include <stdint.h>

/** Matrices for tests: what fails ends the test. */

struct flynn_image new_matrix(int rows, int cols, enum flynn_type type);

/** Elements of [-1, 1), or any bytes. */
struct flynn_image random_matrix(int rows, int cols, enum flynn_type type, uint64_t seed);

/** Put one element into a matrix of f32 or f64. */
void set(struct flynn_image *m, int row, int col, double v);

/** Random matrices below each other, and `diagonal` more on the diagonal of each. */
struct flynn_image shifted_matrix(int rows, int cols, enum flynn_type type, uint64_t seed, double diagonal);

/** One element, of any type but u16. */
long double at(const struct flynn_image *m, int row, int col);

/** The backend's name, or autovec where this build has no such table. */
const char *or_autovec(const char *name);

/** The status of one op on a backend; *out is its result when that is 0. b: its second input, or NULL. */
int try_run(const char *text, const struct flynn_image *a, const struct flynn_image *b, const char *name,
            struct flynn_image *out, struct flynn_err *err);

/** The result of one that works. */
struct flynn_image run(const char *text, const struct flynn_image *a, const struct flynn_image *b, const char *name);

#endif
