/* SPDX-License-Identifier: Apache-2.0 */
#include "opencl/shape.h"

#include "core/matmul.h"
#include "opencl/cache.h"
#include "opencl/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_LOCAL  (32u << 10) /* what every device has that is no embedded one */
#define MOST_GROUPS (1 << 16)

#define PANELS(op, kernel, m)                                                                                          \
    {                                                                                                                  \
        "panels-" #m, op, kernel, false, 40 * (m), 64, 256, m, 1                                                       \
    }
#define TILES(op, kernel, tm, tn, tk, m, n)                                                                            \
    {                                                                                                                  \
        "tiles-" #tm "x" #tn "x" #tk "-" #m "x" #n, op, kernel, true, tm, tn, tk, m, n                                 \
    }

/* In the order in which they are tried: what is likely to be good comes first. The first that fits is the preset of CPU
 * devices, the first of tiles that of others. */
static const struct flynn_cl_shape shapes[] = {
    PANELS("matmul", "matmul", 6),
    PANELS("matmul", "matmul", 4),
    PANELS("matmul", "matmul", 12),
    TILES("matmul", "matmul", 64, 64, 16, 8, 8),
    TILES("matmul", "matmul", 64, 64, 8, 8, 8),
    TILES("matmul", "matmul", 128, 128, 8, 8, 8),
    TILES("matmul", "matmul", 128, 64, 8, 8, 8),
    TILES("matmul", "matmul", 32, 32, 16, 4, 4),
    {"panels-4", "matmul-int8", "matmul_int8", false, 36, 256, 128, 4, 1},
    TILES("matmul-int8", "matmul_int8", 64, 64, 16, 8, 8),
    TILES("matmul-int8", "matmul_int8", 64, 64, 8, 8, 8),
    TILES("matmul-int8", "matmul_int8", 128, 128, 8, 8, 8),
    TILES("matmul-int8", "matmul_int8", 128, 64, 8, 8, 8),
    TILES("matmul-int8", "matmul_int8", 32, 32, 16, 4, 4),
};

#define SHAPES (int)(sizeof shapes / sizeof *shapes)

/* What is known of one op and type on one device. */
struct flynn_cl_choice {
    struct flynn_cl_choice *next;
    const char *op;
    enum flynn_type type;
    const struct flynn_cl_shape *shape; /* NULL: no search found one */
    double gflops;
};

/* Guards the choices of all handles. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

const struct flynn_cl_shape *flynn_cl_shape_at(const char *op, int i)
{
    for (int s = 0; s < SHAPES; s++) {
        if (strcmp(shapes[s].op, op) == 0 && i-- == 0)
            return &shapes[s];
    }
    return NULL;
}

const struct flynn_cl_shape *flynn_cl_shape_find(const char *op, const char *name)
{
    for (int s = 0; s < SHAPES; s++) {
        if (strcmp(shapes[s].op, op) == 0 && strcmp(shapes[s].name, name) == 0)
            return &shapes[s];
    }
    return NULL;
}

int flynn_cl_shape_group(const struct flynn_cl_shape *shape)
{
    return shape->shared ? shape->tile_m / shape->micro_m * (shape->tile_n / shape->micro_n) : 1;
}

static int up(int n, int by)
{
    return (n + by - 1) / by;
}

int flynn_cl_shape_groups(const struct flynn_cl_shape *shape, const struct flynn_launch *launch)
{
    const int rows = launch->stage->k[FLYNN_MATMUL_ROWS], batch = launch->out.height / rows;
    const int64_t tiles = (int64_t)up(rows, shape->tile_m) * up(launch->out.width, shape->tile_n) * batch;
    return tiles < MOST_GROUPS ? (int)tiles : MOST_GROUPS;
}

void flynn_cl_shape_options(char *options, size_t size, const struct flynn_cl_shape *shape)
{
    options[0] = '\0';
    if (shape)
        snprintf(options, size, " -D%s -DTILE_M=%d -DTILE_N=%d -DTILE_K=%d -DMICRO_M=%d -DMICRO_N=%d",
                 shape->shared ? "TILES" : "PANELS", shape->tile_m, shape->tile_n, shape->tile_k, shape->micro_m,
                 shape->micro_n);
}

/* Bytes of local memory: a tile of either side twice, with a vector of four more in each step; or a panel of B, and of
 * bytes the rows of A too. */
static size_t local_bytes(const struct flynn_cl_shape *shape, enum flynn_type type)
{
    const size_t element = type == FLYNN_F64 ? 8 : 4;
    if (shape->shared)
        return 2 * (size_t)shape->tile_k * (size_t)(shape->tile_m + shape->tile_n + 8) * element;
    return (size_t)shape->tile_k * (64 + (type == FLYNN_U8 ? (size_t)shape->tile_m * element : 0));
}

int flynn_cl_shape_fits(const struct flynn_cl_shape *shape, const struct flynn_cl_handle *handle, enum flynn_type type,
                        struct flynn_err *err)
{
    const size_t need = local_bytes(shape, type), group = (size_t)flynn_cl_shape_group(shape);
    const size_t local = handle->local_bytes < MOST_LOCAL ? handle->local_bytes : MOST_LOCAL;
    if (need > local)
        return flynn_fail(err, FLYNN_EUNAVAILABLE,
                          "shape %s of %s takes %zu bytes of local memory; at most %zu are "
                          "used on OpenCL device %s",
                          shape->name, shape->op, need, local, handle->info->name);
    if (group > handle->group_items)
        return flynn_fail(err, FLYNN_EUNAVAILABLE, "shape %s of %s has groups of %zu items; OpenCL device %s takes %zu",
                          shape->name, shape->op, group, handle->info->name, handle->group_items);
    return FLYNN_OK;
}

