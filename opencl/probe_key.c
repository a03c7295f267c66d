/* SPDX-License-Identifier: Apache-2.0 */
#include "opencl/probe.h"

#include "flynn_config.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

static void add_file(FILE *to, const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0)
        fprintf(to, "file %s %lld.%09ld %lld\n", path, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
                (long long)st.st_size);
    else
        fprintf(to, "file %s -\n", path);
}

static void add_variables(FILE *to)
{
    static const char *const names[] = {
        "OCL_ICD_VENDORS", "OCL_ICD_FILENAMES", "OPENCL_VENDOR_PATH", "OPENCL_LAYERS",        "FLYNN_OPENCL_LIBRARY",
        "LD_LIBRARY_PATH", "LD_PRELOAD",        "POCL_DEVICES",       "CUDA_VISIBLE_DEVICES", "HOME",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        fprintf(to, "env %s=%s\n", names[i], value ? value : "-");
    }
}

/* A vendor file holds the name of a runtime's library on its first line. */
static void add_vendor(FILE *to, const char *path)
{
    static const char *const folders[] = {"/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib"};
    char line[1024] = "", library[2048];
    add_file(to, path);
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    if (!fgets(line, sizeof line, file))
        line[0] = '\0';
    fclose(file);
    line[strcspn(line, " \r\n")] = '\0';
    fprintf(to, "library %s\n", line);
    if (line[0] == '/')
        add_file(to, line);
    for (size_t i = 0; line[0] && line[0] != '/' && i < sizeof folders / sizeof folders[0]; i++) {
        snprintf(library, sizeof library, "%s/%s", folders[i], line);
        if (access(library, F_OK) == 0)
            add_file(to, library);
    }
}

static int vendor_file(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);
    return n > 4 && strcmp(entry->d_name + n - 4, ".icd") == 0;
}

static void add_vendors(FILE *to, const char *folder)
{
    struct dirent **entries;
    char path[4096];
    add_file(to, folder);
    int n = scandir(folder, &entries, vendor_file, alphasort);
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        add_vendor(to, path);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

char *flynn_cl_probe_key(void)
{
    static const char *const files[] = {
        "/etc/ld.so.cache", "/proc/self",   "/proc/cpuinfo", "/sys/devices",
        "/dev/nvidiactl",   "/dev/nvidia0", "/dev/dri",      "/dev/kfd",
    };
    char *key = NULL;
    size_t length;
    struct utsname system;
    const char *vendors = getenv("OCL_ICD_VENDORS"), *library = getenv("FLYNN_OPENCL_LIBRARY");
    FILE *to = open_memstream(&key, &length);
    if (!to)
        return NULL;
    fprintf(to, "flynn %s probe 1\nuser %ld %ld\n", FLYNN_VERSION, (long)getuid(), (long)geteuid());
    if (uname(&system) == 0)
        fprintf(to, "system %s %s\n", system.release, system.machine);
    add_variables(to);
    add_file(to, files[0]);
    /* Of these only the presence matters: their times change all the time. */
    for (size_t i = 1; i < sizeof files / sizeof files[0]; i++)
        fprintf(to, "has %s %d\n", files[i], access(files[i], R_OK) == 0);
    if (library && *library)
        add_file(to, library);
    add_vendors(to, "/etc/OpenCL/vendors");
    if (vendors && *vendors)
        add_vendors(to, vendors);
    if (vendors && *vendors)
        add_vendor(to, vendors);
    if (fclose(to) != 0) {
        free(key);
        return NULL;
    }
    return key;
}
