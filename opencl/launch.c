/* SPDX-License-Identifier: Apache-2.0 */
#include "opencl/run.h"

#include <string.h>

#define CPU_ITEM_BYTES (32 << 10) /* an item that makes less is dominated by the cost of being scheduled */
#define CPU_MAX_ROW    (1 << 16)  /* longer rows are cut, so that wide images of few rows still spread */
#define CPU_GROUPS     16         /* work-groups for each compute unit that are enough for balance */
#define GPU_ITEM       16         /* samples */
#define GPU_GROUP_X    64
#define GPU_GROUP      256

/* Buffers between launches are used for several shapes; each lies in them as it would in an image of its own. */
static size_t stride_of(const struct flynn_cl_run *run, const struct flynn_cl_buffer *b,
                        const struct flynn_shape *shape)
{
    size_t stride = b->stride, bytes;
    if (b >= run->between && b < run->between + FLYNN_CL_DATA + FLYNN_CL_SIDE)
        flynn_shape_measure(shape, &stride, &bytes, NULL);
    return stride;
}

static struct flynn_view view(const struct flynn_shape *shape, size_t stride)
{
    return (struct flynn_view){shape->width, shape->height, shape->channels, (int)stride};
}

static void set_stage(struct flynn_args *a, const struct flynn_stage *stage)
{
    a->up = stage->up;
    a->down = stage->down;
    a->left = stage->left;
    a->right = stage->right;
    a->taps = flynn_stage_taps(stage);
    a->border = (int)stage->border;
    a->border_f = (float)stage->border_value;
    memcpy(a->border_d, &stage->border_value, sizeof a->border_d);
    /* u32 values above INT_MAX keep their bits. */
    a->border_i = stage->in.type == FLYNN_F32 || stage->in.type == FLYNN_F64 ? 0 : (int)(int64_t)stage->border_value;
    memcpy(a->k, stage->k, sizeof a->k);
    memcpy(a->f, stage->f, sizeof a->f);
    memcpy(a->d, stage->d, sizeof a->d);
}

static int at_least_1(int n)
{
    return n < 1 ? 1 : n;
}

static int clamp(int64_t n, int low, int high)
{
    return n < low ? low : n > high ? high : (int)n;
}

/* How much one item makes: as lower asked, or, where it left that open, a little on GPUs and long rows on CPUs. */
static void choose_item(const struct flynn_cl_device *info, const struct flynn_launch *launch, int units,
                        struct flynn_args *a)
{
    const int height = launch->out.height;
    int item_x = launch->item_x, item_y = info->cpu && launch->item_y_cpu ? launch->item_y_cpu : launch->item_y;
    if (item_x <= 0)
        item_x = info->cpu ? clamp(units, 1, CPU_MAX_ROW) : launch->per_pixel ? 1 : GPU_ITEM;
    if (item_y <= 0 && info->cpu) {
        const int64_t row = (int64_t)(flynn_row_bytes(&launch->out) / (size_t)((units + item_x - 1) / item_x));
        const int64_t enough = CPU_ITEM_BYTES / (row ? row : 1), share = height / (at_least_1(info->units) * 8);
        item_y = clamp(share > enough ? share : enough, 1, height);
    }
    a->item_x = item_x;
    a->item_y = at_least_1(item_y);
}

static size_t power_of_2_below(size_t n)
{
    size_t p = 1;
    while (p * 2 <= n)
        p *= 2;
    return p;
}

/* The local size. On CPUs a work-group is what a thread takes from the queue: there should be several for each
 * thread, but not many more; on GPUs full warps side by side in a row. */
static void choose_group(const struct flynn_cl_device *info, const struct flynn_launch *launch, const size_t items[2],
                         size_t most, size_t local[2])
{
    local[0] = local[1] = 1;
    if (launch->local_x > 0) {
        local[0] = (size_t)launch->local_x;
        local[1] = (size_t)at_least_1(launch->local_y);
    } else if (info->cpu) {
        size_t groups = (size_t)at_least_1(info->units) * CPU_GROUPS, all = items[0] * items[1];
        size_t x = power_of_2_below(all / groups ? all / groups : 1);
        x = x < GPU_GROUP_X ? x : GPU_GROUP_X;
        local[0] = x < items[0] ? x : power_of_2_below(items[0]);
    } else {
        local[0] = items[0] < GPU_GROUP_X ? power_of_2_below(items[0]) : GPU_GROUP_X;
        local[1] = power_of_2_below(items[1] < GPU_GROUP / local[0] ? items[1] : GPU_GROUP / local[0]);
        while (local[1] > 1 && local[0] * local[1] > most)
            local[1] /= 2;
        while (local[0] > most)
            local[0] /= 2;
    }
}

/* Whether the step's shape says how its output is cut. */
static bool is_shaped(const struct flynn_cl_step *step)
{
    return step->shape && strcmp(step->shape->kernel, step->launch->kernel) == 0;
}

