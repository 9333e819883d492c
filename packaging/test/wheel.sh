#!/usr/bin/env bash
# packaging/test/wheel.sh WHEEL: installs a wheel into an empty environment of Python, runs its program on samples, removes it. Its tags must
# say that old Linux systems and musl can use it, and its program must ask for no library.
set -euo pipefail
wheel=$(realpath "${1:?packaging/test/wheel.sh: WHEEL is missing}")
samples=$(cd "$(dirname "$0")/../../samples" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    echo "FAIL: $*" >&2
    exit 1
}
case $wheel in
    *-py3-none-manylinux2014_*.musllinux_1_1_*) ;;
    *) fail "the tags of $(basename "$wheel")" ;;
esac
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check --no-index --no-deps "$wheel"
program=$work/env/bin/gcpressure
"$program" check --max gc-frequency=10/s -q "$samples/fixed.go1.27.3.log"
status=0
"$program" check -q "$samples/wasteful.go1.27.3.log" || status=$?
[ "$status" = 1 ] || fail "status $status instead of 1"
echo "ok: $(basename "$wheel"): installed, $("$program" --version)"
"$(dirname "$0")/alone.sh" "$program"
"$work/env/bin/pip" uninstall --quiet --yes gcpressure
[ ! -e "$program" ] || fail "the program is still there"
echo "ok: removed"
