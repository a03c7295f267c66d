/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/job.h"

#include "dispatch/tables.h"
#include "opencl/tune.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Whether an op as written, "blend:-" or "blend:alpha=0.5,with=-", reads stdin. */
static bool reads_stdin(const char *text)
{
    char name[64];
    const char *p = strchr(text, ':');
    snprintf(name, sizeof name, "%.*s", (int)strcspn(text, ":"), text);
    const int index = flynn_op_find(name);
    const struct flynn_param *params = index < 0 ? NULL : flynn_op_at(index)->params;
    for (bool first = true; params && p; first = false, p = strchr(p, ',')) {
        p++;
        for (int i = 0; i < FLYNN_MAX_PARAMS && params[i].name; i++) {
            size_t n = strlen(params[i].name);
            bool named = strncmp(p, params[i].name, n) == 0 && p[n] == '=';
            const char *value = named ? p + n + 1 : first && i == 0 ? p : "";
            if (params[i].kind == FLYNN_PARAM_INPUT && *value == '-' && (!value[1] || value[1] == ','))
                return true;
        }
    }
    return false;
}

int cli_chain(struct flynn_chain *chain, const char *in, char **ops, int count, struct flynn_err *err)
{
    int code = FLYNN_OK;
    const char *taken = in && strcmp(in, "-") == 0 ? "IN" : NULL;
    chain->length = 0;
    for (int i = 0; !code && i < count; i++) {
        bool reads = reads_stdin(ops[i]);
        if (reads && taken)
            code = flynn_fail(err, FLYNN_EUSAGE, "%s: stdin is read by %s already; only one input can be -", ops[i],
                              taken);
        else
            code = flynn_chain_add(chain, ops[i], err);
        taken = reads ? ops[i] : taken;
    }
    if (code)
        flynn_chain_free(chain);
    return code;
}

int cli_one_backend(struct flynn_backend *backend, const char *text, const struct flynn_limits *limits,
                    struct flynn_err *err)
{
    struct flynn_backend list[64];
    if (strcmp(text, "all") == 0 || strchr(text, ','))
        return flynn_fail(err, FLYNN_EUSAGE, "--backend=%s: one backend is expected; `flynn compare` takes several",
                          text);
    int count = flynn_backends_parse(list, 64, text, limits, err);
    if (count < 0)
        return count;
    *backend = list[0];
    if (!backend->available)
        return flynn_fail(err, FLYNN_EUNAVAILABLE, "%s: %s", backend->name, backend->why);
    return FLYNN_OK;
}

static double shape_bytes(const struct flynn_shape *shape)
{
    size_t stride, bytes;
    return flynn_shape_measure(shape, &stride, &bytes, NULL) ? (double)INFINITY : (double)bytes;
}

double cli_plan_memory(const struct flynn_plan *plan, int outputs)
{
    double bytes = shape_bytes(&plan->in) + outputs * shape_bytes(&plan->out), between = 0;
    for (int i = 0; i < plan->nodes; i++) {
        for (int v = 0; v < FLYNN_MAX_PARAMS; v++) {
            if (plan->node[i].value[v].input)
                bytes += shape_bytes(&plan->node[i].value[v].input->shape);
        }
    }
    for (int i = 0; i + 1 < plan->segments; i++) {
        const struct flynn_segment *segment = &plan->segment[i];
        between += shape_bytes(&plan->stage[segment->first + segment->stages - 1]->out);
    }
    return bytes + between;
}

int cli_check_memory(const struct flynn_plan *plan, int outputs, const struct cli_options *options,
                     struct flynn_err *err)
{
    char need[32], limit[32];
    double bytes = cli_plan_memory(plan, outputs);
    if (!options->max_memory || bytes <= (double)options->max_memory)
        return FLYNN_OK;
    return flynn_fail(err, FLYNN_ELIMIT, "this needs %s, more than --max-memory allows (%s)",
                      cli_bytes_text(need, sizeof need, bytes),
                      cli_bytes_text(limit, sizeof limit, (double)options->max_memory));
}

const char *cli_bytes_text(char *text, size_t size, double bytes)
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
    int unit = 0;
    for (; bytes >= 1000 && unit < 6; unit++)
        bytes /= 1000;
    snprintf(text, size, unit ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
    return text;
}

const char *cli_shape_text(char *text, size_t size, const struct flynn_shape *shape)
{
    snprintf(text, size, "%dx%d, %d channel%s, %s", shape->width, shape->height, shape->channels,
             shape->channels == 1 ? "" : "s", flynn_type_name(shape->type));
    return text;
}

bool cli_gaps(char *text, size_t size, const struct flynn_plan *plan, const struct flynn_backend *backend)
{
    size_t used = 0;
    text[0] = '\0';
    if (backend->kind == FLYNN_BACKEND_OPENCL)
        return false;
    for (int i = 0; i < plan->stages; i++) {
        int from;
        flynn_table_resolve(backend->table, plan->stage[i], &from);
        bool again = i && plan->stage[i]->op == plan->stage[i - 1]->op;
        if (from != backend->table && !again && used < size)
            used += (size_t)snprintf(text + used, size - used, "%s%s (%s)", used ? ", " : "", plan->stage[i]->op->name,
                                     flynn_table_name(from));
    }
    return used > 0;
}

/* ", shape panels-6 (preset)" where the stage runs on a device that cuts it so; "" otherwise. */
static const char *shape_text(char *text, size_t size, const struct flynn_stage *stage,
                              const struct flynn_backend *backend)
{
    char shape[120];
    bool found;
    text[0] = '\0';
    if (backend->kind == FLYNN_BACKEND_OPENCL &&
        flynn_cl_shape_text(shape, sizeof shape, backend->device, stage->op->name, stage->variant, &found))
        snprintf(text, size, ", shape %s", shape);
    return text;
}

void cli_explain(const struct flynn_plan *plan, const struct flynn_backend *backend, const char *why)
{
    static const char *const kinds[] = {"rows", "whole", "reduce"};
    char in[64], out[64], need[32], shape[140];

    fprintf(stderr, "plan: %s -> %s; %d op%s, %d stage%s, %d segment%s, images of %s in all\n",
            cli_shape_text(in, sizeof in, &plan->in), cli_shape_text(out, sizeof out, &plan->out), plan->nodes,
            plan->nodes == 1 ? "" : "s", plan->stages, plan->stages == 1 ? "" : "s", plan->segments,
            plan->segments == 1 ? "" : "s", cli_bytes_text(need, sizeof need, cli_plan_memory(plan, 1)));
    for (int s = 0; s < plan->segments; s++) {
        for (int i = 0; i < plan->segment[s].stages; i++) {
            const struct flynn_stage *stage = plan->stage[plan->segment[s].first + i];
            int from = 0;
            if (backend->kind != FLYNN_BACKEND_OPENCL)
                flynn_table_resolve(backend->table, stage, &from);
            fprintf(stderr, "  segment %d: %s, %s%s%s%s -> %s\n", s + 1, stage->op->name, kinds[stage->kind],
                    backend->kind == FLYNN_BACKEND_OPENCL ? "" : ", kernel of ",
                    backend->kind == FLYNN_BACKEND_OPENCL ? "" : flynn_table_name(from),
                    shape_text(shape, sizeof shape, stage, backend), cli_shape_text(out, sizeof out, &stage->out));
        }
    }
    fprintf(stderr, "backend: %s%s%s: %s\n", backend->name, *backend->label ? " " : "", backend->label, why);
}
