/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_OPENCL_SOURCE_H
#define FLYNN_OPENCL_SOURCE_H

#include <flynn/error.h>

#include <stddef.h>

/** The kernel files that the build embeds (kernels/embed.py makes the table). */
struct flynn_cl_file {
    const char *name;
    const char *text; /**< NUL-terminated */
    size_t length;
};

extern const struct flynn_cl_file flynn_cl_files[];
extern const int flynn_cl_file_count;

/** The source of kernels/OP.cl with every included file put in place of its directive, each file once, and #line
 * directives so that the compiler's messages name the file. A file in the folder FLYNN_KERNEL_DIR is taken before the
 * embedded one. *source is to be freed. FLYNN_EUNAVAILABLE when a file does not exist, FLYNN_EIO when one cannot be
 * read. */
int flynn_cl_source(char **source, const char *op, struct flynn_err *err);

#endif
