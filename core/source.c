/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define FIRST_READ     ((size_t)4096) /* enough for a header; what follows goes past the buffer when it is large */
#define ROWS_PER_CALL  64
#define BYTES_PER_CALL ((size_t)1 << 30)

/* The length of a regular file from here on. Files in /proc say 0 and are not empty, so 0 means unknown. */
static uint64_t length_of(int fd)
{
    struct stat st;
    if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size == 0)
        return UINT64_MAX;
    off_t here = lseek(fd, 0, SEEK_CUR);
    return here < 0 ? UINT64_MAX : here < st.st_size ? (uint64_t)(st.st_size - here) : 0;
}

int flynn_source_open(struct flynn_source *source, const char *path, struct flynn_err *err)
{
    bool std = strcmp(path, "-") == 0;
    *source = (struct flynn_source){.name = std ? "stdin" : path, .fd = STDIN_FILENO, .own_fd = !std, .line = 1};
    if (!std) {
        source->fd = open(path, O_RDONLY | O_CLOEXEC);
        if (source->fd < 0)
            return flynn_fail(err, FLYNN_EIO, "%s: cannot be opened: %s", source->name, strerror(errno));
    }
    source->buffer = malloc(FLYNN_SOURCE_WINDOW);
    if (!source->buffer) {
        flynn_source_close(source);
        return flynn_fail(err, FLYNN_ELIMIT, "%s: out of memory for reading", path);
    }
    source->bytes = source->buffer;
    source->total = length_of(source->fd);
    return FLYNN_OK;
}

void flynn_source_memory(struct flynn_source *source, const void *bytes, size_t length, const char *name)
{
    *source = (struct flynn_source){
        .name = name, .fd = -1, .bytes = bytes, .end = length, .total = length, .line = 1, .ended = true};
}

void flynn_source_close(struct flynn_source *source)
{
    if (source->own_fd && source->fd >= 0)
        close(source->fd);
    free(source->buffer);
    *source = (struct flynn_source){.fd = -1};
}

/* readv that waits out signals and non-blocking pipes; returns 0 at the end or after an error. */
static size_t fetch(struct flynn_source *source, const struct iovec *parts, int count)
{
    while (!source->ended) {
        ssize_t n = readv(source->fd, parts, count);
        if (n > 0)
            return (size_t)n;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            struct pollfd wait = {.fd = source->fd, .events = POLLIN};
            poll(&wait, 1, -1);
            continue;
        }
        source->failed = n < 0 ? errno : 0;
        source->ended = true;
    }
    return 0;
}

size_t flynn_source_peek(struct flynn_source *source, size_t want)
{
    if (want > FLYNN_SOURCE_WINDOW)
        want = FLYNN_SOURCE_WINDOW;
    if (source->end - source->at >= want || source->ended)
        return source->end - source->at;
    size_t kept = source->end - source->at;
    memmove(source->buffer, source->buffer + source->at, kept);
    source->base += source->at;
    source->at = 0;
    source->end = kept;
    while (source->end < want) {
        size_t room = FLYNN_SOURCE_WINDOW - source->end;
        if (source->base == 0 && want <= FIRST_READ && source->end < FIRST_READ)
            room = FIRST_READ - source->end;
        struct iovec part = {source->buffer + source->end, room};
        size_t n = fetch(source, &part, 1);
        if (n == 0)
            break;
        source->end += n;
    }
    return source->end;
}

/* Take what the window holds. */
static size_t take(struct flynn_source *source, void *to, size_t n)
{
    size_t held = source->end - source->at;
    if (n > held)
        n = held;
    if (n)
        memcpy(to, source->bytes + source->at, n);
    source->at += n;
    return n;
}

size_t flynn_source_read(struct flynn_source *source, void *to, size_t n)
{
    uint8_t *out = to;
    size_t done = take(source, out, n);
    while (done < n && !source->ended) {
        size_t rest = n - done;
        if (rest < FLYNN_SOURCE_WINDOW / 2) {
            flynn_source_peek(source, rest);
            return done + take(source, out + done, rest);
        }
        struct iovec part = {out + done, rest < BYTES_PER_CALL ? rest : BYTES_PER_CALL};
        size_t got = fetch(source, &part, 1);
        /* The window is empty here; move its place in the stream. */
        source->base += got;
        done += got;
    }
    return done;
}

/* Fill the list of rows from row y on, the first one from byte `skip`; returns how many parts there are. */
static int row_parts(struct iovec *parts, uint8_t *first, ptrdiff_t step, size_t row_bytes, size_t y, size_t rows,
                     size_t skip)
{
    int count = 0;
    for (; y < rows && count < ROWS_PER_CALL; y++, count++) {
        parts[count].iov_base = first + (ptrdiff_t)y * step + skip;
        parts[count].iov_len = row_bytes - skip;
        skip = 0;
    }
    return count;
}

size_t flynn_source_read_rows(struct flynn_source *source, uint8_t *first, ptrdiff_t step, size_t row_bytes,
                              size_t rows)
{
    struct iovec parts[ROWS_PER_CALL];
    size_t done = 0, y = 0, skip = 0;
    bool scatter = row_bytes >= 2048 && row_bytes <= BYTES_PER_CALL / ROWS_PER_CALL;

    if (step == (ptrdiff_t)row_bytes)
        return flynn_source_read(source, first, row_bytes * rows);
    while (y < rows) {
        uint8_t *row = first + (ptrdiff_t)y * step;
        size_t got;
        if (scatter && source->at == source->end && !source->ended) {
            int count = row_parts(parts, first, step, row_bytes, y, rows, skip);
            got = fetch(source, parts, count);
            source->base += got;
        } else if (scatter) {
            got = take(source, row + skip, row_bytes - skip);
        } else {
            got = flynn_source_read(source, row + skip, row_bytes - skip);
        }
        if (got == 0 && source->ended)
            break;
        done += got;
        y += (skip + got) / row_bytes;
        skip = (skip + got) % row_bytes;
    }
    return done;
}

int flynn_source_need(struct flynn_source *source, uint64_t bytes, const char *what, struct flynn_err *err)
{
    if (source->total == UINT64_MAX)
        return FLYNN_OK;
    uint64_t offset = flynn_source_offset(source);
    uint64_t left = source->total > offset ? source->total - offset : 0;
    if (left >= bytes)
        return FLYNN_OK;
    return flynn_fail(err, FLYNN_EINPUT,
                      "%s: truncated: %s from offset %" PRIu64 " take %" PRIu64 " bytes, %" PRIu64 " are there",
                      source->name, what, offset, bytes, left);
}

int flynn_source_truncated(struct flynn_source *source, uint64_t start, uint64_t expected, const char *what,
                           struct flynn_err *err)
{
    uint64_t offset = flynn_source_offset(source);
    if (source->failed)
        return flynn_fail(err, FLYNN_EIO, "%s: reading failed at offset %" PRIu64 ": %s", source->name, offset,
                          strerror(source->failed));
    return flynn_fail(err, FLYNN_EINPUT,
                      "%s: truncated: %s from offset %" PRIu64 " take %" PRIu64 " bytes, %" PRIu64 " are there",
                      source->name, what, start, expected, offset - start);
}

const char *flynn_source_show(int c, char text[24])
{
    if (c < 0)
        return "the end of the file";
    snprintf(text, 24, c > ' ' && c < 127 ? "'%c'" : "byte 0x%02x", (unsigned)c);
    return text;
}
