/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_ERROR_H
#define FLYNN_ERROR_H

/** Errors: every function that can fail returns 0 or one of these negative codes, and writes one line of text.
 *
 * The text names the file, option or op, what is wrong, where, and what would be right; it has no newline. */

enum flynn_error {
    FLYNN_OK = 0,
    FLYNN_EUSAGE = -1,       /**< an option, op or parameter is wrong (exit status 2) */
    FLYNN_EINPUT = -2,       /**< input data are malformed or do not fit the op (exit status 2) */
    FLYNN_EIO = -3,          /**< the operating system refused a read or a write (exit status 2) */
    FLYNN_EUNAVAILABLE = -4, /**< a named backend is absent, or failed its self-test or while running (exit status 3) */
    FLYNN_ELIMIT = -5,       /**< memory or another limit would be exceeded (exit status 4) */
};

struct flynn_err {
    int code;       /**< the enum flynn_error that was returned */
    char text[504]; /**< one line, NUL-terminated, cut when it is longer */
};

/** Fill *err (which may be NULL) and return code, so that a caller can write `return flynn_fail(err, ...)`. */
__attribute__((format(printf, 3, 4))) int flynn_fail(struct flynn_err *err, int code, const char *format, ...);

/** Put `format: ` in front of the text that *err already holds; returns err->code. */
__attribute__((format(printf, 2, 3))) int flynn_fail_in(struct flynn_err *err, const char *format, ...);

/** The exit status of the program that belongs to a code: 0, 2, 3 or 4. */
int flynn_exit_status(int code);

#endif
