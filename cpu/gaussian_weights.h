/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_GAUSSIAN_WEIGHTS_H
#define FLYNN_CPU_GAUSSIAN_WEIGHTS_H

#include "core/gaussian_near.h"
#include "cpu/exponential.h"

#include <flynn/op.h>

/** The taps of a Gaussian from the op's parameters, for sums of products; large sigmas go another way
 * (cpu/gaussian_far.h). */

#define MAX_RADIUS 2047

/* half[i], i = 0..radius: the weight at distance i, of a kernel whose sum is 1. sigma <= 0: from the size alone. */
static void find_kernel(double *half, int radius, double sigma)
{
    static const double small[5][5] = {
        {1},
        {0.5, 0.25},
        {0.375, 0.25, 0.0625},
        {0.28125, 0.21875, 0.109375, 0.03125},
        {60 / 256.0, 51 / 256.0, 30 / 256.0, 13 / 256.0, 4 / 256.0},
    };
    if (sigma <= 0 && radius < 5) {
        for (int i = 0; i <= radius; i++)
            half[i] = small[radius][i];
        return;
    }
    if (sigma <= 0)
        sigma = (2 * radius + 1) * 0.15 + 0.35;
    double scale = -0.125 / (sigma * sigma), sum = 0;
    for (int i = radius; i > 0; i--) {
        half[i] = flynn_exponential(4.0 * i * i * scale);
        sum += half[i];
    }
    double unit = 1 / (sum * 2 + 1);
    for (int i = radius; i > 0; i--)
        half[i] *= unit;
    half[0] = unit;
}

/* Whole weights whose sum is 1 << bits: each rounding error is carried inwards, and the centre takes what is left. */
static void quantise(int32_t *weight, const double *half, int radius, int bits)
{
    double one = (double)(1 << bits), error = 0;
    int32_t rest = 1 << bits;
    for (int i = radius; i > 0; i--) {
        double exact = half[i] * one + error;
        weight[i] = (int32_t)rint(exact);
        error = exact - weight[i];
        rest -= 2 * weight[i];
    }
    weight[0] = rest;
}

struct plan {
    int radius, taps; /* taps: entries of distance and weight */
    int32_t *distance, *weight;
    float *real;
    bool narrow; /* u8: 16 bits hold every sum */
    int shift;   /* u8: of the second stage */
};

/* Drop the common factor 2^n of u8 weights, the outer taps without weight, and the others without weight where they are
 * many. */
static void tidy(struct plan *plan, bool bytes)
{
    int bits = 0, used = 0;
    while (plan->radius > 0 && plan->weight[plan->radius] == 0)
        plan->radius--;
    int32_t all = 0;
    for (int i = 0; i <= plan->radius; i++) {
        all |= plan->weight[i];
        used += plan->weight[i] != 0;
    }
    while (!(all >> bits & 1))
        bits++;
    plan->narrow = bytes && bits >= 4 && plan->radius <= NEAR_NARROW;
    plan->shift = plan->narrow ? 16 - 2 * bits : 16;
    plan->taps = 0;
    bool dense = 4 * used > 3 * plan->radius || (bytes && plan->radius <= NEAR_RADIUS);
    for (int i = 0; i <= plan->radius; i++) {
        if (i > 0 && !dense && plan->weight[i] == 0)
            continue;
        plan->distance[plan->taps] = i;
        plan->weight[plan->taps++] = plan->narrow ? plan->weight[i] >> bits : plan->weight[i];
    }
}

static int find_plan(struct flynn_node *node, struct plan *plan, struct flynn_err *err)
{
    const struct flynn_value *sigma = flynn_node_value(node, "sigma"), *ksize = flynn_node_value(node, "ksize");
    bool bytes = node->in.type == FLYNN_U8;
    double half[MAX_RADIUS + 1];

    if (!sigma->set && !ksize->set)
        return flynn_fail(err, FLYNN_EUSAGE, "%s: needs sigma, ksize or both, as in gaussian:2", node->op->name);
    if (ksize->set && ksize->integer % 2 == 0)
        return flynn_fail(err, FLYNN_EUSAGE, "%s: ksize=%d is even; it must be odd", node->op->name, ksize->integer);
    int size = ksize->set ? ksize->integer : (int)rint(sigma->real * (bytes ? 3 : 4) * 2 + 1) | 1;
    *plan = (struct plan){.radius = size / 2, .taps = size / 2 + 1};
    find_kernel(half, plan->radius, sigma->set ? sigma->real : 0);

    plan->distance = flynn_node_alloc(node, (size_t)plan->taps * sizeof(int32_t), err);
    plan->weight = flynn_node_alloc(node, (size_t)plan->taps * sizeof(int32_t), err);
    plan->real = flynn_node_alloc(node, (size_t)plan->taps * sizeof(float), err);
    if (!plan->distance || !plan->weight || !plan->real)
        return err->code;
    if (node->in.type == FLYNN_F32) {
        for (int i = 0; i <= plan->radius; i++) {
            plan->distance[i] = i;
            plan->real[i] = (float)half[i];
        }
        return FLYNN_OK;
    }
    quantise(plan->weight, half, plan->radius, bytes ? 8 : 16);
    tidy(plan, bytes);
    return FLYNN_OK;
}

#endif
