/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

static inline T16 map16(T16 v, T16 w, const struct flynn_args a)
{
    return v & w;
}

#include "binary.clh"
