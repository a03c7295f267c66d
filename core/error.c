/* SPDX-License-Identifier: Apache-2.0 */
#include <flynn/error.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int flynn_fail(struct flynn_err *err, int code, const char *format, ...)
{
    if (err) {
        va_list args;
        va_start(args, format);
        vsnprintf(err->text, sizeof err->text, format, args);
        va_end(args);
        err->code = code;
    }
    return code;
}

int flynn_fail_in(struct flynn_err *err, const char *format, ...)
{
    char head[sizeof err->text];
    va_list args;

    if (!err)
        return FLYNN_EINPUT;
    va_start(args, format);
    int n = vsnprintf(head, sizeof head, format, args);
    va_end(args);
    if (n < 0 || (size_t)n + 3 >= sizeof head)
        return err->code;
    snprintf(head + n, sizeof head - (size_t)n, ": %.*s", (int)(sizeof head - (size_t)n - 3), err->text);
    memcpy(err->text, head, sizeof head);
    return err->code;
}

int flynn_exit_status(int code)
{
    switch (code) {
    case FLYNN_OK:
        return 0;
    case FLYNN_EUNAVAILABLE:
        return 3;
    case FLYNN_ELIMIT:
        return 4;
    default:
        return 2;
    }
}
