/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/json.h"
#include "cpu/threads.h"
#include "flynn_commit.h"
#include "flynn_config.h"
#include "opencl/tune.h"
#if FLYNN_HAVE_OPENCL
#include "opencl/cache.h"
#endif

#include <flynn/backend.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { KEY_JSON = 600, KEY_MEASURE };

struct info {
    bool json, measure;
    struct cli_machine machine;
    struct flynn_cpu_count cpus;
    const struct flynn_cl_device *device;
    int devices;
    const char *why; /* there are no devices */
    char cache[512];
    const char *cache_why; /* nothing can be written there; "" when all is well */
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct info *info = state->input;
    (void)arg;
    switch (key) {
    case KEY_JSON:
        info->json = true;
        return 0;
    case KEY_MEASURE:
        info->measure = true;
        return 0;
    case ARGP_KEY_ARG:
        return cli_usage("info: '%s' is one argument too many; it takes none", arg), EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"json", KEY_JSON, NULL, 0, "print JSON", 1},
    {"measure", KEY_MEASURE, NULL, 0,
     "measure the limits too: copy bandwidth and FMA rate of one thread and of all (a tenth of a second)", 1},
    CLI_HELP_OPTION,
    {0}};

static const char doc[] =
    "Show what flynn finds on this machine: CPU, caches, kernel tables, threads and how their number was found, OpenCL "
    "devices and what is wrong with them, versions and folders.\v"
    "Examples:\n"
    "  flynn info\n"
    "  flynn info --measure --json\n\n"
    "Environment: FLYNN_NUM_THREADS, FLYNN_ISA and FLYNN_BACKEND (see `flynn run --help`), FLYNN_CACHE_DIR (folder of "
    "compiled programs and verdicts), FLYNN_KERNEL_DIR (kernel sources to take before the embedded ones), "
    "FLYNN_OPENCL_LIBRARY (the OpenCL loader), FLYNN_OPENCL_TIMEOUT (seconds that probing it may take).\n\n"
    "Exit status: 0 done; 2 usage.";

static const struct argp argp = {options, parse, NULL, doc, NULL, NULL, NULL};

#if FLYNN_HAVE_OPENCL
/* Why nothing can be written to the cache folder, which is made when it is needed; "" when it can. */
static const char *cache_problem(const char *folder)
{
    char path[512];
    snprintf(path, sizeof path, "%s", folder);
    while (access(*path ? path : ".", W_OK | X_OK)) {
        char *slash = strrchr(path, '/');
        if (errno != ENOENT || slash == path)
            return strerror(errno);
        *(slash ? slash : path) = '\0';
    }
    return "";
}
#endif

static int gather(struct info *info, struct flynn_err *err)
{
    static const struct flynn_limits none;
    int code = cli_machine_describe(&info->machine, info->measure, &none, err);
    if (!code)
        code = flynn_cpu_count(&info->cpus, err);
    if (code)
        return code;
    info->device = flynn_cl_devices(&info->devices, &info->why);
#if FLYNN_HAVE_OPENCL
    if (!flynn_cl_cache_folder(info->cache, sizeof info->cache))
        info->cache[0] = '\0';
    info->cache_why = *info->cache ? cache_problem(info->cache) : "neither FLYNN_CACHE_DIR nor HOME is set";
#endif
    return FLYNN_OK;
}

/* ---- text -------------------------------------------------------------------------------------------------------- */

static void print_cpu(const struct info *info)
{
    const struct cli_machine *m = &info->machine;
    printf("CPU        %s\n", m->cpu);
    printf("cores      %d physical, %d logical\n", m->cores, m->logical);
    printf("caches     L1d %zu KiB, L2 %zu KiB, L3 %zu KiB (from %s)\n", m->l1d / 1024, m->l2 / 1024, m->l3 / 1024,
           m->source);
    printf("threads    %s\n", info->cpus.text);
    for (int t = 0; t < flynn_table_count(); t++) {
        const char *why;
        bool usable = flynn_table_usable(t, &why);
        printf("%-10s %-8s %s%s\n", t ? "" : "tables", flynn_table_name(t), usable ? "usable" : "not usable: ", why);
    }
    if (info->measure)
        printf("limits     copy %.1f GB/s and FMA %.0f GFLOP/s (f32) on one thread, %.1f GB/s and %.0f GFLOP/s on %d "
               "(%s)\n",
               m->copy_gbps[0], m->fma_gflops[0], m->copy_gbps[1], m->fma_gflops[1], m->threads, m->probe_isa);
}

static void print_quarantine(int device)
{
    char text[2048] = "";
    int count = flynn_cl_quarantine(device, text, sizeof text);
    if (count)
        printf("           kernels that failed their self-test here: %d\n", count);
    for (char *rest = text, *line; count && (line = strsep(&rest, "\n"));)
        printf("             %s\n", line);
}

/* How products are cut on a device. */
static void print_shapes(int device)
{
    enum flynn_type type;
    const char *op;
    char text[120];
    bool found;
    for (int i = 0; flynn_cl_product(i, &op, &type); i++) {
        if (flynn_cl_shape_text(text, sizeof text, device, op, type, &found))
            printf("           %s %s: %s\n", op, flynn_type_name(type), text);
    }
}

