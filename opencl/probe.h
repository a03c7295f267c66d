/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_OPENCL_PROBE_H
#define FLYNN_OPENCL_PROBE_H

#include <stdbool.h>
#include <stddef.h>

/** What a child process found out about the machine's OpenCL runtimes, any of which may abort, crash or hang.
 *
 * The child loads the library, lists platforms and devices and runs a kernel of one line on each device, and writes a
 * line of text about each step into a pipe. When it dies or exceeds the limit, the parent knows from the last line
 * which platform did it, and a new child goes on with the others. The text is what the cache keeps. */

#define FLYNN_CL_MAX_PLATFORMS 16
#define FLYNN_CL_MAX_DEVICES   16 /* of one platform */

struct flynn_cl_report {
    char none[300]; /**< why there is nothing to use at all; "" otherwise */
    bool unsorted;  /**< the platforms can only be listed with OCL_ICD_PLATFORM_SORT=none */
    int platforms;
    struct flynn_cl_platform_report {
        char name[96];
        char why[300]; /**< the runtime crashed or hung: the process must not touch it; "" otherwise */
        int devices;
        char bad[FLYNN_CL_MAX_DEVICES][200]; /**< what failed on a device; "" when it works */
    } platform[FLYNN_CL_MAX_PLATFORMS];
};

/** Probe, or recall the remembered verdict. Never fails: what is wrong stands in the report. The limit for one child is
 * 30 seconds, or FLYNN_OPENCL_TIMEOUT. Once runtimes are loaded into this process no child is made any more, because
 * they do not survive a fork; the first report of the process is repeated. */
void flynn_cl_probe(struct flynn_cl_report *report);

/** The work of the child: writes lines to the descriptor and returns. Platforms whose bit is set are skipped. */
void flynn_cl_probe_child(int fd, unsigned skip);

/** Read the lines of one or more children. */
void flynn_cl_report_parse(struct flynn_cl_report *report, const char *text);

/** A text that changes when the verdict might: environment, loader, vendor files and the libraries they name, user,
 * device files. To be freed; NULL when out of memory. */
char *flynn_cl_probe_key(void);

#endif
