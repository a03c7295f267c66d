# SPDX-License-Identifier: Apache-2.0
"""Holds matrix ops against NumPy: numpy_oracle.py CASE, in a folder for scratch files, FLYNN_BIN naming the program.

Exact where nothing is rounded, else within a bound. The bounds: u is the unit roundoff of the type, g(n) = n u / (1 - n u).
A sum of n products, in any order and with or without fused operations, is within g(n) of the sum of the magnitudes
(Higham, Accuracy and Stability of Numerical Algorithms, 3.1). NumPy computes in f64 or wider here; where that is the type
itself it may be off as far again.
"""
import os
import subprocess
import sys

import numpy as np

RANDOM = np.random.RandomState(1)
REAL = (np.float32, np.float64)


def flynn(op, *arrays, backend="scalar"):
    """The op's result. `{0}`, `{1}` in its text stand for the files of the second, third .. array."""
    names = [f"in{i}.npy" for i in range(len(arrays))]
    for name, array in zip(names, arrays):
        np.save(name, array)
    subprocess.run([os.environ["FLYNN_BIN"], "run", "-q", "-b", backend, names[0], "out.npy", op.format(*names[1:])],
                   check=True)
    return np.load("out.npy")


def gamma(n, dtype):
    u = np.finfo(dtype).eps / 2
    return n * u / (1 - n * u)


def matrix(rows, cols, dtype):
    return RANDOM.standard_normal((rows, cols)).astype(dtype)


def expect_within(what, found, expected, bound):
    expected = np.asarray(expected)
    assert found.shape == expected.shape, f"{what}: {found.shape}, not {expected.shape}"
    excess = np.abs(found.astype(np.longdouble) - expected) - bound
    assert not np.isnan(excess).any() and excess.max() <= 0, f"{what}: {excess.max()} beyond the bound"


def expect_same(what, found, expected):
    assert found.shape == expected.shape and np.array_equal(found, expected), f"{what}: differs"


def wide(array):
    return array.astype(np.float64)


def matmul():
    for dtype in REAL:
        for m, k, n in (1, 1, 1), (3, 200, 5), (65, 33, 129), (7, 1, 9), (1, 500, 1):
            a, b, c = matrix(m, k, dtype), matrix(k, n, dtype), matrix(m, n, dtype)
            bound = 2 * gamma(k, dtype) * (np.abs(wide(a)) @ np.abs(wide(b)))
            product = wide(a) @ wide(b)
            expect_within("matmul", flynn("matmul:{0}", a, b), product, bound)
            for trans, left, right in ("a", a.T, b), ("b", a, b.T), ("both", a.T, b.T):
                found = flynn(f"matmul:{{0}},trans={trans}", np.ascontiguousarray(left), np.ascontiguousarray(right))
                expect_within(f"matmul:trans={trans}", found, product, bound)
            # Factor, product and sum are rounded once each at the most.
            more = 2 * gamma(k + 3, dtype) * (1.5 * (np.abs(wide(a)) @ np.abs(wide(b))) + 0.75 * np.abs(wide(c)))
            found = flynn("matmul:{0},alpha=1.5,beta=-0.75,c={1}", a, b, c)
            expect_within("matmul with c", found, 1.5 * product - 0.75 * c, more)
    stack, other = RANDOM.standard_normal((4, 6, 9)), RANDOM.standard_normal((4, 9, 5))
    expect_within("batched matmul", flynn("matmul:{0},batch=4", stack, other).reshape(4, 6, 5), stack @ other,
                  2 * gamma(9, np.float64) * (np.abs(stack) @ np.abs(other)))


def matmul_int8():
    a = RANDOM.randint(0, 256, (37, 300)).astype(np.uint8)
    b = RANDOM.randint(-128, 128, (300, 21)).astype(np.int8)
    found = flynn("matmul-int8:{0},signed=b", a, b.view(np.uint8))
    expect_same("matmul-int8", found.astype(np.int64), a.astype(np.int64) @ b.astype(np.int64))


