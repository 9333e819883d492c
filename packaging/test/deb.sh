#!/usr/bin/env bash
# packaging/test/deb.sh DEB: installs a package for this machine into a system of dpkg in an empty folder, runs its program, removes it;
# nothing may be left. Needs root.
set -euo pipefail
deb=$(realpath "${1:?packaging/test/deb.sh: DEB is missing}")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    echo "FAIL: $*" >&2
    exit 1
}
mkdir -p "$work"/var/lib/dpkg/{info,updates,triggers}
touch "$work/var/lib/dpkg/status"
dpkg --root="$work" --install "$deb" >/dev/null
[ "$(dpkg-query --root="$work" --show --showformat='${Status}' gcpressure)" = "install ok installed" ] || fail "not installed"
for file in man/man1/gcpressure.1.gz bash-completion/completions/gcpressure fish/vendor_completions.d/gcpressure.fish \
    zsh/vendor-completions/_gcpressure doc/gcpressure/copyright doc/gcpressure/THIRD-PARTY.txt; do
    [ -n "$(find "$work/usr/share/$file"* 2>/dev/null)" ] || fail "no /usr/share/$file"
done
"$here/alone.sh" "$work/usr/bin/gcpressure"
dpkg --root="$work" --purge gcpressure >/dev/null
left=$(find "$work" -not -type d -not -path '*/var/*')
[ -z "$left" ] || fail "left behind: $left"
echo "ok: $(basename "$deb"): installed, removed"
