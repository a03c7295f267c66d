/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_TEAM_H
#define FLYNN_CPU_TEAM_H

#include "cpu/strip.h"

struct flynn_pool;

/** Run the task's section, one whole stage with `team`, on up to `most` workers of the pool (NULL: alone). */
void flynn_team_run(struct flynn_task *task, struct flynn_pool *pool, int most);

#endif
