/* SPDX-License-Identifier: Apache-2.0 */
#include "opencl/probe.h"
#include "tests/opencl_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(opencl_probe, .init = fixture_setup, .fini = fixture_teardown, .timeout = 120);

/* No device may be listed, and the reason must say `word`. */
static void expect_none(const char *word)
{
    int count = -1;
    const char *why = NULL;
    struct flynn_cl_run *run;
    struct flynn_plan plan = {0};
    struct flynn_err err;
    flynn_cl_devices(&count, &why);
    cr_assert(count == 0, "%d devices", count);
    cr_assert(strstr(why, word) != NULL, "'%s' is not in: %s", word, why);
    cr_assert(strchr(why, '\n') == NULL, "%s", why);
    cr_assert(flynn_cl_open(&run, &plan, 0, &err) < 0);
}

Test(opencl_probe, missing_loader)
{
    setenv("FLYNN_OPENCL_LIBRARY", "/nonexistent/libOpenCL.so.1", 1);
    expect_none("/nonexistent/libOpenCL.so.1");
}

Test(opencl_probe, library_without_opencl)
{
    setenv("FLYNN_OPENCL_LIBRARY", "libm.so.6", 1);
    expect_none("has no clGetPlatformIDs");
}

Test(opencl_probe, no_runtime)
{
    fixture_vendors();
    expect_none("no OpenCL platform");
}

Test(opencl_probe, runtime_aborts)
{
    fixture_fake("abort");
    expect_none("crashed (Aborted)");
    int count;
    const char *why;
    flynn_cl_devices(&count, &why);
    cr_assert(strstr(why, "fake runtime: giving up") != NULL, "%s", why);
    cr_assert(strstr(why, getenv("OCL_ICD_VENDORS")) != NULL, "it names the folder that was read: %s", why);
}

Test(opencl_probe, runtime_hangs)
{
    fixture_fake("hang");
    setenv("FLYNN_OPENCL_TIMEOUT", "0.5", 1);
    expect_none("gave no answer within 0.5 s");
}

Test(opencl_probe, platform_without_devices)
{
    fixture_fake("nodevice");
    expect_none("platform 'Fake platform' has none");
}

Test(opencl_probe, one_platform_hangs_and_the_others_work)
{
    int count, working = 0, stuck = 0;
    const char *why;
    fixture_fake("stuck");
    fixture_add_vendor("pocl", "libpocl.so.2");
    setenv("FLYNN_OPENCL_TIMEOUT", "4", 1);
    const struct flynn_cl_device *devices = flynn_cl_devices(&count, &why);
    for (int i = 0; i < count; i++) {
        working += devices[i].usable;
        stuck += !devices[i].usable && strcmp(devices[i].platform, "Fake platform") == 0 &&
                 strstr(devices[i].why, "gave no answer") != NULL;
    }
    cr_assert(stuck == 1, "%d devices, %d stuck: %s", count, stuck, why);
    if (!working)
        cr_skip_test("no second runtime: libpocl.so.2 is not installed");
}

Test(opencl_probe, bad_verdict_is_remembered_until_the_key_changes)
{
    int count;
    const char *why;
    fixture_fake("abort");
    expect_none("crashed");
    flynn_cl_shutdown();
    /* The key does not know of this variable, so a new probe would find the platform. */
    setenv("FAKE_ICD", "nodevice", 1);
    expect_none("crashed");
    flynn_cl_shutdown();
    fixture_add_vendor("another", getenv("FLYNN_TEST_FAKE_ICD"));
    flynn_cl_devices(&count, &why);
    cr_assert(strstr(why, "has none") != NULL, "%s", why);
}

/* List devices in another process; false when there are none. */
static bool list_elsewhere(void)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        int count;
        const char *why;
        flynn_cl_devices(&count, &why);
        _exit(count > 0 ? 0 : 1);
    }
    waitpid(child, &status, 0);
    return status == 0;
}

Test(opencl_probe, good_verdict_is_remembered)
{
    int count;
    const char *why;
    if (!list_elsewhere())
        cr_skip_test("no OpenCL device");
    cr_assert(*fixture_entry("probe-"), "no entry in the cache");
    /* A child could not answer in this time. */
    setenv("FLYNN_OPENCL_TIMEOUT", "0.000001", 1);
    flynn_cl_devices(&count, &why);
    cr_assert(count > 0, "%s", why);
}

Test(opencl_probe, damaged_verdict_is_made_anew)
{
    char name[300];
    int count;
    const char *why;
    if (!list_elsewhere())
        cr_skip_test("no OpenCL device");
    snprintf(name, sizeof name, "cache/cl/%s", fixture_entry("probe-"));
    fixture_write(name, "flynncl1 but not really");
    flynn_cl_devices(&count, &why);
    cr_assert(count > 0, "%s", why);
}

Test(opencl_probe, devices_can_be_listed_again)
{
    const int device = fixture_device();
    flynn_cl_shutdown();
    cr_assert(fixture_device() == device);
}

Test(opencl_probe, cache_that_cannot_be_written_is_no_error)
{
    setenv("FLYNN_CACHE_DIR", "/proc/nowhere", 1);
    fixture_device();
}

Test(opencl_probe, forked_process_sees_no_device)
{
    fixture_device();
    pid_t child = fork();
    if (child == 0) {
        int count;
        const char *why;
        flynn_cl_devices(&count, &why);
        _exit(count == 0 && strstr(why, "forked") ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    cr_assert(status == 0);
}

Test(opencl_probe, report_of_several_children)
{
    static struct flynn_cl_report r;
    flynn_cl_report_parse(&r,
                          "listing\nplatforms\t2\nplatform\t0\tOne\ndevices\t0\t1\ntry\t0\t0\tA\n"
                          "dead\t0\tcrashed\nplatforms\t2\nplatform\t1\tTwo x\ndevices\t1\t2\nbad\t1\t1\tno compiler\n"
                          "end\t1\ndone\n");
    cr_assert(r.platforms == 2 && r.none[0] == '\0');
    cr_assert_str_eq(r.platform[0].why, "crashed");
    cr_assert_str_eq(r.platform[1].name, "Two x");
    cr_assert(r.platform[1].devices == 2 && r.platform[1].why[0] == '\0' && r.platform[1].bad[0][0] == '\0');
    cr_assert_str_eq(r.platform[1].bad[1], "no compiler");
    flynn_cl_report_parse(&r, "platforms\t99\nbad\t-1\t0\tx\nbad\t0\t99\tx\ndevices\t3\t-7\nend\nnone\twhy not");
    cr_assert(r.platforms == FLYNN_CL_MAX_PLATFORMS && r.platform[3].devices == 0);
    cr_assert_str_eq(r.none, "why not");
}
