/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/reuse.h"

/* One table for each channel, or one for all (integers: gamma's kernels then).
 * k[0]: the alpha channel or -1; k[1]: entries of a table, the last of f32's being there twice; k[2]: tables;
 * table[0]: the tables one after the other. */

static void lut_u8(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, alpha = call->stage->k[0], samples = call->width * channels;
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *in = call->in[r];
        uint8_t *out = call->out[r];
        for (int c = 0; c < channels; c++) {
            const uint8_t *table = (const uint8_t *)call->stage->table[0].data + c * 256;
            for (int i = c; i < samples && c != alpha; i += channels)
                out[i] = table[in[i]];
        }
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

static void lut_u16(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, alpha = call->stage->k[0], samples = call->width * channels;
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *in = call->in[r];
        uint16_t *out = call->out[r];
        for (int c = 0; c < channels; c++) {
            const uint16_t *table = (const uint16_t *)call->stage->table[0].data + c * 65536;
            for (int i = c; i < samples && c != alpha; i += channels)
                out[i] = table[in[i]];
        }
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

static void lut_f32(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, alpha = call->stage->k[0], samples = call->width * channels;
    int entries = call->stage->k[1], tables = call->stage->k[2];
    float last = (float)(entries - 2);
    for (int r = 0; r < call->rows; r++) {
        const float *in = call->in[r];
        float *out = call->out[r];
        for (int c = 0; c < channels; c++) {
            const float *table = (const float *)call->stage->table[0].data + (c < tables ? c : 0) * entries;
            for (int i = c; i < samples && c != alpha; i += channels) {
                float x = in[i] > 0.0f ? in[i] : 0.0f;
                float t = (x < 1.0f ? x : 1.0f) * last;
                int k = (int)t;
                out[i] = table[k] + (table[k + 1] - table[k]) * (t - (float)k);
            }
        }
        for (int i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

/* ---- metadata ---------------------------------------------------------------------------------------------------- */

enum { MOST_ENTRIES = 1 << 24 };

/* Entry i of a channel, counted row by row. */
static double entry(const struct flynn_image *with, int64_t i, int channel)
{
    const struct flynn_shape *shape = &with->shape;
    const uint8_t *row = flynn_row(with, (int)(i / shape->width));
    size_t at = (size_t)(i % shape->width) * (size_t)shape->channels + (size_t)channel;
    return shape->type == FLYNN_U8    ? row[at]
           : shape->type == FLYNN_U16 ? ((const uint16_t *)(const void *)row)[at]
                                      : (double)((const float *)(const void *)row)[at];
}

static int64_t entries_of(const struct flynn_image *with)
{
    return (int64_t)with->shape.width * with->shape.height;
}

struct source {
    const struct flynn_image *with;
    int channel;
};

/* What the sample x becomes: the table stretched to the type's range. */
static int answer(int x, int white, const void *by)
{
    const struct source *source = by;
    int64_t at = x * (entries_of(source->with) - 1), k = at / white, part = at % white;
    int64_t low = (int64_t)entry(source->with, k, source->channel);
    int64_t high = part ? (int64_t)entry(source->with, k + 1, source->channel) : low;
    return (int)((low * (white - part) + high * part + white / 2) / white);
}

static int fill_integers(struct flynn_node *node, struct flynn_stage *stage, const struct flynn_image *with,
                         struct flynn_err *err)
{
    bool bytes = node->in.type == FLYNN_U8;
    int white = bytes ? 255 : 65535, tables = stage->k[2];
    size_t size = (size_t)(white + 1) * (bytes ? sizeof(uint8_t) : sizeof(uint16_t)) * (size_t)tables;
    void *table = flynn_node_alloc(node, size, err);
    if (!table)
        return err->code;
    for (int c = 0; c < tables; c++) {
        struct source source = {with, c};
        for (int x = 0; x <= white; x++) {
            if (bytes)
                ((uint8_t *)table)[c * 256 + x] = (uint8_t)answer(x, white, &source);
            else
                ((uint16_t *)table)[c * 65536 + x] = (uint16_t)answer(x, white, &source);
        }
    }
    stage->table[0] = (struct flynn_table_data){table, size};
    return FLYNN_OK;
}

static int fill_floats(struct flynn_node *node, struct flynn_stage *stage, const struct flynn_image *with,
                       struct flynn_err *err)
{
    int n = (int)entries_of(with), tables = stage->k[2];
    stage->k[1] = n + 1;
    size_t size = (size_t)stage->k[1] * sizeof(float) * (size_t)tables;
    float *table = flynn_node_alloc(node, size, err);
    if (!table)
        return err->code;
    for (int c = 0; c < tables; c++) {
        for (int i = 0; i <= n; i++)
            table[(size_t)c * (size_t)(n + 1) + (size_t)i] = (float)entry(with, i < n ? i : n - 1, c);
    }
    stage->table[0] = (struct flynn_table_data){table, size};
    return FLYNN_OK;
}

static int check(const struct flynn_shape *in, const struct flynn_image *with, struct flynn_err *err)
{
    const struct flynn_shape *table = &with->shape;
    int colours = flynn_alpha_channel(in) < 0 ? in->channels : in->channels - 1;
    if (table->type != in->type)
        return flynn_fail(err, FLYNN_EINPUT, "lut: the table holds %s samples; it must be of the input's type, %s",
                          flynn_type_name(table->type), flynn_type_name(in->type));
    if (table->channels != 1 && table->channels != colours && table->channels != in->channels)
        return flynn_fail(err, FLYNN_EINPUT, "lut: the table has %d channels; it must have 1 or %d, as the input",
                          table->channels, colours);
    if (entries_of(with) > MOST_ENTRIES)
        return flynn_fail(err, FLYNN_ELIMIT, "lut: the table has %lld entries; at most %d are possible",
                          (long long)entries_of(with), MOST_ENTRIES);
    return FLYNN_OK;
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    const struct flynn_image *with = flynn_node_value(node, "table")->input;
    bool all = flynn_node_value(node, "tables")->integer == 0;
    int code = check(&node->in, with, err);
    if (code)
        return code;
    int tables = all && with->shape.channels > 1 ? node->in.channels : 1;
    struct source first = {with, 0};
    if (tables == 1 && node->in.type != FLYNN_F32)
        return flynn_lookup_stage(node, answer, &first, err);
    struct flynn_stage *stage = flynn_point_stage(node, 0);
    stage->k[0] = flynn_alpha_channel(&node->in);
    stage->k[2] = tables < with->shape.channels ? tables : with->shape.channels;
    code = node->in.type == FLYNN_F32 ? fill_floats(node, stage, with, err) : fill_integers(node, stage, with, err);
    if (code)
        return code;
    flynn_reuse(node, stage, "lut", "look_up");
    node->launch[0].per_pixel = true;
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(lut) = {
    .name = "lut",
    .aliases = "maplut clut pamlookup",
    .group = "point",
    .summary = "every sample through a table that is read from an image",
    .definition =
        "The table is an image of the input's type; its N pixels, counted row by row, are entries 0 to N - 1. With one "
        "channel it serves all channels of the input, else each channel has its own.\n"
        "u8 and u16, W = 255 or 65535: x becomes entry x where N = W + 1. Other tables are stretched: k = x * (N - 1) "
        "/ "
        "W and p = x * (N - 1) % W, (T[k] * (W - p) + T[k + 1] * p + W / 2) / W in integers, rounded down.\n"
        "f32: x within 0 and 1 (NaN is 0), t = x * (N - 1), k = floor(t), T[k] + (T[k + 1] - T[k]) * (t - k), each "
        "step "
        "rounded; entry N is entry N - 1 again.\n"
        "Alpha is kept.",
    .source = "OpenCV LUT, libvips maplut, ImageMagick -clut with linear interpolation",
    .params = {{.name = "table",
                .kind = FLYNN_PARAM_INPUT,
                .help = "image with the table: 256 (u8) or 65536 (u16) pixels, or any number of them"},
               {.name = "tables",
                .kind = FLYNN_PARAM_CHOICE,
                .choices = "all|first",
                .preset = "all",
                .help = "all channels of the table, or its first for every channel"}},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"@", "@,tables=first"},
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_U8] = lut_u8, [FLYNN_U16] = lut_u16, [FLYNN_F32] = lut_f32}}},
};
