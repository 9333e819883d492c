#!/usr/bin/env bash
# packaging/test/image.sh TARGET VERSION: builds both images of Dockerfile with buildah, without a service or a registry, and runs their
# program in their root folder. Alpine is replaced by a base with Debian's busybox and certificates. Needs root, buildah, busybox-static.
set -euo pipefail
target=${1:?packaging/test/image.sh: TARGET is missing}
version=${2:?packaging/test/image.sh: VERSION is missing}
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
mounted=
buildah=(buildah --storage-driver vfs --root "$work/storage" --runroot "$work/run")
stop() {
    [ -z "$mounted" ] || "${buildah[@]}" umount --all >/dev/null || true
    rm -rf "$work"
}
trap stop EXIT
fail() {
    echo "FAIL: $*" >&2
    exit 1
}

base=$("${buildah[@]}" from scratch)
"${buildah[@]}" copy --quiet "$base" "$(command -v busybox)" /bin/busybox >/dev/null
"${buildah[@]}" copy --quiet "$base" "$(command -v busybox)" /bin/sh >/dev/null
"${buildah[@]}" copy --quiet "$base" /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt >/dev/null
"${buildah[@]}" commit --quiet "$base" base >/dev/null
bud=(bud --quiet --isolation chroot --pull-never --build-arg BASE=localhost/base --build-arg "VERSION=$version" --build-arg "TARGET=$target")
"${buildah[@]}" "${bud[@]}" --tag gcpressure . >/dev/null
"${buildah[@]}" "${bud[@]}" --target shell --tag gcpressure:shell . >/dev/null

mounted=1
root=$("${buildah[@]}" mount "$("${buildah[@]}" from --pull-never gcpressure)")
files=$(cd "$root" && find . -type f | sort | tr '\n' ' ')
[ "$files" = "./etc/ssl/certs/ca-certificates.crt ./usr/bin/gcpressure ./usr/share/doc/gcpressure/LICENSE-APACHE ./usr/share/doc/gcpressure/LICENSE-MIT ./usr/share/doc/gcpressure/THIRD-PARTY.txt " ] ||
    fail "the image holds $files"
inspect() { "${buildah[@]}" inspect --type image --format "$1" localhost/gcpressure; }
[ "$(inspect '{{.OCIv1.Config.Entrypoint}}')" = "[/usr/bin/gcpressure]" ] || fail "the entry point"
[ "$(inspect '{{index .OCIv1.Config.Labels "org.opencontainers.image.version"}}')" = "$version" ] || fail "the label of the version"
packaging/test/alone.sh "$root/usr/bin/gcpressure"
cp samples/wasteful.go1.27.3.log "$root/work/gc.log"
status=0
chroot "$root" /usr/bin/gcpressure check -q /work/gc.log || status=$?
[ "$status" = 1 ] || fail "status $status instead of 1 in the image"
echo "ok: image from scratch, $(du -sh "$root" | cut -f 1)"

root=$("${buildah[@]}" mount "$("${buildah[@]}" from --pull-never gcpressure:shell)")
cp samples/fixed.go1.27.3.log "$root/work/gc.log"
# As GitLab does: the lines of a job go into a shell of the image.
echo 'cd /work && gcpressure check --max gc-frequency=10/s -q gc.log && echo passed' |
    chroot "$root" /bin/sh | grep -qx passed || fail "a shell in the image with one"
echo "ok: image with a shell"
