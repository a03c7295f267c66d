/* SPDX-License-Identifier: Apache-2.0 */
{"canny", "", U8, GRAY, 0},
{"canny", "low=10,high=30", U8, GRAY, 0},
{"canny", "low=100,high=100,norm=l2", U8, GRAY, 0},
{"canny", "low=0,high=0", U8, GRAY, 0},
{"equalize", "", U8, GRAY, 0},
