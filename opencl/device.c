/* SPDX-License-Identifier: Apache-2.0 */
#include "opencl/device.h"

#include "flynn_config.h"

#include "opencl/cache.h"
#include "opencl/probe.h"
#include "opencl/program.h"
#include "opencl/selftest.h"
#include "opencl/shape.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_DEVICES 64

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    bool listed;
    pid_t process; /* that opened the runtimes: their threads do not survive a fork */
    int count;
    char why[300];
    struct flynn_cl_device info[MAX_DEVICES];
    struct flynn_cl_handle handle[MAX_DEVICES];
} table;

static void get_text(cl_device_id id, cl_device_info what, char *text, size_t size)
{
    char value[1024] = "";
    if (flynn_cl.GetDeviceInfo(id, what, sizeof value - 1, value, NULL) != CL_SUCCESS)
        value[0] = '\0';
    const char *p = value;
    while (isspace((unsigned char)*p))
        p++;
    snprintf(text, size, "%.*s", (int)size - 1, p);
}

static cl_ulong get_number(cl_device_id id, cl_device_info what, size_t bytes)
{
    union {
        cl_ulong wide;
        cl_uint narrow;
    } value = {0};
    if (flynn_cl.GetDeviceInfo(id, what, bytes, &value, NULL) != CL_SUCCESS)
        return 0;
    return bytes == sizeof(cl_uint) ? value.narrow : value.wide;
}

static bool contains(const char *text, const char *part)
{
    return strcasestr(text, part) != NULL;
}

static void set_unusable(struct flynn_cl_device *info, const char *why)
{
    if (!info->usable)
        return;
    info->usable = false;
    snprintf(info->why, sizeof info->why, "%.*s", (int)sizeof info->why - 1, why);
}

static void judge(struct flynn_cl_device *info, cl_device_id id, const char *bad)
{
    int major = 0, minor = 0;
    info->usable = true;
    sscanf(info->version, "OpenCL %d.%d", &major, &minor);
    if (major * 10 + minor < 12)
        set_unusable(info, "it has no OpenCL 1.2");
    if (!get_number(id, CL_DEVICE_AVAILABLE, sizeof(cl_bool)))
        set_unusable(info, "the device is not available");
    if (!get_number(id, CL_DEVICE_COMPILER_AVAILABLE, sizeof(cl_bool)))
        set_unusable(info, "it has no compiler");
    if (!get_number(id, CL_DEVICE_ENDIAN_LITTLE, sizeof(cl_bool)))
        set_unusable(info, "it is big endian");
    if (bad[0])
        set_unusable(info, bad);
}

static void describe(struct flynn_cl_device *info, cl_device_id id, const char *platform, const char *bad)
{
    snprintf(info->platform, sizeof info->platform, "%s", platform);
    get_text(id, CL_DEVICE_NAME, info->name, sizeof info->name);
    get_text(id, CL_DEVICE_VERSION, info->version, sizeof info->version);
    get_text(id, CL_DRIVER_VERSION, info->driver, sizeof info->driver);
    const cl_ulong type = get_number(id, CL_DEVICE_TYPE, sizeof(cl_device_type));
    const char *copy = getenv("FLYNN_OPENCL_COPY");
    info->cpu = (type & CL_DEVICE_TYPE_CPU) || get_number(id, CL_DEVICE_HOST_UNIFIED_MEMORY, sizeof(cl_bool));
    if (copy && *copy && strcmp(copy, "0") != 0)
        info->cpu = false;
    info->simulator = contains(platform, "oclgrind") || contains(info->name, "oclgrind");
    info->fp64 = get_number(id, CL_DEVICE_DOUBLE_FP_CONFIG, sizeof(cl_device_fp_config)) != 0;
    info->units = (int)get_number(id, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof(cl_uint));
    info->memory = (size_t)get_number(id, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof(cl_ulong));
    info->max_alloc = (size_t)get_number(id, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof(cl_ulong));
    judge(info, id, bad);
}

