/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_OVER_H
#define FLYNN_CORE_OVER_H

/** Kernel slots of over, by who has an alpha channel (the last of 2 or 4). */
enum {
    OVER_BOTH, /**< both inputs */
    OVER_GRAY, /**< the second input alone: 2 channels over 1 */
    OVER_RGB,  /**< the second input alone: 4 channels over 3 */
    OVER_NONE, /**< neither */
};

#endif
