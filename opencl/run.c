/* SPDX-License-Identifier: Apache-2.0 */
#include "opencl/run.h"

#include "opencl/selftest.h"

#include <stdlib.h>
#include <string.h>

/* Whether the device does a launch. */
static bool is_done(const struct flynn_cl_device *device, const struct flynn_launch *launch)
{
    return launch->on == FLYNN_ON_ANY || (launch->on == FLYNN_ON_CPU) == device->cpu;
}

static int check_launches(const struct flynn_plan *plan, struct flynn_err *err)
{
    for (int n = 0; n < plan->nodes; n++) {
        if (plan->node[n].launches == 0)
            return flynn_fail(err, FLYNN_EUNAVAILABLE, "%s has no OpenCL kernel", plan->node[n].op->name);
    }
    if (plan->nodes == 0)
        return flynn_fail(err, FLYNN_EUSAGE, "a chain without ops leaves nothing to do for OpenCL");
    return FLYNN_OK;
}

/* What the launches of a node find when their turn comes. */
struct flow {
    struct flynn_cl_buffer *data, *begin, *side; /* begin: the node's input */
    struct flynn_shape begin_shape, side_shape;
    bool keeps; /* the node's input must stay */
};

/* Whether any later launch makes data rather than working in place or aside. */
static bool is_final(const struct flynn_cl_run *run, int s)
{
    for (s++; s < run->steps; s++) {
        if (!run->step[s].launch->again && !run->step[s].launch->aside)
            return false;
    }
    return true;
}

static struct flynn_cl_buffer *choose_out(struct flynn_cl_run *run, const struct flow *flow, int s)
{
    struct flynn_cl_buffer *side = run->between + FLYNN_CL_DATA, *free = run->between;
    if (run->step[s].launch->aside)
        return flow->side == side ? side + 1 : side;
    if (is_final(run, s))
        return &run->out;
    while (free == flow->data || (flow->keeps && free == flow->begin))
        free++;
    return free;
}

static void connect_step(struct flynn_cl_run *run, struct flow *flow, int s)
{
    struct flynn_cl_step *step = &run->step[s];
    const struct flynn_launch *launch = step->launch;
    if (launch->again) {
        step->in = step[-1].in;
        step->out = step[-1].out;
    } else {
        step->in = flow->data;
        step->out = choose_out(run, flow, s);
    }
    if (launch->beside) {
        step->with = flow->begin;
        step->with_shape = flow->begin_shape;
    } else if (flow->side) {
        step->with = flow->side;
        step->with_shape = flow->side_shape;
    }
    if (launch->aside) {
        flow->side = step->out;
        flow->side_shape = launch->out;
    } else if (!launch->again) {
        flow->data = step->out;
    }
}

static void connect(struct flynn_cl_run *run)
{
    struct flow flow = {.data = &run->in};
    for (int s = 0; s < run->steps;) {
        const struct flynn_node *node = run->step[s].node;
        flow.begin = flow.data;
        flow.begin_shape = node->in;
        flow.side = NULL;
        flow.keeps = false;
        for (int i = s; i < run->steps && run->step[i].node == node; i++)
            flow.keeps |= run->step[i].launch->beside;
        for (; s < run->steps && run->step[s].node == node; s++)
            connect_step(run, &flow, s);
    }
}

static struct flynn_cl_buffer *find_second(struct flynn_cl_run *run, const struct flynn_image *image)
{
    if (!image)
        return NULL;
    for (int i = 0; i < run->seconds; i++) {
        if (run->second[i].image == image)
            return &run->second[i].buffer;
    }
    run->second[run->seconds].image = image;
    return &run->second[run->seconds++].buffer;
}

static int find_table(struct flynn_cl_run *run, const struct flynn_table_data *data, cl_mem *mem, struct flynn_err *err)
{
    cl_int status;
    if (!data->data || !data->bytes)
        return FLYNN_OK;
    for (int i = 0; i < run->tables; i++) {
        if (run->table[i].data == data->data) {
            *mem = run->table[i].mem;
            return FLYNN_OK;
        }
    }
    /* The flag COPY_HOST_PTR only reads, but the function takes no const. */
    *mem = flynn_cl.CreateBuffer(run->handle->context, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, data->bytes,
                                 (void *)(uintptr_t)data->data, &status);
    if (status != CL_SUCCESS) {
        *mem = NULL;
        return flynn_cl_fail(err, status, "clCreateBuffer (table)");
    }
    run->table[run->tables++] = (struct flynn_cl_table){data->data, *mem};
    return FLYNN_OK;
}

