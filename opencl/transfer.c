/* SPDX-License-Identifier: Apache-2.0 */
#include "opencl/run.h"

#include <limits.h>
#include <string.h>

#define STAGING ((size_t)8 << 20) /* bytes of one half: large enough to hide the cost of a transfer */

static bool shares_memory(const struct flynn_cl_run *run)
{
    return run->handle->info->cpu;
}

int flynn_cl_check_bytes(const struct flynn_cl_run *run, size_t bytes, struct flynn_err *err)
{
    const struct flynn_cl_device *info = run->handle->info;
    if (bytes > info->max_alloc)
        return flynn_fail(err, FLYNN_ELIMIT, "an image needs a buffer of %zu bytes; OpenCL device %s takes at most %zu",
                          bytes, info->name, info->max_alloc);
    return FLYNN_OK;
}

static int create(struct flynn_cl_run *run, cl_mem *mem, cl_mem_flags flags, size_t bytes, void *host,
                  struct flynn_err *err)
{
    cl_int status;
    int code = flynn_cl_check_bytes(run, bytes, err);
    if (code)
        return code;
    *mem = flynn_cl.CreateBuffer(run->handle->context, flags, bytes, host, &status);
    if (status == CL_SUCCESS)
        return FLYNN_OK;
    *mem = NULL;
    code = flynn_cl_fail(err, status, "clCreateBuffer");
    flynn_fail_in(err, "a buffer of %zu bytes on OpenCL device %s", bytes, run->handle->info->name);
    return code;
}

static void release(cl_mem *mem)
{
    if (*mem)
        flynn_cl.ReleaseMemObject(*mem);
    *mem = NULL;
}

/* Kernels take strides and counts of samples as ints. */
static int check_row(const struct flynn_shape *shape, size_t stride, struct flynn_err *err)
{
    if (stride > INT_MAX || flynn_row_samples(shape) > INT_MAX / 2)
        return flynn_fail(err, FLYNN_ELIMIT, "rows of %zu bytes; OpenCL kernels take at most %d bytes and %d samples",
                          stride, INT_MAX, INT_MAX / 2);
    return FLYNN_OK;
}

int flynn_cl_buffer_make(struct flynn_cl_run *run, struct flynn_cl_buffer *buffer, const struct flynn_shape *shape,
                         struct flynn_err *err)
{
    size_t stride, bytes;
    int code = flynn_shape_measure(shape, &stride, &bytes, err);
    if (!code)
        code = check_row(shape, stride, err);
    if (code)
        return code;
    if (!buffer->mem || buffer->wraps || buffer->bytes < bytes) {
        release(&buffer->mem);
        code = create(run, &buffer->mem, CL_MEM_READ_WRITE | (shares_memory(run) ? CL_MEM_ALLOC_HOST_PTR : 0), bytes,
                      NULL, err);
        buffer->bytes = bytes;
        buffer->wraps = false;
    }
    buffer->shape = *shape;
    buffer->stride = stride;
    return code;
}

static size_t image_bytes(const struct flynn_image *image)
{
    return image->stride * (size_t)(image->shape.height - 1) + flynn_row_bytes(&image->shape);
}

static int wrap(struct flynn_cl_run *run, struct flynn_cl_buffer *buffer, struct flynn_err *err)
{
    release(&buffer->mem);
    return create(run, &buffer->mem, CL_MEM_READ_WRITE | CL_MEM_USE_HOST_PTR, buffer->bytes, buffer->host.data, err);
}

int flynn_cl_buffer_bind(struct flynn_cl_run *run, struct flynn_cl_buffer *buffer, const struct flynn_image *image,
                         bool may_wrap, struct flynn_err *err)
{
    const size_t sample = flynn_type_bytes(image->shape.type);
    buffer->host = *image;
    if (!may_wrap || !shares_memory(run) || (uintptr_t)image->data % FLYNN_ROW_ALIGN || image->stride % sample)
        return flynn_cl_buffer_make(run, buffer, &image->shape, err);
    int code = check_row(&image->shape, image->stride, err);
    if (code)
        return code;
    buffer->shape = image->shape;
    buffer->stride = image->stride;
    buffer->bytes = image_bytes(image);
    buffer->wraps = true;
    return wrap(run, buffer, err);
}

void flynn_cl_buffer_free(struct flynn_cl_buffer *buffer)
{
    release(&buffer->mem);
    *buffer = (struct flynn_cl_buffer){0};
}

/* Rows between the host image and memory of the buffer's stride. */
static void copy_rows(const struct flynn_cl_buffer *buffer, uint8_t *device, int y, int rows, bool up)
{
    const size_t row = flynn_row_bytes(&buffer->shape);
    for (int i = 0; i < rows; i++) {
        uint8_t *there = device + (size_t)i * buffer->stride, *here = flynn_row(&buffer->host, y + i);
        memcpy(up ? there : here, up ? here : there, row);
    }
}

static int finish(struct flynn_cl_run *run, cl_int status, const char *call, struct flynn_err *err)
{
    if (status == CL_SUCCESS) {
        status = flynn_cl.Finish(run->queue);
        call = "clFinish";
    }
    if (status == CL_SUCCESS)
        return FLYNN_OK;
    int code = flynn_cl_fail(err, status, call);
    flynn_fail_in(err, "OpenCL device %s", run->handle->info->name);
    return code;
}

