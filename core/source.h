/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_SOURCE_H
#define FLYNN_CORE_SOURCE_H

#include <flynn/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A buffered stream of bytes: a file, a pipe, or memory of the caller (which is read in place).
 *
 * A failed read() ends the stream; `failed` keeps its errno, and flynn_source_truncated reports it. */
struct flynn_source {
    const char *name; /**< for messages; not owned */
    int fd;           /**< -1: memory */
    bool own_fd;
    const uint8_t *bytes; /**< the window: the buffer or the caller's memory */
    size_t at, end;       /**< unread part of the window */
    uint64_t base;        /**< offset in the stream of bytes[0] */
    uint64_t total;       /**< length of the stream; UINT64_MAX: unknown (a pipe) */
    uint64_t line;        /**< current line, counted by the readers of text */
    uint8_t *buffer;
    int failed;
    bool ended;
};

#define FLYNN_SOURCE_WINDOW ((size_t)128 << 10) /**< most bytes that flynn_source_peek shows of a file */

/** Open a path ("-": stdin). FLYNN_EIO when the system refuses, FLYNN_ELIMIT without memory. */
int flynn_source_open(struct flynn_source *source, const char *path, struct flynn_err *err);

/** Read from memory, which must outlive the source. */
void flynn_source_memory(struct flynn_source *source, const void *bytes, size_t length, const char *name);

void flynn_source_close(struct flynn_source *source);

/** Make up to min(want, FLYNN_SOURCE_WINDOW) bytes readable at bytes + at; returns how many are, fewer only at the end.
 */
size_t flynn_source_peek(struct flynn_source *source, size_t want);

/** Copy up to n bytes; fewer only at the end. Large reads go past the buffer. */
size_t flynn_source_read(struct flynn_source *source, void *to, size_t n);

/** Read rows of row_bytes each to first, first + step, ...; step may be negative. Returns the bytes read. */
size_t flynn_source_read_rows(struct flynn_source *source, uint8_t *first, ptrdiff_t step, size_t row_bytes,
                              size_t rows);

/** Offset of the next unread byte, counted from where the source was opened. */
static inline uint64_t flynn_source_offset(const struct flynn_source *source)
{
    return source->base + source->at;
}

/** The next byte, or -1 at the end; it stays unread. */
static inline int flynn_source_look(struct flynn_source *source)
{
    if (source->at == source->end && flynn_source_peek(source, 1) == 0)
        return -1;
    return source->bytes[source->at];
}

/** Read one byte; -1 at the end. */
static inline int flynn_source_get(struct flynn_source *source)
{
    int c = flynn_source_look(source);
    source->at += c >= 0;
    return c;
}

/** FLYNN_EINPUT when the stream is known to hold fewer than `bytes` more bytes of `what`. */
int flynn_source_need(struct flynn_source *source, uint64_t bytes, const char *what, struct flynn_err *err);

/** Report that `what`, which starts at offset `start`, needs `expected` bytes and the stream ended before
 * (FLYNN_EINPUT), or that reading failed (FLYNN_EIO). */
int flynn_source_truncated(struct flynn_source *source, uint64_t start, uint64_t expected, const char *what,
                           struct flynn_err *err);

/** How a byte is shown in a message: 'x', "byte 0x00" or "the end of the file"; c is -1 at the end. Returns text. */
const char *flynn_source_show(int c, char text[24]);

/** The six characters that the Netpbm formats call white space. */
static inline bool flynn_is_space(int c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

#endif
