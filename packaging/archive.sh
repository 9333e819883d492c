#!/usr/bin/env bash
# packaging/archive.sh TARGET [--static]: builds the program for a target and writes dist/gcpressure-vVERSION-TARGET.tar.gz (.zip for
# Windows) with its .sha256: program, manual pages, completions, README, licenses, notices of third parties. Two builds of one commit
# give the same bytes, in whatever folders. --static links the C library into a -gnu program too. Needs python3.
set -euo pipefail
target=${1:?packaging/archive.sh: TARGET is missing, e.g. x86_64-unknown-linux-gnu}
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"

# No path of this machine in the program.
flags=(
    "--remap-path-prefix=$root=/gcpressure"
    "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
    "--remap-path-prefix=$(rustc --print sysroot)=/rust"
)
case "$target ${2-}" in
    *-musl\ * | *-msvc\ * | *--static) flags+=(-C target-feature=+crt-static) ;;
esac
CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f' && echo "${flags[*]}")
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || echo 315532800)
export CARGO_ENCODED_RUSTFLAGS SOURCE_DATE_EPOCH
cargo build --release --locked --target "$target"
python3 packaging/archive.py "$target" "${CARGO_TARGET_DIR:-target}/$target/release"
