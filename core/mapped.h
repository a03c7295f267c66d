/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_MAPPED_H
#define FLYNN_CORE_MAPPED_H

#include <flynn/image.h>

/** As flynn_read, for images that are only read: a large binary PNM file of 8-bit samples at maxval 255 that holds one
 * image is mapped, so that it takes no memory of the process and is read while it is used. A file that shrinks
 * meanwhile raises SIGBUS. Free with flynn_image_free. */
int flynn_read_mapped(struct flynn_image *image, const char *path, struct flynn_err *err);

#endif
