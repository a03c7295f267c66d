/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/rgb_rows.h"

#include <math.h>
#include <stdlib.h>

/* A channel is V where its own hue is within 60 degrees, V (1 - S) where it is farther than 120 degrees, and on the
 * line between them elsewhere. The channels' hues are 0, 120 and 240 degrees. */

/* u8: the distance from the hue `own`, beyond 30 and up to 60 of 180. */
static inline unsigned beyond_u8(int h, int own)
{
    int d = abs(h - own);
    d = (d < 180 - d ? d : 180 - d) - 30;
    d = d > 0 ? d : 0;
    return (unsigned)(d < 30 ? d : 30);
}

static inline uint8_t channel_u8(int h, unsigned s, unsigned v, int own)
{
    return (uint8_t)((v * (7650 - s * beyond_u8(h, own)) + 3825) / 7650);
}

RGB_INLINE void row_u8(const void *from, void *to, int width, int channels, const void *by)
{
    const uint8_t *in = from;
    uint8_t *out = to;
    (void)by;
    for (int i = 0; i < width; i++) {
        int h = in[i * channels] - (in[i * channels] < 180 ? 0 : 180);
        unsigned s = in[i * channels + 1], v = in[i * channels + 2];
        out[i * channels] = channel_u8(h, s, v, 0);
        out[i * channels + 1] = channel_u8(h, s, v, 60);
        out[i * channels + 2] = channel_u8(h, s, v, 120);
    }
}

static void rgb_u8(const struct flynn_call *call)
{
    flynn_rgb_rows(call, 1, row_u8, NULL);
}

/* ---- floats: hue in degrees -------------------------------------------------------------------------------------- */

/* A comparison with NaN is false, which decides what the smaller and the larger of two are. */
static inline float channel(float h, float s, float v, float own)
{
    float d = fabsf(h - own), e = fabsf(360.0f - d);
    d = (d < e ? d : e) - 60.0f;
    d = d > 0 ? d : 0;
    d = d < 60.0f ? d : 60.0f;
    return v - (v * s) * (d * (1 / 60.0f));
}

static inline uint16_t channel_u16(float h, float s, float v, float own)
{
    return (uint16_t)(int)(channel(h, s, v, own) + 0.5f);
}

RGB_INLINE void row_u16(const void *from, void *to, int width, int channels, const void *by)
{
    const uint16_t *in = from;
    uint16_t *out = to;
    (void)by;
    for (int i = 0; i < width; i++) {
        float h = in[i * channels] * (360 / 65536.0f), s = in[i * channels + 1] * (1 / 65535.0f);
        float v = in[i * channels + 2];
        out[i * channels] = channel_u16(h, s, v, 0);
        out[i * channels + 1] = channel_u16(h, s, v, 120);
        out[i * channels + 2] = channel_u16(h, s, v, 240);
    }
}

static void rgb_u16(const struct flynn_call *call)
{
    flynn_rgb_rows(call, 2, row_u16, NULL);
}

RGB_INLINE void row_f32(const void *from, void *to, int width, int channels, const void *by)
{
    const float *in = from;
    float *out = to;
    (void)by;
    for (int i = 0; i < width; i++) {
        float h = in[i * channels], s = in[i * channels + 1], v = in[i * channels + 2];
        out[i * channels] = channel(h, s, v, 0);
        out[i * channels + 1] = channel(h, s, v, 120);
        out[i * channels + 2] = channel(h, s, v, 240);
    }
}

static void rgb_f32(const struct flynn_call *call)
{
    flynn_rgb_rows(call, 4, row_f32, NULL);
}

/* ---- metadata ---------------------------------------------------------------------------------------------------- */

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    (void)err;
    flynn_rgb_stage(node, "hsv_to_rgb");
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(hsv_to_rgb) = {
    .name = "hsv-to-rgb",
    .aliases = "HSV2sRGB hsv2rgb",
    .group = "color",
    .summary = "the way back from rgb-to-hsv",
    .definition =
        "u8: H is taken modulo 180; x = min(|H - c|, 180 - |H - c|) is its distance from the channel's own hue c: 0, "
        "60, "
        "120; y = min(max(x - 30, 0), 30). The channel is (V (7650 - S y) + 3825) / 7650, rounded down.\n"
        "f32, each step rounded: a = |H - c| for c = 0, 120, 240; x = min(a, |360 - a|); y = min(max(x - 60, 0), 60); "
        "V - (V S) (y (1 / 60)). H is from -120 to 480 degrees, and not reduced beyond.\n"
        "u16: H * (360 / 65536), S * (1 / 65535) and V through the same, + 0.5, rounded down.\n"
        "Alpha is kept.",
    .source = "OpenCV cvtColor with COLOR_HSV2RGB, which computes u8 in floats: no sample differs by more than 1",
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_CHANNEL_BIT(3) | FLYNN_CHANNEL_BIT(4),
    .kind = FLYNN_ROWS,
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_U8] = rgb_u8, [FLYNN_U16] = rgb_u16, [FLYNN_F32] = rgb_f32}}},
};
