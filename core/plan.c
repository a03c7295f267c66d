/* SPDX-License-Identifier: Apache-2.0 */
#include <flynn/plan.h>

#include "core/node.h"
#include "core/table_parts.h"

#include <stdio.h>
#include <stdlib.h>

#define NEAR_BYTES ((size_t)32 << 10) /* of the rows that a stage hands over at once */

/* "u8, u16 and f32" for messages. */
static const char *type_list(unsigned types, char *buffer, size_t size)
{
    size_t used = 0;
    buffer[0] = '\0';
    for (int t = 0; t < FLYNN_N_TYPES; t++) {
        if (types & FLYNN_TYPE_BIT(t))
            used += (size_t)snprintf(buffer + used, size - used, "%s%s", used ? ", " : "",
                                     flynn_type_name((enum flynn_type)t));
    }
    return buffer;
}

static const char *channel_list(unsigned channels, char *buffer, size_t size)
{
    size_t used = 0;
    buffer[0] = '\0';
    for (int n = 1; n <= FLYNN_MAX_CHANNELS; n++) {
        if (channels & FLYNN_CHANNEL_BIT(n))
            used += (size_t)snprintf(buffer + used, size - used, "%s%d", used ? ", " : "", n);
    }
    return buffer;
}

/* The names of ops are those of the catalogue: what turns the samples or channels into what another op takes. */
static int check_input(const struct flynn_op *op, const struct flynn_shape *in, struct flynn_err *err)
{
    char list[64];
    if (!(op->types & FLYNN_TYPE_BIT(in->type))) {
        bool image = in->type == FLYNN_U8 || in->type == FLYNN_U16 || in->type == FLYNN_F32;
        const char *convert = image && op->types & FLYNN_TYPE_BIT(FLYNN_U8) ? "; convert:type=u8 before it makes them"
                              : image && op->types & FLYNN_TYPE_BIT(FLYNN_F32)
                                  ? "; convert:type=f32 before it makes them"
                                  : "";
        return flynn_fail(err, FLYNN_EINPUT, "%s: takes %s samples, not %s%s", op->name,
                          type_list(op->types, list, sizeof list), flynn_type_name(in->type), convert);
    }
    if (!(op->channels & FLYNN_CHANNEL_BIT(in->channels))) {
        bool one = op->channels == FLYNN_CHANNEL_BIT(1);
        return flynn_fail(err, FLYNN_EINPUT, "%s: takes images of %s channel%s, not %d%s", op->name,
                          channel_list(op->channels, list, sizeof list), one ? "" : "s", in->channels,
                          one ? "; grayscale or channel before it makes one" : "");
    }
    return FLYNN_OK;
}

static int check_samples(const struct flynn_node *node, struct flynn_err *err)
{
    for (int i = 0; i < FLYNN_MAX_PARAMS && node->op->params[i].name; i++) {
        const struct flynn_param *param = &node->op->params[i];
        double white = flynn_type_white(node->in.type);
        if (param->kind == FLYNN_PARAM_SAMPLE && node->value[i].set && flynn_node_sample(node, param->name) > white)
            return flynn_fail(err, FLYNN_EUSAGE, "%s: %s=%g is above %g, the white of %s samples", node->op->name,
                              param->name, node->value[i].real, white, flynn_type_name(node->in.type));
    }
    return FLYNN_OK;
}

static int lower_all(struct flynn_plan *plan, const struct flynn_chain *chain, struct flynn_err *err)
{
    struct flynn_shape shape = plan->in;
    for (int i = 0; i < chain->length; i++) {
        struct flynn_node *node = &plan->node[i];
        size_t stride, bytes;
        node->op = chain->op[i].op;
        node->in = node->out = shape;
        for (int v = 0; v < FLYNN_MAX_PARAMS; v++)
            node->value[v] = chain->op[i].value[v];
        int code = check_input(node->op, &shape, err);
        if (!code)
            code = check_samples(node, err);
        if (!code)
            code = node->op->lower(node, err);
        if (!code)
            code = flynn_shape_measure(&node->out, &stride, &bytes, err);
        if (code)
            return code;
        plan->out_matrix = node->out_matrix;
        plan->out_planes = node->out_planes;
        shape = node->out;
    }
    plan->out = shape;
    return FLYNN_OK;
}

