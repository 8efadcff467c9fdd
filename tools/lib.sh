# lib.sh - what tools/setup, tools/run and tools/test share; sourced by bash, never run.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
me=tools/$(basename "$0")

say() { printf '%s: %s\n' "$me" "$*"; }

# One clear sentence, and out.
die() {
	printf '%s: %s\n' "$me" "$*" >&2
	exit 1
}

# build PRESET [TARGET...]: configure and build into build/PRESET, output to stdout.  A build folder
# that was made for another checkout (the tree was moved or copied) is begun afresh.  release holds no
# tests, so that running Relink asks for none of their libraries.
build() {
	local preset=$1 options=() targets=()

	shift
	[ $# -gt 0 ] && targets=(--target "$@")
	command -v ccache >/dev/null && options+=(-DCMAKE_C_COMPILER_LAUNCHER=ccache)
	grep -qsxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$root/build/$preset/CMakeCache.txt" ||
		options+=(--fresh)
	(cd "$root" && cmake --preset "$preset" "${options[@]}") &&
		cmake --build "$root/build/$preset" -j "$(nproc)" "${targets[@]}"
}
