/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_GAUSSIAN_NEAR_H
#define FLYNN_CORE_GAUSSIAN_NEAR_H

#include <flynn/op.h>

#include <string.h>

/** The Gaussian of bytes with few taps, in one stage: exact sums across the row, then down the columns. k and the
 * tables are those of the op's other stages (cpu/gaussian.c), with an entry for every distance up to the radius, which
 * is the stage's `up`; but k[4] says for SIMD kernels whether a weight is too large for one product of theirs. Where
 * k[3] is 0, weights sum to 2^(k[2]/2), at most 16. */

#define NEAR_WIDE   65536 /**< longer rows have border columns, and may be cut into tiles */
#define NEAR_RADIUS 6     /**< at most; and */
#define NEAR_NARROW 2     /**< where k[3] is 0; and */
#define NEAR_HEAVY  3     /**< where k[4] is not */
#define NEAR_CENTRE 127   /**< most that one product takes: of the weight of the centre, */
#define NEAR_SIDE   64    /**< and of the others, which have two samples */
#define NEAR_CALL   32    /**< output rows of a call, at whose ends SIMD kernels make sums twice */

/** Up to NEAR_WIDE samples rows come without border columns, so that they need not be copied; kernels put these to
 * parts of rows themselves. */
struct near_border {
    int reach, samples; /**< of the border on one side, and of a row */
    int left[NEAR_RADIUS * FLYNN_MAX_CHANNELS], right[NEAR_RADIUS * FLYNN_MAX_CHANNELS]; /**< where its samples come
                                                                                              from; -1: fill */
    uint8_t fill;
    bool there; /**< in the rows */
};

static inline void near_border_init(struct near_border *border, const struct flynn_stage *stage)
{
    int channels = stage->in.channels, width = stage->in.width;
    border->reach = stage->up * channels;
    border->samples = width * channels;
    border->fill = (uint8_t)stage->border_value;
    border->there = stage->left > 0;
    for (int i = 0; i < border->reach; i++) {
        int before = flynn_border_index(stage->border, i / channels - stage->up, width);
        int behind = flynn_border_index(stage->border, (int64_t)width + i / channels, width);
        border->left[i] = before < 0 ? -1 : before * channels + i % channels;
        border->right[i] = behind < 0 ? -1 : behind * channels + i % channels;
    }
}

/** Samples [from, from + samples) of a row, with `reach` before and behind them and then `more` that may be read: where
 * they are, or in `buffer`. */
static inline const uint8_t *near_part(const struct near_border *border, const uint8_t *row, int from, int samples,
                                       int more, uint8_t *buffer)
{
    int first = from - border->reach, last = from + samples + border->reach, left = first < 0 ? -first : 0;
    int right = last > border->samples ? last - border->samples : 0;
    if (border->there || (!left && last + more <= border->samples))
        return row + from;
    memcpy(buffer + left, row + first + left, (size_t)(last - right - first - left));
    for (int i = 0; i < left; i++) {
        int at = border->left[border->reach - left + i];
        buffer[i] = at < 0 ? border->fill : row[at];
    }
    for (int i = 0; i < right; i++) {
        int at = border->right[i];
        buffer[last - right - first + i] = at < 0 ? border->fill : row[at];
    }
    return buffer + border->reach;
}

#endif
