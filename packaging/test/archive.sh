#!/usr/bin/env bash
# packaging/test/archive.sh ARCHIVE: unpacks an archive with a static program for this machine and runs it in a root folder that holds
# only it and two logs; holds the list of files and the notices of third parties to the crates that cargo names.
set -euo pipefail
archive=$(realpath "${1:?packaging/test/archive.sh: ARCHIVE is missing}")
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    echo "FAIL: $*" >&2
    exit 1
}
(cd "$(dirname "$archive")" && sha256sum --check --quiet --strict "$(basename "$archive").sha256") || fail "the sum"
stem=$(basename "$archive" .tar.gz)
tar -xzf "$archive" -C "$work"
cd "$work/$stem"
for file in gcpressure README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE THIRD-PARTY.txt man/gcpressure.1 man/gcpressure-check.1 \
    completions/gcpressure.bash completions/gcpressure.fish completions/gcpressure.zsh completions/gcpressure.powershell; do
    [ -s "$file" ] || fail "no $file in $archive"
done
cd - >/dev/null
crates=0
while read -r name number _; do
    [ "$name" != gcpressure ] || continue
    grep -q "^$name ${number#v}: " "$work/$stem/THIRD-PARTY.txt" || fail "THIRD-PARTY.txt does not name $name ${number#v}"
    crates=$((crates + 1))
done < <(cargo tree --locked --target "${stem#gcpressure-v*-}" --edges normal --prefix none | sort -u)
[ "$crates" -gt 50 ] || fail "cargo tree names $crates crates"
echo "ok: contents; notices of $crates crates, uPlot and the standard library"

packaging/test/alone.sh "$work/$stem/gcpressure"
