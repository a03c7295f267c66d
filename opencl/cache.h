/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_OPENCL_CACHE_H
#define FLYNN_OPENCL_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Files that save work next time: compiled programs, self-test verdicts, the verdict of the probe.
 *
 * The folder is FLYNN_CACHE_DIR, else $XDG_CACHE_HOME/flynn, else ~/.cache/flynn. Every entry holds the full text of
 * its key and a checksum, so a stale, foreign or damaged file reads as absent. Entries appear by rename, whole or not
 * at all. A folder that cannot be made or written is no error: nothing is remembered then. */

/** 32 hexadecimal digits of the hash of a text, and a NUL. */
void flynn_cl_hash_text(char hex[33], const char *text);

/** The path of the cache folder; false when none can be named. Nothing is created. */
bool flynn_cl_cache_folder(char *path, size_t size);

/** Read the entry `name` if its key is `key`: returns malloc'd bytes with a NUL after them, or NULL. */
char *flynn_cl_cache_read(const char *name, const char *key, size_t *bytes);

/** As above for any key, which is returned too (both to be freed). */
char *flynn_cl_cache_read_any(const char *name, char **key, size_t *bytes);

/** Write the entry; false when that was not possible. */
bool flynn_cl_cache_write(const char *name, const char *key, const void *data, size_t bytes);

/** Write a text for people to read, as it is; `place` gets its path. False when that was not possible. */
bool flynn_cl_cache_note(char *place, size_t size, const char *name, const char *text);

/** Remove the entry if it exists. */
void flynn_cl_cache_remove(const char *name);

#endif
