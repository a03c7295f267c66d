/* SPDX-License-Identifier: Apache-2.0 */
#include "file_helpers.h"

#include "core/rng.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64];

void scratch_make(void)
{
    strcpy(folder, "/tmp/flynn-test-XXXXXX");
    cr_assert(mkdtemp(folder), "no scratch folder");
}

const char *scratch(const char *name)
{
    static char paths[8][400];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static int each_entry(bool remove_them)
{
    int n = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        n++;
        if (remove_them)
            unlink(scratch(e->d_name));
    }
    if (dir)
        closedir(dir);
    return n;
}

int scratch_entries(void)
{
    return each_entry(false);
}

void scratch_remove(void)
{
    each_entry(true);
    rmdir(folder);
}

void put_file(const char *path, const void *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");
    cr_assert(file && fwrite(bytes, 1, n, file) == n && fclose(file) == 0, "%s cannot be made", path);
}

char *get_file(const char *path, size_t *n)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    fseek(file, 0, SEEK_END);
    *n = (size_t)ftell(file);
    rewind(file);
    char *bytes = calloc(1, *n + 1);
    cr_assert(bytes && fread(bytes, 1, *n, file) == *n);
    fclose(file);
    return bytes;
}

static void random_sample(void *row, size_t i, enum flynn_type type, uint64_t r)
{
    if (type == FLYNN_F32) {
        ((float *)row)[i] = (float)((double)(int64_t)r * 0x1p-62);
    } else if (type == FLYNN_F64) {
        ((double *)row)[i] = (double)(int64_t)r * 0x1p-62;
    } else {
        size_t bytes = flynn_type_bytes(type);
        memcpy((char *)row + i * bytes, &r, bytes);
    }
}

struct flynn_image random_image(int width, int height, int channels, enum flynn_type type, uint64_t seed)
{
    struct flynn_shape shape = {width, height, channels, type};
    struct flynn_image image;
    struct flynn_err err;
    cr_assert_eq(flynn_image_alloc(&image, &shape, &err), 0, "%s", err.text);
    for (int y = 0; y < height; y++) {
        for (size_t i = 0; i < flynn_row_samples(&shape); i++)
            random_sample(flynn_row(&image, y), i, type, flynn_rng(&seed));
    }
    return image;
}

bool same_image(const struct flynn_image *a, const struct flynn_image *b)
{
    if (!flynn_shape_equal(&a->shape, &b->shape))
        return false;
    for (int y = 0; y < a->shape.height; y++) {
        if (memcmp(flynn_row(a, y), flynn_row(b, y), flynn_row_bytes(&a->shape)) != 0)
            return false;
    }
    return true;
}

struct flynn_image decode(const void *bytes, size_t n)
{
    struct flynn_image image;
    struct flynn_err err = {0};
    size_t used;
    cr_assert_eq(flynn_read_memory(&image, bytes, n, &used, "memory", &err), 1, "%s", err.text);
    cr_assert_leq(used, n);
    return image;
}

char *write_and_read(const struct flynn_image *image, const char *name, const struct flynn_write_options *options,
                     struct flynn_image *back, size_t *size)
{
    struct flynn_err err = {0};
    cr_assert_eq(flynn_write(image, scratch(name), options, &err), 0, "%s", err.text);
    cr_assert_eq(flynn_read(back, scratch(name), &err), 0, "%s", err.text);
    char *bytes = get_file(scratch(name), size);
    cr_assert(bytes);
    return bytes;
}
