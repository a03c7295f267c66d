/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/coverage.h"

#include "core/table.h"
#include "dispatch/inputs.h"
#include "dispatch/tables.h"
#include "flynn_config.h"

#include <flynn/backend.h>
#include <flynn/plan.h>

#include <stdio.h>
#include <string.h>

static const bool has_opencl[FLYNN_N_OPS] = {
#define FLYNN_OP(name, simd, cl) cl,
#include "core/ops.def"
#undef FLYNN_OP
};

/* A plan of one op on an image; false when neither its defaults nor its cases suit. */
static bool small_plan(struct flynn_chain *chain, struct flynn_plan *plan, const struct flynn_op *op,
                       enum flynn_type type)
{
    struct flynn_shape shape = {.width = 1001, .height = 41, .channels = 3, .type = type};
    struct flynn_shape with;
    struct flynn_image second;
    uint64_t rng = 1;
    bool made = false;

    if (!(op->channels & FLYNN_CHANNEL_BIT(3)))
        shape.channels = 1;
    while (!(op->channels & FLYNN_CHANNEL_BIT(shape.channels)))
        shape.channels++;
    if (op->input_shape) {
        shape.width = shape.height;
        op->input_shape(&shape, NULL);
    }
    with = flynn_op_second(op, &shape);
    if (flynn_image_alloc(&second, &with, NULL))
        return false;
    memset(second.data, 0, second.stride * (size_t)with.height);
    for (int i = -1; !made && i < (int)(sizeof op->cases / sizeof *op->cases); i++) {
        char text[256];
        if (i >= 0 && !op->cases[i])
            break;
        snprintf(text, sizeof text, "%s%s%s", op->name, i < 0 ? "" : ":", i < 0 ? "" : op->cases[i]);
        chain->length = 0;
        if (flynn_chain_add_with(chain, text, &second, NULL))
            continue;
        made = !flynn_inputs_fit(chain, &shape, &rng, NULL) && !flynn_plan_build(plan, chain, &shape, NULL);
        if (!made)
            flynn_chain_free(chain);
    }
    flynn_image_free(&second);
    return made;
}

/* Stages that only put partial results together need no vectors. */
static bool is_small(const struct flynn_plan *plan, const struct flynn_stage *stage)
{
    return flynn_row_bytes(&stage->in) * (size_t)stage->in.height <
           flynn_row_bytes(&plan->in) * (size_t)plan->in.height / 16;
}

static void ask_tables(struct cli_coverage *coverage, const struct flynn_op *op, enum flynn_type type)
{
    static struct flynn_chain chain;
    struct flynn_plan plan;
    bool planned = small_plan(&chain, &plan, op, type);
    if (!planned)
        coverage->unplanned |= FLYNN_TYPE_BIT(type);
    for (int table = 0; table < flynn_table_count(); table++) {
        int lowest = table;
        bool own = false;
        if (!planned && !flynn_table_has(table, op))
            lowest = FLYNN_TABLE_SCALAR;
        for (int i = 0; planned && i < plan.stages; i++) {
            int from;
            if (is_small(&plan, plan.stage[i]))
                continue;
            flynn_table_resolve(table, plan.stage[i], &from);
            lowest = from < lowest ? from : lowest;
            own |= from == table;
        }
        coverage->falls_to[table][type] = lowest;
        if (lowest == table)
            coverage->table[table] |= FLYNN_TYPE_BIT(type);
        else if (own)
            coverage->part[table] |= FLYNN_TYPE_BIT(type);
    }
    if (planned) {
        const struct flynn_node *node = &plan.node[plan.nodes - 1];
        coverage->opencl = node->launches > 0;
        for (int i = 0; i < node->launches; i++)
            coverage->opencl &= has_opencl[flynn_op_index(node->launch[i].stage->op)];
        flynn_plan_free(&plan);
        flynn_chain_free(&chain);
    }
}

void cli_coverage_find(struct cli_coverage *coverage, const struct flynn_op *op)
{
    *coverage = (struct cli_coverage){.opencl = has_opencl[flynn_op_index(op)]};
    for (int type = 0; type < FLYNN_N_TYPES; type++) {
        if (op->types & FLYNN_TYPE_BIT(type))
            ask_tables(coverage, op, (enum flynn_type)type);
    }
    coverage->opencl &= FLYNN_HAVE_OPENCL;
}

const char *cli_types_text(char *text, size_t size, unsigned types, const char *separator)
{
    size_t used = 0;
    text[0] = '\0';
    for (int t = 0; t < FLYNN_N_TYPES && used < size; t++) {
        if (types & FLYNN_TYPE_BIT(t))
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? separator : "",
                                     flynn_type_name((enum flynn_type)t));
    }
    return text;
}

const char *cli_channels_text(char *text, size_t size, unsigned channels)
{
    size_t used = 0;
    text[0] = '\0';
    for (int n = 1; n <= FLYNN_MAX_CHANNELS && used < size; n++) {
        if (!(channels & FLYNN_CHANNEL_BIT(n)))
            continue;
        int last = n;
        while (last < FLYNN_MAX_CHANNELS && (channels & FLYNN_CHANNEL_BIT(last + 1)))
            last++;
        if (last > n + 1)
            used += (size_t)snprintf(text + used, size - used, "%s%d-%d", used ? "," : "", n, last);
        else
            used += (size_t)snprintf(text + used, size - used, "%s%d", used ? "," : "", n);
        n = last > n + 1 ? last : n;
    }
    return text;
}
