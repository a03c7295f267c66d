/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "core/canny.h"

#include <stdlib.h>
#include <string.h>

/* Three stages. GRADIENT: out of bytes words (norm=l1) or longs (norm=l2) that hold magnitude << 2 | direction.
 * SUPPRESS: one byte for each of these, enum flynn_canny; k[0], k[1]: the low and the high threshold.
 * HYSTERESIS: weak edges that touch strong ones, directly or through others. */

enum { GRADIENT_L1, GRADIENT_L2, SUPPRESS, HYSTERESIS };

static int direction(int dx, int dy)
{
    int x = abs(dx) * 13573, y = abs(dy) << 15; /* tan(22.5 degrees) in 15 bits; tan(67.5) is 2 more */
    if (y < x)
        return FLYNN_CANNY_ACROSS;
    if (y > x + (abs(dx) << 16))
        return FLYNN_CANNY_DOWN;
    return (dx ^ dy) < 0 ? FLYNN_CANNY_RISING : FLYNN_CANNY_FALLING;
}

static void slopes(const void *const *in, int x, int *dx, int *dy)
{
    const uint8_t *a = (const uint8_t *)in[0] + x, *b = (const uint8_t *)in[1] + x, *c = (const uint8_t *)in[2] + x;
    *dx = (a[1] - a[-1]) + 2 * (b[1] - b[-1]) + (c[1] - c[-1]);
    *dy = (c[-1] - a[-1]) + 2 * (c[0] - a[0]) + (c[1] - a[1]);
}

static void gradient_l1(const struct flynn_call *call)
{
    uint16_t *out = call->out[0];
    for (int x = 0; x < call->width; x++) {
        int dx, dy;
        slopes(call->in, x, &dx, &dy);
        out[x] = (uint16_t)((abs(dx) + abs(dy)) << 2 | direction(dx, dy));
    }
}

static void gradient_l2(const struct flynn_call *call)
{
    uint32_t *out = call->out[0];
    for (int x = 0; x < call->width; x++) {
        int dx, dy;
        slopes(call->in, x, &dx, &dy);
        out[x] = (uint32_t)((dx * dx + dy * dy) << 2 | direction(dx, dy));
    }
}

/* The class of a magnitude m between its neighbours on either side along the slope. On a plateau along a row or a
 * column the first sample counts, on a diagonal none. */
static int classify(int m, int before, int after, bool diagonal, int low, int high)
{
    bool peak = m > before && (diagonal ? m > after : m >= after);
    return m > low && peak ? m > high ? FLYNN_CANNY_STRONG : FLYNN_CANNY_WEAK : FLYNN_CANNY_NONE;
}

static void suppress_u16(const struct flynn_call *call)
{
    const uint16_t *up = call->in[0], *row = call->in[1], *down = call->in[2];
    uint8_t *out = call->out[0];
    for (int x = 0; x < call->width; x++) {
        const int before[] = {row[x - 1], up[x], up[x - 1], up[x + 1]};
        const int after[] = {row[x + 1], down[x], down[x + 1], down[x - 1]};
        int way = row[x] & 3;
        out[x] = (uint8_t)classify(row[x] >> 2, before[way] >> 2, after[way] >> 2, way > FLYNN_CANNY_DOWN,
                                   call->stage->k[0], call->stage->k[1]);
    }
}

static void suppress_u32(const struct flynn_call *call)
{
    const uint32_t *up = call->in[0], *row = call->in[1], *down = call->in[2];
    uint8_t *out = call->out[0];
    for (int x = 0; x < call->width; x++) {
        const uint32_t before[] = {row[x - 1], up[x], up[x - 1], up[x + 1]};
        const uint32_t after[] = {row[x + 1], down[x], down[x + 1], down[x - 1]};
        int way = (int)(row[x] & 3);
        out[x] = (uint8_t)classify((int)(row[x] >> 2), (int)(before[way] >> 2), (int)(after[way] >> 2),
                                   way > FLYNN_CANNY_DOWN, call->stage->k[0], call->stage->k[1]);
    }
}

/* ---- hysteresis ------------------------------------------------------------------------------------------------- */

/* A flood of rows [first, last): pixels that are edges, and whose neighbours are still to be looked at. When the list
 * is full, what does not fit is found again by looking at all rows. */
struct flood {
    const struct flynn_image *map, *out;
    struct flynn_canny_pixel *list;
    int listed, first, last;
    bool lost;
};

static void reach(struct flood *f, int x, int y)
{
    uint8_t *out = (uint8_t *)flynn_row(f->out, y) + x;
    if (((const uint8_t *)flynn_row(f->map, y))[x] == FLYNN_CANNY_NONE || *out)
        return;
    *out = 255;
    if (f->listed < FLYNN_CANNY_LIST)
        f->list[f->listed++] = (struct flynn_canny_pixel){x, y};
    else
        f->lost = true;
}

static void reach_around(struct flood *f, int x, int y)
{
    int width = f->map->shape.width;
    for (int v = y > f->first ? y - 1 : y; v <= y + 1 && v < f->last; v++) {
        for (int u = x > 0 ? x - 1 : x; u <= x + 1 && u < width; u++)
            reach(f, u, v);
    }
}

static void spread(struct flood *f)
{
    while (f->listed) {
        struct flynn_canny_pixel p = f->list[--f->listed];
        reach_around(f, p.x, p.y);
    }
}

/* Eight pixels of which none is `value`. */
static bool skips(const uint8_t *p, uint64_t value)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return !(v & value);
}

