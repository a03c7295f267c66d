/* SPDX-License-Identifier: Apache-2.0 */
#include "core/gather.h"

#include <string.h>

static int plan_base(const struct flynn_gather *p, int x)
{
    int at = (p->high && p->high[x] < p->low[x] ? p->high[x] : p->low[x]) * p->samples * p->bytes;
    return at < p->row - 16 ? at : (int)p->row - 16;
}

/* Pixels of load l in group g: [*from, *to); columns beyond the last repeat it. */
static void plan_share(const struct flynn_gather *p, int l, int *from, int *to)
{
    int share = (p->group + p->loads - 1) / p->loads;
    *from = l * share < p->group ? l * share : p->group;
    *to = *from + share < p->group ? *from + share : p->group;
}

static int plan_column(const struct flynn_gather *p, int g, int i)
{
    int64_t x = (int64_t)g * p->group + i;
    return x < p->columns ? (int)x : p->columns - 1;
}

/* Whether 16 bytes reach over the pixels of every load. */
static bool plan_fits(const struct flynn_gather *p)
{
    for (int g = 0; g < p->groups; g++) {
        for (int l = 0; l < p->loads; l++) {
            int from, to;
            plan_share(p, l, &from, &to);
            for (int i = from; i < to; i++) {
                int x = plan_column(p, g, i), far = p->high && p->high[x] > p->low[x] ? p->high[x] : p->low[x];
                if ((far + 1) * p->samples * p->bytes - plan_base(p, plan_column(p, g, from)) > 16)
                    return false;
            }
        }
    }
    return true;
}

/* Where each result byte of pixel i of a group comes from. */
static void plan_pixel(const struct flynn_gather *p, int8_t *order, int x, int i, int base)
{
    int halves = p->high ? 2 : 1, n = p->samples * p->bytes * halves;
    for (int r = 0; r < n; r++) {
        int sample = r / (p->bytes * halves), half = r / p->bytes % halves, byte = r % p->bytes;
        int pixel = half ? p->high[x] : p->low[x];
        order[i * n + r] = (int8_t)((pixel * p->samples + sample) * p->bytes + byte - base);
    }
}

int flynn_gather_plan(struct flynn_node *node, struct flynn_stage *stage, struct flynn_gather *p, size_t extra,
                      uint8_t **weights, struct flynn_err *err)
{
    *weights = NULL;
    if (p->row < 16 || p->row > INT32_MAX)
        return FLYNN_OK;
    p->groups = ((p->columns + p->group - 1) / p->group + 1) / 2 * 2;
    for (p->loads = 1; p->loads <= 4 && !plan_fits(p);)
        p->loads *= 2;
    if (p->loads > 4)
        return FLYNN_OK;
    size_t n = (size_t)p->groups * (size_t)p->loads, bytes = n * 16 + (size_t)p->groups * extra;
    int8_t *order = flynn_node_alloc(node, bytes, err);
    int32_t *base = order ? flynn_node_alloc(node, n * sizeof *base, err) : NULL;
    if (!base)
        return err->code;
    memset(order, -1, n * 16);
    for (int l = 0; l < p->loads; l++) {
        int from, to;
        plan_share(p, l, &from, &to);
        for (int g = 0; g < p->groups && from < to; g++) {
            size_t at = (size_t)l * (size_t)p->groups + (size_t)g;
            base[at] = plan_base(p, plan_column(p, g, from));
            for (int i = from; i < to; i++)
                plan_pixel(p, order + at * 16, plan_column(p, g, i), i, base[at]);
        }
    }
    stage->table[2] = (struct flynn_table_data){order, bytes};
    stage->table[3] = (struct flynn_table_data){base, n * sizeof *base};
    stage->k[0] = p->loads;
    stage->k[1] = p->groups;
    stage->k[2] = p->group;
    *weights = (uint8_t *)order + n * 16;
    return FLYNN_OK;
}
