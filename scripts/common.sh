# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What scripts/demo and scripts/test share: finding and installing what is missing, and setting up build folders.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
jobs=$(nproc 2>/dev/null || echo 2)

say() { printf '%s\n' "$*" >&2; }

die() {
    say "${0##*/}: $*"
    exit 2
}

have() { command -v "$1" >/dev/null 2>&1; }

compiler() {
    local cc
    for cc in ${CC:+"${CC##* }"} cc gcc clang; do
        if have "$cc"; then
            echo "$cc"
            return
        fi
    done
    return 1
}

has_header() {
    local cc
    cc=$(compiler) && printf '#include <%s>\n' "$1" | "$cc" -E -x c - -o /dev/null 2>/dev/null
}

has_package() { { have pkg-config && pkg-config --exists "$1"; } 2>/dev/null; }

# ldconfig is in /sbin, which is not in everybody's PATH. Its list is read to the end: with pipefail, a reader that leaves
# early fails the pipe when the writer notices.
has_library() { [[ $(PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null) == *"$1"* ]]; }

has_icd() { compgen -G "${OCL_ICD_VENDORS:-/etc/OpenCL/vendors}/*.icd" >/dev/null; }

# Debian's own python3 will do where another one comes first.
has_numpy() { python3 -c 'import numpy' 2>/dev/null || /usr/bin/python3 -c 'import numpy' 2>/dev/null; }

has_opencv() { [ -f /usr/include/opencv4/opencv2/imgproc.hpp ] || [ -f /usr/local/include/opencv4/opencv2/imgproc.hpp ]; }

has_fuzzer() {
    local program
    have clang || return 1
    program=$(mktemp)
    printf 'int LLVMFuzzerTestOneInput(const char *p, long n) { return n && *p ? 0 : 0; }\n' |
        clang -fsanitize=fuzzer,address,undefined -x c - -o "$program" 2>/dev/null
    local found=$?
    rm -f "$program"
    return $found
}

# The sanitizer and fuzzer runtimes stand in a package that carries clang's version in its name.
fuzzer_package() {
    local major
    major=$(apt-cache policy clang 2>/dev/null | sed -n 's/^ *Candidate: *[0-9]*:\([0-9]*\).*/\1/p')
    echo "libclang-rt-${major:-14}-dev"
}

# Debian's names of the packages that are missing. $1 is `demo` or `test`.
missing_packages() {
    compiler >/dev/null || echo gcc
    has_header stdio.h || echo libc6-dev
    have meson || echo meson
    have ninja || echo ninja-build
    have pkg-config || echo pkg-config
    has_package jansson || echo libjansson-dev
    has_package hwloc || echo libhwloc-dev
    has_header simde/x86/sse2.h || echo libsimde-dev
    has_header CL/cl.h || echo opencl-c-headers
    has_library libOpenCL.so.1 || echo ocl-icd-libopencl1
    has_icd || echo pocl-opencl-icd
    [ "$1" = test ] || return 0
    has_package criterion || echo libcriterion-dev
    have clang || echo clang
    has_fuzzer || fuzzer_package
    have git || echo git
    have g++ || have clang++ || echo g++
    has_opencv || echo libopencv-imgproc-dev
    have pamtopng || echo netpbm
    has_numpy || echo python3-numpy
    has_library libopenblas.so.0 || echo libopenblas0
}

# The missing packages as a list; one that is installed but shadowed, as by a python3 of the user's own, is not missing.
list_missing() {
    local package
    missing_packages "$1" | while read -r package; do
        if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ]; then
            say "$package is installed, but not found"
        else
            echo "$package"
        fi
    done
}

# Runs a command as root, if that needs no password.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

can_install() {
    have apt-get && have dpkg && { [ "$(id -u)" = 0 ] || { have sudo && sudo -n true 2>/dev/null; }; }
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" </dev/null >&2
}

# Installs what is missing, or says what is and ends. FLYNN_SETUP=skip goes on with what is there.
install_missing() {
    local -a missing
    [ "${FLYNN_SETUP:-}" != skip ] || return 0
    mapfile -t missing < <(list_missing "$1")
    [ ${#missing[@]} -gt 0 ] || return 0
    if ! can_install; then
        say "${0##*/}: these packages are missing (Debian's and Ubuntu's names). As root:"
        say "apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
        say "(FLYNN_SETUP=skip builds with what is there.)"
        exit 2
    fi
    say "Installing ${missing[*]}"
    as_root apt-get update -q </dev/null >&2 || say "apt-get update failed; trying with the old package lists"
    # Which clang there is, and so the name of its runtime, is only known now.
    mapfile -t missing < <(list_missing "$1")
    apt_install "${missing[@]}" || die "apt-get could not install ${missing[*]}"
    mapfile -t missing < <(list_missing "$1")
    [ ${#missing[@]} -eq 0 ] || die "still missing after installing: ${missing[*]}"
}

# Makes or updates a build folder: build_folder DIR TARGET [meson option...]; TARGET `all` is everything.
# Fails, with the compiler's own words, where it cannot be built.
build_folder() {
    local dir=$1 target=$2 log
    local -a quiet=()
    shift 2
    if [ ! -f "$dir/build.ninja" ]; then
        say "Setting up ${dir#"$root"/}"
        log=$(meson setup "$dir" "$root" "$@" 2>&1 </dev/null) || {
            say "$log"
            return 1
        }
    fi
    # A terminal sees ninja's progress; a log only what went wrong.
    [ -t 1 ] || quiet=(--quiet)
    say "Building ${dir#"$root"/}"
    ninja -C "$dir" -j "$jobs" ${quiet[@]+"${quiet[@]}"} "$target" </dev/null
}
