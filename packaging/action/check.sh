#!/usr/bin/env bash
# The action's second step: runs the check, sets the outputs, and ends with the check's status. Inputs are environment variables
# and reach the program as single arguments; nothing in them is expanded.
set -euo pipefail
fail() {
    echo "::error title=gcpressure::$1"
    echo "status=2" >>"$GITHUB_OUTPUT"
    exit 2
}
folder=$RUNNER_TEMP/gcpressure
# On Windows D:/x, which this shell and the program both understand.
if command -v cygpath >/dev/null; then folder=$(cygpath -m "$folder"); fi
reports=$(mktemp -d "$folder/report.XXXXXX")
arguments=(-f github -o "html=$reports/gc.html" -o "json=$reports/gc.json" -o "markdown=$reports/gc.md")

# words VARIABLE: the words of an input, into the array `words`. xargs knows quotes but no expansion.
words() {
    words=()
    [[ ${!1-} =~ [^[:space:]] ]] || return 0
    local word file=$reports/words
    printf '%s\n' "${!1}" | xargs printf '%s\0' >"$file" || fail "a quote is not closed in the input ${1#INPUT_}"
    while IFS= read -r -d '' word; do words+=("$word"); done <"$file"
}
words INPUT_MAX
for word in "${words[@]+"${words[@]}"}"; do arguments+=("--max=$word"); done
[ -z "${INPUT_BASELINE-}" ] || arguments+=("--baseline=$INPUT_BASELINE")
words INPUT_ARGS
arguments+=("${words[@]+"${words[@]}"}" --)
logs=0
while IFS= read -r log; do
    log=${log%$'\r'}
    [ -n "$log" ] || continue
    arguments+=("$log")
    logs=$((logs + 1))
done <<<"${INPUT_LOG-}"
# Without a path the program would wait for standard input.
[ "$logs" -gt 0 ] || fail "the input log is empty: expected the path of a log"

status=0
"$folder/bin/gcpressure" check "${arguments[@]}" </dev/null || status=$?

# field FILTER: a word of the report; anything else than a plain word becomes empty, so that it cannot set another output.
field() {
    local value=
    [ ! -s "$reports/gc.json" ] || value=$(jq -r "$1 // \"\"" "$reports/gc.json" 2>/dev/null | tr -d '\r' || true)
    [[ $value =~ ^[a-z_-]*$ ]] || value=
    printf '%s' "$value"
}
html=$reports/gc.html
[ -s "$html" ] || html=
{
    echo "verdict=$(field .verdict)"
    echo "cause=$(field .diagnosis.cause)"
    echo "status=$status"
    echo "html=$html"
} >>"$GITHUB_OUTPUT"
# Appended: the summary may hold another step's text. GitHub shows at most 1 MiB.
if [ "${INPUT_SUMMARY:-true}" = true ] && [ -n "${GITHUB_STEP_SUMMARY-}" ] && [ -s "$reports/gc.md" ]; then
    head -c 1000000 "$reports/gc.md" >>"$GITHUB_STEP_SUMMARY"
fi
exit "$status"
