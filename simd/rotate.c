/* SPDX-License-Identifier: Apache-2.0 */
#include "core/turn.h"
#include "simd/mirror.h"

/* Turning by 90 or 270 degrees is transposing with one of the two images upside down, so one transposition with signed
 * steps serves both. It works on tiles that are transposed in registers:
 *
 *     dst[j * dst_step + i * pixel] = src[i * src_step + j * pixel]        0 <= i < rows, 0 <= j < columns
 *
 * A tile has `n` columns and n * W_LANES rows; lane l of vector r starts with row l * n + r. */
struct area {
    const uint8_t *src;
    ptrdiff_t src_step;
    uint8_t *dst;
    ptrdiff_t dst_step;
    int rows, columns;
    int readable; /* of the columns, how many may be read by loads of 16 bytes */
};

typedef void tile_fn(const uint8_t *src, ptrdiff_t src_step, uint8_t *dst, ptrdiff_t dst_step);

/* ---- tiles ----------------------------------------------------------------------------------------------------- */

static inline void load_rows(wi *v, int n, const uint8_t *src, ptrdiff_t src_step)
{
    for (int r = 0; r < n; r++)
        v[r] = w_load_lanes(src + r * src_step, n * src_step);
}

static inline void store_rows(const wi *v, int n, uint8_t *dst, ptrdiff_t dst_step)
{
    for (int r = 0; r < n; r++)
        w_store(dst + r * dst_step, v[r]);
}

/* One of the log2(n) rounds of a transposition: interleave the first half of the vectors with the second. */
static inline void round8(wi *to, const wi *from)
{
    for (int i = 0; i < 8; i++) {
        to[2 * i] = W(unpacklo_epi8)(from[i], from[i + 8]);
        to[2 * i + 1] = W(unpackhi_epi8)(from[i], from[i + 8]);
    }
}

static inline void round16(wi *to, const wi *from)
{
    for (int i = 0; i < 4; i++) {
        to[2 * i] = W(unpacklo_epi16)(from[i], from[i + 4]);
        to[2 * i + 1] = W(unpackhi_epi16)(from[i], from[i + 4]);
    }
}

static inline void round32(wi *to, const wi *from)
{
    for (int i = 0; i < 2; i++) {
        to[2 * i] = W(unpacklo_epi32)(from[i], from[i + 2]);
        to[2 * i + 1] = W(unpackhi_epi32)(from[i], from[i + 2]);
    }
}

static inline void round64(wi *to, const wi *from)
{
    to[0] = W(unpacklo_epi64)(from[0], from[1]);
    to[1] = W(unpackhi_epi64)(from[0], from[1]);
}

static inline void tile1(const uint8_t *src, ptrdiff_t src_step, uint8_t *dst, ptrdiff_t dst_step)
{
    wi a[16], b[16];
    load_rows(a, 16, src, src_step);
    round8(b, a);
    round8(a, b);
    round8(b, a);
    round8(a, b);
    store_rows(a, 16, dst, dst_step);
}

static inline void tile2(const uint8_t *src, ptrdiff_t src_step, uint8_t *dst, ptrdiff_t dst_step)
{
    wi a[8], b[8];
    load_rows(a, 8, src, src_step);
    round16(b, a);
    round16(a, b);
    round16(b, a);
    store_rows(b, 8, dst, dst_step);
}

static inline void tile4(const uint8_t *src, ptrdiff_t src_step, uint8_t *dst, ptrdiff_t dst_step)
{
    wi a[4], b[4];
    load_rows(a, 4, src, src_step);
    round32(b, a);
    round32(a, b);
    store_rows(a, 4, dst, dst_step);
}

static inline void tile8(const uint8_t *src, ptrdiff_t src_step, uint8_t *dst, ptrdiff_t dst_step)
{
    wi a[2], b[2];
    load_rows(a, 2, src, src_step);
    round64(b, a);
    store_rows(b, 2, dst, dst_step);
}

static inline void tile3(const uint8_t *src, ptrdiff_t src_step, uint8_t *dst, ptrdiff_t dst_step)
{
    wi a[4], b[4];
    load_rows(a, 4, src, src_step);
    for (int i = 0; i < 4; i++)
        a[i] = expand3(a[i]);
    round32(b, a);
    round32(a, b);
    for (int i = 0; i < 4; i++)
        w_store_12(dst + i * dst_step, compress3(a[i]));
}

