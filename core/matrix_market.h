/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_MATRIX_MARKET_H
#define FLYNN_CORE_MATRIX_MARKET_H

#include "core/source.h"

#include <flynn/image.h>

/** Matrix Market files (R. Boisvert, R. Pozo, K. Remington, "The Matrix Market exchange formats", 1996): coordinate
 * real, integer and pattern, general, symmetric and skew-symmetric; and array real and integer, general.
 *
 * An array becomes a matrix of f64. A coordinate file becomes a sparse image: a list, f64 of 3 rows. Its first column
 * holds the numbers of rows, of columns and of elements; each further one the row, the column (both from 1) and the
 * value of an element, in order of rows, then columns, then of the file. A pattern's values are 1; elements that a
 * symmetric file leaves out are in the list. */

/** True when the next bytes are "%%MatrixMarket". */
bool flynn_looks_like_matrix_market(struct flynn_source *source);

/** Read one file to its end; FLYNN_EINPUT names the line that is wrong. `limit` as in core/formats.h. */
int flynn_read_matrix_market(struct flynn_image *image, struct flynn_source *source, size_t limit,
                             struct flynn_err *err);

#endif
