/* SPDX-License-Identifier: Apache-2.0 */
#include <flynn/image.h>

#include "core/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HUGE_PAGE ((size_t)2 << 20)

static const struct {
    const char *name;
    size_t bytes;
    double white;
} types[FLYNN_N_TYPES] = {
    [FLYNN_U8] = {"u8", 1, 255}, [FLYNN_U16] = {"u16", 2, 65535},      [FLYNN_F32] = {"f32", 4, 1},
    [FLYNN_F64] = {"f64", 8, 1}, [FLYNN_U32] = {"u32", 4, 4294967295}, [FLYNN_S32] = {"s32", 4, 2147483647},
};

size_t flynn_type_bytes(enum flynn_type type)
{
    return types[type].bytes;
}

const char *flynn_type_name(enum flynn_type type)
{
    return types[type].name;
}

double flynn_type_white(enum flynn_type type)
{
    return types[type].white;
}

bool flynn_type_parse(const char *name, enum flynn_type *type)
{
    if (strcmp(name, "i32") == 0)
        name = "s32";
    for (int t = 0; t < FLYNN_N_TYPES; t++) {
        if (strcmp(name, types[t].name) == 0) {
            *type = (enum flynn_type)t;
            return true;
        }
    }
    return false;
}

size_t flynn_row_samples(const struct flynn_shape *shape)
{
    return (size_t)shape->width * (size_t)shape->channels;
}

size_t flynn_row_bytes(const struct flynn_shape *shape)
{
    return flynn_row_samples(shape) * flynn_type_bytes(shape->type);
}

bool flynn_shape_equal(const struct flynn_shape *a, const struct flynn_shape *b)
{
    return a->width == b->width && a->height == b->height && a->channels == b->channels && a->type == b->type;
}

int flynn_alpha_channel(const struct flynn_shape *shape)
{
    return shape->channels == 2 ? 1 : shape->channels == 4 ? 3 : -1;
}

int flynn_shape_measure(const struct flynn_shape *shape, size_t *stride, size_t *bytes, struct flynn_err *err)
{
    if (shape->width < 1 || shape->height < 1 || shape->width > FLYNN_MAX_SIDE || shape->height > FLYNN_MAX_SIDE)
        return flynn_fail(err, FLYNN_EINPUT, "size %dx%d is outside 1..%d", shape->width, shape->height,
                          FLYNN_MAX_SIDE);
    if (shape->channels < 1 || shape->channels > FLYNN_MAX_CHANNELS)
        return flynn_fail(err, FLYNN_EINPUT, "%d channels; 1 to %d are possible", shape->channels, FLYNN_MAX_CHANNELS);
    size_t row = flynn_row_bytes(shape);
    row = (row + FLYNN_ROW_ALIGN - 1) / FLYNN_ROW_ALIGN * FLYNN_ROW_ALIGN;
    /* Rows a multiple of 1024 bytes apart fall into the same few cache sets, which costs vertical filters dearly. */
    if (row % 1024 == 0)
        row += FLYNN_ROW_ALIGN;
    size_t total;
    if (__builtin_mul_overflow(row, (size_t)shape->height, &total) || total > SIZE_MAX / 2)
        return flynn_fail(err, FLYNN_ELIMIT, "%dx%dx%d %s is too large to address", shape->width, shape->height,
                          shape->channels, flynn_type_name(shape->type));
    *stride = row;
    *bytes = total;
    return FLYNN_OK;
}

/* Large images are mapped by hand so that they start on a huge page; small ones come from malloc. */
static void *allocate(size_t bytes)
{
    if (bytes < 2 * HUGE_PAGE)
        return aligned_alloc(FLYNN_ROW_ALIGN, bytes);
    uint8_t *p = mmap(NULL, bytes + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    size_t head = -(uintptr_t)p % HUGE_PAGE, page = (size_t)sysconf(_SC_PAGESIZE);
    size_t tail = (bytes + page - 1) / page * page;
    if (head)
        munmap(p, head);
    if (HUGE_PAGE - head > tail - bytes)
        munmap(p + head + tail, HUGE_PAGE - head - (tail - bytes));
    madvise(p + head, bytes, MADV_HUGEPAGE);
    return p + head;
}

int flynn_image_alloc(struct flynn_image *image, const struct flynn_shape *shape, struct flynn_err *err)
{
    size_t stride, bytes;
    *image = (struct flynn_image){0};
    int code = flynn_shape_measure(shape, &stride, &bytes, err);
    if (code)
        return code;
    char why[FLYNN_MEMORY_WHY] = "";
    bool large = bytes >= 2 * HUGE_PAGE;
    void *p = large && flynn_memory_exceeds(flynn_memory_limit(), (double)bytes, why) ? NULL : allocate(bytes);
    if (!p)
        return flynn_fail(err, FLYNN_ELIMIT, "out of memory: %zu bytes for an image of %dx%dx%d %s%s", bytes,
                          shape->width, shape->height, shape->channels, flynn_type_name(shape->type), why);
    image->shape = *shape;
    image->stride = stride;
    image->data = p;
    image->owned = p;
    image->owned_bytes = bytes;
    return FLYNN_OK;
}

void flynn_image_free(struct flynn_image *image)
{
    if (image->owned && image->owned_bytes >= 2 * HUGE_PAGE)
        munmap(image->owned, image->owned_bytes);
    else
        free(image->owned);
    *image = (struct flynn_image){0};
}

int flynn_image_copy(struct flynn_image *to, const struct flynn_image *from, struct flynn_err *err)
{
    int code = flynn_image_alloc(to, &from->shape, err);
    if (code)
        return code;
    to->maxval = from->maxval;
    to->matrix = from->matrix;
    to->sparse = from->sparse;
    to->planes = from->planes;
    size_t row = flynn_row_bytes(&from->shape);
    for (int y = 0; y < from->shape.height; y++)
        memcpy(flynn_row(to, y), flynn_row(from, y), row);
    return FLYNN_OK;
}
