/* SPDX-License-Identifier: Apache-2.0 */
#include "core/formats.h"

#include <inttypes.h>
#include <locale.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

int flynn_admit(const struct flynn_source *source, const struct flynn_shape *shape, size_t limit, struct flynn_err *err)
{
    size_t stride, bytes;
    int code = flynn_shape_measure(shape, &stride, &bytes, err);
    if (code)
        flynn_fail_in(err, "%s", source->name);
    if (code)
        return code;
    if (limit && bytes > limit)
        return flynn_fail(err, FLYNN_ELIMIT, "%s: %dx%dx%d %s takes %zu bytes, the limit is %zu", source->name,
                          shape->width, shape->height, shape->channels, flynn_type_name(shape->type), bytes, limit);
    return FLYNN_OK;
}

void flynn_swap_samples(void *samples, size_t n, size_t bytes)
{
    if (bytes == 2) {
        uint16_t *s = samples;
        for (size_t i = 0; i < n; i++)
            s[i] = __builtin_bswap16(s[i]);
    } else if (bytes == 4) {
        uint32_t *s = samples;
        for (size_t i = 0; i < n; i++)
            s[i] = __builtin_bswap32(s[i]);
    } else if (bytes == 8) {
        uint64_t *s = samples;
        for (size_t i = 0; i < n; i++)
            s[i] = __builtin_bswap64(s[i]);
    }
}

int flynn_out_little(struct flynn_outfile *out, const struct flynn_image *image, bool bottom_up, struct flynn_err *err)
{
    const struct flynn_shape *shape = &image->shape;
    size_t row = flynn_row_bytes(shape), sample = flynn_type_bytes(shape->type);
    ptrdiff_t step = bottom_up ? -(ptrdiff_t)image->stride : (ptrdiff_t)image->stride;
    const uint8_t *first = flynn_row(image, bottom_up ? shape->height - 1 : 0);
    if (!flynn_host_is_big() || sample == 1)
        return flynn_out_rows(out, first, step, row, (size_t)shape->height, err);
    for (int32_t y = 0; y < shape->height; y++) {
        for (size_t done = 0; done < row;) {
            uint64_t chunk[512];
            size_t run = row - done < sizeof chunk ? row - done : sizeof chunk;
            memcpy(chunk, first + (ptrdiff_t)y * step + done, run);
            flynn_swap_samples(chunk, run / sample, sample);
            int code = flynn_out_write(out, chunk, run, err);
            if (code)
                return code;
            done += run;
        }
    }
    return FLYNN_OK;
}

/* Two threads that race make two, and one of them is freed. */
locale_t flynn_c_locale(void)
{
    static _Atomic(locale_t) made;
    locale_t held = atomic_load(&made);
    if (held)
        return held;
    locale_t fresh = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (fresh && !atomic_compare_exchange_strong(&made, &held, fresh)) {
        freelocale(fresh);
        return held;
    }
    return fresh;
}

double flynn_number(const char *text, char **end)
{
    locale_t locale = flynn_c_locale();
    return locale ? strtod_l(text, end, locale) : strtod(text, end);
}
