#!/usr/bin/env bash
# packaging/test/go.sh PROGRAM: builds the Go launcher with the Go on PATH, against a server on loopback that holds an archive
# of PROGRAM, and runs it as users do: go install, go tool (Go 1.24 or later), two at once, offline, damaged.
set -euo pipefail
program=$(realpath "${1:?packaging/test/go.sh: PROGRAM, a gcpressure binary, is missing}")
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
server=
stop() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    chmod -R u+w "$work" && rm -rf "$work"
}
trap stop EXIT
fail() {
    echo "FAIL: $*" >&2
    exit 1
}
# expect STATUS WHAT COMMAND...: holds a command to its exit status; its output is in $work/out and $work/err.
expect() {
    local want=$1 what=$2 got=0
    shift 2
    "$@" >"$work/out" 2>"$work/err" </dev/null || got=$?
    [ "$got" = "$want" ] || fail "$what: status $got instead of $want: $(cat "$work/err")"
    echo "ok: $what"
}
says() {
    grep -qF -- "$1" "$work/err" || fail "no \`$1\` in: $(cat "$work/err")"
}

GOCACHE=$(go env GOCACHE)
export GOCACHE GOTOOLCHAIN=local GOPROXY=off GOFLAGS=-mod=mod GONOSUMDB='*' GOBIN=$work/bin
export GOPATH=$work/go HOME=$work/home XDG_CACHE_HOME=$work/cache
unset GCPRESSURE_BINARY GCPRESSURE_DOWNLOAD_URL
mkdir -p "$HOME"
go version
version=$("$program" --version | awk '{ print $2 }')
samples=$root/samples

# The archive, where a release has it.
target=x86_64-unknown-linux-musl
case $(uname -m) in aarch64 | arm64) target=aarch64-unknown-linux-musl ;; esac
stem=gcpressure-v$version-$target
mkdir -p "$work/site/v$version" "$work/$stem"
cp "$program" "$work/$stem/gcpressure"
cp "$root/README.md" "$work/$stem/"
archive=$work/site/v$version/$stem.tar.gz
tar -C "$work" -czf "$archive" "$stem"
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

# A checkout before the first release has no sums.
cp -R "$root/go" "$work/module"
printf 'package main\n\nconst version = ""\n\nvar sums = map[string]string{}\n' >"$work/module/gcpressure/sums.go"
(cd "$work/module" && go build -o "$work/checkout" ./gcpressure)
expect 2 "a checkout without sums" "$work/checkout" --version
says "no checksums"
GCPRESSURE_BINARY=$program expect 0 "a checkout with GCPRESSURE_BINARY" "$work/checkout" --version

# The released module: with the sums of this archive.
bash "$root/packaging/sums.sh" --partial "$version" "$work/site/v$version" "$work/module/gcpressure"
[ -z "$(gofmt -l "$work/module")" ] || fail "gofmt: $(gofmt -d "$work/module")"
if bash "$root/packaging/sums.sh" "$version" "$work/site/v$version" "$work" 2>/dev/null; then
    fail "sums.sh accepts a release that lacks archives"
fi
(cd "$work/module" && go vet ./... && go install ./gcpressure)
launcher=$GOBIN/gcpressure

GCPRESSURE_DOWNLOAD_URL=http://127.0.0.1:9 expect 2 "offline without a cache" "$launcher" --version
says GCPRESSURE_BINARY
[ -z "$(find "$work/cache" -type f 2>/dev/null)" ] || fail "something is cached"

export GCPRESSURE_DOWNLOAD_URL=$url
"$launcher" --version >"$work/one" &
one=$!
"$launcher" --version >"$work/two" &
two=$!
if ! wait "$one" || ! wait "$two"; then fail "two at once"; fi
cmp "$work/one" "$work/two" && [ "$(cat "$work/one")" = "$("$program" --version)" ] || fail "two at once differ"
[ "$(find "$work/cache" -type f | wc -l)" = 1 ] || fail "the cache holds $(find "$work/cache" -type f)"
cmp "$(find "$work/cache" -type f)" "$program" || fail "the cached program differs"
echo "ok: two at once"

expect 0 "status 0" "$launcher" check --max gc-frequency=5/s -q "$samples/fixed.go1.27.3.log"
expect 1 "status 1" "$launcher" check --max gc-frequency=5/s -q "$samples/wasteful.go1.27.3.log"
expect 2 "status 2" "$launcher" check -q "$work/no such file"
head -n 3 "$samples/fixed.go1.27.3.log" >"$work/short.log"
expect 3 "status 3" "$launcher" check -q "$work/short.log"
"$launcher" -f json <"$samples/fixed.go1.27.3.log" >"$work/a.json"
"$program" -f json <"$samples/fixed.go1.27.3.log" >"$work/b.json"
cmp "$work/a.json" "$work/b.json" || fail "the report through a pipe differs"
echo "ok: standard input and output"

# The program runs in place of the launcher, so signals reach it: the second one ends the reading, with a report.
mkfifo "$work/pipe"
"$launcher" -f json "$work/pipe" >"$work/c.json" 2>"$work/err" &
reader=$!
exec 9>"$work/pipe"
cat "$samples/fixed.go1.27.3.log" >&9
sleep 1
kill -TERM "$reader"
sleep 0.5
kill -TERM "$reader" 2>/dev/null || true
status=0
wait "$reader" || status=$?
exec 9>&-
[ "$status" = 143 ] && [ -s "$work/c.json" ] || fail "status $status after two SIGTERM: $(cat "$work/err")"
echo "ok: SIGTERM reaches the program, which reports"

GCPRESSURE_DOWNLOAD_URL=http://127.0.0.1:9 expect 0 "offline with a cache" "$launcher" --version

rm -rf "$work/cache"
cp "$archive" "$work/whole"
head -c 100000 "$work/whole" >"$archive"
expect 2 "half an archive" "$launcher" --version
says SHA-256
{
    head -c 5000 "$work/whole"
    printf X
    tail -c +5002 "$work/whole"
} >"$archive"
expect 2 "a damaged archive" "$launcher" --version
says "Nothing was kept"
rm "$archive"
expect 2 "no archive" "$launcher" --version
says 404
[ -z "$(find "$work/cache" -type f 2>/dev/null)" ] || fail "something is cached"
cp "$work/whole" "$archive"
expect 0 "the whole archive again" "$launcher" --version

# As a tool of another module.
if [[ $(go help get) == *-tool* ]]; then
    mkdir "$work/user"
    cd "$work/user"
    go mod init example.com/user 2>/dev/null
    module=github.com/gcpressure/gcpressure/go
    go mod edit -require "$module@v$version" -replace "$module=$work/module"
    go get -tool "$module/gcpressure"
    expect 0 "go tool, status 0" go tool gcpressure check --max gc-frequency=5/s -q "$samples/fixed.go1.27.3.log"
    expect 1 "go tool, status 1" go tool gcpressure check --max gc-frequency=5/s -q "$samples/wasteful.go1.27.3.log"
    expect 3 "go tool, status 3" go tool gcpressure check -q "$work/short.log"
    # What the documentation warns of.
    expect 1 "go run turns status 3 into 1" go run "$module/gcpressure" check -q "$work/short.log"
else
    echo "skipped: $(go version | cut -d ' ' -f 3) has no go tool for modules"
fi
echo "all passed"
