/* SPDX-License-Identifier: Apache-2.0 */
/* An OpenCL runtime that misbehaves as the environment variable FAKE_ICD says:
 *   abort    aborts when its platforms are listed
 *   hang     sleeps for ever then
 *   nodevice has one platform without devices
 *   stuck    has one platform, and sleeps for ever when its devices are listed */
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <CL/cl_icd.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

CL_API_ENTRY cl_int CL_API_CALL clIcdGetPlatformIDsKHR(cl_uint n, cl_platform_id *ids, cl_uint *count);

struct _cl_platform_id {
    const struct _cl_icd_dispatch *dispatch;
};

static int behaves(const char *how)
{
    const char *value = getenv("FAKE_ICD");
    return value && strcmp(value, how) == 0;
}

static void sleep_for_ever(void)
{
    for (;;)
        pause();
}

static cl_int CL_API_CALL platform_info(cl_platform_id id, cl_platform_info what, size_t size, void *value,
                                        size_t *used)
{
    const char *text = what == CL_PLATFORM_NAME         ? "Fake platform"
                       : what == CL_PLATFORM_VERSION    ? "OpenCL 1.2 fake"
                       : what == CL_PLATFORM_EXTENSIONS ? "cl_khr_icd"
                       : what == 0x0920                 ? "FAKE"
                                                        : "FULL_PROFILE";
    (void)id;
    if (used)
        *used = strlen(text) + 1;
    if (value && size > strlen(text))
        memcpy(value, text, strlen(text) + 1);
    return CL_SUCCESS;
}

static cl_int CL_API_CALL device_ids(cl_platform_id id, cl_device_type type, cl_uint n, cl_device_id *ids,
                                     cl_uint *count)
{
    (void)id;
    (void)type;
    (void)n;
    (void)ids;
    if (behaves("stuck"))
        sleep_for_ever();
    if (count)
        *count = 0;
    return CL_DEVICE_NOT_FOUND;
}

static const struct _cl_icd_dispatch dispatch = {.clGetPlatformInfo = platform_info, .clGetDeviceIDs = device_ids};
static struct _cl_platform_id platform = {&dispatch};

CL_API_ENTRY cl_int CL_API_CALL clIcdGetPlatformIDsKHR(cl_uint n, cl_platform_id *ids, cl_uint *count)
{
    if (behaves("abort")) {
        fputs("fake runtime: giving up\n", stderr);
        abort();
    }
    if (behaves("hang"))
        sleep_for_ever();
    if (ids && n > 0)
        ids[0] = &platform;
    if (count)
        *count = 1;
    return CL_SUCCESS;
}

CL_API_ENTRY cl_int CL_API_CALL clGetPlatformInfo(cl_platform_id id, cl_platform_info what, size_t size, void *value,
                                                  size_t *used)
{
    return platform_info(id, what, size, value, used);
}

CL_API_ENTRY void *CL_API_CALL clGetExtensionFunctionAddress(const char *name)
{
    void *function = NULL;
    cl_int(CL_API_CALL * list)(cl_uint, cl_platform_id *, cl_uint *) = clIcdGetPlatformIDsKHR;
    cl_int(CL_API_CALL * info)(cl_platform_id, cl_platform_info, size_t, void *, size_t *) = platform_info;
    if (strcmp(name, "clIcdGetPlatformIDsKHR") == 0)
        memcpy(&function, &list, sizeof function);
    else if (strcmp(name, "clGetPlatformInfo") == 0)
        memcpy(&function, &info, sizeof function);
    return function;
}