static inline void tile6(const uint8_t *src, ptrdiff_t src_step, uint8_t *dst, ptrdiff_t dst_step)
{
    wi a[2], b[2];
    load_rows(a, 2, src, src_step);
    a[0] = expand6(a[0]);
    a[1] = expand6(a[1]);
    round64(b, a);
    w_store_12(dst, compress6(b[0]));
    w_store_12(dst + dst_step, compress6(b[1]));
}

/* ---- the walk over tiles --------------------------------------------------------------------------------------- */

/* Pixel by pixel: columns [j, end) of the rows [i, rows). */
static inline void transpose_rest(const struct area *a, size_t pixel, int i0, int j, int end)
{
    for (; j < end; j++) {
        uint8_t *to = a->dst + j * a->dst_step;
        for (ptrdiff_t i = i0; i < a->rows; i++)
            memcpy(to + (size_t)i * pixel, a->src + i * a->src_step + (size_t)j * pixel, pixel);
    }
}

/* The tiles of one group of columns, down all rows; the last tiles overlap the ones before. */
static inline void transpose_group(const struct area *a, size_t pixel, int n, tile_fn *tile, int j0, int j1)
{
    int high = n * W_LANES;
    for (int i = 0; i < a->rows; i += high) {
        ptrdiff_t at = i + high <= a->rows ? i : a->rows - high;
        for (int j = j0; j < j1; j += n) {
            ptrdiff_t column = j + n <= a->readable ? j : a->readable - n;
            tile(a->src + at * a->src_step + column * (ptrdiff_t)pixel, a->src_step,
                 a->dst + column * a->dst_step + at * (ptrdiff_t)pixel, a->dst_step);
        }
    }
}

/* A group of columns is about a cache line of the source wide, so that lines are used up while they are near, and few
 * enough rows of the destination are written side by side. */
static inline void transpose(const struct area *a, size_t pixel, int n, int group, tile_fn *tile)
{
    int done = 0;
    if (a->readable >= n && a->rows >= n * W_LANES) {
        for (int j = 0; j < a->readable; j += group)
            transpose_group(a, pixel, n, tile, j, j + group < a->readable ? j + group : a->readable);
        done = a->readable;
    }
    transpose_rest(a, pixel, 0, done, a->columns);
}

/* Four columns of 16 bytes use up a cache line; 4096 lines stay in the second-level cache until they are. */
#define LARGE_COLUMNS 4
#define LARGE_ROWS    4096

/* Pixels of 12 and 16 bytes need no shuffles. A store of 16 bytes for 12 runs into the next pixel, which comes next. */
static void transpose_large(const struct area *a, size_t pixel)
{
    int last = pixel == 16 ? a->rows : a->rows - 1;
    for (int j0 = 0; j0 < a->readable; j0 += LARGE_COLUMNS) {
        int j1 = j0 + LARGE_COLUMNS < a->readable ? j0 + LARGE_COLUMNS : a->readable;
        for (int i0 = 0; i0 < last; i0 += LARGE_ROWS) {
            int i1 = i0 + LARGE_ROWS < last ? i0 + LARGE_ROWS : last;
            for (int j = j0; j < j1; j++) {
                const uint8_t *from = a->src + (size_t)j * pixel;
                uint8_t *to = a->dst + j * a->dst_step;
                for (ptrdiff_t i = i0; i < i1; i++)
                    w_store16(to + i * (ptrdiff_t)pixel, w_load16(from + i * a->src_step));
            }
        }
    }
    transpose_rest(a, pixel, last, 0, a->readable);
    transpose_rest(a, pixel, 0, a->readable, a->columns);
}

#define LINE          64
#define SPAN          1024      /* columns: rows of the destination, and most of its pages, that are written in turn */
#define AHEAD         4         /* squares */
#define DEEP          3         /* squares below each other: lines of a row that are written together */
#define SPANNED_BYTES (8 << 20) /* destinations above this do not stay in a cache */