/* The stage that stands for a run of table stages: the tables one after the other, applied by the op that has the
 * table kernel. */
static int compose(struct flynn_node *node, struct flynn_stage *made, const struct flynn_stage *a,
                   const struct flynn_stage *b, struct flynn_err *err)
{
    uint8_t *table = flynn_node_alloc(node, 256, err);
    if (!table)
        return err->code;
    for (int i = 0; i < 256; i++)
        table[i] = b->lut[a->lut[i]];
    *made = *a;
    made->op = flynn_op_at(flynn_op_find("gamma"));
    made->kernel = 0;
    made->variant = FLYNN_U8;
    made->k[0] = flynn_alpha_channel(&a->in);
    return flynn_table_stage(node, made, table, err);
}

/* List the stages in order, composing neighbours that are tables. Rooms for the worst case were allocated. */
static int list_stages(struct flynn_plan *plan, struct flynn_err *err)
{
    int made = 0;
    for (int i = 0; i < plan->nodes; i++) {
        struct flynn_node *node = &plan->node[i];
        for (int s = 0; s < node->stages; s++) {
            const struct flynn_stage *stage = &node->stage[s];
            const struct flynn_stage *last = plan->stages ? plan->stage[plan->stages - 1] : NULL;
            if (last && last->lut && stage->lut) {
                if (compose(node, &plan->composed[made], last, stage, err))
                    return err->code;
                plan->stage[plan->stages - 1] = &plan->composed[made++];
            } else {
                plan->stage[plan->stages++] = stage;
            }
        }
    }
    return FLYNN_OK;
}

/* Rows far from the window are within reach only of a whole image. */
static bool needs_image(const struct flynn_stage *stage)
{
    return stage->kind == FLYNN_WHOLE || (stage->border == FLYNN_WRAP && !stage->first && (stage->up || stage->down));
}

/* The place in the plan of the first stage of the node that made stage i. Composed stages stand for nodes of one. */
static int first_of_node(const struct flynn_plan *plan, int i)
{
    for (int n = 0; n < plan->nodes; n++) {
        const struct flynn_node *node = &plan->node[n];
        if (plan->stage[i] >= node->stage && plan->stage[i] < node->stage + node->stages)
            return i - (int)(plan->stage[i] - node->stage);
    }
    return i;
}

/* Whether what is beside a later stage of the node that begins at i must be an image, because the node is cut. */
static bool kept_whole(const struct flynn_plan *plan, int i)
{
    bool cut = false;
    for (int s = i + 1; s < plan->stages && first_of_node(plan, s) == i; s++) {
        cut |= needs_image(plan->stage[s]);
        if (cut && plan->stage[s]->beside)
            return true;
    }
    return false;
}

static int segment_of(const struct flynn_plan *plan, int stage)
{
    int s = plan->segments - 1;
    while (plan->segment[s].first > stage)
        s--;
    return s;
}

static void start_segment(struct flynn_plan *plan, int first)
{
    struct flynn_segment *made = &plan->segment[plan->segments], *last = plan->segments ? made - 1 : NULL;
    *made = (struct flynn_segment){.first = first, .source = plan->segments - 1, .side = -1, .beside = -1};
    if (last)
        made->side = last->side;
    if (last && plan->stage[first - 1]->aside) {
        made->source = last->source;
        made->side = plan->segments - 1;
    }
    plan->segments++;
}

/* Whether the next stage can take the stage's output row by row, without an image of it. */
static bool gives_rows(const struct flynn_stage *stage)
{
    return stage->kind == FLYNN_ROWS || (stage->kind == FLYNN_WHOLE && !stage->team && !stage->aside);
}

