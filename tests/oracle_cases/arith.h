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
{"copy", "", U8 | U16 | F32, ANY, 0},
/* Sums of integers are exact in double in any order. */
{"sum", "", U8 | U16, GRAY, 0},
{"norm", "kind=1", U8 | U16, GRAY, 0},
{"norm", "kind=2", U8 | U16, GRAY, 0},
{"norm", "kind=inf", U8 | U16 | F32, GRAY, 0},
{"dot", "with=@", U8 | U16, GRAY, 0},
{"argmax", "", U8 | U16 | F32, GRAY, 0},
{"argmax", "kind=min", U8 | U16 | F32, GRAY, 0},
{"copy-masked", "with=@,mask=@", U8, GRAY | RGB, 0},
/* The weight in 1/256 or 1/32768 is off by half of that at most, so that a sample is off by less than one before it is
 * rounded. */
{"blend", "with=@,alpha=0.5", U8 | U16, GRAY | RGB, 1},
{"blend", "with=@,alpha=0.3", U8 | U16, GRAY | RGB, 1},
/* Three roundings here and there, of numbers up to 1. */
{"blend", "with=@,alpha=0.3", F32, GRAY | RGB, 3.6e-7},
