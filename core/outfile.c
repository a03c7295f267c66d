/* SPDX-License-Identifier: Apache-2.0 */
#include "core/outfile.h"
#include "core/rng.h"

#include <flynn/file.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define SLOTS          512
#define LINKS          40
#define ROWS_PER_CALL  64
#define BYTES_PER_CALL ((size_t)1 << 30)

/* Names of temporary files. Whoever swaps a name out of its slot owns it, so a signal handler and a thread that
 * closes its writer never both remove it. */
static _Atomic(char *) slots[SLOTS];

/* Names that a handler took cannot be freed there; they stay known, so that they are no leak. */
static _Atomic(char *) abandoned[SLOTS];

void flynn_writer_abandon_all(void)
{
    for (int i = 0; i < SLOTS; i++) {
        char *path = atomic_exchange(&slots[i], NULL);
        if (!path)
            continue;
        unlink(path);
        atomic_store(&abandoned[i], path);
    }
}

static int slot_take(char *path)
{
    for (int i = 0; i < SLOTS; i++) {
        char *empty = NULL;
        if (atomic_compare_exchange_strong(&slots[i], &empty, path))
            return i;
    }
    return -1;
}

/* Give up the slot; the file is removed unless it was renamed. */
static void slot_release(struct flynn_outfile *out, bool remove)
{
    if (out->slot < 0)
        return;
    char *path = atomic_exchange(&slots[out->slot], NULL);
    if (path && remove)
        unlink(path);
    free(path);
    out->slot = -1;
}

bool flynn_out_is_special(const char *path)
{
    struct stat st;
    return strcmp(path, "-") == 0 || (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode));
}

/* Replace the file name in `path` by `name`, unless that is absolute. Returns a new string, or NULL. */
static char *beside(const char *path, const char *name)
{
    const char *slash = name[0] == '/' ? NULL : strrchr(path, '/');
    char *joined;
    if (asprintf(&joined, "%.*s%s", slash ? (int)(slash - path + 1) : 0, path, name) < 0)
        return NULL;
    return joined;
}

/* Follow symbolic links, also to a file that does not exist yet. Returns a new string, or NULL with errno. */
static char *follow_links(const char *path)
{
    char *at = strdup(path);
    for (int i = 0; at && i < LINKS; i++) {
        char link[PATH_MAX];
        ssize_t n = readlink(at, link, sizeof link - 1);
        if (n < 0)
            return at;
        link[n] = '\0';
        char *next = beside(at, link);
        free(at);
        at = next;
    }
    if (at)
        errno = ELOOP;
    free(at);
    return NULL;
}

static char *temporary_name(const char *target)
{
    static atomic_uint_fast64_t count;
    struct timespec now;
    char name[40];
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t state = (uint64_t)now.tv_sec * 1000000007u + (uint64_t)now.tv_nsec + ((uint64_t)getpid() << 40) +
                     atomic_fetch_add(&count, 1) * 7919u;
    snprintf(name, sizeof name, ".flynn-%016llx", (unsigned long long)flynn_rng(&state));
    return beside(target, name);
}

/* The new file gets the old one's owner (where that is allowed) and permissions. */
static int keep_mode(int fd, const struct stat *old)
{
    struct stat st;
    if (fstat(fd, &st) == 0 && (st.st_uid != old->st_uid || st.st_gid != old->st_gid) &&
        fchown(fd, old->st_uid, old->st_gid) != 0 && errno != EPERM)
        return -1;
    return fchmod(fd, old->st_mode & 07777);
}

