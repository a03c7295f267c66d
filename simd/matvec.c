/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/narrow.h"

#include "core/matvec.h"
#include "simd/vec.h"

#include <stdbool.h>

/* A row after the other is one stream from memory, which CPUs bring at full speed while the vector stays in the
 * first-level cache. Longer rows push it out, and its way back from the second level holds the stream up: then rows are
 * fetched into the second level ahead of time. That pays only where each step waits for the one before, or else loads
 * that run ahead take the places of fetches. With a vector that does not stay in the second level either, rows go side
 * by side, a run of each in turn, so that a run of the vector serves them all. */
struct side {
    int rows, run; /* rows side by side, and bytes of a run */
    bool fetch;
};

enum {
    LINE = 64,
    FETCH_BYTES = 16384,    /* so far ahead, along one row and into the next */
    NEAR_BYTES = 4 << 20,   /* the largest matrix that is in a cache anyway */
    SHORT_BYTES = 12 << 10, /* the longest rows next to which the vector stays in the first level, */
    LONG_BYTES = 96 << 10,  /* and in the second */
    RUN_BYTES = 512,
    WHOLE_BYTES = FLYNN_LANE_BLOCK * sizeof(double),
};

static struct side side_of(const struct flynn_shape *in, size_t sample)
{
    size_t row = (size_t)in->width * sample;
    if (row > LONG_BYTES)
        return (struct side){MATVEC_ROWS, RUN_BYTES, false};
    return (struct side){1, WHOLE_BYTES, row > SHORT_BYTES && row * (size_t)in->height > NEAR_BYTES};
}

#define REAL      float
#define REAL_V    vf
#define REAL_L(n) V(n##_ps)
#define F(name)   name##_f32
#include "simd/matvec_rows.h"
#undef REAL
#undef REAL_V
#undef REAL_L
#undef F

#define REAL      double
#define REAL_V    vd
#define REAL_L(n) V(n##_pd)
#define F(name)   name##_f64
#include "simd/matvec_rows.h"

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(matvec);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(matvec) = {
    .fn = {{[FLYNN_F32] = matvec_f32, [FLYNN_F64] = matvec_f64}},
};
