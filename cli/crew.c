/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/crew.h"

#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void close_one(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void close_ends(struct cli_crew *crew, int end)
{
    close_one(&crew->todo[end]);
    close_one(&crew->told[1 - end]);
}

int cli_crew_start(struct cli_crew *crew, int members)
{
    *crew = (struct cli_crew){.todo = {-1, -1}, .told = {-1, -1}};
    bool good = pipe(crew->todo) == 0 && pipe(crew->told) == 0;
    fflush(NULL);
    for (; good && crew->members < members; crew->members++) {
        pid_t pid = fork();
        if (pid == 0) {
            close_ends(crew, 1);
            return 1;
        }
        crew->pid[crew->members] = pid;
        good = pid > 0;
        if (!good)
            break;
    }
    close_ends(crew, 0);
    if (good)
        return 0;
    cli_crew_hand_out(crew, 0);
    cli_crew_end(crew);
    return -1;
}

void cli_crew_hand_out(struct cli_crew *crew, int count)
{
    bool good = true;
    for (int i = 0; i < count && good; i++)
        good = write(crew->todo[1], &i, sizeof i) == sizeof i;
    close_one(&crew->todo[1]);
}

/* False at the end, or when that is not possible. */
static bool read_all(int fd, void *to, size_t bytes)
{
    char *at = to;
    while (bytes) {
        ssize_t got = read(fd, at, bytes);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        bytes -= (size_t)got;
    }
    return true;
}

bool cli_crew_take(const struct cli_crew *crew, int *piece)
{
    return read_all(crew->todo[0], piece, sizeof *piece);
}

bool cli_crew_tell(const struct cli_crew *crew, const void *message, size_t bytes)
{
    return write(crew->told[1], message, bytes) == (ssize_t)bytes;
}

bool cli_crew_hear(const struct cli_crew *crew, void *message, size_t bytes)
{
    return read_all(crew->told[0], message, bytes);
}

static void wait_for(struct cli_crew *crew, int member, int how)
{
    int status = 0;
    pid_t pid = 0;
    if (!crew->pid[member])
        return;
    do
        pid = waitpid(crew->pid[member], &status, how);
    while (pid < 0 && errno == EINTR);
    if (pid == 0)
        return;
    crew->pid[member] = 0;
    if (pid > 0 && WIFSIGNALED(status))
        crew->number = WTERMSIG(status);
}

int cli_crew_signal(struct cli_crew *crew)
{
    for (int i = 0; i < crew->members; i++)
        wait_for(crew, i, WNOHANG);
    return crew->number;
}

int cli_crew_end(struct cli_crew *crew)
{
    close_ends(crew, 1);
    for (int i = 0; i < crew->members; i++)
        wait_for(crew, i, 0);
    return crew->number;
}
