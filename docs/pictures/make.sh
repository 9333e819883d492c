#!/usr/bin/env bash
# Makes the README's pictures from the samples: the terminal report as SVG, the page as PNG through Chromium.
set -euo pipefail
cd "$(dirname "$0")/../.."
SNAPSHOTS=overwrite cargo test --quiet --test pictures
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
cargo run --quiet -- -q -o html="$profile/page.html" samples/wasteful.go1.27.3.log
"${CHROMIUM:-chromium}" --headless --no-sandbox --disable-gpu --hide-scrollbars --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync --disable-quic \
    --user-data-dir="$profile/chromium" --virtual-time-budget=3000 --window-size=1280,2000 \
    --screenshot="$PWD/docs/pictures/page.png" "file://$profile/page.html"
