/* SPDX-License-Identifier: Apache-2.0 */
#include "opencl/program.h"

#include "opencl/cache.h"
#include "opencl/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What decides a program. */
struct recipe {
    const struct flynn_cl_handle *handle;
    const char *op;
    enum flynn_type type;
    const struct flynn_cl_shape *shape;
    char options[300];
    char *source, *key;
    char hash[33];
};

static void set_options(struct recipe *r)
{
    static const char *const macro[FLYNN_N_TYPES] = {
        [FLYNN_U8] = "T_U8",   [FLYNN_U16] = "T_U16", [FLYNN_F32] = "T_F32",
        [FLYNN_F64] = "T_F64", [FLYNN_U32] = "T_U32", [FLYNN_S32] = "T_S32",
    };
    const struct flynn_cl_handle *h = r->handle;
    char shape[160];
    flynn_cl_shape_options(shape, sizeof shape, r->shape);
    snprintf(r->options, sizeof r->options, "-cl-std=CL1.2 -w -D%s%s%s%s%s", macro[r->type],
             h->exact_div ? " -cl-fp32-correctly-rounded-divide-sqrt -DHAVE_EXACT_DIV" : "",
             h->info->fp64 ? " -DHAVE_FP64" : "", h->info->cpu ? " -DON_CPU" : "", shape);
}

static int recipe_make(struct recipe *r, const struct flynn_cl_handle *handle, const char *op, enum flynn_type type,
                       const struct flynn_cl_shape *shape, struct flynn_err *err)
{
    char source_hash[33];
    *r = (struct recipe){.handle = handle, .op = op, .type = type, .shape = shape};
    if (type == FLYNN_F64 && !handle->info->fp64)
        return flynn_fail(err, FLYNN_EUNAVAILABLE, "%s on f64 needs double precision, which OpenCL device %s lacks", op,
                          handle->info->name);
    int code = flynn_cl_source(&r->source, op, err);
    if (code)
        return code;
    set_options(r);
    flynn_cl_hash_text(source_hash, r->source);
    if (asprintf(&r->key, "%sop %s %s\noptions %s\nsource %s %zu\n", handle->identity, op, flynn_type_name(type),
                 r->options, source_hash, strlen(r->source)) < 0) {
        r->key = NULL;
        return flynn_fail(err, FLYNN_ELIMIT, "out of memory for the OpenCL program of %s", op);
    }
    flynn_cl_hash_text(r->hash, r->key);
    return FLYNN_OK;
}

static void recipe_free(struct recipe *r)
{
    free(r->source);
    free(r->key);
}

static void entry_name(char name[64], const struct recipe *r)
{
    snprintf(name, 64, "program-%s", r->hash);
}

/* The program made of the cached binary; NULL when there is none, or the runtime refuses it. */
static cl_program load(const struct recipe *r)
{
    char name[64];
    size_t bytes;
    cl_int status, kind;
    entry_name(name, r);
    char *data = flynn_cl_cache_read(name, r->key, &bytes);
    if (!data)
        return NULL;
    const unsigned char *binary = (const unsigned char *)data;
    cl_device_id id = r->handle->id;
    cl_program program = flynn_cl.CreateProgramWithBinary(r->handle->context, 1, &id, &bytes, &binary, &kind, &status);
    free(data);
    if (!program || status != CL_SUCCESS || kind != CL_SUCCESS ||
        flynn_cl.BuildProgram(program, 1, &id, r->options, NULL, NULL) != CL_SUCCESS) {
        if (program)
            flynn_cl.ReleaseProgram(program);
        flynn_cl_cache_remove(name);
        return NULL;
    }
    return program;
}

/* pocl keeps what it compiled, and to give a binary compiles every kernel once more, used or not. */
static bool runtime_keeps(const struct flynn_cl_device *info)
{
    const char *cache = getenv("POCL_KERNEL_CACHE");
    return strcmp(info->platform, "Portable Computing Language") == 0 && (!cache || *cache == '1');
}

static void save(const struct recipe *r, cl_program program)
{
    size_t bytes = 0;
    char name[64];
    if (runtime_keeps(r->handle->info) ||
        flynn_cl.GetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof bytes, &bytes, NULL) != CL_SUCCESS ||
        bytes == 0)
        return;
    unsigned char *binary = malloc(bytes);
    if (!binary)
        return;
    entry_name(name, r);
    if (flynn_cl.GetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof binary, &binary, NULL) == CL_SUCCESS)
        flynn_cl_cache_write(name, r->key, binary, bytes);
    free(binary);
}

/* To be freed; NULL where the runtime keeps none. */
static char *build_log(cl_program program, cl_device_id id)
{
    size_t bytes = 0;
    if (flynn_cl.GetProgramBuildInfo(program, id, CL_PROGRAM_BUILD_LOG, 0, NULL, &bytes) != CL_SUCCESS || bytes < 2)
        return NULL;
    char *log = calloc(1, bytes + 1);
    if (log && flynn_cl.GetProgramBuildInfo(program, id, CL_PROGRAM_BUILD_LOG, bytes, log, NULL) != CL_SUCCESS) {
        free(log);
        return NULL;
    }
    return log;
}

