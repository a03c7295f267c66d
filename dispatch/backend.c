/* SPDX-License-Identifier: Apache-2.0 */
#include <flynn/backend.h>

#include "cpu/pool.h"
#include "cpu/threads.h"
#include "dispatch/tables.h"
#include "opencl/opencl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct parser {
    struct flynn_backend *list;
    int count, most;
    const struct flynn_limits *limits;
};

static int append(struct parser *p, const struct flynn_backend *backend, struct flynn_err *err)
{
    for (int i = 0; i < p->count; i++) {
        if (strcmp(p->list[i].name, backend->name) == 0)
            return FLYNN_OK;
    }
    if (p->count == p->most)
        return flynn_fail(err, FLYNN_EUSAGE, "more than %d backends", p->most);
    p->list[p->count++] = *backend;
    return FLYNN_OK;
}

/* One table, serially. A table above the --isa cap counts as unavailable. */
static int add_table(struct parser *p, int table, struct flynn_err *err)
{
    const char *name = flynn_table_name(table), *why;
    struct flynn_backend backend = {.kind = FLYNN_BACKEND_SERIAL, .table = table};
    bool plain = table == FLYNN_TABLE_SCALAR || strcmp(name, "autovec") == 0;

    snprintf(backend.name, sizeof backend.name, "%s%s", plain ? "" : "simd:", name);
    backend.available = flynn_table_usable(table, &why);
    snprintf(backend.why, sizeof backend.why, "%s", why);
    if (backend.available && p->limits->isa && !plain && table > flynn_table_find(p->limits->isa)) {
        backend.available = false;
        snprintf(backend.why, sizeof backend.why, "above the cap --isa=%s", p->limits->isa);
    }
    return append(p, &backend, err);
}

static int add_simd(struct parser *p, const char *isa, struct flynn_err *err)
{
    int table = *isa ? flynn_table_find(isa) : flynn_table_best(p->limits->isa);
    if (table > FLYNN_TABLE_SCALAR && strcmp(flynn_table_name(table), "autovec") != 0)
        return add_table(p, table, err);
    static const char *const known[] = {"sse2", "sse41", "avx2", "avx512", "base"};
    struct flynn_backend backend = {.kind = FLYNN_BACKEND_SERIAL};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(isa, known[i]) == 0) {
            snprintf(backend.name, sizeof backend.name, "simd:%s", isa);
            snprintf(backend.why, sizeof backend.why, "this build has no %s table", isa);
            return append(p, &backend, err);
        }
    }
    if (*isa)
        return flynn_fail(err, FLYNN_EUSAGE, "backend simd:%s is unknown; sse2, sse41, avx2 and avx512 are possible",
                          isa);
    snprintf(backend.name, sizeof backend.name, "simd");
    snprintf(backend.why, sizeof backend.why, "no SIMD table at or below the cap --isa=%s", p->limits->isa);
    return append(p, &backend, err);
}

static int add_threads(struct parser *p, const char *number, struct flynn_err *err)
{
    struct flynn_backend backend = {.kind = FLYNN_BACKEND_THREADS, .available = true};
    struct flynn_cpu_count cpus;
    char *end;

    backend.threads = p->limits->threads;
    if (*number) {
        long n = strtol(number, &end, 10);
        if (*end || n < 1 || n > FLYNN_POOL_MAX)
            return flynn_fail(err, FLYNN_EUSAGE, "backend threads:%s: the number of threads is 1 to %d", number,
                              FLYNN_POOL_MAX);
        backend.threads = (int)n;
    } else if (!backend.threads) {
        int code = flynn_cpu_count(&cpus, err);
        if (code)
            return code;
        backend.threads = cpus.threads;
    }
    backend.table = flynn_table_best(p->limits->isa);
    snprintf(backend.name, sizeof backend.name, "threads:%d", backend.threads);
    return append(p, &backend, err);
}

static int add_device(struct parser *p, const struct flynn_cl_device *device, int index, struct flynn_err *err)
{
    struct flynn_backend backend = {.kind = FLYNN_BACKEND_OPENCL, .device = index, .available = device->usable};
    snprintf(backend.name, sizeof backend.name, "opencl:%d", index);
    snprintf(backend.label, sizeof backend.label, "%.95s", device->name);
    snprintf(backend.why, sizeof backend.why, "%s", device->why);
    return append(p, &backend, err);
}

