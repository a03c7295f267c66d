/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_ERROR_DIFFUSION_H
#define FLYNN_CORE_ERROR_DIFFUSION_H

/** Bytes that a band of rows side by side keeps in mind, and items of an OpenCL work-group, one for each row of a band.
 */
#define FLYNN_DIFFUSION_SCRATCH 4096
#define FLYNN_DIFFUSION_ITEMS   128

/** Rows that the input lies below the output where both have the same memory: at least as many as the highest band has,
 * because bands leave in the row below them what they were off. */
#define FLYNN_DIFFUSION_BELOW 64

#endif