static void cut_segments(struct flynn_plan *plan)
{
    for (int i = 0; i < plan->stages; i++) {
        const struct flynn_stage *stage = plan->stage[i];
        if (!i || needs_image(stage) || stage->aside || !gives_rows(plan->stage[i - 1]) || kept_whole(plan, i))
            start_segment(plan, i);
        struct flynn_segment *segment = &plan->segment[plan->segments - 1];
        int node = first_of_node(plan, i), from = stage->beside ? segment_of(plan, node) : plan->segments - 1;
        bool has_image = plan->stage[node]->kind == FLYNN_WHOLE && stage->beside;
        if (from != plan->segments - 1 || has_image)
            segment->beside = from;
        segment->stages++;
    }
}

/* Whether a sample depends on the one at its place alone. Others may take several rows to have them side by side in
 * vectors. */
static bool is_point(const struct flynn_stage *stage)
{
    return stage->kind == FLYNN_ROWS && flynn_stage_taps(stage) == 1 && stage->left == 0 && stage->right == 0 &&
           stage->in.width == stage->out.width && !stage->state_bytes && !stage->full_width;
}

/* A stage whose samples stand alone makes several in one call to share out what a call costs. Between stages these rows
 * must not fall out of the nearest cache before they are read; a stage by itself goes from image to image. */
static void limit_steps(struct flynn_plan *plan)
{
    for (int i = 0; i < plan->segments; i++) {
        const struct flynn_segment *segment = &plan->segment[i];
        for (int s = 0; s < segment->stages && segment->stages > 1; s++) {
            /* Of the plan's own nodes. */
            struct flynn_stage *stage = (struct flynn_stage *)plan->stage[segment->first + s];
            size_t row = flynn_row_bytes(&stage->in), out = flynn_row_bytes(&stage->out);
            size_t fit = NEAR_BYTES / (out > row ? out : row);
            if (is_point(stage) && (size_t)stage->step > fit)
                stage->step = fit > 1 ? (int)fit : 1;
        }
    }
}

int flynn_plan_beside(const struct flynn_plan *plan, int stage)
{
    return first_of_node(plan, stage);
}

int flynn_plan_build(struct flynn_plan *plan, const struct flynn_chain *chain, const struct flynn_shape *in,
                     struct flynn_err *err)
{
    struct flynn_err local;
    size_t most = (size_t)chain->length * FLYNN_MAX_STAGES + 1;

    if (!err)
        err = &local;
    *plan = (struct flynn_plan){.in = *in, .out = *in, .nodes = chain->length};
    plan->node = calloc((size_t)chain->length + 1, sizeof *plan->node);
    plan->stage = calloc(most, sizeof *plan->stage);
    plan->composed = calloc(most, sizeof *plan->composed);
    plan->segment = calloc(most, sizeof *plan->segment);
    int code = FLYNN_OK;
    if (!plan->node || !plan->stage || !plan->composed || !plan->segment)
        code = flynn_fail(err, FLYNN_ELIMIT, "out of memory for the plan");
    if (!code)
        code = lower_all(plan, chain, err);
    if (!code)
        code = list_stages(plan, err);
    if (code) {
        flynn_plan_free(plan);
        return code;
    }
    cut_segments(plan);
    limit_steps(plan);
    return FLYNN_OK;
}

void flynn_plan_free(struct flynn_plan *plan)
{
    for (int i = 0; plan->node && i < plan->nodes; i++)
        flynn_node_free(&plan->node[i]);
    free(plan->node);
    free(plan->stage);
    free(plan->composed);
    free(plan->segment);
    *plan = (struct flynn_plan){0};
}

static double shape_bytes(const struct flynn_shape *shape)
{
    return (double)flynn_row_bytes(shape) * shape->height;
}

double flynn_plan_bytes(const struct flynn_plan *plan)
{
    double bytes = shape_bytes(&plan->in) + shape_bytes(&plan->out);
    for (int i = 0; i < plan->nodes; i++) {
        for (int v = 0; v < FLYNN_MAX_PARAMS; v++) {
            if (plan->node[i].value[v].input)
                bytes += shape_bytes(&plan->node[i].value[v].input->shape);
        }
    }
    return bytes;
}

double flynn_plan_flops(const struct flynn_plan *plan)
{
    double flops = 0;
    for (int i = 0; i < plan->nodes; i++) {
        if (plan->node[i].op->flops)
            flops += plan->node[i].op->flops(&plan->node[i]);
    }
    return flops;
}