/* A device by its index or by a part of its platform's or its own name, or of its version ("PoCL"); all of them when
 * `which` is "*". */
static int add_opencl(struct parser *p, const char *which, struct flynn_err *err)
{
    int count, added = 0;
    const char *why;
    const struct flynn_cl_device *devices = flynn_cl_devices(&count, &why);
    bool number = *which && strspn(which, "0123456789") == strlen(which);

    for (int i = 0; i < count; i++) {
        const struct flynn_cl_device *d = &devices[i];
        bool match = number ? atoi(which) == i
                            : strcmp(which, "*") == 0 || (!*which && d->usable && !d->simulator) ||
                                  (*which && (strcasestr(d->name, which) || strcasestr(d->platform, which) ||
                                              strcasestr(d->version, which)));
        if (!match || (added && strcmp(which, "*") != 0))
            continue;
        int code = add_device(p, d, i, err);
        if (code)
            return code;
        added++;
    }
    if (added)
        return FLYNN_OK;
    struct flynn_backend none = {.kind = FLYNN_BACKEND_OPENCL};
    bool any = strcmp(which, "*") == 0 || !*which;
    snprintf(none.name, sizeof none.name, any ? "opencl" : "opencl:%s", which);
    if (count && *which)
        snprintf(none.why, sizeof none.why, "no OpenCL device matches '%s'; `flynn info` lists them", which);
    else if (count)
        snprintf(none.why, sizeof none.why, "no OpenCL device is usable: %s", devices[0].why);
    else
        snprintf(none.why, sizeof none.why, "%s", why);
    return append(p, &none, err);
}

static int add_all(struct parser *p, struct flynn_err *err)
{
    int code = FLYNN_OK;
    for (int table = 0; !code && table < flynn_table_count(); table++)
        code = add_table(p, table, err);
    if (!code)
        code = add_threads(p, "", err);
    return code ? code : add_opencl(p, "*", err);
}

static int add_word(struct parser *p, const char *word, struct flynn_err *err)
{
    if (strcmp(word, "all") == 0)
        return add_all(p, err);
    if (strcmp(word, "scalar") == 0)
        return add_table(p, FLYNN_TABLE_SCALAR, err);
    if (strcmp(word, "autovec") == 0)
        return add_table(p, flynn_table_find("autovec"), err);
    if (strcmp(word, "simd") == 0 || strncmp(word, "simd:", 5) == 0)
        return add_simd(p, word[4] ? word + 5 : "", err);
    if (strcmp(word, "threads") == 0 || strncmp(word, "threads:", 8) == 0)
        return add_threads(p, word[7] ? word + 8 : "", err);
    if (strcmp(word, "opencl") == 0 || strncmp(word, "opencl:", 7) == 0)
        return add_opencl(p, word[6] ? word + 7 : "", err);
    if (strcmp(word, "auto") == 0)
        return flynn_fail(err, FLYNN_EUSAGE,
                          "backend auto chooses one for `flynn run` and `flynn batch`, and stands alone there; name "
                          "scalar, autovec, simd[:ISA], threads[:N], opencl[:DEVICE] or all");
    return flynn_fail(
        err, FLYNN_EUSAGE,
        "backend '%s' is unknown; auto, scalar, autovec, simd[:ISA], threads[:N], opencl[:DEVICE] and all "
        "are possible",
        word);
}

int flynn_backends_parse(struct flynn_backend *list, int most, const char *text, const struct flynn_limits *limits,
                         struct flynn_err *err)
{
    static const struct flynn_limits none;
    struct parser p = {.list = list, .most = most, .limits = limits ? limits : &none};
    char *copy = strdup(text), *rest = copy;
    int code = copy ? FLYNN_OK : flynn_fail(err, FLYNN_ELIMIT, "out of memory");

    for (char *word; !code && (word = strsep(&rest, ","));)
        code = add_word(&p, word, err);
    free(copy);
    return code ? code : p.count;
}