/* The cache entry of a choice, and a key that changes with the device and the source. False when there is none. */
static bool entry_of(char name[80], char **key, const struct flynn_cl_handle *handle, const char *op,
                     enum flynn_type type)
{
    char *source, hash[33];
    if (flynn_cl_source(&source, op, NULL))
        return false;
    flynn_cl_hash_text(hash, source);
    free(source);
    snprintf(name, 80, "shape-%.16s-%.40s-%s", handle->identity_hash, op, flynn_type_name(type));
    if (asprintf(key, "%sshape 1\nop %s %s\nsource %s\n", handle->identity, op, flynn_type_name(type), hash) < 0)
        return false;
    return true;
}

/* Read "NAME RATE" into a choice; anything else leaves it without a shape. */
static void recall(struct flynn_cl_choice *choice, const struct flynn_cl_handle *handle)
{
    char entry[80], *key, shape[64];
    size_t bytes;
    if (!entry_of(entry, &key, handle, choice->op, choice->type))
        return;
    char *text = flynn_cl_cache_read(entry, key, &bytes);
    free(key);
    if (text && sscanf(text, "%63s %lf", shape, &choice->gflops) == 2) {
        const struct flynn_cl_shape *found = flynn_cl_shape_find(choice->op, shape);
        choice->shape = found && !flynn_cl_shape_fits(found, handle, choice->type, NULL) ? found : NULL;
    }
    free(text);
}

/* The choice for an op and a type, from the cache at its first use. The lock is held; NULL when out of memory. */
static struct flynn_cl_choice *find_choice(struct flynn_cl_handle *handle, const char *op, enum flynn_type type)
{
    struct flynn_cl_choice *c = handle->choices;
    while (c && (strcmp(c->op, op) != 0 || c->type != type))
        c = c->next;
    if (c)
        return c;
    c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    *c = (struct flynn_cl_choice){.next = handle->choices, .op = flynn_cl_shape_at(op, 0)->op, .type = type};
    recall(c, handle);
    handle->choices = c;
    return c;
}

static bool is_name(const char *name)
{
    for (int s = 0; s < SHAPES; s++) {
        if (strcmp(shapes[s].name, name) == 0)
            return true;
    }
    return false;
}

/* The first that fits the kind of the device. */
static const struct flynn_cl_shape *preset(const struct flynn_cl_handle *handle, const char *op, enum flynn_type type)
{
    const struct flynn_cl_shape *s;
    for (int i = 0; (s = flynn_cl_shape_at(op, i)); i++) {
        if ((handle->info->cpu || s->shared) && !flynn_cl_shape_fits(s, handle, type, NULL))
            return s;
    }
    return flynn_cl_shape_at(op, 0);
}

int flynn_cl_shape_choose(const struct flynn_cl_shape **shape, enum flynn_cl_shape_from *from,
                          struct flynn_cl_handle *handle, const char *op, enum flynn_type type, struct flynn_err *err)
{
    const char *named = getenv("FLYNN_OPENCL_SHAPE");
    enum flynn_cl_shape_from unused;
    from = from ? from : &unused;
    *shape = NULL;
    if (!flynn_cl_shape_at(op, 0))
        return FLYNN_OK;
    if (named && *named) {
        if (!is_name(named))
            return flynn_fail(err, FLYNN_EUSAGE,
                              "FLYNN_OPENCL_SHAPE: there is no shape %s; the names are those of opencl/shape.c", named);
        *shape = flynn_cl_shape_find(op, named);
        *from = FLYNN_CL_SHAPE_NAMED;
        if (*shape) /* a shape of another op says nothing about this one */
            return flynn_cl_shape_fits(*shape, handle, type, err);
    }
    pthread_mutex_lock(&lock);
    const struct flynn_cl_choice *c = find_choice(handle, op, type);
    *shape = c ? c->shape : NULL;
    pthread_mutex_unlock(&lock);
    *from = *shape ? FLYNN_CL_SHAPE_FOUND : FLYNN_CL_SHAPE_PRESET;
    if (!*shape)
        *shape = preset(handle, op, type);
    return FLYNN_OK;
}

bool flynn_cl_shape_remember(const struct flynn_cl_shape *shape, struct flynn_cl_handle *handle, enum flynn_type type,
                             double gflops)
{
    char entry[80], *key, text[100];
    pthread_mutex_lock(&lock);
    struct flynn_cl_choice *c = find_choice(handle, shape->op, type);
    if (c) {
        c->shape = shape;
        c->gflops = gflops;
    }
    pthread_mutex_unlock(&lock);
    if (!entry_of(entry, &key, handle, shape->op, type))
        return false;
    const int n = snprintf(text, sizeof text, "%s %.1f", shape->name, gflops);
    const bool kept = flynn_cl_cache_write(entry, key, text, (size_t)n);
    free(key);
    return kept;
}

double flynn_cl_shape_rate(struct flynn_cl_handle *handle, const char *op, enum flynn_type type)
{
    pthread_mutex_lock(&lock);
    const struct flynn_cl_choice *c = find_choice(handle, op, type);
    const double gflops = c && c->shape ? c->gflops : 0;
    pthread_mutex_unlock(&lock);
    return gflops;
}

void flynn_cl_shapes_free(struct flynn_cl_handle *handle)
{
    for (struct flynn_cl_choice *c = handle->choices, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    handle->choices = NULL;
}
