/* SPDX-License-Identifier: Apache-2.0 */
{"grayscale", "", U8 | U16, RGB, 0},
/* OpenCV transform rounds its coefficients to 2^-10: sums differ by at most 3 * 255 * (2^-11 + 2^-13) < 0.5, samples by
 * 1. COLOR_RGB2XYZ has color-matrix's own 2^-12. */
{"color-matrix", "preset=xyz", U8, RGB | FLYNN_CHANNEL_BIT(4), 0},
{"color-matrix", "preset=bgr", U8 | U16 | F32, RGB, 0},
{"color-matrix", "preset=sepia", U8, RGB, 1},
{"sepia", "", U8, RGB, 1},
{"saturation", "factor=1.5", U8, RGB, 1},
/* OpenCV's integers have 14 bits where libjpeg's have 16, and it computes the differences from the rounded luma: each
 * side is within 0.75 of the true value, so that samples differ by 1. All 2^24 colours were tried. */
{"rgb-to-ycbcr", "", U8, RGB, 1},
{"ycbcr-to-rgb", "", U8, RGB, 1},
{"rgb-to-hsv", "", U8, RGB | FLYNN_CHANNEL_BIT(4), 0},
/* OpenCV computes in floats and rounds halves to even, flynn's quotient is exact and rounds them up. All 2^24 were tried. */
{"hsv-to-rgb", "", U8, RGB, 1},
{"rgb-to-lab", "", U8, RGB | FLYNN_CHANNEL_BIT(4), 0},
{"lab-to-rgb", "", U8, RGB | FLYNN_CHANNEL_BIT(4), 0},