static void print_devices(const struct info *info)
{
    if (!info->devices)
        printf("OpenCL     none: %s\n", info->why);
    for (int i = 0; i < info->devices; i++) {
        const struct flynn_cl_device *d = &info->device[i];
        printf("opencl:%-3d %s (%s)\n", i, d->name, d->platform);
        if (d->units) /* a runtime that crashed has told nothing of its devices */
            printf("           %s; driver %s; %d units; %.1f GB%s%s%s\n", d->version, d->driver, d->units,
                   (double)d->memory / 1e9, d->cpu ? "; shares memory with the CPU" : "", d->fp64 ? "" : "; no f64",
                   d->simulator ? "; a simulator: only when named" : "");
        printf("           %s%s\n", d->usable ? "usable" : "not usable: ", d->usable ? "" : d->why);
        print_shapes(i);
        print_quarantine(i);
    }
}

static void print_versions(const struct info *info)
{
    printf("flynn      %s, commit %s\n", FLYNN_VERSION, FLYNN_COMMIT);
    printf("built      %s, %s\n", FLYNN_COMPILER, FLYNN_FLAGS);
    printf("with       OpenCL %s, hwloc %s, Jansson %s\n", FLYNN_HAVE_OPENCL ? "yes" : "no",
           FLYNN_HAVE_HWLOC ? "yes" : "no", JANSSON_VERSION);
    bool lost = *info->cache && *info->cache_why;
    printf("cache      %s%s%s%s\n", *info->cache ? info->cache : "none: ", lost ? " (cannot be written: " : "",
           info->cache_why, lost ? ")" : "");
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static json_t *json_tables(void)
{
    json_t *list = json_array();
    for (int t = 0; t < flynn_table_count(); t++) {
        const char *why;
        bool usable = flynn_table_usable(t, &why);
        json_array_append_new(list,
                              json_pack("{s:s, s:b, s:s}", "name", flynn_table_name(t), "usable", usable, "why", why));
    }
    return list;
}

static json_t *json_quarantine(int device)
{
    char text[2048] = "";
    json_t *list = json_array();
    int count = flynn_cl_quarantine(device, text, sizeof text);
    for (char *rest = text, *line; count && (line = strsep(&rest, "\n"));)
        json_array_append_new(list, cli_json_text(line));
    return list;
}

static json_t *json_shapes(int device)
{
    json_t *list = json_array();
    enum flynn_type type;
    const char *op;
    char text[120];
    bool found;
    for (int i = 0; flynn_cl_product(i, &op, &type); i++) {
        if (flynn_cl_shape_text(text, sizeof text, device, op, type, &found))
            json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:b}", "op", op, "type", flynn_type_name(type),
                                                  "shape", text, "found", found));
    }
    return list;
}

static json_t *json_devices(const struct info *info)
{
    json_t *list = json_array();
    for (int i = 0; i < info->devices; i++) {
        const struct flynn_cl_device *d = &info->device[i];
        json_t *o = json_pack("{s:i, s:o, s:o, s:o, s:o, s:i, s:I, s:b, s:b, s:b, s:b, s:o}", "index", i, "name",
                              cli_json_text(d->name), "platform", cli_json_text(d->platform), "version",
                              cli_json_text(d->version), "driver", cli_json_text(d->driver), "units", d->units,
                              "memory_bytes", (json_int_t)d->memory, "cpu", d->cpu, "simulator", d->simulator, "fp64",
                              d->fp64, "usable", d->usable, "why", cli_json_text(d->why));
        json_object_set_new(o, "shapes", json_shapes(i));
        json_object_set_new(o, "quarantined", json_quarantine(i));
        json_array_append_new(list, o);
    }
    return list;
}

static void print_json(const struct info *info)
{
    const struct flynn_cpu_count *c = &info->cpus;
    json_t *threads = json_pack("{s:i, s:i, s:o, s:s}", "count", c->threads, "affinity", c->affinity, "quota",
                                c->quota > 0 ? json_real(c->quota) : json_null(), "text", c->text);
    json_t *opencl = json_pack("{s:b, s:o, s:o}", "built", FLYNN_HAVE_OPENCL, "why",
                               cli_json_text(info->devices ? "" : info->why), "devices", json_devices(info));
    json_t *built = json_pack("{s:b, s:b, s:s}", "opencl", FLYNN_HAVE_OPENCL, "hwloc", FLYNN_HAVE_HWLOC, "jansson",
                              JANSSON_VERSION);
    json_t *cache = *info->cache ? cli_json_text(info->cache) : json_null();
    cli_json_print(json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s}", "schema", "flynn-info/1", "flynn",
                             cli_json_flynn(), "built_with", built, "machine", cli_json_machine(&info->machine),
                             "threads", threads, "tables", json_tables(), "opencl", opencl, "cache_folder", cache,
                             "cache_why", info->cache_why));
}

int cli_info(int argc, char **argv)
{
    struct info info = {.cache_why = "this build has no OpenCL"};
    struct flynn_err err;
    int status;
    if (!cli_parse(&argp, "info", argc, argv, &info, &status))
        return status;
    if (gather(&info, &err))
        return cli_fail(&err);
    if (info.json) {
        print_json(&info);
        return CLI_OK;
    }
    print_versions(&info);
    print_cpu(&info);
    print_devices(&info);
    return CLI_OK;
}
