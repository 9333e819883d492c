#!/usr/bin/env bash
# packaging/test/same.sh TARGET [--static]: builds the archive of the last commit in a fresh clone, with folders of its own for cargo's crates
# and for what is built, and compares it with the archive in dist/. Takes as long as a release build from nothing.
set -euo pipefail
: "${1:?packaging/test/same.sh: TARGET is missing}"
cd "$(dirname "$0")/../.."
root=$PWD
[ -z "$(git status --porcelain)" ] || {
    echo "FAIL: uncommitted changes, which a clone does not have: commit them, build dist/ again" >&2
    exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git clone --quiet . "$work/another folder"
cd "$work/another folder"
CARGO_HOME=$work/cargo CARGO_TARGET_DIR=$work/built packaging/archive.sh "$@"
for archive in dist/*.tar.gz; do
    cmp "$archive" "$root/$archive" || {
        echo "FAIL: $archive differs" >&2
        exit 1
    }
done
echo "ok: a build in another folder has the same bytes"
