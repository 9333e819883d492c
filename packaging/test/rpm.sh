#!/usr/bin/env bash
# packaging/test/rpm.sh RPM: installs a package for this machine into a system of rpm in an empty folder, runs its program, removes it;
# nothing may be left. Needs root.
set -euo pipefail
rpm=$(realpath "${1:?packaging/test/rpm.sh: RPM is missing}")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    echo "FAIL: $*" >&2
    exit 1
}
# --force-debian: without it Debian's rpm installs nothing, since the machine's packages are dpkg's. Other systems' rpm has no such option.
force=()
! grep -q -- --force-debian < <(rpm --help 2>&1) || force=(--force-debian)
in_folder=(rpm --root "$work" --dbpath /var/lib/rpm)
"${in_folder[@]}" --initdb
"${in_folder[@]}" --install ${force[@]+"${force[@]}"} "$rpm"
"${in_folder[@]}" --verify gcpressure
for file in bin/gcpressure share/man/man1/gcpressure.1 share/bash-completion/completions/gcpressure \
    share/fish/vendor_completions.d/gcpressure.fish share/zsh/site-functions/_gcpressure share/licenses/gcpressure/THIRD-PARTY.txt; do
    [ -s "$work/usr/$file" ] || fail "no /usr/$file"
done
needs=$("${in_folder[@]}" --query --requires gcpressure)
! grep -v '^rpmlib(' <<<"$needs" || fail "the package needs another"
"$here/alone.sh" "$work/usr/bin/gcpressure"
"${in_folder[@]}" --erase ${force[@]+"${force[@]}"} gcpressure
left=$(find "$work/usr" -not -type d 2>/dev/null || true)
[ -z "$left" ] || fail "left behind: $left"
echo "ok: $(basename "$rpm"): installed, removed"