/* A square of a line's pixels on either side: whole lines are read, and whole lines are written past the caches. The
 * one at `ahead` is fetched meanwhile. */
static inline void transpose_square(const uint8_t *src, const uint8_t *ahead, ptrdiff_t src_step, uint8_t *dst,
                                    ptrdiff_t dst_step, size_t pixel, int n, tile_fn *tile)
{
    _Alignas(LINE) uint8_t held[LINE * LINE];
    int side = LINE / (int)pixel;
    for (int i = 0; i < side; i += n * W_LANES) {
        for (int r = 0; r < n * W_LANES; r++)
            __builtin_prefetch(ahead + (i + r) * src_step, 0, 2);
        for (int j = 0; j < side; j += n)
            tile(src + i * src_step + j * (ptrdiff_t)pixel, src_step, held + j * LINE + i * (int)pixel, LINE);
    }
    for (int j = 0; j < side; j++) {
        for (int b = 0; b < LINE; b += VEC)
            v_stream(dst + j * dst_step + b, v_load(held + j * LINE + b));
    }
}

static struct area part_of(const struct area *a, size_t pixel, int row, int rows, int column, int columns)
{
    return (struct area){a->src + row * a->src_step + column * (ptrdiff_t)pixel,
                         a->src_step,
                         a->dst + column * a->dst_step + row * (ptrdiff_t)pixel,
                         a->dst_step,
                         rows,
                         columns,
                         columns};
}

/* `deep` squares below each other from row i on, through all columns. */
static inline void transpose_squares(const struct area *a, size_t pixel, int n, tile_fn *tile, int i, int deep)
{
    int side = LINE / (int)pixel, below = i + 2 * deep * side <= a->rows ? deep * side : 0;
    for (int j = 0, next = AHEAD * side; j < a->columns; j += side, next += side) {
        for (int last = i + deep * side, at = i; at < last; at += side) {
            const uint8_t *from = a->src + at * a->src_step, *after = from + below * a->src_step;
            transpose_square(
                from + j * (ptrdiff_t)pixel,
                next < a->columns ? from + next * (ptrdiff_t)pixel : after + (next - a->columns) * (ptrdiff_t)pixel,
                a->src_step, a->dst + j * a->dst_step + at * (ptrdiff_t)pixel, a->dst_step, pixel, n, tile);
        }
    }
}

/* Pixels of which a line holds a whole number. What is left of the sides goes in tiles that lie over the squares. */
static inline void transpose_lines(const struct area *a, size_t pixel, int n, int group, tile_fn *tile)
{
    int side = LINE / (int)pixel, rows = a->rows / side * side, columns = a->columns / side * side;
    bool lines = ((uintptr_t)a->dst | (uintptr_t)a->dst_step) % LINE == 0;
    if (!lines || rows == 0 || (double)a->rows * a->columns * (double)pixel < SPANNED_BYTES) {
        transpose(a, pixel, n, group, tile);
        return;
    }
    for (int j0 = 0; j0 < columns; j0 += SPAN) {
        struct area span = part_of(a, pixel, 0, rows, j0, columns - j0 < SPAN ? columns - j0 : SPAN);
        for (int i = 0, deep; i < rows; i += deep * side) {
            deep = rows - i < DEEP * side ? 1 : DEEP;
            transpose_squares(&span, pixel, n, tile, i, deep);
        }
    }
    simde_mm_sfence();
    if (rows < a->rows) {
        struct area below = part_of(a, pixel, a->rows - side, side, 0, a->columns);
        transpose(&below, pixel, n, group, tile);
    }
    if (columns < a->columns) {
        struct area right = part_of(a, pixel, 0, a->rows, columns, a->columns - columns);
        transpose(&right, pixel, n, group, tile);
    }
}

static void transpose_pixels(const struct area *a, size_t pixel)
{
    switch (pixel) {
    case 1:
        transpose_lines(a, 1, 16, 64, tile1);
        break;
    case 2:
        transpose_lines(a, 2, 8, 32, tile2);
        break;
    case 3:
        transpose(a, 3, 4, 32, tile3);
        break;
    case 4:
        transpose_lines(a, 4, 4, 16, tile4);
        break;
    case 6:
        transpose(a, 6, 2, 4, tile6);
        break;
    case 8:
        transpose_lines(a, 8, 2, 4, tile8);
        break;
    case 12:
    case 16:
        transpose_large(a, pixel);
        break;
    default:
        transpose_rest(a, pixel, 0, 0, a->columns);
    }
}

