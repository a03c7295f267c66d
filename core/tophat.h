/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_TOPHAT_H
#define FLYNN_CORE_TOPHAT_H

#include "core/morphology.h"

#include <string.h>

/** The differences of morphology: top-hat, black-hat, gradient.
 *
 * ACROSS_SUBTRACT: ACROSS of core/morphology.h, less what is beside it, or where k[0] is 1 the latter less the former.
 *
 * BOTH_DOWN: the smallest, and then the largest samples down the columns. BOTH_SUBTRACT: both across, and their
 * difference. Their rows have two parts, one after the other, with their border columns in place, in the type of
 * core/morphology.h. Beside k[0], k[1] and d[0] of that:
 * k[2]: border columns on the left that the stage adds to a part, and k[3]: on the right; d[1]: the constant border in
 *       the type of the output
 * k[4]: columns of a part in the input; k[5]: in the output
 * k[6]: where the second part begins in the input */
enum { FLYNN_TOPHAT_ACROSS_SUBTRACT, FLYNN_TOPHAT_BOTH_DOWN, FLYNN_TOPHAT_BOTH_SUBTRACT };

/** out[i] = a[i] - b[i], n samples; integers not below 0. a or b may be out. */
typedef void flynn_tophat_subtract(void *out, const void *a, const void *b, size_t n);

static inline void *flynn_tophat_at(const struct flynn_shape *shape, const void *row, int column)
{
    ptrdiff_t pixel = (ptrdiff_t)shape->channels * (ptrdiff_t)flynn_type_bytes(shape->type);
    return (uint8_t *)(uintptr_t)row + column * pixel;
}

static inline void flynn_tophat_put(void *sample, enum flynn_type type, double value)
{
    if (type == FLYNN_U8)
        *(uint8_t *)sample = (uint8_t)value;
    else if (type == FLYNN_U16)
        *(uint16_t *)sample = (uint16_t)value;
    else if (type == FLYNN_F32)
        *(float *)sample = (float)value;
    else
        *(int32_t *)sample = (int32_t)value;
}

/** Add the border columns of a part, whose columns begin at `row`. */
static inline void flynn_tophat_pad(const struct flynn_stage *stage, void *row, int columns)
{
    const struct flynn_shape *shape = &stage->out;
    size_t sample = flynn_type_bytes(shape->type), pixel = sample * (size_t)shape->channels;
    for (int i = stage->k[2] ? -stage->k[2] : columns; i < columns + stage->k[3]; i = i == -1 ? columns : i + 1) {
        int from = flynn_border_index(stage->border, i, columns);
        uint8_t *to = flynn_tophat_at(shape, row, i);
        if (from >= 0)
            memcpy(to, flynn_tophat_at(shape, row, from), pixel);
        for (size_t j = 0; from < 0 && j < pixel; j += sample)
            flynn_tophat_put(to + j, shape->type, stage->d[1]);
    }
}

/** A part of the call's rows down the columns, to column `to` of the output. */
static inline void flynn_tophat_part_down(const struct flynn_call *call, flynn_kernel *down,
                                          const struct flynn_stage *stage, int to, void *state)
{
    void *out[FLYNN_MORPH_STEP];
    struct flynn_call part = *call;
    part.stage = stage;
    part.width = stage->k[4];
    part.out = out;
    part.state = state;
    for (int r = 0; r < call->rows; r++)
        out[r] = flynn_tophat_at(&stage->out, call->out[r], to + stage->k[2]);
    down(&part);
    for (int r = 0; r < call->rows; r++)
        flynn_tophat_pad(stage, out[r], stage->k[4]);
}

/** `columns` pixels of a row across. */
static inline void flynn_tophat_part_across(const struct flynn_call *call, flynn_kernel *across,
                                            const struct flynn_stage *stage, const void *in, void *out, int columns)
{
    const void *from[1] = {in};
    void *to[1] = {out};
    struct flynn_call part = *call;
    part.stage = stage;
    part.in = from;
    part.out = to;
    part.rows = 1;
    part.width = columns;
    across(&part);
}

/** The kernels, from those of a table for its parts. */
static inline void flynn_tophat_across_difference(const struct flynn_call *call, flynn_kernel *across,
                                                  flynn_tophat_subtract *subtract)
{
    int largest = call->stage->k[0];
    across(call);
    for (int r = 0; r < call->rows; r++)
        subtract(call->out[r], largest ? call->with[r] : call->out[r], largest ? call->out[r] : call->with[r],
                 (size_t)call->width * (size_t)call->stage->in.channels);
}

static inline void flynn_tophat_both_down(const struct flynn_call *call, flynn_kernel *down)
{
    struct flynn_stage stage = *call->stage;
    for (int largest = 0; largest < 2; largest++) {
        stage.k[0] = largest;
        flynn_tophat_part_down(call, down, &stage, largest * stage.k[5],
                               (uint8_t *)call->state + (size_t)largest * (stage.state_bytes / 2));
    }
}

static inline void flynn_tophat_both_difference(const struct flynn_call *call, flynn_kernel *across,
                                                flynn_tophat_subtract *subtract)
{
    struct flynn_stage stage = *call->stage;
    void *smallest = (uint8_t *)call->state + 2 * (size_t)stage.d[0];
    for (int r = 0; r < call->rows; r++) {
        stage.k[0] = 0;
        flynn_tophat_part_across(call, across, &stage, call->in[r], smallest, call->width);
        stage.k[0] = 1;
        flynn_tophat_part_across(call, across, &stage, flynn_tophat_at(&stage.in, call->in[r], stage.k[6]),
                                 call->out[r], call->width);
        subtract(call->out[r], call->out[r], smallest, (size_t)call->width * (size_t)stage.in.channels);
    }
}

/** Append the stages of x - open(x) (largest = 0) or close(x) - x, or of dilate(x) - erode(x). */
int flynn_tophat_stages(struct flynn_node *node, int largest, struct flynn_err *err);
int flynn_tophat_gradient(struct flynn_node *node, struct flynn_err *err);

#endif
