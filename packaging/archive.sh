#!/usr/bin/env bash
# packaging/archive.sh TARGET [--static]: builds the program for a target and writes dist/gcpressure-vVERSION-TARGET.tar.gz (.zip for
# Windows) with its .sha256: program, manual pages, completions, README, licenses, notices of third parties. Two builds of one commit
# give the same bytes, in whatever folders. --static: see flags.sh. Needs python3.
set -euo pipefail
: "${1:?packaging/archive.sh: TARGET is missing, e.g. x86_64-unknown-linux-musl}"
cd "$(dirname "$0")/.."
. packaging/flags.sh "$@"
cargo build --release --locked --target "$target"
python3 packaging/archive.py "$target" "${CARGO_TARGET_DIR:-target}/$target/release"
