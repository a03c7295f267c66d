/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_POOL_H
#define FLYNN_CPU_POOL_H

#include <flynn/error.h>

#include <stdbool.h>

/** A pool of POSIX threads that stay alive between jobs (Linux: it sleeps on futexes).
 *
 * A job is `tasks` calls task(arg, index, worker), one for each index in [0, tasks). `worker` is in
 * [0, flynn_pool_threads(pool)), and no two calls of one job run at the same time with the same worker, so it may index
 * memory of the worker's own. The thread that submits a job is its worker 0. What was written before a job is seen by
 * its tasks, and what the tasks wrote is seen when the job has returned.
 *
 * Threads: any number of threads may submit jobs to one pool. Jobs run one after another; a second caller waits until
 * the first job is done and then has all workers.
 * Nesting: a job that is submitted from inside of a task runs on the thread that submits it, in order of the index. Its
 * `worker` is that of the task when both jobs belong to the same pool, else 0. So nothing can deadlock.
 * fork: the child has no workers. It may go on using the pool; jobs then run on the calling thread. No thread of the
 * parent may be inside flynn_pool_create at the fork.
 * Signals: workers block all signals, so handlers run on the program's own threads. */
struct flynn_pool;

/** One task. It must return normally: no longjmp out of it, no pthread_exit. */
typedef void flynn_pool_task(void *arg, int index, int worker);

#define FLYNN_POOL_MAX 1024 /**< most threads of one pool */

/** Make a pool of `threads` threads, the calling one counted; *pool is freed with flynn_pool_free. No thread is started
 * here: the first job that needs a worker starts it. When the system refuses a thread, the pool goes on with those it
 * has. FLYNN_EUSAGE when threads is not in [1, FLYNN_POOL_MAX], FLYNN_ELIMIT when there is no memory. */
int flynn_pool_create(struct flynn_pool **pool, int threads, struct flynn_err *err);

/** The number of threads that the pool was made for: `worker` is always below it. */
int flynn_pool_threads(const struct flynn_pool *pool);

/** On how many threads, up to `most` and the calling one counted, a job starts within a microsecond, because they are
 * awake; waking one takes some fifty. The answer may be old by the time that it is used. */
int flynn_pool_awake(struct flynn_pool *pool, int most);

/** Call these before and after a job that is too small to wake workers for, when it runs on fewer than the `threads`
 * that would share it if they were awake. In a series of such jobs, each within some microseconds of the last, the
 * workers are woken beside one of them, and find the next. */
void flynn_pool_begin_short(struct flynn_pool *pool, int threads);
void flynn_pool_end_short(struct flynn_pool *pool);

/** Run a job with a static split: worker w of n = min(threads, tasks) takes the indices [tasks*w/n, tasks*(w+1)/n), in
 * ascending order. Nothing happens when tasks <= 0. */
void flynn_pool_run(struct flynn_pool *pool, int tasks, flynn_pool_task *task, void *arg);

/** The same, but workers draw small ranges of indices from a shared counter: for tasks of unequal cost. */
void flynn_pool_run_dynamic(struct flynn_pool *pool, int tasks, flynn_pool_task *task, void *arg);

/** Run task(arg, member, member) on up to `most` threads that all run at the same time; *members, which the tasks may
 * read, is set to their number before. It is 1 where jobs run on the calling thread alone (nesting, fork). */
void flynn_pool_run_team(struct flynn_pool *pool, int most, int *members, flynn_pool_task *task, void *arg);

/** Wait for the other workers of something: call it in a loop until they are there. The first `polls` calls spin, those
 * after give up the CPU. */
void flynn_pool_relax(int polls);

/** Stop and join the workers and free the pool; NULL is allowed. No job may be running. */
void flynn_pool_free(struct flynn_pool *pool);

#endif
