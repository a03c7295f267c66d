/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_NODE_H
#define FLYNN_CORE_NODE_H

#include <flynn/op.h>

/** Free the memory of flynn_node_alloc. */
void flynn_node_free(struct flynn_node *node);

#endif
