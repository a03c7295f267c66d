/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/histogram.h"

/* An accumulator is an array of uint32_t counters. It begins with k[1] tables of k[2] counters each, of which the first
 * k[0], the number of bins, are counted; counter k[0] may take samples that belong to no bin. Sample i of a row may be
 * counted in any table t with t % channels == i % channels; more tables than channels let kernels count neighbours of
 * the same value without one increment waiting for the other. This file uses the first tables alone.
 *
 * u8: k[3] tables of 256 counters, k[5] apart, begin at counter k[4]. They may take samples by value instead of by bin,
 * with the same choice of tables; finish puts the values into bins. */

static void histogram_u8(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, bins = call->stage->k[0], stride = call->stage->k[2];
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *in = call->in[r];
        for (int c = 0; c < channels; c++) {
            uint32_t *count = (uint32_t *)call->acc + c * stride;
            for (int x = 0; x < call->width; x++)
                count[in[x * channels + c] * bins >> 8]++;
        }
    }
}

static void histogram_u16(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, stride = call->stage->k[2];
    uint32_t bins = (uint32_t)call->stage->k[0];
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *in = call->in[r];
        for (int c = 0; c < channels; c++) {
            uint32_t *count = (uint32_t *)call->acc + c * stride;
            for (int x = 0; x < call->width; x++)
                count[in[x * channels + c] * bins >> 16]++;
        }
    }
}

/* A NaN is neither below 0 nor equal to itself. */
static void histogram_f32(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, bins = call->stage->k[0], stride = call->stage->k[2];
    float scale = (float)bins;
    for (int r = 0; r < call->rows; r++) {
        const float *in = call->in[r];
        for (int c = 0; c < channels; c++) {
            uint32_t *count = (uint32_t *)call->acc + c * stride;
            for (int x = 0; x < call->width; x++) {
                float t = in[x * channels + c] * scale;
                if (t == t)
                    count[t < 0 ? 0 : t >= scale ? bins - 1 : (int)t]++;
            }
        }
    }
}

static void merge(const struct flynn_stage *stage, void *into, const void *from)
{
    uint32_t *a = into;
    const uint32_t *b = from;
    for (size_t i = 0; i < stage->acc_bytes / sizeof *a; i++)
        a[i] += b[i];
}

static void finish(const struct flynn_stage *stage, const void *acc, const struct flynn_image *dst)
{
    int channels = stage->in.channels, bins = stage->k[0];
    for (int c = 0; c < channels; c++) {
        uint32_t *out = flynn_row(dst, c);
        for (int b = 0; b < bins; b++)
            out[b] = 0;
        for (int t = c; t < stage->k[1]; t += channels) {
            const uint32_t *count = (const uint32_t *)acc + t * stage->k[2];
            for (int b = 0; b < bins; b++)
                out[b] += count[b];
        }
        for (int t = c; t < stage->k[3]; t += channels) {
            const uint32_t *count = (const uint32_t *)acc + stage->k[4] + t * stage->k[5];
            for (int v = 0; v < 256; v++)
                out[v * bins >> 8] += count[v];
        }
    }
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    struct flynn_stage *stage = flynn_histogram_stage(node, flynn_node_value(node, "bins")->integer, false, err);
    if (!stage)
        return err->code;
    node->out = stage->out;
    node->out_matrix = true;
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(histogram) = {
    .name = "histogram",
    .aliases = "calchist pgmhist ppmhist hist_find",
    .group = "statistics",
    .summary = "how many samples of each channel fall into each of equal bins",
    .definition =
        "The result is a matrix of u32: row c, column b is the number of samples of channel c in bin b. Alpha is a "
        "channel like the others.\n"
        "Bin of a sample x: u8: (x * bins) >> 8; u16: (x * bins) >> 16; f32: t = x * bins, rounded once to f32; below "
        "0 is bin 0, bins and above is the last bin, else floor(t); NaN is not counted.\n"
        "Images of 2^32 pixels or more are refused.",
    .source = "OpenCV calcHist with uniform bins over the whole range of the type",
    .params = {{.name = "bins",
                .kind = FLYNN_PARAM_INT,
                .min = 1,
                .max = 65536,
                .preset = "256",
                .help = "bins per channel"}},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_REDUCE,
    .cases = {"7", "1000", "5000"},
    .lower = lower,
    .merge = merge,
    .finish = finish,
    .kernels = {.fn = {{[FLYNN_U8] = histogram_u8, [FLYNN_U16] = histogram_u16, [FLYNN_F32] = histogram_f32}}},
};
