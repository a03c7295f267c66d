/* SPDX-License-Identifier: Apache-2.0 */

/* Matrix ops against NumPy; tests/numpy_oracle.py has the cases and their bounds. */

#include "cli_helpers.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>

#define PYTHON "/usr/bin/python3"

TestSuite(numpy, .init = cli_enter, .fini = cli_leave);

static const char *const cases[] = {"matmul",    "matmul_int8", "matvec",       "reductions", "cumsum", "axpy",
                                    "transpose", "cholesky",    "lu_and_solve", "conv2d",     "spmv",   "counts"};
#define CASES (int)(sizeof cases / sizeof *cases)

ParameterizedTestParameters(numpy, agrees)
{
    static int number[CASES];
    for (int i = 0; i < CASES; i++)
        number[i] = i;
    return cr_make_param_array(int, number, CASES);
}

ParameterizedTest(int *number, numpy, agrees)
{
    if (cli_shell(PYTHON " -c 'import numpy' 2>/dev/null"))
        cr_skip_test("NumPy is not installed");
    cr_assert_eq(cli_shell(PYTHON " %s/tests/numpy_oracle.py %s", getenv("FLYNN_SOURCE_ROOT"), cases[*number]), 0, "%s",
                 cli_err);
}
