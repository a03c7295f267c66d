/* SPDX-License-Identifier: Apache-2.0 */
#undef REAL
#undef REAL_IS_FLOAT
#undef REAL_V
#undef REAL_L
#undef REAL_M
#undef F
