/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_OUTFILE_H
#define FLYNN_CORE_OUTFILE_H

#include <flynn/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/vfs.h>

/** An output that appears complete or not at all.
 *
 * A regular file is written beside its place under a hidden name and renamed into it by commit; a symbolic link is
 * followed, an existing file keeps its permissions. "-" (stdout), devices and pipes are written as it comes. */
struct flynn_outfile {
    char *name;   /**< for messages */
    char *target; /**< what commit renames to; NULL when written as it comes */
    int slot;     /**< where the temporary name is registered for flynn_writer_abandon_all, or -1 */
    int fd;
    bool own_fd;
    uint8_t *buffer;
    size_t used;
    int failed; /**< the first failure; nothing is written after it */
};

#define FLYNN_OUT_BUFFER ((size_t)256 << 10) /**< most bytes that flynn_out_room gives at once */

/** FLYNN_EIO when the system refuses, FLYNN_ELIMIT without memory or with too many outputs open at a time. On failure
 * nothing needs closing. */
int flynn_out_open(struct flynn_outfile *out, const char *path, struct flynn_err *err);

/** True for paths that are not written beside and renamed: "-", devices, pipes, sockets. */
bool flynn_out_is_special(const char *path);

/** Refuse at once what is sure to fail later: FLYNN_ELIMIT where `bytes` more do not fit into the file system of a
 * regular file (flynn_out_fits). */
int flynn_out_expect(struct flynn_outfile *out, double bytes, struct flynn_err *err);

/** Whether so many bytes may fit. Only where free space is what can be written is an answer given: ext2 to ext4, tmpfs
 * and FAT. Others compress, share extents, free what they had set aside or ask a server, so there a full disk is met
 * when it is full. Blocks kept for root count as free, a file that will be replaced does not: it stays until the new
 * one is complete. A tmpfs without a size has no blocks. */
bool flynn_out_fits(const struct statfs *system, double bytes);

int flynn_out_write(struct flynn_outfile *out, const void *bytes, size_t n, struct flynn_err *err);

/** Write rows of row_bytes each from first, first + step, ...; step may be negative. */
int flynn_out_rows(struct flynn_outfile *out, const uint8_t *first, ptrdiff_t step, size_t row_bytes, size_t rows,
                   struct flynn_err *err);

/** Room for n bytes (at most FLYNN_OUT_BUFFER) to write in place; add what was used to out->used. NULL on failure. */
uint8_t *flynn_out_room(struct flynn_outfile *out, size_t n, struct flynn_err *err);

/** Write what is in the buffer. */
int flynn_out_flush(struct flynn_outfile *out, struct flynn_err *err);

/** Flush, close and rename. On failure the old file is as it was and the temporary file is gone. */
int flynn_out_commit(struct flynn_outfile *out, struct flynn_err *err);

/** Free; without a commit the temporary file is removed. Safe twice. */
void flynn_out_close(struct flynn_outfile *out);

#endif
