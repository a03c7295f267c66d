/* SPDX-License-Identifier: Apache-2.0 */
{"gaussian", "ksize=3", U8 | U16, ANY, 0},
{"gaussian", "ksize=5", U8 | U16, ANY, 0},
{"gaussian", "ksize=7,border=replicate", U8 | U16, ANY, 0},
{"gaussian", "ksize=9,border=reflect", U8 | U16, ANY, 0},
{"gaussian", "sigma=0.7", U8 | U16, ANY, 0},
{"gaussian", "sigma=2", U8 | U16, ANY, 0},
{"gaussian", "sigma=8", U8 | U16, ANY, 0},
{"gaussian", "sigma=3,ksize=5,border=constant", U8 | U16, ANY, 0},
/* OpenCV's two derivatives, put together and saturated in double precision. */
{"sobel", "", U8 | U16, ANY, 0},
{"sobel", "norm=l2", U8 | U16, ANY, 0},
{"sobel", "norm=l2,border=replicate", U8 | U16, ANY, 0},
{"sobel", "border=constant", U8 | U16, ANY, 0},
