/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_TESTS_FILE_HELPERS_H
#define FLYNN_TESTS_FILE_HELPERS_H

#include <flynn/file.h>

/** Make a scratch folder for this test, and remove it with all that is in it. For .init and .fini. */
void scratch_make(void);
void scratch_remove(void);

/** The path of a name in the scratch folder; valid until eight more were asked for. */
const char *scratch(const char *name);

/** Number of entries in the scratch folder, hidden ones too. */
int scratch_entries(void);

void put_file(const char *path, const void *bytes, size_t n);

/** The bytes of a file with a NUL after them; free() it. NULL when it is not there. */
char *get_file(const char *path, size_t *n);

/** An image of random bytes; floats are random finite numbers. */
struct flynn_image random_image(int width, int height, int channels, enum flynn_type type, uint64_t seed);

/** Same shape and same bytes in every row. */
bool same_image(const struct flynn_image *a, const struct flynn_image *b);

/** Decode a string of n bytes, which must be one good image. */
struct flynn_image decode(const void *bytes, size_t n);

/** Write with options to the scratch name, read it back into *back and return the file's bytes (n in *size). Asserts.
 */
char *write_and_read(const struct flynn_image *image, const char *name, const struct flynn_write_options *options,
                     struct flynn_image *back, size_t *size);

#endif
