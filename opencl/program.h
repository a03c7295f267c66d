/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_OPENCL_PROGRAM_H
#define FLYNN_OPENCL_PROGRAM_H

#include "opencl/shape.h"

/** The program of an op for one variant type on one device: kernels/OP.cl compiled with that type. Kept until
 * flynn_cl_shutdown; the compiled binary is kept in the cache folder for the next process, unless the runtime
 * keeps it itself. */
struct flynn_cl_program {
    struct flynn_cl_program *next;
    const struct flynn_op *op;
    enum flynn_type type;
    const struct flynn_cl_shape *shape; /**< NULL: an op without shapes */
    cl_program program;
    char key_hash[33]; /**< of everything that decides what the kernels compute */
};

/** Find, load from the cache, or compile. The program belongs to the handle. FLYNN_EUNAVAILABLE with the compiler's
 * first error line; also when the type needs double precision and the device has none. Takes the handle's lock. */
int flynn_cl_program(const struct flynn_cl_program **program, struct flynn_cl_handle *handle, const struct flynn_op *op,
                     enum flynn_type type, const struct flynn_cl_shape *shape, struct flynn_err *err);

/** The hash that the program of the chosen shape would have now; the empty string when there is no source. */
void flynn_cl_program_hash(char hash[33], struct flynn_cl_handle *handle, const char *op, enum flynn_type type);

void flynn_cl_programs_free(struct flynn_cl_handle *handle);

#endif
