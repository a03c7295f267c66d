/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/reuse.h"

/* k[0]: the alpha channel or -1; k[1]: levels - 1; k[2]: the step from one level to the next: u8: in 1/256; u16: in
 * 1/65536; k[3]: the side of the matrix; k[4]: thresholds of a row until they repeat; k[5]: from one row to the next.
 * table[0]: k[3] rows of thresholds as samples, one for each sample rather than pixel, repeated so that vectors may
 * read k[4] + PAD of them from any of the first k[4]. */

#define PAD 64

static void dither_u8(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    int channels = stage->in.channels, alpha = stage->k[0], samples = call->width * channels, period = stage->k[4];
    int most = stage->k[1], step = stage->k[2];
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *in = call->in[r];
        const uint8_t *row = (const uint8_t *)stage->table[0].data + (call->y + r) % stage->k[3] * stage->k[5];
        uint8_t *out = call->out[r];
        row += call->x % stage->k[3] * channels;
        for (int i = 0; i < samples; i += period) {
            int n = samples - i < period ? samples - i : period;
            for (int j = 0; j < n; j++) {
                int level = (in[i + j] * most + row[j]) / 255;
                out[i + j] = (uint8_t)((level * step + 128) >> 8);
            }
        }
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

static void dither_u16(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    int channels = stage->in.channels, alpha = stage->k[0], samples = call->width * channels, period = stage->k[4];
    uint32_t most = (uint32_t)stage->k[1], step = (uint32_t)stage->k[2];
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *in = call->in[r];
        const uint16_t *row = (const uint16_t *)stage->table[0].data + (call->y + r) % stage->k[3] * stage->k[5];
        uint16_t *out = call->out[r];
        row += call->x % stage->k[3] * channels;
        for (int i = 0; i < samples; i += period) {
            int n = samples - i < period ? samples - i : period;
            for (int j = 0; j < n; j++) {
                uint32_t level = (in[i + j] * most + row[j]) / 65535;
                out[i + j] = (uint16_t)((level * step + 32768) >> 16);
            }
        }
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

static void dither_f32(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    int channels = stage->in.channels, alpha = stage->k[0], samples = call->width * channels, period = stage->k[4];
    float most = (float)stage->k[1];
    for (int r = 0; r < call->rows; r++) {
        const float *in = call->in[r];
        const float *row = (const float *)stage->table[0].data + (call->y + r) % stage->k[3] * stage->k[5];
        float *out = call->out[r];
        row += call->x % stage->k[3] * channels;
        for (int i = 0; i < samples; i += period) {
            int n = samples - i < period ? samples - i : period;
            for (int j = 0; j < n; j++) {
                float x = in[i + j] > 0.0f ? in[i + j] : 0.0f;
                x = x < 1.0f ? x : 1.0f;
                out[i + j] = (float)(int)(x * most + row[j]) / most;
            }
        }
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

/* ---- metadata ---------------------------------------------------------------------------------------------------- */

/* Bayer's matrix: the lowest bits of the coordinates count most. */
static int bayer(int x, int y, int side)
{
    int value = 0;
    for (int bit = 1; bit < side; bit *= 2)
        value = 4 * value + 2 * (!(x & bit) != !(y & bit)) + !!(y & bit);
    return value;
}

static void put(void *table, size_t i, enum flynn_type type, int odd, int cells)
{
    if (type == FLYNN_U8)
        ((uint8_t *)table)[i] = (uint8_t)(odd * 255 / (2 * cells));
    else if (type == FLYNN_U16)
        ((uint16_t *)table)[i] = (uint16_t)(odd * 65535 / (2 * cells));
    else
        ((float *)table)[i] = (float)odd / (float)(2 * cells);
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    struct flynn_stage *stage = flynn_point_stage(node, 0);
    int most = flynn_node_value(node, "levels")->integer - 1, side = 2 << flynn_node_value(node, "size")->integer;
    int period = side * node->in.channels, row = 2 * period + PAD;
    size_t bytes = (size_t)(side * row) * flynn_type_bytes(node->in.type);
    void *table = flynn_node_alloc(node, bytes, err);
    if (!table)
        return err->code;
    for (int y = 0; y < side; y++) {
        for (int i = 0; i < row; i++) {
            int odd = 2 * bayer(i / node->in.channels % side, y, side) + 1;
            put(table, (size_t)(y * row + i), node->in.type, odd, side * side);
        }
    }
    int64_t whole = node->in.type == FLYNN_U8 ? 255 * 256 : (int64_t)65535 * 65536;
    stage->k[0] = flynn_alpha_channel(&node->in);
    stage->k[1] = most;
    stage->k[2] = (int32_t)(uint32_t)((whole + most / 2) / most);
    stage->k[3] = side;
    stage->k[4] = period;
    stage->k[5] = row;
    stage->table[0] = (struct flynn_table_data){table, bytes};
    flynn_reuse(node, stage, "dither", "dither");
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(dither) = {
    .name = "dither",
    .aliases = "ordered-dither ppmdither pamdither",
    .group = "point",
    .summary = "few levels, with a Bayer matrix between them",
    .definition = "n = size, m = levels - 1. B(x, y) is Bayer's matrix of n x n: 0 2 / 3 1 for n = 2, and B2n(x, y) = "
                  "4 * Bn(x mod n, "
                  "y mod n) + B2(x / n, y / n); o = 2 * B(x mod n, y mod n) + 1, the same for all channels. Divisions "
                  "round down.\n"
                  "u8: t = o * 255 / (2 * n * n), q = (v * m + t) / 255, s = (65280 + m / 2) / m, (q * s + 128) >> 8.\n"
                  "u16: t = o * 65535 / (2 * n * n), q = (v * m + t) / 65535, s = (65535 * 65536 + m / 2) / m, (q * s "
                  "+ 32768) >> "
                  "16.\n"
                  "f32: v within 0 and 1 (NaN is 0), q = floor(v * m + o / (2 * n * n)), q / m, each step rounded.\n"
                  "Alpha is kept.",
    .source = "Bayer 1973; ImageMagick -ordered-dither, Netpbm ppmdither",
    .params = {{.name = "levels",
                .kind = FLYNN_PARAM_INT,
                .min = 2,
                .max = 256,
                .preset = "2",
                .help = "levels of each channel"},
               {.name = "size",
                .kind = FLYNN_PARAM_CHOICE,
                .choices = "2|4|8|16",
                .preset = "8",
                .help = "side of the matrix, in pixels"}},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"2", "4", "6,size=4", "17,size=2", "100,size=16"},
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_U8] = dither_u8, [FLYNN_U16] = dither_u16, [FLYNN_F32] = dither_f32}}},
};
