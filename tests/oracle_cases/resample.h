/* SPDX-License-Identifier: Apache-2.0 */
{"resize", "width=64,height=48,method=nearest", U8 | U16 | F32, ANY, 0},
{"resize", "width=37,height=101,method=nearest", U8 | U16 | F32, ANY, 0},
{"resize", "width=1,height=1,method=nearest", U8 | U16 | F32, ANY, 0},
{"resize", "width=64,height=48", U8 | U16, ANY, 0},
{"resize", "width=37,height=101", U8 | U16, ANY, 0},
{"resize", "width=200,height=3", U8 | U16, ANY, 0},
{"resize", "width=1,height=1", U8 | U16, ANY, 0},
/* Weights of 16384 here, of 2048 there: four taps of half a unit each on two axes, 8 * 255 / 4096, and two roundings. */
{"resize", "scale=0.5,method=bicubic,antialias=no", U8, ANY, 2},
{"resize", "width=150,height=99,method=bicubic,antialias=no", U8, ANY, 2},
/* Weights of 16384 here, floats there: at most 4 units on each axis. */
{"resize", "width=150,height=99,method=bicubic,antialias=no", U16, ANY, 2 * 4 * 65535.0 / 16384 * 1.4 + 2},
/* Weights of 16384 here, floats there: at most 5 taps of one unit on each axis, and a tie may go the other way. */
{"resize", "scale=0.5,method=area", U8, ANY, 1},
{"resize", "scale=0.25,method=area", U8, ANY, 1},
{"resize", "scale=0.25,method=area", U16, ANY, 2 * 6 * 65535.0 / 16384 + 1},
{"pyramid-down", "", U8 | U16, ANY, 0},
{"pyramid-up", "", U8 | U16, ANY, 0},
/* OpenCV subtracts squares of the size of 255^2 or 65535^2 in double, with an error of up to 4 * 2^-53 of them, of which
 * the deviation is the root. */
{"stats", "", U8, ANY, 6e-6},
{"stats", "", U16, ANY, 1.4e-3},
{"integral", "", U8 | U16 | F32, ANY, 0},
