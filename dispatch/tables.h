/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_DISPATCH_TABLES_H
#define FLYNN_DISPATCH_TABLES_H

#include "core/table.h"

/** Index of the scalar table: the specification. */
#define FLYNN_TABLE_SCALAR 0

/** Index of a table by name, or -1. */
int flynn_table_find(const char *name);

/** The best usable SIMD table that is not above `cap` (a table name or NULL); scalar when there is none. */
int flynn_table_best(const char *cap);

/** The kernel that a table runs for a stage: its own, or that of the next lower table that has one; never NULL. *from,
 * when not NULL, gets the table that it came from. */
flynn_kernel *flynn_table_resolve(int table, const struct flynn_stage *stage, int *from);

/** Tests: put a table in the place of the table `index` (NULL: the built-in one again). */
void flynn_table_override(int index, const struct flynn_table *table);

#endif
