/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/queue.h"

#include <stdlib.h>

bool cli_queue_init(struct cli_queue *queue, int capacity)
{
    *queue = (struct cli_queue){.capacity = capacity};
    queue->item = calloc((size_t)capacity, sizeof *queue->item);
    if (!queue->item)
        return false;
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->filled, NULL);
    pthread_cond_init(&queue->emptied, NULL);
    return true;
}

bool cli_queue_push(struct cli_queue *queue, void *item)
{
    pthread_mutex_lock(&queue->lock);
    while (queue->count == queue->capacity && !queue->closed)
        pthread_cond_wait(&queue->emptied, &queue->lock);
    bool open = !queue->closed;
    if (open) {
        queue->item[(queue->first + queue->count) % queue->capacity] = item;
        queue->count++;
        pthread_cond_signal(&queue->filled);
    }
    pthread_mutex_unlock(&queue->lock);
    return open;
}

void *cli_queue_pop(struct cli_queue *queue)
{
    void *item = NULL;
    pthread_mutex_lock(&queue->lock);
    while (queue->count == 0 && !queue->closed)
        pthread_cond_wait(&queue->filled, &queue->lock);
    if (queue->count) {
        item = queue->item[queue->first];
        queue->first = (queue->first + 1) % queue->capacity;
        queue->count--;
        pthread_cond_signal(&queue->emptied);
    }
    pthread_mutex_unlock(&queue->lock);
    return item;
}

void cli_queue_close(struct cli_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->filled);
    pthread_cond_broadcast(&queue->emptied);
    pthread_mutex_unlock(&queue->lock);
}

void cli_queue_free(struct cli_queue *queue)
{
    if (!queue->item)
        return;
    pthread_mutex_destroy(&queue->lock);
    pthread_cond_destroy(&queue->filled);
    pthread_cond_destroy(&queue->emptied);
    free(queue->item);
    *queue = (struct cli_queue){0};
}