int flynn_cl_step_layout(struct flynn_cl_run *run, struct flynn_cl_step *step, struct flynn_err *err)
{
    const struct flynn_launch *launch = step->launch;
    const struct flynn_cl_device *info = run->handle->info;
    struct flynn_args *a = &step->args;
    size_t most = 1;

    set_stage(a, launch->stage);
    a->alpha = flynn_alpha_channel(&launch->in);
    const int units = launch->out.width * (launch->per_pixel ? 1 : launch->out.channels);
    choose_item(info, launch, units, a);
    size_t items[2] = {((size_t)units + (size_t)a->item_x - 1) / (size_t)a->item_x,
                       ((size_t)launch->out.height + (size_t)a->item_y - 1) / (size_t)a->item_y};
    if (launch->items_x > 0) {
        items[0] = (size_t)launch->items_x;
        items[1] = (size_t)at_least_1(launch->items_y);
    }
    cl_int status = flynn_cl.GetKernelWorkGroupInfo(step->kernel, run->handle->id, CL_KERNEL_WORK_GROUP_SIZE,
                                                    sizeof most, &most, NULL);
    if (status != CL_SUCCESS)
        return flynn_cl_fail(err, status, "clGetKernelWorkGroupInfo");
    choose_group(info, launch, items, most ? most : 1, step->local);
    if (is_shaped(step)) {
        step->local[0] = (size_t)flynn_cl_shape_group(step->shape);
        step->local[1] = items[1] = 1;
        items[0] = step->local[0] * (size_t)flynn_cl_shape_groups(step->shape, launch);
    }
    if (step->local[0] * step->local[1] > most)
        return flynn_fail(err, FLYNN_EUNAVAILABLE,
                          "kernel %s of %s needs work-groups of %zu; OpenCL device %s has at most %zu", launch->kernel,
                          step->op->name, step->local[0] * step->local[1], info->name, most);
    for (int i = 0; i < 2; i++)
        step->global[i] = (items[i] + step->local[i] - 1) / step->local[i] * step->local[i];
    return FLYNN_OK;
}

static cl_int set_arguments(const struct flynn_cl_run *run, struct flynn_cl_step *step)
{
    const cl_mem with = step->with ? step->with->mem : run->dummy;
    const struct flynn_shape *in = &step->launch->in, *out = &step->launch->out;
    step->args.in = view(in, stride_of(run, step->in, in));
    step->args.out = view(out, stride_of(run, step->out, out));
    step->args.with =
        step->with ? view(&step->with_shape, stride_of(run, step->with, &step->with_shape)) : (struct flynn_view){0};
    cl_int status = flynn_cl.SetKernelArg(step->kernel, 0, sizeof(cl_mem), &step->in->mem);
    if (!status)
        status = flynn_cl.SetKernelArg(step->kernel, 1, sizeof(cl_mem), &with);
    if (!status)
        status = flynn_cl.SetKernelArg(step->kernel, 2, sizeof(cl_mem), &step->out->mem);
    if (!status)
        status = flynn_cl.SetKernelArg(step->kernel, 3, sizeof step->args, &step->args);
    for (cl_uint t = 0; t < FLYNN_STAGE_TABLES && !status; t++) {
        const cl_mem *table = step->table[t] ? &step->table[t] : &run->dummy;
        if (t == 0 && step->side_table)
            table = &step->with->mem;
        status = flynn_cl.SetKernelArg(step->kernel, 4 + t, sizeof(cl_mem), table);
    }
    return status;
}

/* Clear the output's samples. The gaps between the rows of a host image may be someone else's, so they stay. */
static cl_int clear_output(const struct flynn_cl_run *run, const struct flynn_cl_step *step)
{
    const cl_uint zero = 0;
    const size_t row = flynn_row_bytes(&step->launch->out), pattern = row % sizeof zero ? 1 : sizeof zero;
    const size_t stride = stride_of(run, step->out, &step->launch->out);
    cl_int status = CL_SUCCESS;
    if (!step->out->wraps)
        return flynn_cl.EnqueueFillBuffer(run->queue, step->out->mem, &zero, 1, 0, step->out->bytes, 0, NULL, NULL);
    for (int y = 0; y < step->launch->out.height && !status; y++)
        status = flynn_cl.EnqueueFillBuffer(run->queue, step->out->mem, &zero, pattern, (size_t)y * stride, row, 0,
                                            NULL, NULL);
    return status;
}

int flynn_cl_step_enqueue(struct flynn_cl_run *run, struct flynn_cl_step *step, struct flynn_err *err)
{
    const char *call = "clSetKernelArg";
    cl_int status = set_arguments(run, step);
    if (!status && step->launch->zero_out) {
        call = "clEnqueueFillBuffer";
        status = clear_output(run, step);
    }
    if (!status) {
        call = "clEnqueueNDRangeKernel";
        status =
            flynn_cl.EnqueueNDRangeKernel(run->queue, step->kernel, 2, NULL, step->global, step->local, 0, NULL, NULL);
    }
    if (!status)
        return FLYNN_OK;
    int code = flynn_cl_fail(err, status, call);
    flynn_fail_in(err, "kernel %s of %s on OpenCL device %s", step->launch->kernel, step->op->name,
                  run->handle->info->name);
    return code;
}
