/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"

#include <math.h>
#include <string.h>

/* `row` makes one row of doubles of each row of the picture: for each channel the sum, the sum of squares, and the
 * smallest and largest sample with their columns (FIELDS numbers). `total` puts the rows together, in their order, so
 * that the way in which the work is shared out cannot change a bit.
 *
 * The state of `row` is each channel's smallest and largest sample of the rows that its strip has seen, as doubles
 * behind a flag. Columns count only in a row that surpasses those before it: other rows may have any. */

enum { ROW, TOTAL };
enum { SUM, SQUARES, LEAST, LEAST_X, MOST, MOST_X, FIELDS };
enum { COLUMNS = 10 };

#define FLYNN_STATS_WIDTH (1 << 21) /* u16: sums of squares of a row are exact in a double */

/* ---- rows ------------------------------------------------------------------------------------------------------ */

static inline uint32_t at_u8(const void *row, int i)
{
    return ((const uint8_t *)row)[i];
}

static inline uint32_t at_u16(const void *row, int i)
{
    return ((const uint16_t *)row)[i];
}

static inline void row_integers(const struct flynn_call *call, int channels, uint32_t (*at)(const void *row, int i))
{
    double *out = call->out[0];
    for (int c = 0; c < channels; c++, out += FIELDS) {
        const void *in = (const uint8_t *)call->in[0] + (size_t)c * flynn_type_bytes(call->stage->in.type);
        uint64_t sum = 0, squares = 0;
        uint32_t least = at(in, 0), most = least;
        int least_x = 0, most_x = 0;
        for (int x = 0; x < call->stage->in.width; x++) {
            uint32_t v = at(in, x * channels);
            sum += v;
            squares += v * v;
            if (v < least) {
                least = v;
                least_x = x;
            }
            if (v > most) {
                most = v;
                most_x = x;
            }
        }
        const double fields[FIELDS] = {(double)sum, (double)squares, least, least_x, most, most_x};
        memcpy(out, fields, sizeof fields);
    }
}

static inline void row_u8_n(const struct flynn_call *call, int channels)
{
    row_integers(call, channels, at_u8);
}

static inline void row_u16_n(const struct flynn_call *call, int channels)
{
    row_integers(call, channels, at_u16);
}

/* Pixel x is added to lane x % 8; then the lanes are added one after the other. */
static inline void row_f32_n(const struct flynn_call *call, int channels)
{
    enum { LANES = 8 };
    double *out = call->out[0];
    for (int c = 0; c < channels; c++, out += FIELDS) {
        const float *in = (const float *)call->in[0] + c;
        double sum[LANES] = {0}, squares[LANES] = {0}, least = INFINITY, most = -INFINITY;
        int least_x = 0, most_x = 0;
        for (int x = 0; x < call->stage->in.width; x++) {
            double v = in[(size_t)x * (size_t)channels];
            sum[x % LANES] += v;
            squares[x % LANES] += v * v;
            if (v < least) {
                least = v;
                least_x = x;
            }
            if (v > most) {
                most = v;
                most_x = x;
            }
        }
        for (int l = 1; l < LANES; l++) {
            sum[0] += sum[l];
            squares[0] += squares[l];
        }
        const double fields[FIELDS] = {sum[0], squares[0], least, least_x, most, most_x};
        memcpy(out, fields, sizeof fields);
    }
}

static inline void by_channels(const struct flynn_call *call, void (*row)(const struct flynn_call *call, int channels))
{
    switch (call->stage->in.channels) {
    case 1:
        row(call, 1);
        break;
    case 2:
        row(call, 2);
        break;
    case 3:
        row(call, 3);
        break;
    default:
        row(call, 4);
    }
}

static void row_u8(const struct flynn_call *call)
{
    by_channels(call, row_u8_n);
}

static void row_u16(const struct flynn_call *call)
{
    by_channels(call, row_u16_n);
}

static void row_f32(const struct flynn_call *call)
{
    by_channels(call, row_f32_n);
}

/* ---- all rows -------------------------------------------------------------------------------------------------- */

/* The sums of integers, and the mean and deviation from them: with q = floor(sum / n) the sum of (x - q)^2 is exact. */
static void moments_integer(const struct flynn_image *rows, int field, double n, double *to)
{
    uint64_t sum = 0, squares = 0, count = (uint64_t)n;
    for (int y = 0; y < rows->shape.height; y++) {
        const double *row = (const double *)flynn_row(rows, y) + field;
        sum += (uint64_t)row[SUM];
        squares += (uint64_t)row[SQUARES];
    }
    uint64_t whole = sum / count;
    double part = (double)(sum - whole * count) / n;
    double variance = (double)(squares - 2 * whole * sum + count * whole * whole) / n - part * part;
    to[1] = (double)sum;
    to[2] = (double)sum / n;
    to[3] = sqrt(variance < 0 ? 0 : variance);
}

