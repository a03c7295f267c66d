/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "cli/queue.h"

#include <stdint.h>
#include <stdlib.h>

/* The queue between the threads of a batch: every item arrives once, in order where there is one thread at each end. */

#define ITEMS   20000
#define THREADS 3

struct belt {
    struct cli_queue in, out;
    pthread_mutex_t lock;
    int producers, carriers;
    int next;
    int seen[ITEMS];
};

static bool last_one(struct belt *belt, int *count)
{
    pthread_mutex_lock(&belt->lock);
    bool last = --*count == 0;
    pthread_mutex_unlock(&belt->lock);
    return last;
}

static void *produce(void *arg)
{
    struct belt *belt = arg;
    for (;;) {
        pthread_mutex_lock(&belt->lock);
        int i = belt->next < ITEMS ? belt->next++ : -1;
        pthread_mutex_unlock(&belt->lock);
        if (i < 0)
            break;
        cr_assert(cli_queue_push(&belt->in, &belt->seen[i]));
    }
    if (last_one(belt, &belt->producers))
        cli_queue_close(&belt->in);
    return NULL;
}

/* What is done to an item between two queues needs no lock. */
static void *carry(void *arg)
{
    struct belt *belt = arg;
    int *item;
    while ((item = cli_queue_pop(&belt->in))) {
        ++*item;
        cr_assert(cli_queue_push(&belt->out, item));
    }
    if (last_one(belt, &belt->carriers))
        cli_queue_close(&belt->out);
    return NULL;
}

static void run_belt(int threads, int capacity, bool ordered)
{
    struct belt *belt = calloc(1, sizeof *belt);
    pthread_t thread[2 * THREADS];
    int *item, *before = NULL, count = 0;
    cr_assert(belt);
    belt->producers = belt->carriers = threads;
    pthread_mutex_init(&belt->lock, NULL);
    cr_assert(cli_queue_init(&belt->in, capacity) && cli_queue_init(&belt->out, capacity));
    for (int i = 0; i < threads; i++) {
        cr_assert_eq(pthread_create(&thread[2 * i], NULL, produce, belt), 0);
        cr_assert_eq(pthread_create(&thread[2 * i + 1], NULL, carry, belt), 0);
    }
    while ((item = cli_queue_pop(&belt->out))) {
        cr_assert(!ordered || !before || item == before + 1);
        ++*item;
        before = item;
        count++;
    }
    for (int i = 0; i < 2 * threads; i++)
        pthread_join(thread[i], NULL);
    cr_assert_eq(count, ITEMS);
    for (int i = 0; i < ITEMS; i++)
        cr_assert_eq(belt->seen[i], 2);
    cli_queue_free(&belt->in);
    cli_queue_free(&belt->out);
    pthread_mutex_destroy(&belt->lock);
    free(belt);
}

Test(queue, in_order_between_two_threads)
{
    run_belt(1, 1, true);
    run_belt(1, 5, true);
}

Test(queue, many_threads_at_both_ends)
{
    run_belt(THREADS, 1, false);
    run_belt(THREADS, 4, false);
}

static void *push_until_closed(void *arg)
{
    static int item;
    while (cli_queue_push(arg, &item))
        ;
    return NULL;
}

Test(queue, closing_wakes_who_waits)
{
    struct cli_queue queue;
    pthread_t thread;
    int count = 0;
    cr_assert(cli_queue_init(&queue, 2));
    cr_assert_eq(pthread_create(&thread, NULL, push_until_closed, &queue), 0);
    cr_assert(cli_queue_pop(&queue));
    cli_queue_close(&queue);
    pthread_join(thread, NULL);
    while (cli_queue_pop(&queue))
        count++;
    cr_assert(count <= 2);
    cr_assert(!cli_queue_push(&queue, &count));
    cli_queue_free(&queue);
}
