/* SPDX-License-Identifier: Apache-2.0 */
#include "core/rng.h"
#include "cpu/pool.h"
#include "cpu/threads.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_TASKS 1000

/* A missing wake shows as a test that never ends. */
TestSuite(pool, .timeout = 120);

static const int thread_counts[] = {1, 2, 3, 7};
static const int task_counts[] = {0, 1, 2, 5, MAX_TASKS};

/* Plain memory, so that a sanitizer sees a missing hand-over as a race. */
struct record {
    int seen[MAX_TASKS];
    int worker[MAX_TASKS];
    int busy[8]; /* of each worker */
    int bad;     /* guarded by nothing: only ever set by a failure */
};

static struct flynn_pool *make(int threads)
{
    struct flynn_err err;
    struct flynn_pool *pool;

    cr_assert_eq(flynn_pool_create(&pool, threads, &err), 0, "%s", err.text);
    cr_assert_eq(flynn_pool_threads(pool), threads);
    return pool;
}

static void note(void *arg, int index, int worker)
{
    struct record *r = arg;

    if (r->busy[worker]++)
        r->bad++;
    r->seen[index]++;
    r->worker[index] = worker;
    r->busy[worker]--;
}

static void check(const struct record *r, int threads, int tasks, const char *what)
{
    for (int i = 0; i < MAX_TASKS; i++) {
        cr_assert_eq(r->seen[i], i < tasks, "%s, threads %d, tasks %d: index %d ran %d times", what, threads, tasks, i,
                     r->seen[i]);
        cr_assert(r->worker[i] >= 0 && r->worker[i] < threads, "%s: worker %d of %d", what, r->worker[i], threads);
    }
    cr_assert_eq(r->bad, 0, "%s, threads %d, tasks %d: two tasks at once on one worker", what, threads, tasks);
}

Test(pool, every_index_once)
{
    for (size_t t = 0; t < sizeof thread_counts / sizeof *thread_counts; t++) {
        struct flynn_pool *pool = make(thread_counts[t]);
        for (int round = 0; round < 20; round++) {
            for (size_t k = 0; k < sizeof task_counts / sizeof *task_counts; k++) {
                struct record s = {0}, d = {0};
                flynn_pool_run(pool, task_counts[k], note, &s);
                check(&s, thread_counts[t], task_counts[k], "static");
                flynn_pool_run_dynamic(pool, task_counts[k], note, &d);
                check(&d, thread_counts[t], task_counts[k], "dynamic");
            }
        }
        flynn_pool_free(pool);
    }
}

Test(pool, static_split_is_contiguous_and_even)
{
    for (size_t t = 0; t < sizeof thread_counts / sizeof *thread_counts; t++) {
        struct flynn_pool *pool = make(thread_counts[t]);
        for (int tasks = 1; tasks < 40; tasks++) {
            struct record r = {0};
            int n = tasks < thread_counts[t] ? tasks : thread_counts[t];
            flynn_pool_run(pool, tasks, note, &r);
            for (int i = 0; i < tasks; i++) {
                int w = r.worker[i];
                cr_assert(i >= tasks * w / n && i < tasks * (w + 1) / n, "threads %d, tasks %d: index %d on worker %d",
                          thread_counts[t], tasks, i, w);
            }
        }
        flynn_pool_free(pool);
    }
}

Test(pool, negative_number_of_tasks_is_nothing)
{
    struct flynn_pool *pool = make(2);
    struct record r = {0};

    flynn_pool_run(pool, -1, note, &r);
    flynn_pool_run_dynamic(pool, -5, note, &r);
    check(&r, 2, 0, "negative");
    flynn_pool_free(pool);
}

/* Each of two tasks waits for the other one: it ends only when two threads run them at the same time. */
static void meet(void *arg, int index, int worker)
{
    (void)index;
    (void)worker;
    _Atomic int *here = arg;
    atomic_fetch_add(here, 1);
    while (atomic_load(here) < 2)
        usleep(10);
}