/* Start from every strong edge of the rows. */
static void start(struct flood *f)
{
    int width = f->map->shape.width;
    for (int y = f->first; y < f->last; y++) {
        const uint8_t *map = flynn_row(f->map, y);
        for (int x = 0; x < width; x++) {
            while (x + 8 <= width && skips(map + x, 0x0202020202020202u))
                x += 8;
            if (x < width && map[x] == FLYNN_CANNY_STRONG) {
                reach(f, x, y);
                spread(f);
            }
        }
    }
}

/* Start from every edge of rows [first, last) again. */
static void start_again(struct flood *f, int first, int last)
{
    for (int y = first; y < last; y++) {
        const uint8_t *out = flynn_row(f->out, y);
        for (int x = 0; x < f->map->shape.width; x++) {
            if (out[x]) {
                reach_around(f, x, y);
                spread(f);
            }
        }
    }
}

static void finish(struct flood *f)
{
    while (f->lost) {
        f->lost = false;
        start_again(f, f->first, f->last);
    }
}

/* Every member floods rows of its own; then the first one goes on across the rows where they meet. */
static void hysteresis(const struct flynn_call *call)
{
    int height = call->dst->shape.height;
    struct flood f = {.map = call->src, .out = call->dst, .list = call->scratch};
    f.first = (int)((int64_t)height * call->member / call->members);
    f.last = (int)((int64_t)height * (call->member + 1) / call->members);
    for (int y = f.first; y < f.last; y++)
        memset(flynn_row(call->dst, y), 0, (size_t)call->dst->shape.width);
    start(&f);
    finish(&f);
    flynn_team_wait(call);
    if (call->member)
        return;
    f.first = 0;
    f.last = height;
    for (int m = 1; m < call->members; m++) {
        int y = (int)((int64_t)height * m / call->members);
        start_again(&f, y > 0 ? y - 1 : y, y < height ? y + 1 : y);
    }
    finish(&f);
}

/* ---- metadata --------------------------------------------------------------------------------------------------- */

/* norm=l2 compares squares. */
static int32_t limit(double value, bool squares)
{
    double v = squares ? value * value : value;
    return (int32_t)(v < 0x1p30 ? v : 0x1p30);
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    double low = flynn_node_value(node, "low")->real, high = flynn_node_value(node, "high")->real;
    bool squares = flynn_node_value(node, "norm")->integer == 1;
    (void)err;
    if (low > high) {
        double swap = low;
        low = high;
        high = swap;
    }
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_ROWS, squares ? GRADIENT_L2 : GRADIENT_L1);
    stage->up = stage->down = stage->left = stage->right = 1;
    stage->border = FLYNN_REPLICATE;
    stage->out.type = squares ? FLYNN_U32 : FLYNN_U16;

    stage = flynn_node_stage(node, FLYNN_ROWS, SUPPRESS);
    stage->up = stage->down = stage->left = stage->right = 1;
    stage->border = FLYNN_CONSTANT;
    stage->out.type = FLYNN_U8;
    stage->k[0] = limit(low, squares);
    stage->k[1] = limit(high, squares);

    stage = flynn_node_stage(node, FLYNN_WHOLE, HYSTERESIS);
    stage->team = true;
    stage->scratch_bytes = FLYNN_CANNY_LIST * sizeof(struct flynn_canny_pixel);
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(canny) = {
    .name = "canny",
    .aliases = "edge-detect",
    .group = "filter",
    .summary = "Canny's edges: thin lines of 255 on 0",
    .definition =
        "dx and dy: Sobel's 3x3 derivatives with replicated borders. m = |dx| + |dy|, or dx^2 + dy^2 for norm=l2, 0 "
        "outside of the image.\n"
        "With X = |dx| * 13573 and Y = |dy| * 2^15: where Y < X, m is a peak if m > left and m >= right; where Y > X + "
        "|dx| "
        "* 2^16, if m > above and m >= below; else, with s = -1 where dx and dy have different signs and 1 otherwise, "
        "if m > m(x - s, y - 1) and m > m(x + s, y + 1).\n"
        "Peaks with m > high are edges, and those with m > low that touch an edge on a side or a corner. norm=l2 "
        "compares with the squares of low and high, whole numbers are taken of both; the lesser one is low.",
    .source = "Canny 1986; OpenCV Canny with apertureSize 3, to the bit",
    .params =
        {{.name = "low",
          .kind = FLYNN_PARAM_REAL,
          .min = 0,
          .max = 32767,
          .preset = "50",
          .help = "threshold for what continues an edge"},
         {.name = "high",
          .kind = FLYNN_PARAM_REAL,
          .min = 0,
          .max = 32767,
          .preset = "150",
          .help = "threshold for what starts one"},
         {.name = "norm", .kind = FLYNN_PARAM_CHOICE, .choices = "l1|l2", .preset = "l1", .help = "of the slope"}},
    .types = FLYNN_TYPE_BIT(FLYNN_U8),
    .channels = FLYNN_CHANNEL_BIT(1),
    .kind = FLYNN_ROWS,
    .cases = {"", "10,high=30", "100,high=100,norm=l2", "300,high=200", "0,high=0"},
    .lower = lower,
    .kernels = {.fn = {[GRADIENT_L1] = {[FLYNN_U8] = gradient_l1},
                       [GRADIENT_L2] = {[FLYNN_U8] = gradient_l2},
                       [SUPPRESS] = {[FLYNN_U16] = suppress_u16, [FLYNN_U32] = suppress_u32},
                       [HYSTERESIS] = {[FLYNN_U8] = hysteresis}}},
};
