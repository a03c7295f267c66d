/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/pool.h"
#include "cpu/threads.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LINE      64       /* bytes of a cache line */
#define SPIN_NS   40000    /* a worker waits so long for the next job before it sleeps: about what a wake costs */
#define JOIN_NS   120000   /* the submitter waits longer, so that it does not sleep while a worker is just waking */
#define SPIN_POLL 64       /* polls between two looks at the clock */
#define SERIES_NS 300000   /* short-handed jobs go on so long before workers are woken, which takes the caller 10000 */
#define ROUSED_NS 10000000 /* a worker that was woken so waits at most this long for the job to end */
#define WAITED    1u       /* bit of `done`: the submitter sleeps on it */

/* A worker's share of a job. */
struct share {
    flynn_pool_task *task; /* NULL: end the thread */
    void *arg;
    int begin, end; /* chunk 0: this range of indices */
    int chunk;      /* else draw so many at a time from pool->next, up to `end` */
};

/* `go` grows by 2 for each job that the worker takes part in, and `done` follows it when its share is finished. Each
 * worker has words of its own, so that a small job does not disturb the others and no count can be mistaken for an old
 * one. The share stands in the line of `go`: one line transfer brings both. */
struct worker {
    _Alignas(LINE) _Atomic uint32_t go;
    _Atomic uint32_t asleep;
    struct share share;
    _Alignas(LINE) _Atomic uint32_t done;
    struct flynn_pool *pool;
    int index;
    pthread_t thread;
};

struct flynn_pool {
    int threads;
    bool spins;           /* each thread can have a CPU of its own */
    unsigned forks;       /* value of `forks` when the pool was made */
    pthread_mutex_t lock; /* held for the length of a job; guards the two below */
    _Atomic int started;  /* threads there are, the submitter counted */
    bool refused;         /* the system refused a thread: do not ask again */
    _Alignas(LINE) _Atomic int sleepers;
    _Alignas(LINE) _Atomic int64_t next;   /* next index of a dynamic job */
    _Alignas(LINE) _Atomic int64_t series; /* when a series of short-handed jobs began, or woke workers */
    _Atomic int64_t ended;                 /* when the last of them ended */
    _Atomic int64_t until;                 /* before this no worker falls asleep */
    struct worker worker[];                /* [0] is unused: the submitter has nothing to wait for */
};

/* The pool and the worker whose task this thread is in. */
static _Thread_local struct {
    const struct flynn_pool *pool;
    int worker;
} current;

static _Atomic unsigned forks;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;

static void count_fork(void)
{
    atomic_fetch_add_explicit(&forks, 1, memory_order_relaxed);
}

static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, count_fork);
}

/* ---- waiting ------------------------------------------------------------------------------------------------- */