static int open_beside(struct flynn_outfile *out, struct flynn_err *err)
{
    struct stat old;
    bool exists = stat(out->target, &old) == 0;
    if (exists && S_ISDIR(old.st_mode))
        return flynn_fail(err, FLYNN_EIO, "%s: is a directory; name a file in it", out->name);
    if (exists && access(out->target, W_OK) != 0)
        return flynn_fail(err, FLYNN_EIO, "%s: cannot be written: %s", out->name, strerror(errno));
    char *temporary = temporary_name(out->target);
    if (!temporary)
        return flynn_fail(err, FLYNN_ELIMIT, "%s: out of memory for writing", out->name);
    out->slot = slot_take(temporary);
    if (out->slot < 0) {
        free(temporary);
        return flynn_fail(err, FLYNN_ELIMIT, "%s: more than %d outputs are open", out->name, SLOTS);
    }
    out->fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, exists ? 0600 : 0666);
    int why = errno;
    if (out->fd < 0)
        slot_release(out, false);
    else if (exists && keep_mode(out->fd, &old) != 0)
        why = errno;
    else
        return FLYNN_OK;
    return flynn_fail(err, FLYNN_EIO, "%s: cannot be written: %s", out->name, strerror(why));
}

static int open_target(struct flynn_outfile *out, const char *path, struct flynn_err *err)
{
    out->own_fd = true;
    if (flynn_out_is_special(path)) {
        out->fd = open(path, O_WRONLY | O_CLOEXEC);
        if (out->fd < 0)
            return flynn_fail(err, FLYNN_EIO, "%s: cannot be written: %s", out->name, strerror(errno));
        return FLYNN_OK;
    }
    out->target = follow_links(path);
    if (!out->target)
        return flynn_fail(err, FLYNN_EIO, "%s: cannot be written: %s", out->name, strerror(errno));
    return open_beside(out, err);
}

int flynn_out_open(struct flynn_outfile *out, const char *path, struct flynn_err *err)
{
    bool std = strcmp(path, "-") == 0;
    *out = (struct flynn_outfile){.slot = -1, .fd = STDOUT_FILENO};
    out->name = strdup(std ? "stdout" : path);
    out->buffer = malloc(FLYNN_OUT_BUFFER);
    int code = FLYNN_OK;
    if (!out->name || !out->buffer)
        code = flynn_fail(err, FLYNN_ELIMIT, "%s: out of memory for writing", path);
    else if (!std)
        code = open_target(out, path, err);
    if (code)
        flynn_out_close(out);
    return code;
}

bool flynn_out_fits(const struct statfs *system, double bytes)
{
    static const uint32_t known[] = {EXT4_SUPER_MAGIC, TMPFS_MAGIC, MSDOS_SUPER_MAGIC};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if ((uint32_t)system->f_type == known[i] && system->f_blocks)
            return bytes <= (double)system->f_bfree * (double)system->f_bsize;
    }
    return true;
}

int flynn_out_expect(struct flynn_outfile *out, double bytes, struct flynn_err *err)
{
    struct statfs system;
    if (!out->target || fstatfs(out->fd, &system) || flynn_out_fits(&system, bytes))
        return FLYNN_OK;
    return flynn_fail(err, FLYNN_ELIMIT, "%s: needs %.0f bytes, and its file system has %.0f left", out->name, bytes,
                      (double)system.f_bfree * (double)system.f_bsize);
}

static int write_failed(struct flynn_outfile *out, int why, struct flynn_err *err)
{
    if (why == EPIPE)
        out->failed = flynn_fail(err, FLYNN_EIO, "%s: the reader went away", out->name);
    else
        out->failed = flynn_fail(err, FLYNN_EIO, "%s: writing failed: %s", out->name, strerror(why));
    return out->failed;
}

/* Drop n written bytes from the front of the list. */
static void drop(struct iovec **parts, int *count, size_t n)
{
    while (*count && n >= (*parts)->iov_len) {
        n -= (*parts)->iov_len;
        ++*parts;
        --*count;
    }
    if (*count) {
        (*parts)->iov_base = (uint8_t *)(*parts)->iov_base + n;
        (*parts)->iov_len -= n;
    }
}

static int write_all(struct flynn_outfile *out, struct iovec *parts, int count, struct flynn_err *err)
{
    if (out->failed)
        return flynn_fail(err, out->failed, "%s: an earlier write failed", out->name);
    while (count) {
        ssize_t n = writev(out->fd, parts, count);
        if (n >= 0) {
            drop(&parts, &count, (size_t)n);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            struct pollfd wait = {.fd = out->fd, .events = POLLOUT};
            poll(&wait, 1, -1);
        } else if (errno != EINTR) {
            return write_failed(out, errno, err);
        }
    }
    return FLYNN_OK;
}

