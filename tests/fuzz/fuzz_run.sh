#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# fuzz_run.sh PROGRAM [SEEDS]: a short run of a libFuzzer target from a folder of seeds. An input that makes it fail is
# kept in the current folder. FLYNN_FUZZ_SECONDS sets the time (10); FLYNN_SEED the seed, 0 for a new one each time.
set -eu
program=$1
corpus=$(mktemp -d)
trap 'rm -rf "$corpus" "$corpus.log"' EXIT
if [ $# -gt 1 ]; then
    cp "$2"/* "$corpus"
else
    printf '\000\002\010\010\200' >"$corpus/op"
    printf '\000\002\010\010\200\n\201:\200\300' >"$corpus/ops"
    printf '\001\000\005\007invert\ninvert:1' >"$corpus/names"
fi
"$program" -max_total_time="${FLYNN_FUZZ_SECONDS:-10}" -seed="${FLYNN_SEED:-1}" -timeout=30 -rss_limit_mb=2048 \
    -malloc_limit_mb=64 -max_len=512 -print_final_stats=1 -artifact_prefix="$(pwd)/${program##*/}-" "$corpus" \
    >"$corpus.log" 2>&1 </dev/null || {
    status=$?
    tail -n 60 "$corpus.log"
    exit "$status"
}
grep -E '^(stat::|Done)' "$corpus.log"