Test(pool, runs_at_the_same_time)
{
    struct flynn_pool *pool = make(2);
    for (int i = 0; i < 20; i++) {
        _Atomic int here = 0;
        flynn_pool_run(pool, 2, meet, &here);
        here = 0;
        flynn_pool_run_dynamic(pool, 2, meet, &here);
    }
    flynn_pool_free(pool);
}

/* Writes of the submitter reach the tasks, and theirs reach it, with the workers awake, falling asleep and asleep. */
struct relay {
    unsigned value[7];
};

static void pass_on(void *arg, int index, int worker)
{
    (void)worker;
    struct relay *r = arg;
    r->value[index] = r->value[index] * 3 + 1;
}

Test(pool, hand_over_through_sleep_and_wake)
{
    for (size_t t = 0; t < sizeof thread_counts / sizeof *thread_counts; t++) {
        struct flynn_pool *pool = make(thread_counts[t]);
        struct relay r = {{0}};
        unsigned want = 0;
        uint64_t seed = 7;
        for (int i = 0; i < 300; i++) {
            flynn_pool_run(pool, 7, pass_on, &r);
            want = want * 3 + 1;
            for (int k = 0; k < 7; k++) {
                cr_assert_eq(r.value[k], want, "threads %d, job %d: value %d", thread_counts[t], i, k);
                r.value[k]++;
            }
            want++;
            if (i % 3)
                usleep((unsigned)flynn_rng_below(&seed, 200));
        }
        flynn_pool_free(pool);
    }
}

/* A worker that is slower than the submitter makes the submitter sleep in the join. */
static void slow(void *arg, int index, int worker)
{
    struct record *r = arg;

    if (index)
        usleep(2000);
    note(r, index, worker);
}

Test(pool, submitter_sleeps_until_the_last_worker)
{
    struct flynn_pool *pool = make(2);
    for (int i = 0; i < 20; i++) {
        struct record r = {0};
        flynn_pool_run(pool, 2, slow, &r);
        check(&r, 2, 2, "slow");
    }
    flynn_pool_free(pool);
}

struct nest {
    struct flynn_pool *pool, *other;
    _Atomic int inner, order, wrong;
};

struct nest_task {
    struct nest *nest;
    int worker, last;
    pthread_t thread;
};

static void inner(void *arg, int index, int worker)
{
    struct nest_task *t = arg;

    atomic_fetch_add(&t->nest->inner, 1);
    if (worker != t->worker || !pthread_equal(pthread_self(), t->thread))
        atomic_fetch_add(&t->nest->wrong, 1);
    if (index != t->last + 1)
        atomic_fetch_add(&t->nest->order, 1);
    t->last = index;
}

static void outer(void *arg, int index, int worker)
{
    (void)index;
    struct nest *n = arg;
    struct nest_task t = {n, worker, -1, pthread_self()};

    flynn_pool_run(n->pool, 10, inner, &t);
    t.last = -1;
    flynn_pool_run_dynamic(n->pool, 10, inner, &t);
    t.last = -1;
    t.worker = 0;
    flynn_pool_run(n->other, 10, inner, &t);
}

Test(pool, nested_jobs_run_on_the_thread_that_asks)
{
    for (size_t t = 0; t < sizeof thread_counts / sizeof *thread_counts; t++) {
        struct nest n = {make(thread_counts[t]), make(2), 0, 0, 0};
        for (int i = 0; i < 10; i++) {
            flynn_pool_run(n.pool, 9, outer, &n);
            flynn_pool_run_dynamic(n.pool, 9, outer, &n);
            flynn_pool_run(n.pool, 1, outer, &n);
        }
        cr_assert_eq(n.inner, 10 * (9 + 9 + 1) * 30);
        cr_assert_eq(n.wrong, 0, "threads %d: %d inner tasks on another thread or worker", thread_counts[t], n.wrong);
        cr_assert_eq(n.order, 0, "threads %d: %d inner tasks out of order", thread_counts[t], n.order);
        flynn_pool_free(n.pool);
        flynn_pool_free(n.other);
    }
}

