#!/usr/bin/env bash
# The action's first step: downloads the released program for this runner, checks its sum and puts it on the path of later
# steps. Inputs are environment variables: INPUT_VERSION, and the runner's own. GCPRESSURE_BINARY names a program to use instead,
# GCPRESSURE_DOWNLOAD_URL a mirror of the releases.
set -euo pipefail
fail() {
    echo "::error title=gcpressure::$1"
    exit 2
}
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$RUNNER_TEMP/gcpressure
# On Windows D:/x, which this shell and the program both understand.
if command -v cygpath >/dev/null; then folder=$(cygpath -m "$folder"); fi
mkdir -p "$folder/bin"
program=gcpressure
[ "${RUNNER_OS:-Linux}" != Windows ] || program=gcpressure.exe

if [ -n "${GCPRESSURE_BINARY-}" ]; then
    cp "$GCPRESSURE_BINARY" "$folder/bin/$program"
else
    version=${INPUT_VERSION-}
    # Without an input the version is that of the action's own checkout.
    [ -n "$version" ] || version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$root/Cargo.toml" | head -n 1)
    version=${version#v}
    # Only this can become part of an address, a path or a message.
    [[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] || fail "invalid input version: expected e.g. 0.1.0"
    case ${RUNNER_OS:-Linux}/${RUNNER_ARCH:-X64} in
        Linux/X64) target=x86_64-unknown-linux-musl ;;
        Linux/ARM64) target=aarch64-unknown-linux-musl ;;
        Linux/X86) target=i686-unknown-linux-musl ;;
        macOS/X64) target=x86_64-apple-darwin ;;
        macOS/ARM64) target=aarch64-apple-darwin ;;
        Windows/X64) target=x86_64-pc-windows-msvc ;;
        Windows/ARM64) target=aarch64-pc-windows-msvc ;;
        *) fail "no released build for a runner with $RUNNER_OS on $RUNNER_ARCH; set GCPRESSURE_BINARY to a program" ;;
    esac
    stem=gcpressure-v$version-$target
    archive=$stem.tar.gz
    [ "$program" = gcpressure ] || archive=$stem.zip
    base=${GCPRESSURE_DOWNLOAD_URL:-https://github.com/gcpressure/gcpressure/releases/download}
    for file in "$archive" "$archive.sha256"; do
        curl --fail --silent --show-error --location --retry 3 --max-time 300 --max-filesize 67108864 \
            --output "$folder/$file" -- "${base%/}/v$version/$file" ||
            fail "cannot download ${base%/}/v$version/$file; set GCPRESSURE_BINARY to a program, or GCPRESSURE_DOWNLOAD_URL to a mirror"
    done
    want=$(cut -d ' ' -f 1 "$folder/$archive.sha256")
    if command -v sha256sum >/dev/null; then
        got=$(sha256sum <"$folder/$archive" | cut -d ' ' -f 1)
    else
        got=$(shasum -a 256 <"$folder/$archive" | cut -d ' ' -f 1)
    fi
    if [ -z "$want" ] || [ "$got" != "$want" ]; then
        rm -f "$folder/$archive"
        fail "$archive has another SHA-256 sum than $archive.sha256 says; nothing was kept"
    fi
    if [ "$program" = gcpressure ]; then
        tar -xzf "$folder/$archive" -C "$folder" "$stem/$program"
    else
        unzip -qo "$folder/$archive" "$stem/$program" -d "$folder"
    fi
    mv -f "$folder/$stem/$program" "$folder/bin/$program"
fi
chmod +x "$folder/bin/$program"
"$folder/bin/$program" --version
echo "$folder/bin" >>"$GITHUB_PATH"
