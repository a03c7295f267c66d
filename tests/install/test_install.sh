#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the build in $MESON_BUILD_DIR into an empty folder and uses it from there as a stranger would.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
fail() {
    echo "$*"
    exit 1
}

meson install -C "$MESON_BUILD_DIR" --no-rebuild --destdir "$place/dest" >"$place/log" 2>&1 || {
    cat "$place/log"
    fail "meson install failed"
}
pc=$(find "$place/dest" -name flynn.pc)
[ -n "$pc" ] || fail "flynn.pc is not installed"
lib=$(dirname "$(dirname "$pc")")
prefix=$(sed -n 's/^prefix=//p' "$pc")
bin=$place/dest$prefix/bin/flynn
[ -x "$bin" ] || fail "bin/flynn is not installed"
[ -f "$lib/libflynn.a" ] || fail "libflynn.a is not installed"
[ -f "$lib/libflynn.so" ] || fail "libflynn.so is not installed"
[ -f "$place/dest$prefix/include/flynn/plan.h" ] || fail "the headers are not installed"
"$bin" --version >"$place/version" || fail "the installed flynn does not run"

cat >"$place/use.c" <<'END'
#include <flynn/plan.h>
#include <stdio.h>

int main(void)
{
    struct flynn_chain chain = {0};
    struct flynn_plan plan;
    struct flynn_shape shape = {8, 8, 3, FLYNN_U8};
    struct flynn_err err;
    if (flynn_chain_add(&chain, "invert", &err) || flynn_plan_build(&plan, &chain, &shape, &err))
        return puts(err.text), 1;
    printf("%d stage\n", plan.stages);
    flynn_plan_free(&plan);
    flynn_chain_free(&chain);
    return 0;
}
END
PKG_CONFIG_PATH=$(dirname "$pc")
PKG_CONFIG_SYSROOT_DIR=$place/dest
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
# A library that needs nothing but itself is linked by the plain flags; the rest is for the static one.
# shellcheck disable=SC2046
$CC -std=c17 -Wall -Wextra -Werror "$place/use.c" -o "$place/shared" $(pkg-config --cflags --libs flynn)
[ "$(LD_LIBRARY_PATH=$lib "$place/shared")" = '1 stage' ] || fail "a program with the shared library does not run"
mkdir "$place/static"
cp "$lib/libflynn.a" "$place/static"
# shellcheck disable=SC2046
$CC -std=c17 "$place/use.c" -o "$place/alone" -L"$place/static" $(pkg-config --static --cflags --libs flynn |
    sed "s#-L$lib##")
[ "$("$place/alone")" = '1 stage' ] || fail "a program with the static library does not run"
echo "installed, linked and run, shared and static"
