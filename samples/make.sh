#!/usr/bin/env bash
# Makes the sample logs again, all of them, in about two minutes. Where the tools come from: README.md beside this file.
#
#   OLD_GO=/usr/lib/go-1.19/bin/go NEW_GO=go samples/make.sh
#
# The figures differ from run to run and from machine to machine; the behaviours do not.
set -euo pipefail
cd "$(dirname "$0")"

old_go=${OLD_GO:-/usr/lib/go-1.19/bin/go}
new_go=${NEW_GO:-go}
for tool in "$old_go" "$new_go" npm curl awk gzip; do
    command -v "$tool" >/dev/null || { echo "make.sh: $tool is missing; see samples/README.md" >&2; exit 2; }
done
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT

(cd svc && "$old_go" build -o "$work/old" . && "$new_go" build -o "$work/new" .)

# record NAME PROGRAM [ARG]...: the trace into NAME.log, the runtime's own count into NAME.truth.json.
record() {
    local name=$1
    shift
    echo "$name" >&2
    GODEBUG=gctrace=1 "$@" 2>"$name.log" >"$name.truth.json"
}

for version in old new; do
    release=$("$work/$version" -version)
    record "wasteful.$release" "$work/$version" -mode wasteful -for 12s
    record "fixed.$release" "$work/$version" -mode fixed -for 12s
done
record "limit.$release" env GOGC=off GOMEMLIMIT=80MiB "$work/new" -mode limit -cache 64 -for 12s
record "noisy.$release" "$work/new" -mode noisy -log-rate 1000 -for 10s
gzip -9 --no-name --force "noisy.$release.log"

# A program that nobody here wrote: the esbuild bundler as a development server, asked for the same bundle again and
# again on the loopback interface. It bundles anew for a request that comes 250 ms after the last bundle.
echo esbuild >&2
(
    cd "$work"
    npm init --yes >npm.log
    npm install --no-audit --no-fund esbuild-linux-64@0.11.0 three@0.160.0 >>npm.log
    echo "export * from 'three/src/Three.js'" >app.js
)
(cd "$work" && GODEBUG=gctrace=1 exec node_modules/esbuild-linux-64/bin/esbuild \
    app.js --bundle --sourcemap --servedir=. --serve=127.0.0.1:18765) 2>"$work/esbuild.log" >/dev/null &
server=$!
curl --silent --output /dev/null --retry 20 --retry-delay 1 --retry-connrefused http://127.0.0.1:18765/app.js
for _ in $(seq 30); do
    sleep 0.25
    curl --silent --output /dev/null --max-time 10 http://127.0.0.1:18765/app.js
done
kill "$server"
wait "$server" || true
server=
cp "$work/esbuild.log" esbuild-0.11.0.log

# Two of the logs as deployments hand them over. at() turns the program time of a line into a wall-clock time.
at='function at(line, part) {
        if (!match(line, /@[0-9.]+s/)) return ""
        split(substr(line, RSTART + 1, RLENGTH - 2), part, ".")
        return sprintf("2026-03-02T09:%02d:%02d.%s000000Z", 14 + part[1] / 60, part[1] % 60, part[2])
    }'
awk "$at"'{ gsub(/>/, "\\u003e"); printf "{\"log\":\"%s\\n\",\"stream\":\"stderr\",\"time\":\"%s\"}\n", $0, at($0) }' \
    "limit.$release.log" >docker-json.log
{
    awk "$at"'{ printf "%s [pod/orders-5d9c7b6f4-8xk2p/svc] %s\n", at($0), $0 }' "fixed.$release.log"
    awk "$at"'{ printf "%s [pod/orders-5d9c7b6f4-tq7wz/svc] %s\n", at($0), $0 }' "limit.$release.log"
} | sort --stable --key=1,1 | cut -d' ' -f2- >kubectl-prefix.log