static bool set_handle(struct flynn_cl_handle *h, const struct flynn_cl_device *info, cl_device_id id,
                       cl_platform_id platform)
{
    char version[256] = "", vendor[256], compiler[256];
    flynn_cl.GetPlatformInfo(platform, CL_PLATFORM_VERSION, sizeof version - 1, version, NULL);
    get_text(id, CL_DEVICE_VENDOR, vendor, sizeof vendor);
    get_text(id, CL_DEVICE_OPENCL_C_VERSION, compiler, sizeof compiler);
    h->info = info;
    h->id = id;
    h->local_bytes = (size_t)get_number(id, CL_DEVICE_LOCAL_MEM_SIZE, sizeof(cl_ulong));
    h->group_items = (size_t)get_number(id, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof(size_t));
    h->exact_div =
        get_number(id, CL_DEVICE_SINGLE_FP_CONFIG, sizeof(cl_device_fp_config)) & CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT;
    pthread_mutex_init(&h->lock, NULL);
    if (asprintf(&h->identity, "flynn %s\nplatform %s\n%s\ndevice %s\n%s\n%s\n%s\ndriver %s\nunits %d cpu %d\n",
                 FLYNN_VERSION, info->platform, version, info->name, vendor, info->version, compiler, info->driver,
                 info->units, info->cpu) < 0) {
        h->identity = NULL;
        return false;
    }
    flynn_cl_hash_text(h->identity_hash, h->identity);
    return true;
}

/* A platform that must not be touched still shows, as one device that cannot be used. */
static void add_dead(const struct flynn_cl_platform_report *report)
{
    struct flynn_cl_device *info = &table.info[table.count];
    struct flynn_cl_handle *h = &table.handle[table.count++];
    *info = (struct flynn_cl_device){.usable = true, .name = "(all devices)"};
    snprintf(info->platform, sizeof info->platform, "%s", report->name[0] ? report->name : "(unknown)");
    set_unusable(info, report->why);
    *h = (struct flynn_cl_handle){.info = info};
    pthread_mutex_init(&h->lock, NULL);
}

static void add_platform(cl_platform_id platform, const struct flynn_cl_platform_report *report)
{
    cl_device_id ids[FLYNN_CL_MAX_DEVICES];
    char name[sizeof table.info[0].platform] = "";
    cl_uint count = 0;
    if (report->devices == 0)
        return;
    flynn_cl.GetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof name - 1, name, NULL);
    if (flynn_cl.GetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, FLYNN_CL_MAX_DEVICES, ids, &count) != CL_SUCCESS)
        return;
    for (cl_uint d = 0; d < count && d < FLYNN_CL_MAX_DEVICES && table.count < MAX_DEVICES; d++) {
        struct flynn_cl_device *info = &table.info[table.count];
        *info = (struct flynn_cl_device){0};
        describe(info, ids[d], name, report->bad[d]);
        table.handle[table.count] = (struct flynn_cl_handle){0};
        if (set_handle(&table.handle[table.count], info, ids[d], platform))
            table.count++;
    }
}

/* pocl that cannot write its cache has no devices, and says nothing of it. */
static const char *advice(const char *platform)
{
    return strcmp(platform, "Portable Computing Language") == 0
               ? ", which is so when pocl cannot write its cache (folder POCL_CACHE_DIR, else HOME/.cache/pocl)"
               : "";
}

static void explain_none(const struct flynn_cl_report *report)
{
    size_t used = 0;
    used += (size_t)snprintf(table.why, sizeof table.why, "no OpenCL device: ");
    for (int p = 0; p < report->platforms && used < sizeof table.why - 1; p++)
        used += (size_t)snprintf(table.why + used, sizeof table.why - used, "%splatform '%s' has none%s", p ? "; " : "",
                                 report->platform[p].name, advice(report->platform[p].name));
}

