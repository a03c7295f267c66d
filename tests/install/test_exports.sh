#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# test_exports.sh LIBRARY: a shared library must not put names into a program that are not its own.
set -eu
names=$(nm -D --defined-only "$1" | awk '{print $NF}')
count=$(printf '%s\n' "$names" | grep -c '^flynn_') || true
strange=$(printf '%s\n' "$names" | grep -v '^flynn_' || true)
if [ -n "$strange" ]; then
    echo "$1 exports names that do not start with flynn_:"
    echo "$strange"
    exit 1
fi
if [ "$count" -lt 10 ]; then
    echo "$1 exports $count names; the public functions are missing"
    exit 1
fi
echo "$count names"