struct caller {
    struct flynn_pool *pool;
    int failures;
};

static void *call_many(void *arg)
{
    struct caller *c = arg;

    for (int i = 0; i < 200; i++) {
        struct record r = {0};
        int tasks = i % 20;
        if (i & 1)
            flynn_pool_run(c->pool, tasks, note, &r);
        else
            flynn_pool_run_dynamic(c->pool, tasks, note, &r);
        for (int k = 0; k < MAX_TASKS; k++)
            c->failures += r.seen[k] != (k < tasks);
        c->failures += r.bad;
    }
    return NULL;
}

Test(pool, many_callers)
{
    static const int counts[] = {2, 3};
    for (size_t t = 0; t < 2; t++) {
        struct flynn_pool *pool = make(counts[t]);
        struct caller c[8];
        pthread_t thread[8];
        for (int i = 0; i < 8; i++) {
            c[i] = (struct caller){pool, 0};
            cr_assert_eq(pthread_create(&thread[i], NULL, call_many, &c[i]), 0);
        }
        for (int i = 0; i < 8; i++) {
            pthread_join(thread[i], NULL);
            cr_assert_eq(c[i].failures, 0, "caller %d: %d wrong", i, c[i].failures);
        }
        flynn_pool_free(pool);
    }
}

/* Short-handed jobs one after the other until `threads` of the pool are awake; false when they are not for seconds. */
static bool series_wakes(struct flynn_pool *pool, int threads)
{
    for (time_t start = time(NULL); time(NULL) - start < 20;) {
        flynn_pool_begin_short(pool, threads);
        bool awake = flynn_pool_awake(pool, threads) == threads;
        flynn_pool_end_short(pool);
        if (awake)
            return true;
    }
    return false;
}

Test(pool, a_series_of_short_handed_jobs_wakes_as_many_as_they_would_use)
{
    int cpus = flynn_affinity_cpus(), threads = cpus < 3 ? cpus : 3;
    struct flynn_pool *pool = make(cpus < 4 ? cpus : 4);
    struct record r = {0};
    if (cpus < 2) {
        flynn_pool_free(pool);
        cr_skip_test("one CPU");
    }
    cr_assert_eq(flynn_pool_awake(pool, threads), 1, "no thread is there before a job");
    for (int i = 0; i < 3; i++) {
        cr_assert(series_wakes(pool, threads), "series %d", i);
        memset(&r, 0, sizeof r);
        flynn_pool_run(pool, threads, note, &r);
        check(&r, threads, threads, "after a series");
        while (flynn_pool_awake(pool, threads) > 1)
            usleep(1000);
    }
    flynn_pool_free(pool);
}

Test(pool, threads_that_share_a_cpu_are_not_woken_for_a_series)
{
    int threads = flynn_affinity_cpus() + 1;
    if (threads > FLYNN_POOL_MAX)
        cr_skip_test("no pool has more threads than there are CPUs");
    struct flynn_pool *pool = make(threads);
    for (int i = 0; i < 20000; i++) {
        flynn_pool_begin_short(pool, 2);
        flynn_pool_end_short(pool);
    }
    cr_assert_eq(flynn_pool_awake(pool, 2), 1);
    flynn_pool_free(pool);
}

static void *call_short(void *arg)
{
    struct caller *c = arg;
    int awake = 0;

    for (int i = 0; i < 20000; i++) {
        struct record r = {0};
        flynn_pool_begin_short(c->pool, 2);
        awake = flynn_pool_awake(c->pool, 2);
        c->failures += awake < 1 || awake > 2;
        flynn_pool_end_short(c->pool);
        if (i % 500)
            continue;
        flynn_pool_run(c->pool, 2, note, &r);
        c->failures += r.seen[0] != 1 || r.seen[1] != 1 || r.bad;
    }
    return NULL;
}