def matvec():
    for dtype in REAL:
        a, x = matrix(70, 9000, dtype), matrix(9000, 1, dtype)
        expect_within("matvec", flynn("matvec:{0}", a, x), wide(a) @ wide(x),
                      2 * gamma(9001, dtype) * (np.abs(wide(a)) @ np.abs(wide(x))))


def reductions():
    for dtype in REAL:
        a, b = matrix(211, 97, dtype), matrix(211, 97, dtype)
        n, f64 = a.size, np.float64
        wa, wb = wide(a), wide(b)
        one = lambda x: np.array([[x]])
        expect_within("sum", flynn("sum", a), one(wa.sum()), 2 * gamma(n, f64) * np.abs(wa).sum())
        expect_within("dot", flynn("dot:{0}", a, b), one((wa * wb).sum()), 2 * gamma(n + 1, f64) * np.abs(wa * wb).sum())
        expect_within("norm", flynn("norm", a), one(np.linalg.norm(wa)), 2 * gamma(n + 2, f64) * np.linalg.norm(wa))
        expect_within("norm:1", flynn("norm:1", a), one(np.abs(wa).sum()), 2 * gamma(n, f64) * np.abs(wa).sum())
        expect_same("norm:inf", flynn("norm:inf", a), one(np.abs(wa).max()))
    for dtype in (np.uint8, np.uint16):
        a = RANDOM.randint(0, np.iinfo(dtype).max + 1, (150, 333)).astype(dtype)
        expect_same("sum", flynn("sum", a), np.array([[a.sum(dtype=np.float64)]]))


def cumsum():
    for dtype in REAL:
        a = matrix(61, 301, dtype)
        for axis, name in (1, "row"), (0, "column"):
            bound = 2 * gamma(a.shape[axis], dtype) * np.cumsum(np.abs(wide(a)), axis=axis)
            expect_within(f"cumsum:{name}", flynn(f"cumsum:{name}", a), np.cumsum(wide(a), axis=axis), bound)
        bound = 2 * gamma(a.size, dtype) * np.cumsum(np.abs(wide(a))).reshape(a.shape)
        expect_within("cumsum:all", flynn("cumsum:all", a), np.cumsum(wide(a)).reshape(a.shape), bound)
    a = RANDOM.randint(0, 256, (61, 301)).astype(np.uint8)
    for axis, name in (1, "row"), (0, "column"):
        expect_same(f"cumsum:{name}", flynn(f"cumsum:{name}", a), np.cumsum(a, axis=axis, dtype=np.uint32))


def axpy():
    for dtype in REAL:
        y, x = matrix(45, 77, dtype), matrix(45, 77, dtype)
        expect_within("axpy", flynn("axpy:{0},alpha=0.375", y, x), wide(y) + 0.375 * wide(x),
                      2 * gamma(2, dtype) * (np.abs(wide(y)) + 0.375 * np.abs(wide(x))))


def transpose():
    for dtype in (np.uint8, np.uint16, np.float32, np.float64):
        a = (1000 * RANDOM.random_sample((67, 130))).astype(dtype)
        expect_same("transpose", flynn("transpose", a), np.ascontiguousarray(a.T))


def cholesky():
    for dtype in REAL:
        for n in 1, 2, 33, 150:
            g = RANDOM.standard_normal((n, n))
            a = (g @ g.T + n * np.eye(n)).astype(dtype)
            l = flynn("cholesky", a)
            assert np.array_equal(l, np.tril(l)), "cholesky: something above the diagonal"
            wl = l.astype(np.longdouble)
            full = np.tril(a) + np.tril(a, -1).T
            # Higham, theorem 10.3.
            expect_within("cholesky", (wl @ wl.T), full.astype(np.longdouble), gamma(n + 1, dtype) * (np.abs(wl) @ np.abs(wl.T)))


