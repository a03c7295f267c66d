/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_DOUBLES_H
#define FLYNN_SIMD_DOUBLES_H

#include "simd/point.h"

/** point_kernel and point_kernel2 for f64, which has no alpha channel. */

/** One vector of the output from one of each input; ops of one input get it twice. */
typedef vd doubles_map(vd x, vd w, const void *by);

/** Without its sign. */
static inline vd vd_abs(vd x)
{
    vi bits;
    memcpy(&bits, &x, sizeof bits);
    bits = v_and(bits, V(set1_epi64x)(INT64_MAX));
    memcpy(&x, &bits, sizeof x);
    return x;
}

POINT_INLINE void doubles_row(const double *in, const double *with, double *out, size_t samples, bool stream,
                              doubles_map *map, const void *by)
{
    enum { LANES = VEC / sizeof(double) };
    size_t i = 0;
    if (stream && (uintptr_t)out % VEC == 0) {
        for (; i + LANES <= samples; i += LANES) {
            vd y = map(vd_load(in + i), vd_load(with + i), by);
            vi bits;
            memcpy(&bits, &y, sizeof bits);
            v_stream(out + i, bits);
        }
    }
    for (; i + LANES <= samples; i += LANES)
        vd_store(out + i, map(vd_load(in + i), vd_load(with + i), by));
    if (i < samples) {
        double x[LANES] = {0}, w[LANES] = {0}, y[LANES];
        memcpy(x, in + i, (samples - i) * sizeof *x);
        memcpy(w, with + i, (samples - i) * sizeof *w);
        vd_store(y, map(vd_load(x), vd_load(w), by));
        memcpy(out + i, y, (samples - i) * sizeof *y);
    }
}

/** Every f64 sample of the call, and of its second input where it has one, through `map`, which is light. */
POINT_INLINE void doubles_kernel(const struct flynn_call *call, doubles_map *map, const void *by)
{
    size_t samples = (size_t)call->width * (size_t)call->stage->in.channels;
    for (int r = 0; r < call->rows; r++)
        doubles_row(call->in[r], call->with ? call->with[r] : call->in[r], call->out[r], samples, call->stream, map,
                    by);
}

#endif
