/* SPDX-License-Identifier: Apache-2.0 */
#include "core/mandelbrot.h"
#include "core/table.h"
#include "simd/filter.h"

/* A group is as many pixels as a vector has lanes. SLOTS groups are iterated side by side, because a step of one waits
 * for its operations most of the time; whose pixels are all done makes room for the next group of the row.
 *
 * BLOCK steps are made without a test. A point that has left the circle does not come back, but where |c| is nearly 2
 * and rounding might let it: there, and where a block ends with a point outside, the steps are made again with a test
 * after each. */

#define LANES (VEC / 4)
#define SLOTS 4
#define BLOCK 8

struct slot {
    vf zr, zi, cr, ci;
    vi open, careful; /* all ones in lanes that are not done; where |c| is nearly 2 */
    vi count;         /* steps that a lane has made, until it was done */
    int steps, x;     /* steps of the group; x: -1: empty */
};

static inline unsigned lane_bits(vi mask)
{
#if defined(FLYNN_ISA_AVX512)
    return simde_mm512_cmpgt_epi32_mask(v_zero(), mask);
#else
    return (unsigned)V(movemask_ps)(V_AS_F(mask));
#endif
}

FLYNN_UNROLLED void step(vf *zr, vf *zi, vf cr, vf ci)
{
    vf rr = V(mul_ps)(*zr, *zr), ii = V(mul_ps)(*zi, *zi);
    *zi = V(add_ps)(V(mul_ps)(V(add_ps)(*zr, *zr), *zi), ci);
    *zr = V(add_ps)(V(sub_ps)(rr, ii), cr);
}

static inline vf square(vf zr, vf zi)
{
    return V(add_ps)(V(mul_ps)(zr, zr), V(mul_ps)(zi, zi));
}

/* All ones where a square is above the limit, or not a number; as integers such floats are in order. */
static inline vi is_above(vf square, float limit)
{
    int32_t bits;
    memcpy(&bits, &limit, sizeof bits);
    return v_gt_i32(v_and(V_AS_I(square), v_set32(INT32_MAX)), v_set32(bits));
}

static void fill(struct slot *slot, const float *column, int x, int width, float line)
{
    if (x + LANES <= width) {
        slot->cr = vf_load(column + x);
    } else {
        float cr[LANES];
        for (int i = 0; i < LANES; i++)
            cr[i] = column[x + i < width ? x + i : width - 1];
        slot->cr = vf_load(cr);
    }
    slot->ci = V(set1_ps)(line);
    slot->zr = slot->zi = V(set1_ps)(0);
    slot->open = v_set32(-1);
    slot->careful =
        v_andnot(is_above(square(slot->cr, slot->ci), 4.001f), is_above(square(slot->cr, slot->ci), 3.999f));
    slot->count = v_zero();
    slot->steps = 0;
    slot->x = x;
}

static void iterate(const struct slot *slot, vf zr[SLOTS], vf zi[SLOTS])
{
    vf r0 = slot[0].zr, i0 = slot[0].zi, r1 = slot[1].zr, i1 = slot[1].zi;
    vf r2 = slot[2].zr, i2 = slot[2].zi, r3 = slot[3].zr, i3 = slot[3].zi;
    for (int n = 0; n < BLOCK; n++) {
        step(&r0, &i0, slot[0].cr, slot[0].ci);
        step(&r1, &i1, slot[1].cr, slot[1].ci);
        step(&r2, &i2, slot[2].cr, slot[2].ci);
        step(&r3, &i3, slot[3].cr, slot[3].ci);
    }
    zr[0] = r0, zi[0] = i0, zr[1] = r1, zi[1] = i1;
    zr[2] = r2, zi[2] = i2, zr[3] = r3, zi[3] = i3;
}

/* A block with a test after each step: what is outside then is done. */
static void iterate_again(struct slot *slot)
{
    vf zr = slot->zr, zi = slot->zi;
    vi open = slot->open, count = slot->count;
    for (int n = 0; n < BLOCK; n++) {
        step(&zr, &zi, slot->cr, slot->ci);
        count = V(sub_epi32)(count, open);
        open = v_andnot(is_above(square(zr, zi), 4.0f), open);
    }
    slot->open = open;
    slot->count = count;
}

/* n pixels of `pixel` bytes out of the table. */
FLYNN_UNROLLED void put_pixels(uint8_t *out, const uint8_t *table, const int32_t *count, int n, int pixel)
{
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < pixel; k++)
            out[i * pixel + k] = table[(ptrdiff_t)count[i] * pixel + k];
    }
}

static void finish(const struct flynn_call *call, const struct slot *slot, uint8_t *out)
{
    const struct flynn_stage *stage = call->stage;
    const uint8_t *table = stage->table[0].data;
    int pixel = stage->out.channels * (int)flynn_type_bytes(stage->out.type);
    int n = call->width - slot->x < LANES ? call->width - slot->x : LANES;
    const vi most = v_set32(stage->k[0]);
    int32_t count[LANES];
    v_store(count, v_select(v_gt_i32(slot->count, most), slot->count, most));
    out += (ptrdiff_t)slot->x * pixel;
    if (pixel == 1)
        put_pixels(out, table, count, n, 1);
    else if (pixel == 3)
        put_pixels(out, table, count, n, 3);
    else
        put_pixels(out, table, count, n, pixel);
}

/* Take over a block, and tell whether the group is done. */
static bool advance(struct slot *slot, vf zr, vf zi, int most)
{
    vi doubtful = v_or(slot->careful, is_above(square(zr, zi), 4.0f));
    if (lane_bits(v_and(slot->open, doubtful)))
        iterate_again(slot);
    else
        slot->count = V(add_epi32)(slot->count, v_and(slot->open, v_set32(BLOCK)));
    slot->zr = zr;
    slot->zi = zi;
    slot->steps += BLOCK;
    return slot->steps >= most || !lane_bits(slot->open);
}

static void make_row(const struct flynn_call *call, int y)
{
    const struct flynn_stage *stage = call->stage;
    const float *column = stage->table[1].data, line = ((const float *)stage->table[2].data)[y];
    struct slot slot[SLOTS];
    int x = 0, busy = 0;
    for (int s = 0; s < SLOTS; s++, x += LANES) {
        fill(&slot[s], column, x < call->width ? x : 0, call->width, line);
        slot[s].x = x < call->width ? x : -1;
        busy += x < call->width;
    }
    while (busy) {
        vf zr[SLOTS], zi[SLOTS];
        iterate(slot, zr, zi);
        for (int s = 0; s < SLOTS; s++) {
            if (slot[s].x < 0 || !advance(&slot[s], zr[s], zi[s], stage->k[0]))
                continue;
            finish(call, &slot[s], flynn_row(call->dst, y));
            if (x < call->width)
                fill(&slot[s], column, x, call->width, line);
            else
                slot[s].x = -1;
            busy -= x >= call->width;
            x += x < call->width ? LANES : 0;
        }
    }
}

static void mandelbrot(const struct flynn_call *call)
{
    for (int y = call->member; y < call->rows; y += call->members)
        make_row(call, y);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(mandelbrot);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(mandelbrot) = {
    .fn = {{[FLYNN_U8] = mandelbrot, [FLYNN_U16] = mandelbrot, [FLYNN_F32] = mandelbrot}},
};