static void futex_wait(_Atomic uint32_t *word, uint32_t value)
{
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void futex_wake(_Atomic uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static inline void cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb");
#else
    __asm__ volatile("" ::: "memory");
#endif
}

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Poll until *word is not `old` (true) or about ns nanoseconds have passed (false). */
static bool spin_while(_Atomic uint32_t *word, uint32_t old, int64_t ns)
{
    int64_t end = 0;

    for (;;) {
        for (int i = 0; i < SPIN_POLL; i++) {
            if (atomic_load_explicit(word, memory_order_acquire) != old)
                return true;
            cpu_relax();
        }
        int64_t now = now_ns();
        if (!end)
            end = now + ns;
        if (now >= end)
            return false;
    }
}

/* Nanoseconds for which workers are to stay awake. */
static int64_t roused_ns(struct flynn_pool *pool)
{
    return atomic_load_explicit(&pool->until, memory_order_relaxed) - now_ns();
}

/* Poll for a job while one may come soon. */
static bool job_comes(struct worker *w, uint32_t seen)
{
    int64_t ns = w->pool->spins ? SPIN_NS : 0;

    do {
        if (spin_while(&w->go, seen, ns))
            return true;
        ns = roused_ns(w->pool);
    } while (ns > 0);
    return false;
}

/* Sleep until there is a job, or one may come soon. Either the submitter's update of `sleepers` comes after this one
 * and it wakes us, or ours comes after it, and then the acquire makes its store to `go` visible to the futex call. */
static void sleep_while(struct worker *w, uint32_t seen)
{
    atomic_store_explicit(&w->asleep, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&w->pool->sleepers, 1, memory_order_acq_rel);
    while (atomic_load_explicit(&w->go, memory_order_acquire) == seen && roused_ns(w->pool) <= 0)
        futex_wait(&w->go, seen);
    atomic_fetch_sub_explicit(&w->pool->sleepers, 1, memory_order_relaxed);
    atomic_store_explicit(&w->asleep, 0, memory_order_relaxed);
}

/* ---- workers ------------------------------------------------------------------------------------------------- */

static void run_share(struct flynn_pool *pool, const struct share *share, int worker)
{
    if (!share->chunk) {
        for (int i = share->begin; i < share->end; i++)
            share->task(share->arg, i, worker);
        return;
    }
    for (;;) {
        int64_t i = atomic_fetch_add_explicit(&pool->next, share->chunk, memory_order_relaxed);
        if (i >= share->end)
            return;
        int64_t end = i + share->chunk < share->end ? i + share->chunk : share->end;
        for (; i < end; i++)
            share->task(share->arg, (int)i, worker);
    }
}

static void *worker_main(void *arg)
{
    struct worker *w = arg;
    uint32_t seen = 0;

    current.pool = w->pool;
    current.worker = w->index;
    for (;;) {
        while (!job_comes(w, seen))
            sleep_while(w, seen);
        seen = atomic_load_explicit(&w->go, memory_order_acquire);
        if (!w->share.task)
            return NULL;
        run_share(w->pool, &w->share, w->index);
        if (atomic_exchange_explicit(&w->done, seen, memory_order_acq_rel) & WAITED)
            futex_wake(&w->done);
    }
}

/* Give a worker its share. Its last one is done, so it reads none of this before `go` changes. */
static void post(struct worker *w, const struct share *share)
{
    w->share = *share;
    atomic_store_explicit(&w->go, atomic_load_explicit(&w->go, memory_order_relaxed) + 2, memory_order_release);
}

/* Wake those of the workers [1, n) that sleep. The update of `sleepers` that changes nothing orders this thread's
 * stores to `go` against a worker that is about to sleep, see sleep_while. */
static void wake(struct flynn_pool *pool, int n)
{
    if (!atomic_fetch_add_explicit(&pool->sleepers, 0, memory_order_acq_rel))
        return;
    for (int i = 1; i < n; i++)
        if (atomic_load_explicit(&pool->worker[i].asleep, memory_order_relaxed))
            futex_wake(&pool->worker[i].go);
}

/* Wait until a worker has finished the share that it was given last. */
static void await(struct flynn_pool *pool, struct worker *w)
{
    uint32_t before = atomic_load_explicit(&w->go, memory_order_relaxed) - 2;
    uint32_t waited = before | WAITED;

    if (spin_while(&w->done, before, pool->spins ? JOIN_NS : 0))
        return;
    if (!atomic_compare_exchange_strong_explicit(&w->done, &before, waited, memory_order_acquire, memory_order_acquire))
        return;
    while (atomic_load_explicit(&w->done, memory_order_acquire) == waited)
        futex_wait(&w->done, waited);
}

static bool start_worker(struct flynn_pool *pool, int index)
{
    struct worker *w = &pool->worker[index];
    sigset_t all, old;
    char name[24];

    w->pool = pool;
    w->index = index;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int failed = pthread_create(&w->thread, NULL, worker_main, w);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (failed)
        return false;
    snprintf(name, sizeof name, "flynn-%d", index);
    pthread_setname_np(w->thread, name);
    return true;
}

/* How many threads a job of so many tasks gets; starts them when they are not there yet. */
static int take_threads(struct flynn_pool *pool, int tasks)
{
    int want = tasks < pool->threads ? tasks : pool->threads;

    while (pool->started < want && !pool->refused) {
        if (start_worker(pool, pool->started))
            pool->started++;
        else
            pool->refused = true;
    }
    return want < pool->started ? want : pool->started;
}

/* ---- jobs ---------------------------------------------------------------------------------------------------- */

static void run_inline(struct flynn_pool *pool, int tasks, flynn_pool_task *task, void *arg)
{
    struct share share = {.task = task, .arg = arg, .end = tasks};
    bool nested = current.pool != NULL;
    int worker = current.pool == pool ? current.worker : 0;

    if (!nested)
        current.pool = pool;
    run_share(pool, &share, worker);
    if (!nested)
        current.pool = NULL;
}

/* With `members` there is one task for each thread. */
static void run_parallel(struct flynn_pool *pool, int tasks, bool dynamic, int *members, flynn_pool_task *task,
                         void *arg)
{
    pthread_mutex_lock(&pool->lock);
    int n = take_threads(pool, tasks);
    if (members)
        *members = tasks = n;
    struct share share = {.task = task, .arg = arg, .end = tasks};
    if (dynamic) {
        atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
        share.chunk = tasks / (8 * n) > 1 ? tasks / (8 * n) : 1;
    }
    for (int i = 1; i < n; i++) {
        if (!dynamic) {
            share.begin = (int)((int64_t)tasks * i / n);
            share.end = (int)((int64_t)tasks * (i + 1) / n);
        }
        post(&pool->worker[i], &share);
    }
    if (n > 1)
        wake(pool, n);
    if (!dynamic) {
        share.begin = 0;
        share.end = tasks / n;
    }
    current.pool = pool;
    current.worker = 0;
    run_share(pool, &share, 0);
    current.pool = NULL;
    for (int i = 1; i < n; i++)
        await(pool, &pool->worker[i]);
    pthread_mutex_unlock(&pool->lock);
}

static bool in_child(const struct flynn_pool *pool)
{
    return pool->forks != atomic_load_explicit(&forks, memory_order_relaxed);
}

static void run(struct flynn_pool *pool, int tasks, bool dynamic, flynn_pool_task *task, void *arg)
{
    if (tasks <= 0)
        return;
    if (current.pool || tasks == 1 || pool->threads == 1 || in_child(pool))
        run_inline(pool, tasks, task, arg);
    else
        run_parallel(pool, tasks, dynamic, NULL, task, arg);
}

void flynn_pool_run(struct flynn_pool *pool, int tasks, flynn_pool_task *task, void *arg)
{
    run(pool, tasks, false, task, arg);
}

void flynn_pool_run_dynamic(struct flynn_pool *pool, int tasks, flynn_pool_task *task, void *arg)
{
    run(pool, tasks, true, task, arg);
}

void flynn_pool_run_team(struct flynn_pool *pool, int most, int *members, flynn_pool_task *task, void *arg)
{
    *members = 1;
    if (current.pool || most <= 1 || pool->threads == 1 || in_child(pool))
        run_inline(pool, 1, task, arg);
    else
        run_parallel(pool, most, false, members, task, arg);
}

void flynn_pool_relax(int polls)
{
    enum { SPINS = 2048 };
    if (polls < SPINS)
        cpu_relax();
    else
        sched_yield();
}

/* ---- series of small jobs ------------------------------------------------------------------------------------ */

int flynn_pool_awake(struct flynn_pool *pool, int most)
{
    int started = atomic_load_explicit(&pool->started, memory_order_relaxed), n = 1;

    while (n < most && n < started && !atomic_load_explicit(&pool->worker[n].asleep, memory_order_relaxed))
        n++;
    return n;
}

/* Wake workers, or start them, and let them wait for the next job. Another caller's job wakes its own. */
static void rouse(struct flynn_pool *pool, int threads, int64_t now)
{
    if (pthread_mutex_trylock(&pool->lock))
        return;
    threads = take_threads(pool, threads);
    atomic_store_explicit(&pool->until, now + ROUSED_NS, memory_order_relaxed);
    wake(pool, threads);
    pthread_mutex_unlock(&pool->lock);
}

void flynn_pool_begin_short(struct flynn_pool *pool, int threads)
{
    if (!pool->spins || current.pool || in_child(pool))
        return;
    int64_t now = now_ns();
    if (now - atomic_load_explicit(&pool->ended, memory_order_relaxed) > SPIN_NS) {
        atomic_store_explicit(&pool->series, now, memory_order_relaxed);
    } else if (now - atomic_load_explicit(&pool->series, memory_order_relaxed) > SERIES_NS) {
        atomic_store_explicit(&pool->series, now, memory_order_relaxed);
        rouse(pool, threads, now);
    }
}

void flynn_pool_end_short(struct flynn_pool *pool)
{
    int64_t now = now_ns();

    atomic_store_explicit(&pool->ended, now, memory_order_relaxed);
    if (atomic_load_explicit(&pool->until, memory_order_relaxed) > now)
        atomic_store_explicit(&pool->until, now + SPIN_NS, memory_order_relaxed);
}

/* ---- life ---------------------------------------------------------------------------------------------------- */

int flynn_pool_create(struct flynn_pool **out, int threads, struct flynn_err *err)
{
    *out = NULL;
    if (threads < 1 || threads > FLYNN_POOL_MAX)
        return flynn_fail(err, FLYNN_EUSAGE, "threads: %d is out of range, give 1 to %d", threads, FLYNN_POOL_MAX);

    size_t size = sizeof(struct flynn_pool) + (size_t)threads * sizeof(struct worker);
    struct flynn_pool *pool = aligned_alloc(LINE, size);
    if (!pool)
        return flynn_fail(err, FLYNN_ELIMIT, "thread pool: no memory for %zu bytes", size);
    memset(pool, 0, size);
    pthread_once(&fork_once, watch_forks);
    pool->threads = threads;
    pool->started = 1;
    pool->forks = atomic_load_explicit(&forks, memory_order_relaxed);
    /* Threads that share a CPU must not spin: they would hold up the one they wait for. */
    pool->spins = threads <= flynn_affinity_cpus();
    pthread_mutex_init(&pool->lock, NULL);
    *out = pool;
    return 0;
}

int flynn_pool_threads(const struct flynn_pool *pool)
{
    return pool->threads;
}

void flynn_pool_free(struct flynn_pool *pool)
{
    if (!pool)
        return;
    if (!in_child(pool)) {
        struct share end = {.task = NULL};
        for (int i = 1; i < pool->started; i++)
            post(&pool->worker[i], &end);
        wake(pool, pool->started);
        for (int i = 1; i < pool->started; i++)
            pthread_join(pool->worker[i].thread, NULL);
        pthread_mutex_destroy(&pool->lock);
    }
    free(pool);
}
