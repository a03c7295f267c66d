/* SPDX-License-Identifier: Apache-2.0 */
#include "opencl/loader.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct flynn_cl_api flynn_cl;

#define ENTRY(name) {"cl" #name, offsetof(struct flynn_cl_api, name)},
static const struct {
    const char *symbol;
    size_t offset;
} functions[] = {FLYNN_CL_FUNCTIONS(ENTRY)};
#undef ENTRY

int flynn_cl_load(struct flynn_err *err)
{
    static void *library;
    if (library)
        return FLYNN_OK;
    const char *name = getenv("FLYNN_OPENCL_LIBRARY");
    bool named = name && *name;
    if (!named)
        name = "libOpenCL.so.1";
    void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        const char *why = dlerror();
        return flynn_fail(err, FLYNN_EUNAVAILABLE, "the OpenCL loader cannot be loaded: %s%s", why ? why : name,
                          named ? " (named by FLYNN_OPENCL_LIBRARY)" : "; install an ICD loader (libOpenCL.so.1)");
    }
    struct flynn_cl_api api;
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        void *symbol = dlsym(handle, functions[i].symbol);
        if (!symbol) {
            dlclose(handle);
            return flynn_fail(err, FLYNN_EUNAVAILABLE, "the OpenCL loader %s has no %s; OpenCL 1.2 is needed", name,
                              functions[i].symbol);
        }
        memcpy((char *)&api + functions[i].offset, &symbol, sizeof symbol);
    }
    flynn_cl = api;
    library = handle;
    return FLYNN_OK;
}

#define NAME(code) {code, #code},
static const struct {
    cl_int status;
    const char *name;
} errors[] = {
    NAME(CL_DEVICE_NOT_FOUND) NAME(CL_DEVICE_NOT_AVAILABLE) NAME(CL_COMPILER_NOT_AVAILABLE) NAME(
        CL_MEM_OBJECT_ALLOCATION_FAILURE) NAME(CL_OUT_OF_RESOURCES) NAME(CL_OUT_OF_HOST_MEMORY)
        NAME(CL_PROFILING_INFO_NOT_AVAILABLE) NAME(CL_MEM_COPY_OVERLAP) NAME(CL_IMAGE_FORMAT_MISMATCH) NAME(
            CL_IMAGE_FORMAT_NOT_SUPPORTED) NAME(CL_BUILD_PROGRAM_FAILURE) NAME(CL_MAP_FAILURE)
            NAME(CL_MISALIGNED_SUB_BUFFER_OFFSET) NAME(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST) NAME(
                CL_COMPILE_PROGRAM_FAILURE) NAME(CL_LINKER_NOT_AVAILABLE) NAME(CL_LINK_PROGRAM_FAILURE)
                NAME(CL_DEVICE_PARTITION_FAILED) NAME(CL_KERNEL_ARG_INFO_NOT_AVAILABLE) NAME(CL_INVALID_VALUE) NAME(
                    CL_INVALID_DEVICE_TYPE) NAME(CL_INVALID_PLATFORM) NAME(CL_INVALID_DEVICE) NAME(CL_INVALID_CONTEXT)
                    NAME(CL_INVALID_QUEUE_PROPERTIES) NAME(CL_INVALID_COMMAND_QUEUE) NAME(CL_INVALID_HOST_PTR)
                        NAME(CL_INVALID_MEM_OBJECT) NAME(CL_INVALID_IMAGE_FORMAT_DESCRIPTOR) NAME(CL_INVALID_IMAGE_SIZE)
                            NAME(CL_INVALID_SAMPLER) NAME(CL_INVALID_BINARY) NAME(CL_INVALID_BUILD_OPTIONS) NAME(
                                CL_INVALID_PROGRAM) NAME(CL_INVALID_PROGRAM_EXECUTABLE) NAME(CL_INVALID_KERNEL_NAME)
                                NAME(CL_INVALID_KERNEL_DEFINITION) NAME(CL_INVALID_KERNEL) NAME(CL_INVALID_ARG_INDEX)
                                    NAME(CL_INVALID_ARG_VALUE) NAME(CL_INVALID_ARG_SIZE) NAME(CL_INVALID_KERNEL_ARGS)
                                        NAME(CL_INVALID_WORK_DIMENSION) NAME(CL_INVALID_WORK_GROUP_SIZE)
                                            NAME(CL_INVALID_WORK_ITEM_SIZE) NAME(CL_INVALID_GLOBAL_OFFSET)
                                                NAME(CL_INVALID_EVENT_WAIT_LIST) NAME(CL_INVALID_EVENT)
                                                    NAME(CL_INVALID_OPERATION) NAME(CL_INVALID_GL_OBJECT)
                                                        NAME(CL_INVALID_BUFFER_SIZE) NAME(CL_INVALID_MIP_LEVEL)
                                                            NAME(CL_INVALID_GLOBAL_WORK_SIZE) NAME(CL_INVALID_PROPERTY)
                                                                NAME(CL_INVALID_IMAGE_DESCRIPTOR)
                                                                    NAME(CL_INVALID_COMPILER_OPTIONS)
                                                                        NAME(CL_INVALID_LINKER_OPTIONS)
                                                                            NAME(CL_INVALID_DEVICE_PARTITION_COUNT){
                                                                                -1001, "CL_PLATFORM_NOT_FOUND_KHR"},
};
#undef NAME

const char *flynn_cl_error_name(cl_int status)
{
    static _Thread_local char number[40];
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (errors[i].status == status)
            return errors[i].name;
    }
    snprintf(number, sizeof number, "CL error %d", (int)status);
    return number;
}

int flynn_cl_fail(struct flynn_err *err, cl_int status, const char *call)
{
    bool memory =
        status == CL_MEM_OBJECT_ALLOCATION_FAILURE || status == CL_OUT_OF_RESOURCES || status == CL_OUT_OF_HOST_MEMORY;
    return flynn_fail(err, memory ? FLYNN_ELIMIT : FLYNN_EUNAVAILABLE, "%s: %s", call, flynn_cl_error_name(status));
}
