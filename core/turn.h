/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_TURN_H
#define FLYNN_CORE_TURN_H

#include <flynn/op.h>

/** The ways to lay an image anew without touching its pixels are kernels of the op rotate, which flip and transpose
 * use too. The numbers are known to kernels/rotate.cl. */
enum flynn_turn {
    FLYNN_TURN_90,  /**< clockwise */
    FLYNN_TURN_180, /**< about the centre */
    FLYNN_TURN_270,
    FLYNN_TURN_TRANSPOSE, /**< rows become columns */
    FLYNN_TURN_UPSIDE,    /**< the last row first */
    FLYNN_TURN_MIRROR,    /**< the last column first; as a stage of rows only */
};

enum { FLYNN_TURN_WHOLE, FLYNN_TURN_ROWS }; /**< slots of rotate's kernels; k[0] of the first is the turn */

/** Make `node` turn its input, or what its last stage made. */
void flynn_turn_lower(struct flynn_node *node, enum flynn_turn turn);

#endif
