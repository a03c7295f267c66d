/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_ERROR_DIFFUSION_H
#define FLYNN_CORE_ERROR_DIFFUSION_H

/** Bytes that a band of rows side by side keeps in mind, and items of an OpenCL work-group, one for each row of a band.
 */
#define FLYNN_DIFFUSION_SCRATCH 4096
#define FLYNN_DIFFUSION_ITEMS   128

#endif