static void list_devices(void)
{
    static struct flynn_cl_report report;
    struct flynn_err err;
    cl_platform_id platforms[FLYNN_CL_MAX_PLATFORMS];
    cl_uint count = 0;

    table.count = 0;
    table.why[0] = '\0';
    table.process = getpid();
    flynn_cl_probe(&report);
    snprintf(table.why, sizeof table.why, "%.*s", (int)sizeof table.why - 1, report.none);
    if (report.none[0])
        return;
    int living = 0;
    for (int p = 0; p < report.platforms; p++)
        living += report.platform[p].why[0] == '\0';
    /* Listing is safe: the child got past it. Where every runtime is dead there is nothing to open. */
    if (report.unsorted)
        setenv("OCL_ICD_PLATFORM_SORT", "none", 1);
    if (living && flynn_cl_load(&err))
        snprintf(table.why, sizeof table.why, "%.*s", (int)sizeof table.why - 1, err.text);
    else if (living && flynn_cl.GetPlatformIDs(FLYNN_CL_MAX_PLATFORMS, platforms, &count) != CL_SUCCESS)
        count = 0;
    for (int p = 0; p < report.platforms && table.count < MAX_DEVICES; p++) {
        if (report.platform[p].why[0])
            add_dead(&report.platform[p]);
        else if ((cl_uint)p < count)
            add_platform(platforms[p], &report.platform[p]);
    }
    if (table.count == 0 && !table.why[0])
        explain_none(&report);
}

const struct flynn_cl_device *flynn_cl_devices(int *count, const char **why)
{
    static const char *forked = "OpenCL was opened before this process was forked, and does not survive that";
    pthread_mutex_lock(&table_lock);
    if (!table.listed)
        list_devices();
    table.listed = true;
    bool foreign = table.process != getpid();
    *count = foreign ? 0 : table.count;
    *why = foreign ? forked : table.why;
    pthread_mutex_unlock(&table_lock);
    return table.info;
}

struct flynn_cl_handle *flynn_cl_handle_at(int device)
{
    int count;
    const char *why;
    flynn_cl_devices(&count, &why);
    return device >= 0 && device < count ? &table.handle[device] : NULL;
}

int flynn_cl_handle_open(struct flynn_cl_handle **handle, int device, struct flynn_err *err)
{
    int count;
    const char *why;
    flynn_cl_devices(&count, &why);
    if (count == 0)
        return flynn_fail(err, FLYNN_EUNAVAILABLE, "%s", why);
    if (device < 0 || device >= count)
        return flynn_fail(err, FLYNN_EUSAGE, "OpenCL device %d does not exist; there are 0 to %d", device, count - 1);
    struct flynn_cl_handle *h = &table.handle[device];
    if (!h->info->usable)
        return flynn_fail(err, FLYNN_EUNAVAILABLE, "OpenCL device %s: %s", h->info->name, h->info->why);
    cl_int status = CL_SUCCESS;
    pthread_mutex_lock(&h->lock);
    if (!h->context)
        h->context = flynn_cl.CreateContext(NULL, 1, &h->id, NULL, NULL, &status);
    pthread_mutex_unlock(&h->lock);
    if (status != CL_SUCCESS) {
        flynn_cl_fail(err, status, "clCreateContext");
        return flynn_fail_in(err, "OpenCL device %s", h->info->name);
    }
    *handle = h;
    return FLYNN_OK;
}

void flynn_cl_shutdown(void)
{
    pthread_mutex_lock(&table_lock);
    /* A forked child may not touch the runtime; what it inherited is left alone. */
    const bool own = table.process == getpid();
    for (int i = 0; table.listed && i < table.count; i++) {
        struct flynn_cl_handle *h = &table.handle[i];
        flynn_cl_verdicts_free(h);
        flynn_cl_shapes_free(h);
        if (own)
            flynn_cl_programs_free(h);
        if (own && h->context)
            flynn_cl.ReleaseContext(h->context);
        free(h->identity);
        pthread_mutex_destroy(&h->lock);
        *h = (struct flynn_cl_handle){0};
    }
    table.listed = false;
    table.count = 0;
    pthread_mutex_unlock(&table_lock);
}
