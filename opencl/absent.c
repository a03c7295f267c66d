/* SPDX-License-Identifier: Apache-2.0 */
#include "opencl/tune.h"

/* Stands in for this folder where flynn is built without the OpenCL feature. */

const struct flynn_cl_device *flynn_cl_devices(int *count, const char **why)
{
    *count = 0;
    *why = "flynn was built without OpenCL";
    return NULL;
}

int flynn_cl_open(struct flynn_cl_run **run, const struct flynn_plan *plan, int device, struct flynn_err *err)
{
    (void)plan;
    (void)device;
    *run = NULL;
    return flynn_fail(err, FLYNN_EUNAVAILABLE, "opencl: flynn was built without OpenCL");
}

int flynn_cl_bind(struct flynn_cl_run *run, const struct flynn_image *in, const struct flynn_image *out,
                  struct flynn_err *err)
{
    (void)run;
    (void)in;
    (void)out;
    return flynn_fail(err, FLYNN_EUNAVAILABLE, "opencl: flynn was built without OpenCL");
}

int flynn_cl_upload(struct flynn_cl_run *run, struct flynn_err *err)
{
    return flynn_cl_bind(run, NULL, NULL, err);
}

int flynn_cl_compute(struct flynn_cl_run *run, struct flynn_err *err)
{
    return flynn_cl_bind(run, NULL, NULL, err);
}

int flynn_cl_download(struct flynn_cl_run *run, struct flynn_err *err)
{
    return flynn_cl_bind(run, NULL, NULL, err);
}

void flynn_cl_close(struct flynn_cl_run *run)
{
    (void)run;
}

void flynn_cl_shutdown(void)
{
}

void flynn_cl_set_reference(flynn_cl_reference *reference)
{
    (void)reference;
}

int flynn_cl_quarantine(int device, char *text, size_t size)
{
    (void)device;
    if (size)
        text[0] = '\0';
    return 0;
}

bool flynn_cl_product(int i, const char **op, enum flynn_type *type)
{
    (void)i;
    (void)op;
    (void)type;
    return false;
}

int flynn_cl_tune(struct flynn_cl_tuning *tuning, int device, const char *op, enum flynn_type type, double seconds,
                  struct flynn_err *err)
{
    (void)device;
    (void)op;
    (void)type;
    (void)seconds;
    *tuning = (struct flynn_cl_tuning){.best = -1};
    return flynn_cl_bind(NULL, NULL, NULL, err);
}

bool flynn_cl_shape_text(char *text, size_t size, int device, const char *op, enum flynn_type type, bool *found)
{
    (void)device;
    (void)op;
    (void)type;
    if (size)
        text[0] = '\0';
    *found = false;
    return false;
}