Test(pool, many_callers_of_short_handed_jobs)
{
    struct flynn_pool *pool = make(2);
    struct caller c[4];
    pthread_t thread[4];
    for (int i = 0; i < 4; i++) {
        c[i] = (struct caller){pool, 0};
        cr_assert_eq(pthread_create(&thread[i], NULL, call_short, &c[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(thread[i], NULL);
        cr_assert_eq(c[i].failures, 0, "caller %d: %d wrong", i, c[i].failures);
    }
    flynn_pool_free(pool);
}

static void short_inside(void *arg, int index, int worker)
{
    struct nest *n = arg;
    (void)index;
    (void)worker;
    for (int i = 0; i < 1000; i++) {
        flynn_pool_begin_short(n->other, 2);
        flynn_pool_end_short(n->other);
    }
}

Test(pool, short_handed_jobs_inside_of_a_task_wake_nobody)
{
    struct nest n = {make(2), make(2), 0, 0, 0};
    for (int i = 0; i < 20; i++)
        flynn_pool_run(n.pool, 2, short_inside, &n);
    cr_assert_eq(flynn_pool_awake(n.other, 2), 1);
    flynn_pool_free(n.pool);
    flynn_pool_free(n.other);
}

Test(pool, create_and_free)
{
    for (int i = 0; i < 100; i++) {
        struct flynn_pool *pool = make(1 + i % 5);
        struct record r = {0};
        int tasks = i % 7;
        flynn_pool_run(pool, tasks, note, &r);
        check(&r, 1 + i % 5, tasks, "create");
        if (i % 9 == 0)
            usleep(500);
        flynn_pool_free(pool);
    }
    flynn_pool_free(NULL);
}

Test(pool, refuses_impossible_sizes)
{
    static const int bad[] = {-1, 0, FLYNN_POOL_MAX + 1};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct flynn_err err = {0};
        struct flynn_pool *pool = (void *)&err;
        cr_assert_eq(flynn_pool_create(&pool, bad[i], &err), FLYNN_EUSAGE);
        cr_assert_null(pool);
        cr_assert(strstr(err.text, "1 to 1024"), "%s", err.text);
    }
}

static void only_worker_zero(void *arg, int index, int worker)
{
    struct record *r = arg;

    note(arg, index, worker);
    if (worker)
        r->bad++;
}

Test(pool, goes_on_when_the_system_refuses_threads)
{
    pthread_attr_t attr;
    struct flynn_pool *pool = make(3);
    struct record r = {0}, d = {0};

    /* No address space holds such a stack. */
    pthread_attr_init(&attr);
    cr_assert_eq(pthread_attr_setstacksize(&attr, (size_t)1 << 60), 0);
    cr_assert_eq(pthread_setattr_default_np(&attr), 0);
    flynn_pool_run(pool, MAX_TASKS, only_worker_zero, &r);
    check(&r, 3, MAX_TASKS, "static");
    flynn_pool_run_dynamic(pool, MAX_TASKS, only_worker_zero, &d);
    check(&d, 3, MAX_TASKS, "dynamic");
    cr_assert_eq(flynn_pool_threads(pool), 3);
    flynn_pool_free(pool);
}

Test(pool, child_of_fork_works_alone)
{
    struct flynn_pool *pool = make(3);
    struct record r = {0};
    int status;

    flynn_pool_run(pool, MAX_TASKS, note, &r);
    pid_t child = fork();
    cr_assert(child >= 0);
    if (!child) {
        struct record in_child = {0};
        flynn_pool_run(pool, MAX_TASKS, only_worker_zero, &in_child);
        for (int i = 0; i < MAX_TASKS; i++)
            in_child.bad += in_child.seen[i] != 1;
        flynn_pool_free(pool);
        _exit(in_child.bad ? 1 : 0);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "child: status %d", status);
    memset(&r, 0, sizeof r);
    flynn_pool_run(pool, MAX_TASKS, note, &r);
    check(&r, 3, MAX_TASKS, "parent");
    flynn_pool_free(pool);
}