/* The first line of the log that says error, or the first line that says anything. */
static void explain(char *line, size_t size, const char *log)
{
    const char *at = log ? strcasestr(log, "error") : NULL;
    if (log && !at)
        at = log + strspn(log, " \r\n");
    while (at && at > log && at[-1] != '\n')
        at--;
    if (at && *at)
        snprintf(line, size, "%.*s", (int)strcspn(at, "\r\n"), at);
    else
        snprintf(line, size, "no build log");
}

/* All that the makers of a driver would ask for, in one file that compiles as it is. */
static void keep_log(char *where, size_t size, const struct recipe *r, const char *log)
{
    char name[64], path[200], *text = NULL;
    *where = '\0';
    snprintf(name, sizeof name, "failed-%s-%s.cl", r->op, flynn_type_name(r->type));
    if (asprintf(&text, "#if 0\n%s\n%s\n#endif\n%s", r->key, log ? log : "no build log", r->source) < 0)
        return;
    if (flynn_cl_cache_note(path, sizeof path, name, text))
        snprintf(where, size, "; all of the log, and the source: %s", path);
    free(text);
}

static int compile(cl_program *program, const struct recipe *r, struct flynn_err *err)
{
    const char *source = r->source;
    char line[200], where[240];
    cl_int status;
    *program = flynn_cl.CreateProgramWithSource(r->handle->context, 1, &source, NULL, &status);
    if (status != CL_SUCCESS)
        return flynn_cl_fail(err, status, "clCreateProgramWithSource");
    status = flynn_cl.BuildProgram(*program, 1, &r->handle->id, r->options, NULL, NULL);
    if (status == CL_SUCCESS) {
        save(r, *program);
        return FLYNN_OK;
    }
    char *log = build_log(*program, r->handle->id);
    explain(line, sizeof line, log);
    keep_log(where, sizeof where, r, log);
    free(log);
    flynn_cl.ReleaseProgram(*program);
    return flynn_fail(err, FLYNN_EUNAVAILABLE, "%s on %s does not compile for OpenCL device %s (%s): %s%s", r->op,
                      flynn_type_name(r->type), r->handle->info->name, flynn_cl_error_name(status), line, where);
}

static int make(const struct flynn_cl_program **program, struct flynn_cl_handle *handle, const struct flynn_op *op,
                enum flynn_type type, const struct flynn_cl_shape *shape, struct flynn_err *err)
{
    struct recipe r;
    int code = recipe_make(&r, handle, op->name, type, shape, err);
    struct flynn_cl_program *p = code ? NULL : calloc(1, sizeof *p);
    if (!code && !p)
        code = flynn_fail(err, FLYNN_ELIMIT, "out of memory for the OpenCL program of %s", op->name);
    if (!code) {
        p->op = op;
        p->type = type;
        p->shape = shape;
        p->program = load(&r);
        memcpy(p->key_hash, r.hash, sizeof p->key_hash);
        code = p->program ? FLYNN_OK : compile(&p->program, &r, err);
    }
    recipe_free(&r);
    if (code) {
        free(p);
        return code;
    }
    p->next = handle->programs;
    handle->programs = p;
    *program = p;
    return FLYNN_OK;
}

int flynn_cl_program(const struct flynn_cl_program **program, struct flynn_cl_handle *handle, const struct flynn_op *op,
                     enum flynn_type type, const struct flynn_cl_shape *shape, struct flynn_err *err)
{
    int code = FLYNN_OK;
    pthread_mutex_lock(&handle->lock);
    const struct flynn_cl_program *p = handle->programs;
    while (p && (p->op != op || p->type != type || p->shape != shape))
        p = p->next;
    *program = p;
    if (!p)
        code = make(program, handle, op, type, shape, err);
    pthread_mutex_unlock(&handle->lock);
    return code;
}

void flynn_cl_program_hash(char hash[33], struct flynn_cl_handle *handle, const char *op, enum flynn_type type)
{
    const struct flynn_cl_shape *shape;
    struct recipe r;
    hash[0] = '\0';
    if (flynn_cl_shape_choose(&shape, NULL, handle, op, type, NULL))
        return;
    if (recipe_make(&r, handle, op, type, shape, NULL) == FLYNN_OK)
        memcpy(hash, r.hash, sizeof r.hash);
    recipe_free(&r);
}

void flynn_cl_programs_free(struct flynn_cl_handle *handle)
{
    struct flynn_cl_program *p = handle->programs;
    while (p) {
        struct flynn_cl_program *next = p->next;
        flynn_cl.ReleaseProgram(p->program);
        free(p);
        p = next;
    }
    handle->programs = NULL;
}
