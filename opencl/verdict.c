/* SPDX-License-Identifier: Apache-2.0 */
#include "opencl/verdict.h"

#include "opencl/cache.h"
#include "opencl/program.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All entries of a device start alike, so that they can be listed. */
static void name_prefix(char prefix[32], const struct flynn_cl_handle *handle)
{
    snprintf(prefix, 32, "verdict-%.16s-", handle->identity_hash);
}

void flynn_cl_verdict_name(char name[80], const struct flynn_cl_handle *handle, const char *key)
{
    char prefix[32], hex[33];
    name_prefix(prefix, handle);
    flynn_cl_hash_text(hex, key);
    snprintf(name, 80, "%s%s", prefix, hex);
}

/* The handle's lock is held. */
static struct flynn_cl_verdict *in_memory(struct flynn_cl_handle *handle, const char *name)
{
    struct flynn_cl_verdict *v = handle->verdicts;
    while (v && strcmp(v->name, name) != 0)
        v = v->next;
    return v;
}

static void remember(struct flynn_cl_handle *handle, const struct flynn_cl_verdict *verdict)
{
    struct flynn_cl_verdict *v = in_memory(handle, verdict->name) ? NULL : malloc(sizeof *v);
    if (!v)
        return;
    *v = *verdict;
    v->next = handle->verdicts;
    handle->verdicts = v;
}

/* "good" or "bad" with the reason. */
static bool parse(struct flynn_cl_verdict *verdict, const char *text)
{
    verdict->good = strcmp(text, "good") == 0;
    return verdict->good || sscanf(text, "bad %299[^\n]", verdict->why) == 1;
}

bool flynn_cl_verdict_find(struct flynn_cl_handle *handle, struct flynn_cl_verdict *verdict, const char *key)
{
    size_t bytes;
    pthread_mutex_lock(&handle->lock);
    const struct flynn_cl_verdict *known = in_memory(handle, verdict->name);
    bool found = known != NULL;
    if (found) {
        verdict->good = known->good;
        memcpy(verdict->why, known->why, sizeof verdict->why);
    } else {
        char *text = flynn_cl_cache_read(verdict->name, key, &bytes);
        found = text && parse(verdict, text);
        free(text);
        if (found)
            remember(handle, verdict);
    }
    pthread_mutex_unlock(&handle->lock);
    return found;
}

void flynn_cl_verdict_add(struct flynn_cl_handle *handle, const struct flynn_cl_verdict *verdict, const char *key,
                          bool lasting)
{
    char text[320];
    int n = snprintf(text, sizeof text, verdict->good ? "good" : "bad %s", verdict->why);
    pthread_mutex_lock(&handle->lock);
    remember(handle, verdict);
    pthread_mutex_unlock(&handle->lock);
    if (lasting)
        flynn_cl_cache_write(verdict->name, key, text, (size_t)n);
}

/* Read one entry of the cache into memory. */
static void recall(struct flynn_cl_handle *handle, const char *name)
{
    struct flynn_cl_verdict v = {0};
    char *key, type[8] = "";
    size_t bytes;
    char *text = flynn_cl_cache_read_any(name, &key, &bytes);
    if (!text)
        return;
    snprintf(v.name, sizeof v.name, "%.79s", name);
    const char *kernel = strstr(key, "\nkernel ");
    if (parse(&v, text) && kernel && sscanf(key, "self-test 1 op %31s", v.op) == 1 &&
        sscanf(kernel, " kernel %*s %7s %32s", type, v.program) == 2 && flynn_type_parse(type, &v.variant))
        remember(handle, &v);
    free(text);
    free(key);
}

static void recall_all(struct flynn_cl_handle *handle)
{
    char folder[4096], prefix[32];
    if (!flynn_cl_cache_folder(folder, sizeof folder - 4))
        return;
    strcat(folder, "/cl");
    name_prefix(prefix, handle);
    DIR *entries = opendir(folder);
    if (!entries)
        return;
    for (const struct dirent *entry; (entry = readdir(entries));) {
        if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
            recall(handle, entry->d_name);
    }
    closedir(entries);
}

/* A verdict on kernels that have changed since says nothing. */
static bool still_holds(struct flynn_cl_handle *handle, const struct flynn_cl_verdict *verdict)
{
    char hash[33];
    flynn_cl_program_hash(hash, handle, verdict->op, verdict->variant);
    return strcmp(hash, verdict->program) == 0;
}

int flynn_cl_quarantine(int device, char *text, size_t size)
{
    struct flynn_cl_handle *handle = flynn_cl_handle_at(device);
    int count = 0;
    size_t used = 0;
    if (size)
        text[0] = '\0';
    if (!handle || !handle->identity)
        return 0;
    pthread_mutex_lock(&handle->lock);
    recall_all(handle);
    for (const struct flynn_cl_verdict *v = handle->verdicts; v; v = v->next) {
        if (v->good || !still_holds(handle, v))
            continue;
        if (used < size)
            used += (size_t)snprintf(text + used, size - used, "%s%s %s: %s", count ? "\n" : "", v->op,
                                     flynn_type_name(v->variant), v->why);
        count++;
    }
    pthread_mutex_unlock(&handle->lock);
    return count;
}

void flynn_cl_verdicts_free(struct flynn_cl_handle *handle)
{
    for (struct flynn_cl_verdict *v = handle->verdicts, *next; v; v = next) {
        next = v->next;
        free(v);
    }
    handle->verdicts = NULL;
}
