/* SPDX-License-Identifier: Apache-2.0 */
#include "core/node.h"

#include <stdlib.h>
#include <string.h>

/* Blocks of a node are chained through a header as wide as the alignment. */
struct block {
    _Alignas(64) struct block *next;
};

void *flynn_node_alloc(struct flynn_node *node, size_t bytes, struct flynn_err *err)
{
    size_t total;
    if (__builtin_add_overflow(bytes, sizeof(struct block) + 63, &total) || total > PTRDIFF_MAX) {
        flynn_fail(err, FLYNN_ELIMIT, "%s: a table of %zu bytes is too large", node->op->name, bytes);
        return NULL;
    }
    struct block *block = aligned_alloc(64, total / 64 * 64);
    if (!block) {
        flynn_fail(err, FLYNN_ELIMIT, "%s: out of memory for a table of %zu bytes", node->op->name, bytes);
        return NULL;
    }
    memset(block, 0, total / 64 * 64);
    block->next = node->memory;
    node->memory = block;
    return block + 1;
}

void flynn_node_free(struct flynn_node *node)
{
    for (struct block *block = node->memory, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    node->memory = NULL;
}

struct flynn_stage *flynn_node_stage(struct flynn_node *node, enum flynn_stage_kind kind, int kernel)
{
    if (node->stages == FLYNN_MAX_STAGES)
        abort();
    struct flynn_stage *stage = &node->stage[node->stages];
    const struct flynn_shape *in = node->stages ? &node->stage[node->stages - 1].out : &node->in;
    *stage = (struct flynn_stage){
        .kind = kind, .kernel = kernel, .variant = in->type, .op = node->op, .in = *in, .out = *in};
    node->stages++;
    return stage;
}

struct flynn_launch *flynn_node_launch(struct flynn_node *node, const char *kernel, const struct flynn_stage *stage)
{
    if (node->launches == FLYNN_MAX_LAUNCHES)
        abort();
    struct flynn_launch *launch = &node->launch[node->launches++];
    *launch = (struct flynn_launch){.kernel = kernel, .stage = stage, .in = stage->in, .out = stage->out};
    return launch;
}

static int param_index(const struct flynn_node *node, const char *name)
{
    for (int i = 0; i < FLYNN_MAX_PARAMS && node->op->params[i].name; i++) {
        if (strcmp(node->op->params[i].name, name) == 0)
            return i;
    }
    abort();
}

const struct flynn_value *flynn_node_value(const struct flynn_node *node, const char *name)
{
    return &node->value[param_index(node, name)];
}

double flynn_node_sample(const struct flynn_node *node, const char *name)
{
    const struct flynn_value *value = flynn_node_value(node, name);
    return value->percent ? value->real * flynn_type_white(node->in.type) : value->real;
}
