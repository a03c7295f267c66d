/* SPDX-License-Identifier: Apache-2.0 */
/* {op, parameters, types, channels}: where flynn's definition is OpenCV's own. */
{"invert", "", U8 | U16, GRAY | RGB},
