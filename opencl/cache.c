/* SPDX-License-Identifier: Apache-2.0 */
#include "opencl/cache.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_ENTRY ((size_t)256 << 20)
#define PATH_SIZE 4096

static const char magic[8] = "flynncl1";

struct hash {
    uint64_t high, low;
};

/* In front of every entry; the key and the data follow. Written and read by the same machine only. */
struct header {
    char magic[8];
    uint64_t key_bytes, data_bytes;
    struct hash sum; /* of the data */
};

__extension__ typedef unsigned __int128 u128;

/* 128-bit FNV-1a (Fowler, Noll, Vo). */
static struct hash hash_of(const void *data, size_t bytes)
{
    const unsigned char *p = data;
    const u128 prime = ((u128)1 << 88) + 0x13b;
    u128 h = (u128)0x6c62272e07bb0142u << 64 | 0x62b821756295c58du;
    for (size_t i = 0; i < bytes; i++)
        h = (h ^ p[i]) * prime;
    return (struct hash){(uint64_t)(h >> 64), (uint64_t)h};
}

void flynn_cl_hash_text(char hex[33], const char *text)
{
    struct hash h = hash_of(text, strlen(text));
    snprintf(hex, 33, "%016llx%016llx", (unsigned long long)h.high, (unsigned long long)h.low);
}

bool flynn_cl_cache_folder(char *path, size_t size)
{
    const char *own = getenv("FLYNN_CACHE_DIR"), *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int n = -1;
    if (own && *own)
        n = snprintf(path, size, "%s", own);
    else if (xdg && *xdg == '/')
        n = snprintf(path, size, "%s/flynn", xdg);
    else if (home && *home)
        n = snprintf(path, size, "%s/.cache/flynn", home);
    return n > 0 && (size_t)n < size;
}

static bool entry_path(char path[PATH_SIZE], const char *name)
{
    char folder[PATH_SIZE - 512];
    if (!flynn_cl_cache_folder(folder, sizeof folder))
        return false;
    int n = snprintf(path, PATH_SIZE, "%s/cl/%s", folder, name);
    return n > 0 && n < PATH_SIZE;
}

static void make_parents(char *path)
{
    for (char *p = path + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        mkdir(path, 0700);
        *p = '/';
    }
}

static bool header_fits(const struct header *h, off_t size)
{
    return memcmp(h->magic, magic, sizeof magic) == 0 && h->key_bytes <= MAX_ENTRY && h->data_bytes <= MAX_ENTRY &&
           (uint64_t)size == sizeof *h + h->key_bytes + h->data_bytes;
}

/* The part of an open entry after the header; NULL when it is not as the header says. */
static char *read_part(FILE *file, uint64_t bytes)
{
    char *text = malloc((size_t)bytes + 1);
    if (!text)
        return NULL;
    if (fread(text, 1, (size_t)bytes, file) != bytes) {
        free(text);
        return NULL;
    }
    text[bytes] = '\0';
    return text;
}

char *flynn_cl_cache_read_any(const char *name, char **key, size_t *bytes)
{
    char path[PATH_SIZE];
    struct header h;
    struct stat st;
    char *data = NULL;
    *key = NULL;
    FILE *file = entry_path(path, name) ? fopen(path, "re") : NULL;
    if (!file)
        return NULL;
    if (fstat(fileno(file), &st) == 0 && S_ISREG(st.st_mode) && fread(&h, sizeof h, 1, file) == 1 &&
        header_fits(&h, st.st_size)) {
        *key = read_part(file, h.key_bytes);
        data = *key ? read_part(file, h.data_bytes) : NULL;
    }
    fclose(file);
    if (data) {
        struct hash sum = hash_of(data, (size_t)h.data_bytes);
        if (sum.high == h.sum.high && sum.low == h.sum.low) {
            *bytes = (size_t)h.data_bytes;
            return data;
        }
    }
    free(data);
    free(*key);
    *key = NULL;
    return NULL;
}

char *flynn_cl_cache_read(const char *name, const char *key, size_t *bytes)
{
    char *found;
    char *data = flynn_cl_cache_read_any(name, &found, bytes);
    if (data && strcmp(found, key) != 0) {
        free(data);
        data = NULL;
    }
    free(found);
    return data;
}

static bool write_all(int fd, const void *data, size_t bytes)
{
    const char *p = data;
    while (bytes) {
        ssize_t n = write(fd, p, bytes);
        if (n <= 0)
            return false;
        p += n;
        bytes -= (size_t)n;
    }
    return true;
}

struct part {
    const void *data;
    size_t bytes;
};

/* Write the parts beside a path, then rename. */
static bool store(char *path, const struct part *part, int parts)
{
    char beside[PATH_SIZE + 16];
    make_parents(path);
    snprintf(beside, sizeof beside, "%s.XXXXXX", path);
    int fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0)
        return false;
    bool good = true;
    for (int i = 0; i < parts; i++)
        good = good && write_all(fd, part[i].data, part[i].bytes);
    good = close(fd) == 0 && good && rename(beside, path) == 0;
    if (!good)
        unlink(beside);
    return good;
}

bool flynn_cl_cache_write(const char *name, const char *key, const void *data, size_t bytes)
{
    char path[PATH_SIZE];
    struct header h = {.key_bytes = strlen(key), .data_bytes = bytes, .sum = hash_of(data, bytes)};
    const struct part parts[] = {{&h, sizeof h}, {key, strlen(key)}, {data, bytes}};
    memcpy(h.magic, magic, sizeof magic);
    return entry_path(path, name) && store(path, parts, 3);
}

bool flynn_cl_cache_note(char *place, size_t size, const char *name, const char *text)
{
    char path[PATH_SIZE];
    const struct part part = {text, strlen(text)};
    return entry_path(path, name) && strlen(path) < size && store(strcpy(place, path), &part, 1);
}

void flynn_cl_cache_remove(const char *name)
{
    char path[PATH_SIZE];
    if (entry_path(path, name))
        unlink(path);
}
