/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/opencl_fixture.h"

#include "core/rng.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

void fixture_setup(void)
{
    static const char *const cleared[] = {"FLYNN_OPENCL_LIBRARY", "FLYNN_OPENCL_COPY", "FLYNN_KERNEL_DIR", "FAKE_ICD"};
    strcpy(folder, "/tmp/flynn_opencl_XXXXXX");
    cr_assert(mkdtemp(folder) != NULL);
    setenv("FLYNN_CACHE_DIR", fixture_path("cache"), 1);
    for (size_t i = 0; i < sizeof cleared / sizeof cleared[0]; i++)
        unsetenv(cleared[i]);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *where)
{
    (void)st;
    (void)flag;
    (void)where;
    return remove(path);
}

void fixture_teardown(void)
{
    flynn_cl_shutdown();
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *fixture_path(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

void fixture_write(const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s", fixture_path(name));
    for (char *p = path + strlen(folder) + 1; (p = strchr(p, '/')); p++) {
        *p = '\0';
        mkdir(path, 0700);
        *p = '/';
    }
    FILE *file = fopen(path, "w");
    cr_assert(file != NULL, "%s", path);
    fputs(text, file);
    cr_assert(fclose(file) == 0);
}

void fixture_vendors(void)
{
    fixture_write("vendors/note", "");
    setenv("OCL_ICD_VENDORS", fixture_path("vendors"), 1);
}

void fixture_add_vendor(const char *name, const char *library)
{
    char file[64], line[512];
    snprintf(file, sizeof file, "vendors/%s.icd", name);
    snprintf(line, sizeof line, "%s\n", library);
    fixture_write(file, line);
}

void fixture_fake(const char *behaviour)
{
    const char *library = getenv("FLYNN_TEST_FAKE_ICD");
    cr_assert(library != NULL, "FLYNN_TEST_FAKE_ICD must name the built fake_icd.so");
    fixture_vendors();
    fixture_add_vendor("fake", library);
    setenv("FAKE_ICD", behaviour, 1);
}

int fixture_device(void)
{
    int count;
    const char *why;
    const struct flynn_cl_device *devices = flynn_cl_devices(&count, &why);
    for (int i = 0; i < count; i++) {
        if (devices[i].usable && !devices[i].simulator)
            return i;
    }
    cr_skip_test("no OpenCL device: %s", count ? devices[0].why : why);
    return -1;
}

void fixture_plan(struct flynn_chain *chain, struct flynn_plan *plan, int length, const struct flynn_shape *shape)
{
    struct flynn_err err;
    *chain = (struct flynn_chain){0};
    for (int i = 0; i < length; i++)
        cr_assert(flynn_chain_add(chain, "invert", &err) == 0, "%s", err.text);
    cr_assert(flynn_plan_build(plan, chain, shape, &err) == 0, "%s", err.text);
}

void fixture_fill(struct flynn_image *image, uint64_t seed)
{
    for (int y = 0; y < image->shape.height; y++) {
        uint8_t *row = flynn_row(image, y);
        for (size_t i = 0; i < flynn_row_samples(&image->shape); i++) {
            const uint64_t bits = flynn_rng(&seed);
            const float real = (float)(bits % 1000001) / 1000000.0f;
            const size_t bytes = flynn_type_bytes(image->shape.type);
            memcpy(row + i * bytes, image->shape.type == FLYNN_F32 ? (const void *)&real : &bits, bytes);
        }
    }
}

int fixture_run(const struct flynn_plan *plan, int device, const struct flynn_image *in, const struct flynn_image *out,
                struct flynn_err *err)
{
    struct flynn_cl_run *run;
    int code = flynn_cl_open(&run, plan, device, err);
    if (!code)
        code = flynn_cl_bind(run, in, out, err);
    if (!code)
        code = flynn_cl_upload(run, err);
    if (!code)
        code = flynn_cl_compute(run, err);
    if (!code)
        code = flynn_cl_download(run, err);
    flynn_cl_close(run);
    return code;
}

static bool is_negative(const struct flynn_image *in, const struct flynn_image *out, int y, size_t i, bool alpha)
{
    const void *a = flynn_row(in, y), *b = flynn_row(out, y);
    if (in->shape.type == FLYNN_U8)
        return ((const uint8_t *)b)[i] == (alpha ? ((const uint8_t *)a)[i] : 255 - ((const uint8_t *)a)[i]);
    if (in->shape.type == FLYNN_U16)
        return ((const uint16_t *)b)[i] == (alpha ? ((const uint16_t *)a)[i] : 65535 - ((const uint16_t *)a)[i]);
    return ((const float *)b)[i] == (alpha ? ((const float *)a)[i] : 1.0f - ((const float *)a)[i]);
}

size_t fixture_wrong(const struct flynn_image *in, const struct flynn_image *out)
{
    const size_t channels = (size_t)in->shape.channels;
    size_t wrong = 0;
    for (int y = 0; y < in->shape.height; y++) {
        for (size_t i = 0; i < flynn_row_samples(&in->shape); i++) {
            const bool alpha = channels % 2 == 0 && i % channels == channels - 1;
            wrong += !is_negative(in, out, y, i, alpha);
        }
    }
    return wrong;
}

const char *fixture_entry(const char *prefix)
{
    static char name[256];
    name[0] = '\0';
    DIR *entries = opendir(fixture_path("cache/cl"));
    for (const struct dirent *entry; entries && (entry = readdir(entries));) {
        if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
            snprintf(name, sizeof name, "%s", entry->d_name);
    }
    if (entries)
        closedir(entries);
    return name;
}
