/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "dispatch/tables.h"
#include "dispatch/verify.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* The harness is held to catch kernels that are wrong on purpose. Each stands in for invert on 8-bit samples in the
 * highest table; the sound one must pass, so that a failure is never the stand-in's mere presence. */

static void invert_samples(const struct flynn_call *call, int first, int last)
{
    int channels = call->stage->in.channels, alpha = flynn_alpha_channel(&call->stage->in);
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *in = call->in[r];
        uint8_t *out = call->out[r];
        for (int i = first; i < call->width * channels + last; i++)
            out[i] = i % channels == alpha ? in[i] : (uint8_t)(255 - in[i]);
    }
}

static void sound(const struct flynn_call *call)
{
    invert_samples(call, 0, 0);
}

static void skips_last_sample(const struct flynn_call *call)
{
    invert_samples(call, 0, -1);
}

static void skips_first_sample(const struct flynn_call *call)
{
    invert_samples(call, 1, 0);
}

static void off_by_one_in_one_value(const struct flynn_call *call)
{
    sound(call);
    uint8_t *out = call->out[0];
    for (int i = 0; i < call->width * call->stage->in.channels; i++)
        out[i] = out[i] == 137 ? 138 : out[i];
}

/* The unmapped page must stop these two, not AddressSanitizer. */
__attribute__((no_sanitize_address)) static void writes_one_past(const struct flynn_call *call)
{
    sound(call);
    uint8_t *out = call->out[call->rows - 1];
    out[call->width * call->stage->in.channels] = 7;
}

/* Hits the gap between rows, or the last sample of the row above. */
static void writes_one_before(const struct flynn_call *call)
{
    sound(call);
    if (call->y > 0)
        ((uint8_t *)call->out[0])[-1] = 7;
}

__attribute__((no_sanitize_address)) static void reads_far_past(const struct flynn_call *call)
{
    sound(call);
    const volatile uint8_t *in = call->in[call->rows - 1];
    (void)in[(size_t)call->width * (size_t)call->stage->in.channels + 8192];
}

static void depends_on_old_output(const struct flynn_call *call)
{
    uint8_t *out = call->out[0];
    uint8_t old = out[0];
    sound(call);
    if (old == 0x55)
        out[0] ^= 1;
}

static void forgets_alpha(const struct flynn_call *call)
{
    for (int i = 0; i < call->width * call->stage->in.channels; i++)
        ((uint8_t *)call->out[0])[i] = (uint8_t)(255 - ((const uint8_t *)call->in[0])[i]);
}

static void illegal_instruction(const struct flynn_call *call)
{
    (void)call;
    __builtin_trap();
}

#if defined(__x86_64__)
#include <xmmintrin.h>
static void changes_rounding(const struct flynn_call *call)
{
    sound(call);
    _mm_setcsr(_mm_getcsr() | 0x8000u);
}
#endif

static long failures;
static char first_failure[600];

static void count(void *arg, const struct flynn_verify_result *result)
{
    (void)arg;
    cr_assert(!result->skipped, "%s", result->text);
    cr_assert_gt(result->executed + result->failed, 0, "nothing was run");
    failures += result->failed;
    strcpy(first_failure, result->text);
}

/* Verify invert with the kernel in the place of the top table's; returns the number of failures. */
static long failures_of(flynn_kernel *kernel)
{
    static struct flynn_table table;
    static struct flynn_kernels kernels;
    struct flynn_verify_options options = {.seed = 42};
    struct flynn_err err = {0};
    struct flynn_backend backend;
    int top = flynn_table_count() - 1, op = flynn_op_find("invert");

    kernels.fn[0][FLYNN_U8] = kernel;
    table.kernels[op] = &kernels;
    flynn_table_override(top, &table);
    char name[32] = "simd:";
    strcat(name, flynn_table_name(top));
    cr_assert_eq(flynn_backends_parse(&backend, 1, name, NULL, &err), 1, "%s", err.text);
    cr_assert(backend.available, "%s", backend.why);
    failures = 0;
    cr_assert_geq(flynn_verify_op(op, &backend, 1, &options, count, NULL, &err), 0, "%s", err.text);
    return failures;
}

static void expect_caught(flynn_kernel *kernel, const char *message)
{
    cr_assert_gt(failures_of(kernel), 0, "the broken kernel was not caught");
    cr_assert(strstr(first_failure, message), "'%s' does not say '%s'", first_failure, message);
    cr_assert(strstr(first_failure, "invert"), "'%s' does not name the op", first_failure);
    cr_assert(strstr(first_failure, "seed="), "'%s' has no seed", first_failure);
}

Test(harness, passes_a_sound_kernel)
{
    cr_assert_eq(failures_of(sound), 0, "%s", first_failure);
}

Test(harness, catches_a_missing_last_sample)
{
    expect_caught(skips_last_sample, "differ");
}

Test(harness, catches_a_missing_first_sample)
{
    expect_caught(skips_first_sample, "differ");
}

Test(harness, catches_one_wrong_value)
{
    expect_caught(off_by_one_in_one_value, "differ");
}

const char *__asan_default_options(void);

/* AddressSanitizer would report the signals that the next tests wait for, and exit. */
const char *__asan_default_options(void)
{
    return "handle_segv=0";
}

/* Most images end at an unmapped page, which stops the write at once. */
Test(harness, catches_a_write_past_the_image, .signal = SIGSEGV)
{
    failures_of(writes_one_past);
}

Test(harness, catches_a_write_between_rows)
{
    expect_caught(writes_one_before, "");
}

Test(harness, catches_a_read_past_the_image, .signal = SIGSEGV)
{
    failures_of(reads_far_past);
}

Test(harness, catches_dependence_on_old_output)
{
    expect_caught(depends_on_old_output, "differ");
}

Test(harness, catches_forgotten_alpha)
{
    expect_caught(forgets_alpha, "differ");
}

Test(harness, catches_an_illegal_instruction, .signal = SIGILL)
{
    failures_of(illegal_instruction);
}

#if defined(__x86_64__)
Test(harness, catches_a_changed_float_environment)
{
    expect_caught(changes_rounding, "floating-point environment");
}
#endif
