/* SPDX-License-Identifier: Apache-2.0 */

/* libFuzzer: whatever the bytes are, the readers give images or one line of text, and an image that was read can be
 * written in its own format. Build with -fsanitize=fuzzer,address,undefined. */

#include <flynn/file.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static volatile uint8_t fuzz_sum; /* every sample is looked at, so that reads of unset memory show */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    size_t at = 0, used = 0;
    struct flynn_image image;
    struct flynn_err err = {0};
    while (at < length && flynn_read_memory(&image, bytes + at, length - at, &used, "fuzz", &err) == 1) {
        /* No file format packs more than 8 samples into a byte, and rows are padded to 64 bytes or 128. */
        if (image.owned_bytes > 192 * length + 4096 || used == 0 || used > length - at)
            abort();
        for (int y = 0; y < image.shape.height; y++) {
            const uint8_t *row = flynn_row(&image, y);
            for (size_t i = 0; i < flynn_row_bytes(&image.shape); i++)
                fuzz_sum ^= row[i];
        }
        enum flynn_format format = image.shape.type <= FLYNN_U16 ? FLYNN_FORMAT_PNM : FLYNN_FORMAT_NPY;
        if (flynn_write(&image, "/dev/null", &(struct flynn_write_options){.format = format}, &err) != 0)
            abort();
        flynn_image_free(&image);
        at += used;
    }
    if (at < length && strchr(err.text, '\n'))
        abort();
    return 0;
}
