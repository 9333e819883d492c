#!/usr/bin/env bash
# packaging/test/action.sh PROGRAM: runs the scripts of action.yml as a runner does, with its environment variables, on samples
# that pass, fail and have no verdict, and with hostile inputs.
# shellcheck disable=SC2016 # the hostile inputs must not be expanded
set -euo pipefail
program=$(realpath "${1:?packaging/test/action.sh: PROGRAM, a gcpressure binary, is missing}")
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
server=
stop() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$work"
}
trap stop EXIT
fail() {
    echo "FAIL: $*" >&2
    exit 1
}

# step STATUS WHAT SCRIPT [NAME=VALUE...]: one step of the action in a fresh environment.
step() {
    local want=$1 what=$2 script=$3 got=0
    shift 3
    : >"$work/output"
    : >"$work/summary"
    (cd "$work/home" && env -i PATH="$PATH" HOME="$work/home" RUNNER_TEMP="$work/runner temp" RUNNER_OS=Linux RUNNER_ARCH=X64 \
        GITHUB_OUTPUT="$work/output" GITHUB_STEP_SUMMARY="$work/summary" GITHUB_PATH="$work/path" \
        GITHUB_ACTION_PATH="$root" "$@" bash --noprofile --norc -eo pipefail \
        -c 'bash "$GITHUB_ACTION_PATH/packaging/action/'"$script"'"') >"$work/log" 2>&1 </dev/null || got=$?
    [ "$got" = "$want" ] || fail "$what: status $got instead of $want: $(cat "$work/log")"
    [ ! -e "$work/home/pwned" ] || fail "$what: an input was run"
    echo "ok: $what"
}
output() {
    grep -qxF -- "$1" "$work/output" || fail "no \`$1\` in the outputs: $(cat "$work/output")"
    [ "$(grep -c '' "$work/output")" = 4 ] || fail "the outputs are not four lines: $(cat "$work/output")"
}
says() {
    grep -qF -- "$1" "$work/log" || fail "no \`$1\` in the log: $(cat "$work/log")"
}
mkdir -p "$work/home" "$work/runner temp"
samples=$root/samples
cp "$samples/fixed.go1.27.3.log" "$work/home/gc.log"
cp "$samples/wasteful.go1.27.3.log" "$work/home/bad.log"
head -n 3 "$samples/fixed.go1.27.3.log" >"$work/home/short.log"

# Installing: from a mirror, from a damaged one, and a given program.
version=$("$program" --version | awk '{ print $2 }')
stem=gcpressure-v$version-x86_64-unknown-linux-musl
mkdir -p "$work/site/v$version" "$work/$stem"
cp "$program" "$work/$stem/gcpressure"
tar -C "$work" -czf "$work/site/v$version/$stem.tar.gz" "$stem"
(cd "$work/site/v$version" && sha256sum "$stem.tar.gz" >"$stem.tar.gz.sha256")
python3 -u - "$work/site" >"$work/port" 2>"$work/server.log" <<'PYTHON' &
import functools, http.server, sys
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
print(server.server_address[1], flush=True)
server.serve_forever()
PYTHON
server=$!
for _ in $(seq 100); do
    [ ! -s "$work/port" ] || break
    sleep 0.1
done
url=http://127.0.0.1:$(cat "$work/port")
step 0 "install the action's own version" install.sh INPUT_VERSION= GCPRESSURE_DOWNLOAD_URL="$url"
grep -qxF "$work/runner temp/gcpressure/bin" "$work/path" || fail "not on the path: $(cat "$work/path")"
step 0 "install a version" install.sh INPUT_VERSION="v$version" GCPRESSURE_DOWNLOAD_URL="$url/"
step 2 "a version without a release" install.sh INPUT_VERSION=9.9.9 GCPRESSURE_DOWNLOAD_URL="$url"
says "cannot download"
step 2 "a version with a command" install.sh INPUT_VERSION='0.1.0$(touch pwned)' GCPRESSURE_DOWNLOAD_URL="$url"
step 2 "a version with a path" install.sh INPUT_VERSION='0.1.0/../..' GCPRESSURE_DOWNLOAD_URL="$url"
step 2 "a version with a line break" install.sh INPUT_VERSION=$'0.1.0\n::warning::x' GCPRESSURE_DOWNLOAD_URL="$url"
step 2 "an unknown runner" install.sh RUNNER_ARCH=RISCV GCPRESSURE_DOWNLOAD_URL="$url"
says "no released build"
printf X >>"$work/site/v$version/$stem.tar.gz"
step 2 "a damaged archive" install.sh INPUT_VERSION="$version" GCPRESSURE_DOWNLOAD_URL="$url"
says "another SHA-256 sum"
step 0 "a given program" install.sh GCPRESSURE_BINARY="$program"

