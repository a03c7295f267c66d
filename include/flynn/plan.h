/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_PLAN_H
#define FLYNN_PLAN_H

#include <flynn/op.h>

#define FLYNN_MAX_CHAIN 32

/** A chain of ops as a user writes it: parsed and range-checked, but not yet bound to an input shape.
 * Second inputs are loaded by flynn_chain_parse. */
struct flynn_chain {
    struct flynn_chain_op {
        const struct flynn_op *op;
        struct flynn_value value[FLYNN_MAX_PARAMS];
        char *text; /**< as written */
    } op[FLYNN_MAX_CHAIN];
    int length;
};

/** Parse one op, "name[:value][,key=value...]", and append it. Names and keys may be aliases; an unknown op, key or a
 * value out of range is FLYNN_EUSAGE and names what would be right. Second inputs are read from file here. */
int flynn_chain_add(struct flynn_chain *chain, const char *text, struct flynn_err *err);

/** As flynn_chain_add, but every INPUT parameter takes (and owns) a copy of this image instead of reading a file;
 * "@" stands for it in the text. */
int flynn_chain_add_with(struct flynn_chain *chain, const char *text, const struct flynn_image *with,
                         struct flynn_err *err);

/** Free what the chain owns and empty it. */
void flynn_chain_free(struct flynn_chain *chain);

/** A chain bound to an input shape: every op lowered to stages, adjacent 8-bit tables composed, stages grouped into
 * segments. It refers to the chain's second inputs, so the chain must outlive it. Immutable once built: several
 * threads may run the same plan. */
struct flynn_plan {
    struct flynn_shape in, out;
    bool out_matrix;
    int out_planes;
    struct flynn_node *node; /**< one for each op of the chain, in order */
    int nodes;
    const struct flynn_stage **stage; /**< the stages that CPU backends run, in order (composed tables count once) */
    int stages;
    struct flynn_segment {
        int first,
            stages; /**< stage[first .. first + stages): a whole stage or none, rows stages, a reduce stage or none */
        int source; /**< the segment whose output it reads, -1: the plan's input */
        int side;   /**< the segment whose result stages after an `aside` get, -1: none */
        int beside; /**< the segment whose source is `beside` its stages, where that does not pass through its own
                         rings; may be the segment itself; -1: none */
    } * segment;
    int segments;
    struct flynn_stage *composed; /**< stages made by composing tables */
};

/** Build a plan. FLYNN_EINPUT when an op cannot take what the one before gives (type, channels, sizes). */
int flynn_plan_build(struct flynn_plan *plan, const struct flynn_chain *chain, const struct flynn_shape *in,
                     struct flynn_err *err);

void flynn_plan_free(struct flynn_plan *plan);

/** The place in plan->stage of the stage that reads what is `beside` the given one. */
int flynn_plan_beside(const struct flynn_plan *plan, int stage);

/** Bytes that must move at least: the input, second inputs and the output, each once. */
double flynn_plan_bytes(const struct flynn_plan *plan);

/** Arithmetic operations where ops declare them, else 0. */
double flynn_plan_flops(const struct flynn_plan *plan);

#endif