static void moments_float(const struct flynn_image *rows, int field, double n, double *to)
{
    double sum = 0, squares = 0;
    for (int y = 0; y < rows->shape.height; y++) {
        const double *row = (const double *)flynn_row(rows, y) + field;
        sum += row[SUM];
        squares += row[SQUARES];
    }
    double mean = sum / n, variance = squares / n - mean * mean;
    to[1] = sum;
    to[2] = mean;
    to[3] = sqrt(variance < 0 ? 0 : variance);
}

static void extremes(const struct flynn_image *rows, int field, double *to)
{
    int least = 0, most = 0;
    for (int y = 1; y < rows->shape.height; y++) {
        const double *row = (const double *)flynn_row(rows, y) + field;
        if (row[LEAST] < ((const double *)flynn_row(rows, least))[field + LEAST])
            least = y;
        if (row[MOST] > ((const double *)flynn_row(rows, most))[field + MOST])
            most = y;
    }
    const double *low = (const double *)flynn_row(rows, least) + field;
    const double *high = (const double *)flynn_row(rows, most) + field;
    to[4] = low[LEAST];
    to[5] = high[MOST];
    to[6] = low[LEAST_X];
    to[7] = least;
    to[8] = high[MOST_X];
    to[9] = most;
}

static void total(const struct flynn_call *call)
{
    double n = call->stage->d[0];
    for (int c = call->y; c < call->y + call->rows; c++) {
        double *to = flynn_row(call->dst, c);
        to[0] = n;
        if (call->stage->variant == FLYNN_F32)
            moments_float(call->src, c * FIELDS, n, to);
        else
            moments_integer(call->src, c * FIELDS, n, to);
        extremes(call->src, c * FIELDS, to);
    }
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    if ((int64_t)node->in.width * node->in.height > UINT32_MAX || node->in.width > FLYNN_STATS_WIDTH)
        return flynn_fail(
            err, FLYNN_EINPUT,
            "stats: the image is %dx%d pixels; at most %d in a row and 4294967295 in all are added exactly",
            node->in.width, node->in.height, FLYNN_STATS_WIDTH);
    enum flynn_type type = node->in.type;
    int channels = node->in.channels;
    struct flynn_stage *row = flynn_node_stage(node, FLYNN_ROWS, ROW);
    row->out = (struct flynn_shape){FIELDS * channels, node->in.height, 1, FLYNN_F64};
    row->state_bytes = 9 * sizeof(double);
    row->full_width = true; /* sums of rows */
    struct flynn_stage *all = flynn_node_stage(node, FLYNN_WHOLE, TOTAL);
    all->variant = type;
    all->out = (struct flynn_shape){COLUMNS, channels, 1, FLYNN_F64};
    all->d[0] = (double)node->in.width * node->in.height;
    node->out = all->out;
    node->out_matrix = true;
    struct flynn_launch *launch = flynn_node_launch(node, "rows_of", row);
    launch->item_x = FIELDS * channels;
    launch->item_y = 1;
    launch->item_y_cpu = 64;
    launch = flynn_node_launch(node, "total", all);
    launch->item_x = COLUMNS;
    launch->item_y = 1;
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(stats) = {
    .name = "stats",
    .aliases = "statistics meanstddev minmaxloc pamsumm avg deviate",
    .group = "statistics",
    .summary = "sum, mean, deviation, smallest and largest sample of each channel, and where they are",
    .definition =
        "The result is a matrix of f64 with a row for each channel (alpha too) and ten columns: the number n of "
        "pixels, "
        "sum, mean,\n"
        "deviation, smallest sample, largest sample, x and y of the first smallest one, x and y of the first largest "
        "one, row by row.\n"
        "u8 and u16: sums are exact in 64 bits; mean = sum / n; with q = floor(sum / n), the deviation is\n"
        "sqrt(S / n - ((sum - q * n) / n)^2), S = the sum of (x - q)^2 over all samples x, exact. f32: in double; of "
        "each row, pixel x\n"
        "is added to lane x % 8, the 8 lanes one after the other, then the rows; the same for the squares;\n"
        "deviation = sqrt(max(squares / n - mean * mean, 0)). NaN is neither smallest nor largest; where there is "
        "nothing "
        "else, these\n"
        "are inf and -inf at 0, 0. The deviation is that of the whole population (divided by n).",
    .source = "OpenCV meanStdDev and minMaxLoc",
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .lower = lower,
    .kernels = {.fn = {[ROW] = {row_u8, row_u16, row_f32}, [TOTAL] = {total, total, total}}},
};
