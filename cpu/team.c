/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/team.h"

#include "cpu/pool.h"

/* A barrier: the last to arrive starts the next round. */
struct team {
    struct flynn_task *task;
    int members;
    _Alignas(64) atomic_int arrived;
    _Alignas(64) atomic_int round;
};

static void meet(void *arg)
{
    struct team *team = arg;
    int round = atomic_load_explicit(&team->round, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&team->arrived, 1, memory_order_acq_rel) == team->members - 1) {
        atomic_store_explicit(&team->arrived, 0, memory_order_relaxed);
        atomic_store_explicit(&team->round, round + 1, memory_order_release);
        return;
    }
    for (int polls = 0; atomic_load_explicit(&team->round, memory_order_acquire) == round; polls++)
        flynn_pool_relax(polls);
}

static void take_part(void *arg, int member, int worker)
{
    struct team *team = arg;
    const struct flynn_task *task = team->task;
    const struct flynn_stage *stage = task->section->stage[0];
    task->section->kernel[0](&(struct flynn_call){
        .stage = stage,
        .rows = stage->out.height,
        .width = stage->out.width,
        .src = task->src,
        .src2 = stage->beside ? task->beside : stage->with,
        .dst = task->dst,
        .side = task->side,
        .scratch = task->section->worker[worker].scratch,
        .shared = task->section->worker[team->members > 1 ? 0 : worker].scratch,
        .member = member,
        .members = team->members,
        .meet = meet,
        .team = team,
    });
}

void flynn_team_run(struct flynn_task *task, struct flynn_pool *pool, int most)
{
    struct team team = {.task = task, .members = 1};
    if (pool)
        flynn_pool_run_team(pool, most, &team.members, take_part, &team);
    else
        take_part(&team, 0, 0);
}