/* On a device that shares memory: through a mapping, which costs no copy of its own. */
static int copy_mapped(struct flynn_cl_run *run, struct flynn_cl_buffer *buffer, bool up, struct flynn_err *err)
{
    cl_int status;
    void *p =
        flynn_cl.EnqueueMapBuffer(run->queue, buffer->mem, CL_TRUE, up ? CL_MAP_WRITE_INVALIDATE_REGION : CL_MAP_READ,
                                  0, buffer->bytes, 0, NULL, NULL, &status);
    if (status != CL_SUCCESS)
        return finish(run, status, "clEnqueueMapBuffer", err);
    if (!buffer->wraps)
        copy_rows(buffer, p, 0, buffer->shape.height, up);
    status = flynn_cl.EnqueueUnmapMemObject(run->queue, buffer->mem, p, 0, NULL, NULL);
    return finish(run, status, "clEnqueueUnmapMemObject", err);
}

static void wait_for(cl_event *event)
{
    if (!*event)
        return;
    flynn_cl.WaitForEvents(1, event);
    flynn_cl.ReleaseEvent(*event);
    *event = NULL;
}

static int copy_up(struct flynn_cl_run *run, struct flynn_cl_buffer *b, struct flynn_err *err)
{
    const int rows = (int)(run->staging.half / b->stride);
    cl_event busy[2] = {NULL, NULL};
    cl_int status = CL_SUCCESS;
    for (int y = 0, k = 0; y < b->shape.height && status == CL_SUCCESS; y += rows, k ^= 1) {
        const int n = rows < b->shape.height - y ? rows : b->shape.height - y;
        uint8_t *half = run->staging.host + (size_t)k * run->staging.half;
        wait_for(&busy[k]);
        copy_rows(b, half, y, n, true);
        status = flynn_cl.EnqueueWriteBuffer(run->queue, b->mem, CL_FALSE, (size_t)y * b->stride, (size_t)n * b->stride,
                                             half, 0, NULL, &busy[k]);
        if (status == CL_SUCCESS)
            status = flynn_cl.Flush(run->queue);
    }
    wait_for(&busy[0]);
    wait_for(&busy[1]);
    return finish(run, status, "clEnqueueWriteBuffer", err);
}

static int copy_down(struct flynn_cl_run *run, struct flynn_cl_buffer *b, struct flynn_err *err)
{
    const int rows = (int)(run->staging.half / b->stride), height = b->shape.height;
    cl_event ready[2] = {NULL, NULL};
    cl_int status = CL_SUCCESS;
    /* While the device fills one half, the rows of the other are copied out. */
    for (int y = 0, k = 0; y < height + rows && status == CL_SUCCESS; y += rows, k ^= 1) {
        if (y < height) {
            const int n = rows < height - y ? rows : height - y;
            status =
                flynn_cl.EnqueueReadBuffer(run->queue, b->mem, CL_FALSE, (size_t)y * b->stride, (size_t)n * b->stride,
                                           run->staging.host + (size_t)k * run->staging.half, 0, NULL, &ready[k]);
            if (status == CL_SUCCESS)
                status = flynn_cl.Flush(run->queue);
        }
        if (y >= rows && status == CL_SUCCESS) {
            const int before = y - rows, n = rows < height - before ? rows : height - before;
            wait_for(&ready[k ^ 1]);
            copy_rows(b, run->staging.host + (size_t)(k ^ 1) * run->staging.half, before, n, false);
        }
    }
    wait_for(&ready[0]);
    wait_for(&ready[1]);
    return finish(run, status, "clEnqueueReadBuffer", err);
}

int flynn_cl_buffer_up(struct flynn_cl_run *run, struct flynn_cl_buffer *buffer, struct flynn_err *err)
{
    /* Creating the buffer anew is what makes the host's latest writes visible without a copy. */
    if (buffer->wraps)
        return wrap(run, buffer, err);
    return shares_memory(run) ? copy_mapped(run, buffer, true, err) : copy_up(run, buffer, err);
}

int flynn_cl_buffer_down(struct flynn_cl_run *run, struct flynn_cl_buffer *buffer, struct flynn_err *err)
{
    return shares_memory(run) ? copy_mapped(run, buffer, false, err) : copy_down(run, buffer, err);
}

int flynn_cl_staging_make(struct flynn_cl_run *run, size_t stride, size_t bytes, struct flynn_err *err)
{
    cl_int status;
    if (shares_memory(run))
        return FLYNN_OK;
    size_t half = bytes < STAGING ? bytes : STAGING;
    half = half < stride ? stride : half;
    int code = create(run, &run->staging.mem, CL_MEM_READ_WRITE | CL_MEM_ALLOC_HOST_PTR, 2 * half, NULL, err);
    if (code)
        return code;
    run->staging.host = flynn_cl.EnqueueMapBuffer(run->queue, run->staging.mem, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE, 0,
                                                  2 * half, 0, NULL, NULL, &status);
    run->staging.half = half;
    if (status == CL_SUCCESS)
        return FLYNN_OK;
    run->staging.host = NULL;
    return flynn_cl_fail(err, status, "clEnqueueMapBuffer (pinned memory)");
}

void flynn_cl_staging_free(struct flynn_cl_run *run)
{
    if (run->staging.host) {
        flynn_cl.EnqueueUnmapMemObject(run->queue, run->staging.mem, run->staging.host, 0, NULL, NULL);
        flynn_cl.Finish(run->queue);
    }
    release(&run->staging.mem);
    run->staging = (struct flynn_cl_staging){0};
}