static int make_step(struct flynn_cl_run *run, struct flynn_cl_step *step, struct flynn_err *err)
{
    const struct flynn_stage *stage = step->launch->stage;
    const struct flynn_cl_program *program;
    cl_int status;
    int code = FLYNN_OK;
    if (run->trial && strcmp(run->trial->op, step->op->name) == 0)
        step->shape = run->trial;
    else
        code = flynn_cl_shape_choose(&step->shape, NULL, run->handle, step->op->name, stage->variant, err);
    if (!code)
        code = flynn_cl_program(&program, run->handle, step->op, stage->variant, step->shape, err);
    if (code)
        return code;
    step->kernel = flynn_cl.CreateKernel(program->program, step->launch->kernel, &status);
    if (status != CL_SUCCESS) {
        step->kernel = NULL;
        return flynn_fail(err, FLYNN_EUNAVAILABLE, "kernels/%s.cl on %s: no kernel %s: %s", step->op->name,
                          flynn_type_name(stage->variant), step->launch->kernel, flynn_cl_error_name(status));
    }
    if (stage->with) {
        step->with = find_second(run, stage->with);
        step->with_shape = stage->with->shape;
    }
    step->side_table = stage->side_table && step->with;
    for (int t = step->side_table; t < FLYNN_STAGE_TABLES && !code; t++)
        code = find_table(run, &stage->table[t], &step->table[t], err);
    return code ? code : flynn_cl_step_layout(run, step, err);
}

static int name_steps(struct flynn_cl_run *run, struct flynn_err *err)
{
    const struct flynn_plan *plan = run->plan;
    size_t most = 0;
    for (int n = 0; n < plan->nodes; n++)
        most += (size_t)plan->node[n].launches;
    run->step = calloc(most, sizeof *run->step);
    run->second = calloc(most, sizeof *run->second);
    run->table = calloc(most * FLYNN_STAGE_TABLES, sizeof *run->table);
    if (!run->step || !run->second || !run->table)
        return flynn_fail(err, FLYNN_ELIMIT, "out of memory for an OpenCL run of %zu launches", most);
    for (int n = 0; n < plan->nodes; n++) {
        const struct flynn_node *node = &plan->node[n];
        for (int i = 0; i < node->launches; i++) {
            if (is_done(run->handle->info, &node->launch[i]))
                run->step[run->steps++] =
                    (struct flynn_cl_step){.node = node, .launch = &node->launch[i], .op = node->launch[i].stage->op};
        }
    }
    return FLYNN_OK;
}