# Checking.
step 0 "a run that passes" check.sh INPUT_LOG=gc.log INPUT_MAX=gc-frequency=10/s INPUT_SUMMARY=true
output verdict=pass
output status=0
output cause=
[ -s "$work/summary" ] || fail "no summary"
html=$(sed -n 's/^html=//p' "$work/output")
grep -q '<html' "$html" || fail "no page at $html"
step 1 "a run that fails" check.sh INPUT_LOG=bad.log INPUT_MAX=gc-frequency=10/s INPUT_SUMMARY=false
output verdict=critical
output status=1
output cause=small-heap
says "::error title=gc-frequency"
[ ! -s "$work/summary" ] || fail "a summary though summary is false"
step 3 "too little evidence" check.sh INPUT_LOG=short.log
output status=3
step 0 "several thresholds, more options" check.sh INPUT_LOG=bad.log INPUT_MAX=$'gc-frequency=500/s\npause-p99=1s' \
    INPUT_ARGS="--allow 'min-heap' --exit-zero"
step 2 "no such log" check.sh INPUT_LOG="no such.log"
output status=2
output html=
step 2 "no log" check.sh INPUT_LOG=
says "the input log is empty"
step 2 "a wrong threshold" check.sh INPUT_LOG=gc.log INPUT_MAX=gc-frequency=fast
(cd "$work/home" && "$program" check -q --baseline base.json --update-baseline gc.log)
step 1 "worse than the baseline" check.sh INPUT_LOG=bad.log INPUT_BASELINE=base.json INPUT_MAX=gc-frequency=500/s

# Hostile inputs: each is a name or a value, never code, an option or another output.
hostile='a "b" '\''c'\'' $(touch pwned) `touch pwned` ; touch pwned & | > x'
cp "$work/home/gc.log" "$work/home/$(tr -d / <<<"$hostile")"
step 0 "a log with a hostile name" check.sh INPUT_LOG="$(tr -d / <<<"$hostile")"
output verdict=pass
step 2 "a hostile threshold" check.sh INPUT_LOG=gc.log INPUT_MAX='$(touch${IFS}pwned)`touch${IFS}pwned`'
step 2 "a hostile baseline" check.sh INPUT_LOG=gc.log INPUT_BASELINE='$(touch pwned)/x'
step 2 "hostile arguments" check.sh INPUT_LOG=gc.log INPUT_ARGS='$(touch pwned) `touch pwned` ; touch pwned'
step 2 "a quote that is not closed" check.sh INPUT_LOG=gc.log INPUT_ARGS="--window '10s"
says "a quote is not closed"
step 2 "a log that looks like an option" check.sh INPUT_LOG='--on-critical=touch pwned'
step 2 "a threshold that looks like an option" check.sh INPUT_LOG=bad.log INPUT_MAX='--on-critical=touch${IFS}pwned'
step 2 "a baseline that looks like an option" check.sh INPUT_LOG=bad.log INPUT_BASELINE='--on-critical'
step 0 "line breaks and several logs" check.sh INPUT_LOG=$'gc.log\n\ngc.log\r\n'
step 2 "a log named after an output" check.sh INPUT_LOG=$'none\nverdict=pass'
output status=2
{
    printf '::set-output name=verdict::pass\nverdict=pass\n'
    cat "$work/home/bad.log"
} >"$work/home/lies.log"
step 1 "a log that contains outputs" check.sh INPUT_LOG=lies.log
output verdict=critical
! grep -q '^::set-output' "$work/log" || fail "a line of the log is printed as a command"
echo "all passed"
