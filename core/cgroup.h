/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_CGROUP_H
#define FLYNN_CORE_CGROUP_H

#include <stdbool.h>

/** Limits of the control groups that this process is in (Linux, Documentation/admin-guide/cgroup-v2.rst and
 * Documentation/admin-guide/cgroup-v1). */

/** The limit that the files of a group's folder set; 0: none. */
typedef double flynn_cgroup_limit(const char *dir, bool version2, const void *arg);

/** The least limit of the process's group and of all groups above it, in the hierarchy of version 2 and in that of
 * version 1 with the controller; 0: none. `root` stands before the paths of /proc/self/cgroup, /proc/self/mountinfo
 * and of the mounted cgroup file systems ("" is the system's own). */
double flynn_cgroup_least(const char *root, const char *controller, flynn_cgroup_limit *limit, const void *arg);

/** The first line of dir/file, as much of it as there is room for; false when it cannot be read. */
bool flynn_cgroup_read(char *text, int size, const char *dir, const char *file);

#endif