static int make_steps(struct flynn_cl_run *run, struct flynn_err *err)
{
    int code = FLYNN_OK;
    for (int s = 0; s < run->steps && !code; s++)
        code = make_step(run, &run->step[s], err);
    return code;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Memory for what launches hand on: each buffer takes the largest of the shapes that will lie in it. */
static int make_between(struct flynn_cl_run *run, struct flynn_err *err)
{
    int code = FLYNN_OK;
    for (int i = 0; i < FLYNN_CL_DATA + FLYNN_CL_SIDE && !code; i++) {
        const struct flynn_shape *largest = NULL;
        size_t most = 0, stride, bytes;
        for (int s = 0; s < run->steps && !code; s++) {
            const struct flynn_shape *shape = &run->step[s].launch->out;
            if (run->step[s].out != &run->between[i])
                continue;
            code = flynn_shape_measure(shape, &stride, &bytes, err);
            if (!code && bytes > most) {
                most = bytes;
                largest = shape;
            }
        }
        if (!code && largest)
            code = flynn_cl_buffer_make(run, &run->between[i], largest, err);
    }
    return code;
}

/* Buffers that do not depend on the host images. */
static int make_buffers(struct flynn_cl_run *run, struct flynn_err *err)
{
    size_t stride, bytes, widest = 0, biggest = 0;
    cl_int status;

    run->dummy = flynn_cl.CreateBuffer(run->handle->context, CL_MEM_READ_WRITE, 64, NULL, &status);
    if (status != CL_SUCCESS)
        return flynn_cl_fail(err, status, "clCreateBuffer");
    int code = make_between(run, err);
    const struct flynn_shape *ends[2] = {&run->plan->in, &run->plan->out};
    for (int i = 0; i < 2 + run->seconds && !code; i++) {
        code = flynn_shape_measure(i < 2 ? ends[i] : &run->second[i - 2].image->shape, &stride, &bytes, err);
        if (!code)
            code = flynn_cl_check_bytes(run, bytes, err);
        widest = larger(widest, stride);
        biggest = larger(biggest, bytes);
    }
    if (!code && !run->handle->info->cpu)
        code = flynn_cl_buffer_make(run, &run->in, ends[0], err);
    if (!code && !run->handle->info->cpu)
        code = flynn_cl_buffer_make(run, &run->out, ends[1], err);
    for (int i = 0; i < run->seconds && !code; i++)
        code = flynn_cl_buffer_bind(run, &run->second[i].buffer, run->second[i].image, true, err);
    return code ? code : flynn_cl_staging_make(run, widest, biggest, err);
}

int flynn_cl_run_make(struct flynn_cl_run **run, const struct flynn_plan *plan, struct flynn_cl_handle *handle,
                      const struct flynn_cl_shape *trial, struct flynn_err *err)
{
    cl_int status;
    *run = NULL;
    int code = check_launches(plan, err);
    if (code)
        return code;
    struct flynn_cl_run *r = calloc(1, sizeof *r);
    if (!r)
        return flynn_fail(err, FLYNN_ELIMIT, "out of memory for an OpenCL run");
    r->plan = plan;
    r->handle = handle;
    r->trial = trial;
    code = name_steps(r, err);
    if (!code) {
        r->queue = flynn_cl.CreateCommandQueue(handle->context, handle->id, 0, &status);
        if (status != CL_SUCCESS)
            code = flynn_cl_fail(err, status, "clCreateCommandQueue");
    }
    if (!code) {
        connect(r);
        code = make_steps(r, err);
    }
    if (!code)
        code = make_buffers(r, err);
    if (code)
        flynn_cl_close(r);
    else
        *run = r;
    return code;
}

int flynn_cl_open(struct flynn_cl_run **run, const struct flynn_plan *plan, int device, struct flynn_err *err)
{
    struct flynn_cl_handle *handle;
    *run = NULL;
    int code = check_launches(plan, err);
    if (!code)
        code = flynn_cl_handle_open(&handle, device, err);
    for (int n = 0; n < plan->nodes && !code; n++)
        code = flynn_cl_selftest(handle, &plan->node[n], err);
    return code ? code : flynn_cl_run_make(run, plan, handle, NULL, err);
}

static bool overlap(const struct flynn_image *a, const struct flynn_image *b)
{
    const uintptr_t a0 = (uintptr_t)a->data, b0 = (uintptr_t)b->data;
    return a0 < b0 + b->stride * (size_t)b->shape.height && b0 < a0 + a->stride * (size_t)a->shape.height;
}

int flynn_cl_bind(struct flynn_cl_run *run, const struct flynn_image *in, const struct flynn_image *out,
                  struct flynn_err *err)
{
    run->bound = run->uploaded = false;
    if (!flynn_shape_equal(&in->shape, &run->plan->in) || !flynn_shape_equal(&out->shape, &run->plan->out))
        return flynn_fail(err, FLYNN_EINPUT, "the images have other shapes than the plan was made for");
    int code = flynn_cl_buffer_bind(run, &run->in, in, true, err);
    if (!code)
        code = flynn_cl_buffer_bind(run, &run->out, out, !overlap(in, out), err);
    run->bound = code == FLYNN_OK;
    return code;
}

int flynn_cl_upload(struct flynn_cl_run *run, struct flynn_err *err)
{
    if (!run->bound)
        return flynn_fail(err, FLYNN_EUSAGE, "no images are bound to the OpenCL run");
    int code = flynn_cl_buffer_up(run, &run->in, err);
    for (int i = 0; i < run->seconds && !code; i++)
        code = flynn_cl_buffer_up(run, &run->second[i].buffer, err);
    run->uploaded = code == FLYNN_OK;
    return code;
}

static int group_of(const struct flynn_cl_step *step)
{
    return step->launch->group > 1 ? step->launch->group : 1;
}

static int enqueue_group(struct flynn_cl_run *run, struct flynn_cl_step *step, struct flynn_err *err)
{
    int turns = step->launch->repeat > 1 ? step->launch->repeat : 1, code = FLYNN_OK;
    for (int turn = 0; turn < turns && !code; turn++) {
        for (int i = 0; i < group_of(step) && !code; i++) {
            step[i].args.turn = turn;
            code = flynn_cl_step_enqueue(run, &step[i], err);
        }
    }
    return code;
}

/* Let a stage look at what it made, which need not be the run's output. */
static int check_step(struct flynn_cl_run *run, const struct flynn_cl_step *step, struct flynn_err *err)
{
    const struct flynn_stage *stage = step->launch->stage;
    struct flynn_image copy;
    if (step->out->wraps) {
        int code = flynn_cl_buffer_down(run, step->out, err);
        return code ? code : stage->check(stage, &step->out->host, err);
    }
    int code = flynn_image_alloc(&copy, &step->launch->out, err);
    if (code)
        return code;
    cl_int status = flynn_cl.EnqueueReadBuffer(run->queue, step->out->mem, CL_TRUE, 0,
                                               copy.stride * (size_t)copy.shape.height, copy.data, 0, NULL, NULL);
    code = status ? flynn_cl_fail(err, status, "clEnqueueReadBuffer") : stage->check(stage, &copy, err);
    flynn_image_free(&copy);
    return code;
}

/* Whether the step is the last one of a stage with a check. */
static bool is_checked(const struct flynn_cl_run *run, const struct flynn_cl_step *step)
{
    const struct flynn_stage *stage = step->launch->stage;
    return stage->check && (step + 1 == run->step + run->steps || step[1].launch->stage != stage);
}

int flynn_cl_compute(struct flynn_cl_run *run, struct flynn_err *err)
{
    int code = FLYNN_OK;
    if (!run->uploaded)
        return flynn_fail(err, FLYNN_EUSAGE, "nothing was uploaded for the OpenCL run");
    for (int s = 0; s < run->steps && !code; s += group_of(&run->step[s])) {
        const struct flynn_cl_step *last = &run->step[s + group_of(&run->step[s]) - 1];
        code = enqueue_group(run, &run->step[s], err);
        if (!code && is_checked(run, last))
            code = check_step(run, last, err);
    }
    /* Even after an error nothing may be left running: buffers wrap memory of the caller. */
    cl_int status = flynn_cl.Finish(run->queue);
    if (!code && status != CL_SUCCESS) {
        code = flynn_cl_fail(err, status, "clFinish");
        flynn_fail_in(err, "running on OpenCL device %s", run->handle->info->name);
    }
    return code;
}

int flynn_cl_download(struct flynn_cl_run *run, struct flynn_err *err)
{
    if (!run->uploaded)
        return flynn_fail(err, FLYNN_EUSAGE, "nothing was computed by the OpenCL run");
    return flynn_cl_buffer_down(run, &run->out, err);
}

void flynn_cl_close(struct flynn_cl_run *run)
{
    if (!run)
        return;
    flynn_cl_staging_free(run);
    for (int s = 0; run->step && s < run->steps; s++) {
        if (run->step[s].kernel)
            flynn_cl.ReleaseKernel(run->step[s].kernel);
    }
    for (int t = 0; t < run->tables; t++)
        flynn_cl.ReleaseMemObject(run->table[t].mem);
    for (int i = 0; i < run->seconds; i++)
        flynn_cl_buffer_free(&run->second[i].buffer);
    flynn_cl_buffer_free(&run->in);
    flynn_cl_buffer_free(&run->out);
    for (int i = 0; i < FLYNN_CL_DATA + FLYNN_CL_SIDE; i++)
        flynn_cl_buffer_free(&run->between[i]);
    if (run->dummy)
        flynn_cl.ReleaseMemObject(run->dummy);
    if (run->queue)
        flynn_cl.ReleaseCommandQueue(run->queue);
    free(run->step);
    free(run->second);
    free(run->table);
    free(run);
}
