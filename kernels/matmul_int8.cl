/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* The exact product of bytes (cpu/matmul_int8.c). k[] is that of matmul.cl; k[3] and k[4] are 128 where the bytes of A and
 * of B are signed. The shape is the device's (opencl/shape.c). */

#ifdef PANELS
#include "matmul_int8_panels.clh"
#else
#include "matmul_int8_tiles.clh"
#endif