static void turn90(const struct flynn_call *call, size_t pixel)
{
    const struct flynn_image *src = call->src, *dst = call->dst;
    int width = src->shape.width, height = src->shape.height;
    bool left = call->stage->k[0] == FLYNN_TURN_270, up = call->stage->k[0] != FLYNN_TURN_90;
    int first = left ? width - call->y - call->rows : call->y; /* column of the source */
    int past = width - first - call->rows;
    int unsafe = pixel == 3 || pixel == 6 || pixel == 12 ? (int)((4 + pixel - 1) / pixel) - past : 0;

    struct area area = {.rows = height, .columns = call->rows, .readable = call->rows - (unsafe > 0 ? unsafe : 0)};
    area.src = (const uint8_t *)flynn_row(src, up ? 0 : height - 1) + (size_t)first * pixel;
    area.src_step = up ? (ptrdiff_t)src->stride : -(ptrdiff_t)src->stride;
    area.dst = flynn_row(dst, left ? call->y + call->rows - 1 : call->y);
    area.dst_step = left ? -(ptrdiff_t)dst->stride : (ptrdiff_t)dst->stride;
    if (area.readable < 0)
        area.readable = 0;
    transpose_pixels(&area, pixel);
}

/* ---- half a turn ----------------------------------------------------------------------------------------------- */

static size_t pixel_bytes(const struct flynn_call *call)
{
    return (size_t)call->stage->in.channels * flynn_type_bytes(call->stage->in.type);
}

static inline vi same(vi x, const void *by)
{
    (void)by;
    return x;
}

static void copy_rows(const void *const *in, void *const *out, int rows, size_t bytes, bool stream)
{
    for (int r = 0; r < rows && stream; r++)
        point_stream(in[r], in[r], out[r], point_streamed(out[r], bytes, NULL), POINT_FAR, same, NULL, NULL, NULL);
    for (int r = 0; r < rows && stream; r++)
        point_rest(in[r], in[r], out[r], bytes, point_streamed(out[r], bytes, NULL), same, NULL, NULL, NULL);
    for (int r = 0; r < rows && !stream; r++)
        memcpy(out[r], in[r], bytes);
}

static void mirror(const struct flynn_call *call)
{
    mirror_rows(call->in, call->out, call->rows, call->width, pixel_bytes(call), call->stream);
}

static void turn(const struct flynn_call *call)
{
    enum { TOGETHER = 16 };
    const struct flynn_image *src = call->src;
    int how = call->stage->k[0];
    if (how != FLYNN_TURN_180 && how != FLYNN_TURN_UPSIDE) {
        turn90(call, pixel_bytes(call));
        return;
    }
    for (int done = 0, n; done < call->rows; done += n) {
        const void *in[TOGETHER];
        void *out[TOGETHER];
        n = call->rows - done < TOGETHER ? call->rows - done : TOGETHER;
        for (int r = 0; r < n; r++) {
            /* One way through all of the input: up where the rows are read upwards, see mirror_stream. */
            int y = call->stream ? call->y + call->rows - 1 - done - r : call->y + done + r;
            in[r] = flynn_row(src, src->shape.height - 1 - y);
            out[r] = flynn_row(call->dst, y);
        }
        if (how == FLYNN_TURN_180)
            mirror_rows(in, out, n, call->width, pixel_bytes(call), call->stream);
        else
            copy_rows(in, out, n, (size_t)call->width * pixel_bytes(call), call->stream);
    }
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(rotate);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(rotate) = {
    .fn = {{[FLYNN_U8] = turn,
            [FLYNN_U16] = turn,
            [FLYNN_F32] = turn,
            [FLYNN_F64] = turn,
            [FLYNN_U32] = turn,
            [FLYNN_S32] = turn},
           {[FLYNN_U8] = mirror, [FLYNN_U16] = mirror, [FLYNN_F32] = mirror}},
};
