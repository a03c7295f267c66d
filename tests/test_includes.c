/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Includes point only leftwards: include <- core <- {cpu, simd, opencl} <- dispatch <- cli. */
static const struct room {
    const char *folder;
    const char *may; /* folders whose headers it may include, besides the public ones and its own */
} rooms[] = {
    {"include/flynn", ""},
    {"core", ""},
    {"cpu", "core"},
    {"simd", "core"},
    {"opencl", "core kernels"},
    {"dispatch", "core cpu simd opencl"},
    {"cli", "core cpu simd opencl dispatch"},
};

/* Whether `folder` is one of the words of `list`. */
static int listed(const char *list, const char *folder, size_t length)
{
    for (const char *p = list; *p; p += strspn(p, " ")) {
        size_t n = strcspn(p, " ");
        if (n == length && memcmp(p, folder, n) == 0)
            return 1;
        p += n;
    }
    return 0;
}

static void check_line(const struct room *room, const char *path, const char *line)
{
    const char *quote = strstr(line, "#include \"");
    if (!quote)
        return;
    const char *name = quote + strlen("#include \"");
    const char *slash = strchr(name, '/');
    if (!slash)
        return;
    size_t length = (size_t)(slash - name);
    int own = strlen(room->folder) == length && memcmp(room->folder, name, length) == 0;
    cr_assert(own || listed(room->may, name, length), "%s: %s is to the right of %s/", path, name, room->folder);
}

static int check_file(const struct room *room, const char *path)
{
    char line[1024];
    FILE *file = fopen(path, "r");
    cr_assert(file, "%s cannot be read", path);
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        check_line(room, path, line);
    }
    fclose(file);
    return 1;
}

Test(includes, point_only_leftwards)
{
    const char *root = getenv("FLYNN_SOURCE_ROOT");
    cr_assert(root, "FLYNN_SOURCE_ROOT is not set");
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
        char path[4096];
        int files = 0;
        snprintf(path, sizeof path, "%s/%s", root, rooms[i].folder);
        DIR *folder = opendir(path);
        cr_assert(folder, "%s cannot be read", path);
        for (struct dirent *entry; (entry = readdir(folder));) {
            size_t n = strlen(entry->d_name);
            if (n < 3 || (strcmp(entry->d_name + n - 2, ".c") != 0 && strcmp(entry->d_name + n - 2, ".h") != 0))
                continue;
            snprintf(path, sizeof path, "%s/%s/%s", root, rooms[i].folder, entry->d_name);
            files += check_file(&rooms[i], path);
        }
        closedir(folder);
        cr_assert_gt(files, 0, "%s has no sources", rooms[i].folder);
    }
}