def lu_and_solve():
    for dtype in REAL:
        for n in 1, 2, 40, 130:
            a, b = matrix(n, n, dtype), matrix(n, 3, dtype)
            l, u, p = (flynn(f"lu:{part}", a).astype(np.longdouble) for part in "lup")
            assert np.abs(l).max() <= 1, "lu: a multiplier above 1"
            size = np.abs(l) @ np.abs(u)
            # Higham, theorems 9.3 and 9.4.
            expect_within("lu", p @ a, l @ u, gamma(n, dtype) * size)
            x = flynn("solve:{0}", a, b)
            wx = x.astype(np.longdouble)
            bound = gamma(3 * n, dtype) * (p.T @ (size @ np.abs(wx)))
            expect_within("solve", a.astype(np.longdouble) @ wx, b.astype(np.longdouble), bound)
            # From there to NumPy's solution, whose residual has the same bound in f64.
            theirs = np.linalg.solve(wide(a), wide(b))
            both = wide(bound) + gamma(3 * n, np.float64) * wide(p.T @ (size @ np.abs(theirs)))
            expect_within("solve beside NumPy", x, theirs, 1.01 * np.abs(np.linalg.inv(wide(a))) @ both)


def conv2d():
    x = RANDOM.standard_normal((3, 23, 31)).astype(np.float32)
    w = RANDOM.standard_normal((4, 3, 5, 3)).astype(np.float32)
    for stride, padding, dilation in (1, 0, 1), (2, 1, 1), (1, 3, 2), (3, 2, 3):
        padded = np.pad(wide(x), ((0, 0), (padding, padding), (padding, padding)))
        reach = (dilation * 4 + 1, dilation * 2 + 1)
        windows = np.lib.stride_tricks.sliding_window_view(padded, reach, (1, 2))
        windows = windows[:, ::stride, ::stride, ::dilation, ::dilation]
        expected = np.einsum("cyxij,fcij->fyx", windows, wide(w))
        bound = 2 * gamma(45, np.float32) * np.einsum("cyxij,fcij->fyx", np.abs(windows), np.abs(wide(w)))
        # NPY files of four dimensions are kernels only; these filters lie below each other.
        found = flynn(f"conv2d:{{0}},filters=4,channels=3,stride={stride},padding={padding},dilation={dilation}",
                      x.reshape(-1, 31), w.reshape(-1, 3))
        expect_within("conv2d", found.reshape(expected.shape), expected, bound)


def spmv():
    for dtype in REAL:
        dense = RANDOM.standard_normal((50, 80)) * (RANDOM.random_sample((50, 80)) < 0.1)
        with open("a.mtx", "w") as out:
            rows, cols = np.nonzero(dense)
            out.write(f"%%MatrixMarket matrix coordinate real general\n50 80 {len(rows)}\n")
            out.writelines(f"{r + 1} {c + 1} {dense[r, c]:.17g}\n" for r, c in zip(rows, cols))
        x = matrix(80, 1, dtype)
        # The elements are rounded to the vector's type first.
        bound = 2 * gamma(81, dtype) * (np.abs(dense) @ np.abs(wide(x)))
        expect_within("spmv", flynn("spmv:a.mtx", x), dense @ wide(x), bound)


def counts():
    a = RANDOM.randint(0, 256, (93, 121)).astype(np.uint8)
    expect_same("histogram", flynn("histogram", a).reshape(-1), np.bincount(a.reshape(-1), minlength=256))
    table = np.pad(a.astype(np.uint64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    expect_same("integral", flynn("integral", a).astype(np.uint64), table)
    found = flynn("argmax", a).reshape(-1)
    y, x = np.unravel_index(a.argmax(), a.shape)
    assert {int(x), int(y)} <= set(found.astype(int).tolist()), f"argmax: {found}, not {x} and {y}"


if __name__ == "__main__":
    try:
        {case.__name__: case for case in (matmul, matmul_int8, matvec, reductions, cumsum, axpy, transpose, cholesky,
                                          lu_and_solve, conv2d, spmv, counts)}[sys.argv[1]]()
    except (AssertionError, subprocess.CalledProcessError) as error:
        sys.exit(f"{sys.argv[1]}: {error}")
