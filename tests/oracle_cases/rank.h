/* SPDX-License-Identifier: Apache-2.0 */
{"median", "ksize=3,border=replicate", U8 | U16, ANY, 0},
