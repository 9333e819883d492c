#!/usr/bin/env bash
# packaging/wheel.sh TARGET [--static]: writes the Python wheel of a target into dist/, with the program and the notices of the archive made
# last. Needs maturin. On Linux the program must be static: one wheel then serves every C library, so it has both tags.
set -euo pipefail
: "${1:?packaging/wheel.sh: TARGET is missing, e.g. x86_64-unknown-linux-musl}"
cd "$(dirname "$0")/.."
. packaging/flags.sh "$@"
needs_archive
compatibility=()
case $target in *-linux-*) compatibility=(--compatibility manylinux2014 musllinux_1_1) ;; esac
maturin build --release --locked --target "$target" ${compatibility[@]+"${compatibility[@]}"} --out dist
