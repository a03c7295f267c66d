/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_MATVEC_H
#define FLYNN_CORE_MATVEC_H

#include "core/lanes.h"

/** Most rows that one call of the kernels of matvec makes. */
enum { MATVEC_ROWS = 8 };

#endif
