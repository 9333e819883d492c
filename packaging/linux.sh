#!/usr/bin/env bash
# packaging/linux.sh TARGET [deb|rpm]: packs the archive of a target in dist/ as .deb and .rpm, into dist/. Needs cargo-deb and
# cargo-generate-rpm. What goes where is in Cargo.toml, [package.metadata.deb] and [package.metadata.generate-rpm].
set -euo pipefail
: "${1:?packaging/linux.sh: TARGET is missing, e.g. x86_64-unknown-linux-musl}"
kinds=${2:-deb rpm}
cd "$(dirname "$0")/.."
. packaging/flags.sh "$1"
needs_archive
case $kinds in *deb*) cargo deb --no-build --no-strip --locked --target "$target" --output dist ;; esac
case $kinds in *rpm*) cargo generate-rpm --target "$target" --source-date "$SOURCE_DATE_EPOCH" --output dist ;; esac
