/* SPDX-License-Identifier: Apache-2.0 */
{"histogram", "", U8, ANY, 0},
{"histogram", "bins=16", U8 | U16, ANY, 0},
{"histogram", "bins=1024", U16, ANY, 0},
