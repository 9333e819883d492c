# Sourced by the scripts that build a released program, with TARGET [--static], in the folder of the repository: compiler flags
# that are equal for every package of a target, so that one build serves them all, and the time of the files in it.
# --static links the C library into a -gnu program too: to try packages without musl, not to publish. It contains glibc, whose
# license asks for more than our notices, and its lookup of host names needs the same glibc on the machine.
# shellcheck shell=bash disable=SC2034 # used by those scripts
target=$1
# No path of this machine in the program.
flags=(
    "--remap-path-prefix=$PWD=/gcpressure"
    "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
    "--remap-path-prefix=$(rustc --print sysroot)=/rust"
)
case "$target ${2-}" in
    *-musl\ * | *-msvc\ * | *--static) flags+=(-C target-feature=+crt-static) ;;
esac
CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f' && echo "${flags[*]}")
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || echo 315532800)
export CARGO_ENCODED_RUSTFLAGS SOURCE_DATE_EPOCH
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)

# The wheel and the packages of Linux take files from dist/package/.
needs_archive() {
    [ "$(cat dist/package/.target 2>/dev/null)" = "$target" ] || {
        echo "$0: dist/package/ does not hold the files of the archive of $target: run packaging/archive.sh $target first" >&2
        exit 1
    }
}
