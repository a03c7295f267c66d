/* SPDX-License-Identifier: Apache-2.0 */
{"add", "with=@", U8 | U16 | F32, GRAY | RGB, 0},
{"sub", "with=@", U8 | U16 | F32, GRAY | RGB, 0},
{"absdiff", "with=@", U8 | U16 | F32, GRAY | RGB, 0},
{"multiply", "with=@", U8 | F32, GRAY | RGB, 0},
/* OpenCV multiplies by 1 / white in float, which has 24 bits for products of 32. */
{"multiply", "with=@", U16, GRAY | RGB, 1},
{"min", "with=@", U8 | U16 | F32, GRAY | RGB, 0},
{"max", "with=@", U8 | U16 | F32, GRAY | RGB, 0},
{"and", "with=@", U8 | U16, GRAY | RGB, 0},
{"or", "with=@", U8 | U16, GRAY | RGB, 0},
{"xor", "with=@", U8 | U16, GRAY | RGB, 0},
{"mask", "with=@", U8, GRAY, 0},
