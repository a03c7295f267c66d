/* SPDX-License-Identifier: Apache-2.0 */
{"rotate", "angle=90", U8 | U16 | F32, ANY, 0},
{"rotate", "angle=180", U8 | U16 | F32, ANY, 0},
{"rotate", "angle=270", U8 | U16 | F32, ANY, 0},
