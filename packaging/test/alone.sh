#!/usr/bin/env bash
# packaging/test/alone.sh PROGRAM: copies PROGRAM and samples into an empty folder, changes the root to it, and
# runs the check there: a log that passes, one that fails, one without a verdict, a report as a page.
set -euo pipefail
program=$(realpath "${1:?packaging/test/alone.sh: PROGRAM is missing}")
samples=$(cd "$(dirname "$0")/../../samples" && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
fail() {
    echo "FAIL: $*" >&2
    exit 1
}
cp "$program" "$root/gcpressure"
cp "$samples/fixed.go1.27.3.log" "$samples/wasteful.go1.27.3.log" "$root"
head -n 3 "$samples/fixed.go1.27.3.log" >"$root/short.log"
# Only root can change the root: a namespace's, or where those are forbidden the machine's.
as_root=()
if [ "$(id -u)" != 0 ]; then
    as_root=(unshare --map-root-user)
    "${as_root[@]}" chroot / true 2>/dev/null || as_root=(sudo --non-interactive)
fi
for one in "0 fixed.go1.27.3.log" "1 wasteful.go1.27.3.log" "3 short.log" "2 missing.log"; do
    read -r want log <<<"$one"
    got=0
    ${as_root[@]+"${as_root[@]}"} chroot "$root" /gcpressure check --max gc-frequency=10/s -q -o html=/gc.html "/$log" >/dev/null 2>"$root/err" || got=$?
    [ "$got" = "$want" ] || fail "$log in an empty root folder: status $got instead of $want: $(cat "$root/err")"
done
grep -q '<html' "$root/gc.html" || fail "no page"
echo "ok: alone in a root folder, statuses 0 to 3"
