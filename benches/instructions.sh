#!/usr/bin/env bash
# Instructions that the program executes, counted by callgrind: figures that do not depend on the machine's load.
# Usage: benches/instructions.sh [PROGRAM]      needs valgrind
set -euo pipefail
cd "$(dirname "$0")/.."

program=${1:-target/release/gcpressure}
[ $# -gt 0 ] || cargo build --release --quiet
[ -n "${MAKE_LOG:-}" ] || cargo build --release --quiet --example make_log
make_log=${MAKE_LOG:-target/release/examples/make_log}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# Instructions of one run.
count() {
    valgrind --tool=callgrind --callgrind-out-file="$dir/out" "$@" 2>"$dir/err" >/dev/null
    awk '/^(summary|totals):/ { print $2; exit }' "$dir/out"
}

# What the second half of a log costs: start-up and the report fall out of the difference.
slope() {
    local kind=$1 bytes=$2 unit=$3
    "$make_log" "$kind" "$bytes" >"$dir/short"
    "$make_log" "$kind" $((2 * bytes)) >"$dir/long"
    local short long amount
    short=$(count "$program" --format json "$dir/short")
    long=$(count "$program" --format json "$dir/long")
    case $unit in
    event) amount=$(($(grep -c ' ms clock, ' "$dir/long") - $(grep -c ' ms clock, ' "$dir/short"))) ;;
    byte) amount=$(($(wc -c <"$dir/long") - $(wc -c <"$dir/short"))) ;;
    esac
    awk -v k="$kind" -v a="$short" -v b="$long" -v n="$amount" -v u="$unit" \
        'BEGIN { printf "%-12s %10.2f instructions a %s\n", k, (b - a) / n, u }'
}

slope pure 4000000 event
# The parser alone, within the same run: everything below gc::windowed.
callgrind_annotate --inclusive=yes "$dir/out" | awk -v n="$(wc -l <"$dir/long")" '
    /trace::gc::windowed/ && !seen { gsub(",", "", $1); printf "%-12s %10.2f instructions a line\n", "  parse", $1 / n; seen = 1 }'
slope cri 4000000 event
slope docker 4000000 event
slope mix10 8000000 byte
slope mix1 8000000 byte
slope cut 8000000 byte
: >"$dir/empty"
printf '%-12s %10d instructions\n' start-up "$(count "$program" --version)"
