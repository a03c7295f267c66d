/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_CANVAS_ROW_H
#define FLYNN_CORE_CANVAS_ROW_H

#include <flynn/op.h>

#include <string.h>

/** Rows of core/canvas.h, for kernels of every table.
 *
 * k[0], k[1]: the column and row of the output where the input's first pixel lies. table[0]: a constant border's
 * pixels, at most as many as an output row has. Pixels move as they are, so all sample types share a kernel. */

/** Moves bytes; `stream`: past the caches. */
typedef void flynn_canvas_copy(uint8_t *to, const uint8_t *from, size_t bytes, bool stream);

/* Bytes of pixels that are those of `fill`, which has whole pixels. */
static inline void flynn_canvas_fill(uint8_t *to, const struct flynn_table_data *fill, size_t bytes)
{
    for (size_t n; bytes; bytes -= n, to += n) {
        n = bytes < fill->bytes ? bytes : fill->bytes;
        memcpy(to, fill->data, n);
    }
}

/* n pixels, all the same. */
static inline void flynn_canvas_repeat(uint8_t *to, const uint8_t *pixel, size_t bytes, int n)
{
    size_t all = n > 0 ? bytes * (size_t)n : 0;
    if (!all)
        return;
    memcpy(to, pixel, bytes);
    for (size_t done = bytes; done < all; done *= 2)
        memcpy(to + done, to, done < all - done ? done : all - done);
}

/* n pixels, of which the first comes from `in` and each other from before the last; inlined for each size of pixels. */
static inline void flynn_canvas_back(const uint8_t *in, uint8_t *out, ptrdiff_t n, size_t bytes)
{
    for (ptrdiff_t i = 0; i < n; i++)
        memcpy(out + (size_t)i * bytes, in - (size_t)i * bytes, bytes);
}

static inline void flynn_canvas_back_any(const uint8_t *in, uint8_t *out, ptrdiff_t n, size_t bytes)
{
    switch (bytes) {
    case 1:
        flynn_canvas_back(in, out, n, 1);
        break;
    case 2:
        flynn_canvas_back(in, out, n, 2);
        break;
    case 3:
        flynn_canvas_back(in, out, n, 3);
        break;
    case 4:
        flynn_canvas_back(in, out, n, 4);
        break;
    case 6:
        flynn_canvas_back(in, out, n, 6);
        break;
    case 8:
        flynn_canvas_back(in, out, n, 8);
        break;
    case 12:
        flynn_canvas_back(in, out, n, 12);
        break;
    default:
        flynn_canvas_back(in, out, n, 16);
    }
}

/* Output columns [x, end) that repeat the input forwards, or forwards and backwards in turn. */
static inline void flynn_canvas_turns(const struct flynn_stage *stage, const uint8_t *in, uint8_t *out, int64_t x,
                                      int64_t end, size_t bytes)
{
    const int64_t width = stage->in.width, last = stage->border == FLYNN_REFLECT ? 2 * width - 1 : 2 * width - 2;
    const int64_t mirrored = stage->border == FLYNN_REFLECT ? 2 * width : width > 1 ? 2 * width - 2 : 1;
    const int64_t period = stage->border == FLYNN_WRAP ? width : mirrored;
    for (int64_t n; x < end; x += n) {
        int64_t at = (x - stage->k[0]) % period;
        at += at < 0 ? period : 0;
        n = (at < width ? width : period) - at;
        n = n < end - x ? n : end - x;
        if (at < width)
            memcpy(out + (size_t)x * bytes, in + (size_t)at * bytes, (size_t)n * bytes);
        else
            flynn_canvas_back_any(in + (size_t)(last - at) * bytes, out + (size_t)x * bytes, (ptrdiff_t)n, bytes);
    }
}

/* Output columns [x, end), all of them beside the input. */
static inline void flynn_canvas_beside(const struct flynn_stage *stage, const uint8_t *in, uint8_t *out, int x, int end)
{
    size_t bytes = (size_t)stage->in.channels * flynn_type_bytes(stage->in.type);
    if (x >= end)
        return;
    if (stage->border == FLYNN_CONSTANT)
        flynn_canvas_fill(out + (size_t)x * bytes, &stage->table[0], (size_t)(end - x) * bytes);
    else if (stage->border == FLYNN_REPLICATE)
        flynn_canvas_repeat(out + (size_t)x * bytes, in + (x < stage->k[0] ? 0 : (size_t)(stage->in.width - 1) * bytes),
                            bytes, end - x);
    else
        flynn_canvas_turns(stage, in, out, x, end, bytes);
}

/** Output row y; `in` is the input row that stands there, in which nothing is read where the border is constant.
 * What comes from the input goes through `copy`. */
static inline void flynn_canvas_row(const struct flynn_stage *stage, int y, const uint8_t *in, uint8_t *out,
                                    bool stream, flynn_canvas_copy *copy)
{
    size_t bytes = (size_t)stage->in.channels * flynn_type_bytes(stage->in.type);
    int64_t row = (int64_t)y - stage->k[1], past = (int64_t)stage->k[0] + stage->in.width;
    int width = stage->out.width, first = stage->k[0] > 0 ? stage->k[0] : 0, last = past < width ? (int)past : width;
    first = first < width ? first : width;
    last = last > first ? last : first;

    if (stage->border == FLYNN_CONSTANT && (row < 0 || row >= stage->in.height)) {
        flynn_canvas_beside(stage, in, out, 0, width);
        return;
    }
    flynn_canvas_beside(stage, in, out, 0, first);
    if (first < last)
        copy(out + (size_t)first * bytes, in + (size_t)(first - stage->k[0]) * bytes, (size_t)(last - first) * bytes,
             stream);
    flynn_canvas_beside(stage, in, out, last, width);
}

#endif