int flynn_out_flush(struct flynn_outfile *out, struct flynn_err *err)
{
    struct iovec part = {out->buffer, out->used};
    out->used = 0;
    return write_all(out, &part, part.iov_len != 0, err);
}

uint8_t *flynn_out_room(struct flynn_outfile *out, size_t n, struct flynn_err *err)
{
    if (FLYNN_OUT_BUFFER - out->used < n && flynn_out_flush(out, err))
        return NULL;
    return out->buffer + out->used;
}

int flynn_out_write(struct flynn_outfile *out, const void *bytes, size_t n, struct flynn_err *err)
{
    const uint8_t *at = bytes;
    if (n < FLYNN_OUT_BUFFER / 2) {
        uint8_t *room = flynn_out_room(out, n, err);
        if (!room)
            return out->failed;
        if (n)
            memcpy(room, at, n);
        out->used += n;
        return FLYNN_OK;
    }
    int code = FLYNN_OK;
    while (n && !code) {
        size_t run = n < BYTES_PER_CALL ? n : BYTES_PER_CALL;
        struct iovec parts[2] = {{out->buffer, out->used}, {(void *)at, run}};
        int held = out->used != 0;
        out->used = 0;
        code = write_all(out, parts + !held, 1 + held, err);
        at += run;
        n -= run;
    }
    return code;
}

int flynn_out_rows(struct flynn_outfile *out, const uint8_t *first, ptrdiff_t step, size_t row_bytes, size_t rows,
                   struct flynn_err *err)
{
    int code = FLYNN_OK;
    if (step == (ptrdiff_t)row_bytes)
        return flynn_out_write(out, first, row_bytes * rows, err);
    /* Short rows are gathered in the buffer, very long ones need no gathering. */
    if (row_bytes < 2048 || row_bytes > BYTES_PER_CALL / ROWS_PER_CALL) {
        for (size_t y = 0; y < rows && !code; y++)
            code = flynn_out_write(out, first + (ptrdiff_t)y * step, row_bytes, err);
        return code;
    }
    for (size_t y = 0; y < rows && !code;) {
        struct iovec parts[ROWS_PER_CALL];
        int count = 0;
        if (out->used)
            parts[count++] = (struct iovec){out->buffer, out->used};
        for (; y < rows && count < ROWS_PER_CALL; y++)
            parts[count++] = (struct iovec){(void *)(first + (ptrdiff_t)y * step), row_bytes};
        out->used = 0;
        code = write_all(out, parts, count, err);
    }
    return code;
}

/* Closing a copy of stdout reports what closing it would, and leaves it open. */
static int close_output(struct flynn_outfile *out)
{
    int fd = out->own_fd ? out->fd : dup(out->fd);
    out->fd = -1;
    return fd < 0 || close(fd) == 0 || errno == EINTR ? 0 : errno;
}

int flynn_out_commit(struct flynn_outfile *out, struct flynn_err *err)
{
    int code = flynn_out_flush(out, err);
    if (!code) {
        int why = close_output(out);
        if (why)
            code = write_failed(out, why, err);
    }
    if (!code && out->target) {
        char *temporary = atomic_load(&slots[out->slot]);
        if (!temporary)
            code = flynn_fail(err, FLYNN_EIO, "%s: the output was abandoned", out->name);
        else if (rename(temporary, out->target) != 0)
            code = write_failed(out, errno, err);
    }
    out->failed = code;
    slot_release(out, code != FLYNN_OK);
    return code;
}

void flynn_out_close(struct flynn_outfile *out)
{
    if (out->own_fd && out->fd >= 0)
        close(out->fd);
    slot_release(out, true);
    free(out->name);
    free(out->target);
    free(out->buffer);
    *out = (struct flynn_outfile){.slot = -1, .fd = -1};
}
