/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"
#include "blocks.clh"
