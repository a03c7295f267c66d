/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CLI_CREW_H
#define FLYNN_CLI_CREW_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/** Processes that share numbered pieces of work, and tell the one that made them what they found.
 *
 * They are made before threads are started and devices are opened, which do not survive a fork, and wait until there is
 * something to take. Whoever is free takes the next piece. */

#define CLI_CREW_MOST 8

struct cli_crew {
    int members;
    pid_t pid[CLI_CREW_MOST]; /**< 0: it is gone */
    int todo[2], told[2];
    int number; /**< of a signal */
};

/** Make them. Returns 1 in each of them, 0 in the caller, and -1 when that was not possible: then nobody is left. */
int cli_crew_start(struct cli_crew *crew, int members);

/** For the caller: hand out the pieces 0 to count - 1, or none, which lets everybody go. */
void cli_crew_hand_out(struct cli_crew *crew, int count);

/** For members: false when nothing is left. */
bool cli_crew_take(const struct cli_crew *crew, int *piece);

/** For members: at most PIPE_BUF bytes, which arrive in one. False when nobody listens any more. */
bool cli_crew_tell(const struct cli_crew *crew, const void *message, size_t bytes);

/** For the caller: false when all members have gone. */
bool cli_crew_hear(const struct cli_crew *crew, void *message, size_t bytes);

/** For the caller: the number of a signal that ended one of them, as far as is known now, or 0. */
int cli_crew_signal(struct cli_crew *crew);

/** For the caller: wait for all of them, who go when they are not heard any more; then as cli_crew_signal. */
int cli_crew_end(struct cli_crew *crew);

#endif
