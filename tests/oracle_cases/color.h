/* SPDX-License-Identifier: Apache-2.0 */
{"grayscale", "", U8 | U16, RGB, 0},
