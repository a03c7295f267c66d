/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CLI_QUEUE_H
#define FLYNN_CLI_QUEUE_H

#include <pthread.h>
#include <stdbool.h>

/** A bounded queue of pointers between threads: first in, first out, any number of threads at both ends. */
struct cli_queue {
    pthread_mutex_t lock;
    pthread_cond_t filled, emptied;
    void **item;
    int capacity, first, count;
    bool closed;
};

/** False when there is no memory; nothing needs freeing then. */
bool cli_queue_init(struct cli_queue *queue, int capacity);

/** Append an item that is not NULL; waits for room. False when the queue is closed: the item is still the caller's. */
bool cli_queue_push(struct cli_queue *queue, void *item);

/** Take the first item; waits for one. NULL when the queue is closed and empty. */
void *cli_queue_pop(struct cli_queue *queue);

/** Let nothing more in. What is in the queue can still be taken. */
void cli_queue_close(struct cli_queue *queue);

/** No thread may use the queue any more. Safe on a zeroed queue. */
void cli_queue_free(struct cli_queue *queue);

#endif
