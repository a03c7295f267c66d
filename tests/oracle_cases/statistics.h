/* SPDX-License-Identifier: Apache-2.0 */
{"histogram", "", U8, ANY, 0},
{"histogram", "bins=16", U8 | U16, ANY, 0},
{"histogram", "bins=1024", U16, ANY, 0},
{"clahe", "", U8 | U16, GRAY, 0},
{"clahe", "clip=2,columns=3,rows=5", U8 | U16, GRAY, 0},
{"clahe", "clip=0,tiles=4", U8 | U16, GRAY, 0},
{"auto-level", "", U8, GRAY, 0},
/* OpenCV scales in float, whose error tips what is next to a half. */
{"auto-level", "", U16, GRAY, 1},
