/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_OPENCL_LOADER_H
#define FLYNN_OPENCL_LOADER_H

#include <flynn/error.h>

#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>

/** Every function of OpenCL that flynn calls, without the prefix `cl`. */
#define FLYNN_CL_FUNCTIONS(X)                                                                                          \
    X(GetPlatformIDs)                                                                                                  \
    X(GetPlatformInfo)                                                                                                 \
    X(GetDeviceIDs)                                                                                                    \
    X(GetDeviceInfo)                                                                                                   \
    X(CreateContext)                                                                                                   \
    X(ReleaseContext)                                                                                                  \
    X(CreateCommandQueue)                                                                                              \
    X(ReleaseCommandQueue)                                                                                             \
    X(CreateProgramWithSource)                                                                                         \
    X(CreateProgramWithBinary)                                                                                         \
    X(BuildProgram)                                                                                                    \
    X(GetProgramBuildInfo)                                                                                             \
    X(GetProgramInfo)                                                                                                  \
    X(ReleaseProgram)                                                                                                  \
    X(CreateKernel)                                                                                                    \
    X(ReleaseKernel)                                                                                                   \
    X(SetKernelArg)                                                                                                    \
    X(GetKernelWorkGroupInfo)                                                                                          \
    X(CreateBuffer)                                                                                                    \
    X(ReleaseMemObject)                                                                                                \
    X(EnqueueMapBuffer)                                                                                                \
    X(EnqueueUnmapMemObject)                                                                                           \
    X(EnqueueReadBuffer)                                                                                               \
    X(EnqueueWriteBuffer)                                                                                              \
    X(EnqueueFillBuffer)                                                                                               \
    X(EnqueueNDRangeKernel)                                                                                            \
    X(WaitForEvents)                                                                                                   \
    X(ReleaseEvent)                                                                                                    \
    X(Flush)                                                                                                           \
    X(Finish)

#define FLYNN_CL_FIELD(name) __typeof__(&cl##name) name;
struct flynn_cl_api {
    FLYNN_CL_FUNCTIONS(FLYNN_CL_FIELD)
};
#undef FLYNN_CL_FIELD

/** The functions of the loaded library: all NULL before flynn_cl_load, all set after it succeeded. */
extern struct flynn_cl_api flynn_cl;

/** Load libOpenCL.so.1, or the library that FLYNN_OPENCL_LIBRARY names. It stays loaded until the process ends, because
 * runtimes leave threads behind. Not thread-safe; calling again is cheap. FLYNN_EUNAVAILABLE with the reason. */
int flynn_cl_load(struct flynn_err *err);

/** "CL_OUT_OF_RESOURCES" and so on, or "CL error NUMBER" (in a buffer of the thread). */
const char *flynn_cl_error_name(cl_int status);

/** Fill *err with `call: CL_NAME` and return FLYNN_ELIMIT when the device ran out of memory, else FLYNN_EUNAVAILABLE.
 */
int flynn_cl_fail(struct flynn_err *err, cl_int status, const char *call);

#endif
