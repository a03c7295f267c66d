/* SPDX-License-Identifier: Apache-2.0 */
#include "opencl/loader.h"
#include "opencl/probe.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* One line of the report. Names from runtimes may hold anything, so tabs and newlines in them become blanks. */
__attribute__((format(printf, 2, 3))) static void say(int fd, const char *format, ...)
{
    char line[512];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line - 1, format, args);
    va_end(args);
    for (char *p = line; *p; p++)
        *p = *p == '\n' || *p == '\r' ? ' ' : *p;
    dprintf(fd, "%s\n", line);
}

static void clean(char *text)
{
    for (; *text; text++)
        *text = *text == '\t' ? ' ' : *text;
}

/* The objects of one trial; all are released whatever fails. */
struct trial {
    cl_context context;
    cl_command_queue queue;
    cl_program program;
    cl_kernel kernel;
    cl_mem buffer;
};

static int build(struct trial *t, cl_device_id device, struct flynn_err *err)
{
    static const char *source = "__kernel void flynn_probe(__global int *x) { x[get_global_id(0)] += 1; }";
    cl_int status;
    t->context = flynn_cl.CreateContext(NULL, 1, &device, NULL, NULL, &status);
    if (status)
        return flynn_cl_fail(err, status, "clCreateContext");
    t->queue = flynn_cl.CreateCommandQueue(t->context, device, 0, &status);
    if (status)
        return flynn_cl_fail(err, status, "clCreateCommandQueue");
    t->program = flynn_cl.CreateProgramWithSource(t->context, 1, &source, NULL, &status);
    if (!status)
        status = flynn_cl.BuildProgram(t->program, 1, &device, "-cl-std=CL1.2", NULL, NULL);
    if (!status)
        t->kernel = flynn_cl.CreateKernel(t->program, "flynn_probe", &status);
    return status ? flynn_cl_fail(err, status, "its compiler fails on a kernel of one line") : FLYNN_OK;
}

static int compute(struct trial *t, struct flynn_err *err)
{
    int x[4] = {1, 2, 3, 4};
    size_t n = 4;
    cl_int status;
    t->buffer = flynn_cl.CreateBuffer(t->context, CL_MEM_COPY_HOST_PTR, sizeof x, x, &status);
    if (!status)
        status = flynn_cl.SetKernelArg(t->kernel, 0, sizeof t->buffer, &t->buffer);
    if (!status)
        status = flynn_cl.EnqueueNDRangeKernel(t->queue, t->kernel, 1, NULL, &n, NULL, 0, NULL, NULL);
    if (!status)
        status = flynn_cl.EnqueueReadBuffer(t->queue, t->buffer, CL_TRUE, 0, sizeof x, x, 0, NULL, NULL);
    if (status)
        return flynn_cl_fail(err, status, "it cannot run a kernel of one line");
    if (x[0] != 2 || x[1] != 3 || x[2] != 4 || x[3] != 5)
        return flynn_fail(err, FLYNN_EUNAVAILABLE, "it adds wrong: 1 2 3 4 plus 1 gave %d %d %d %d", x[0], x[1], x[2],
                          x[3]);
    return FLYNN_OK;
}

static int try_device(cl_device_id device, struct flynn_err *err)
{
    struct trial t = {0};
    int code = build(&t, device, err);
    if (!code)
        code = compute(&t, err);
    if (t.buffer)
        flynn_cl.ReleaseMemObject(t.buffer);
    if (t.kernel)
        flynn_cl.ReleaseKernel(t.kernel);
    if (t.program)
        flynn_cl.ReleaseProgram(t.program);
    if (t.queue)
        flynn_cl.ReleaseCommandQueue(t.queue);
    if (t.context)
        flynn_cl.ReleaseContext(t.context);
    return code;
}

static void probe_platform(int fd, int p, cl_platform_id platform)
{
    char name[96] = "";
    cl_device_id devices[FLYNN_CL_MAX_DEVICES];
    cl_uint count = 0;

    say(fd, "platform\t%d\t", p);
    flynn_cl.GetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof name - 1, name, NULL);
    clean(name);
    say(fd, "platform\t%d\t%s", p, name);
    if (flynn_cl.GetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, FLYNN_CL_MAX_DEVICES, devices, &count) != CL_SUCCESS)
        count = 0;
    count = count < FLYNN_CL_MAX_DEVICES ? count : FLYNN_CL_MAX_DEVICES;
    say(fd, "devices\t%d\t%u", p, count);
    for (cl_uint d = 0; d < count; d++) {
        struct flynn_err err;
        char text[128] = "";
        flynn_cl.GetDeviceInfo(devices[d], CL_DEVICE_NAME, sizeof text - 1, text, NULL);
        clean(text);
        say(fd, "try\t%d\t%u\t%s", p, d, text);
        if (try_device(devices[d], &err))
            say(fd, "bad\t%d\t%u\t%s", p, d, err.text);
    }
    say(fd, "end\t%d", p);
}

void flynn_cl_probe_child(int fd, unsigned skip)
{
    cl_platform_id platforms[FLYNN_CL_MAX_PLATFORMS];
    cl_uint count = 0;
    struct flynn_err err;

    if (flynn_cl_load(&err)) {
        say(fd, "none\t%s", err.text);
        say(fd, "done");
        return;
    }
    say(fd, "listing");
    cl_int status = flynn_cl.GetPlatformIDs(FLYNN_CL_MAX_PLATFORMS, platforms, &count);
    if (status != CL_SUCCESS || count == 0)
        say(fd,
            "none\tno OpenCL platform: the loader finds no runtime (%s); install one, or see OCL_ICD_VENDORS and "
            "/etc/OpenCL/vendors",
            status == CL_SUCCESS ? "it lists none" : flynn_cl_error_name(status));
    count = status == CL_SUCCESS ? count : 0;
    count = count < FLYNN_CL_MAX_PLATFORMS ? count : FLYNN_CL_MAX_PLATFORMS;
    say(fd, "platforms\t%u", count);
    for (cl_uint p = 0; p < count; p++) {
        if (!(skip >> p & 1))
            probe_platform(fd, (int)p, platforms[p]);
    }
    say(fd, "done");
}
