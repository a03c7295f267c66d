/* SPDX-License-Identifier: Apache-2.0 */
{"resize", "width=64,height=48,method=nearest", U8 | U16 | F32, ANY, 0},
{"resize", "width=37,height=101,method=nearest", U8 | U16 | F32, ANY, 0},
{"resize", "width=1,height=1,method=nearest", U8 | U16 | F32, ANY, 0},
{"resize", "width=64,height=48", U8 | U16, ANY, 0},
{"resize", "width=37,height=101", U8 | U16, ANY, 0},
{"resize", "width=200,height=3", U8 | U16, ANY, 0},
{"resize", "width=1,height=1", U8 | U16, ANY, 0},
