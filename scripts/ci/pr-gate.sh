#!/usr/bin/env bash
# pr-gate.sh - the gate of a pull request: the working tree against the commit it branched off from.
#
# Usage: scripts/ci/pr-gate.sh TARGET-BRANCH [OPTION...]      (options of concbench gate)
#
# Writes gate.md (summary for people), gate.json, gate.xml (JUnit) to $GATE_OUT (default: gate-out), and
# cells.log when a case failed: what its cells said. It ends with the gate's exit status: 0 nothing slower,
# 1 something slower, 2 build or run failure, 3 unsure with --strict or --must-see, 4 incomparable. The base is the merge
# base, not the branch's tip: what others have merged since is not this change's doing.
#
# With GATE_LOAD=FILE it gates the repository that it is called in, one with kinds of its own: FILE is what
# GATE_BUILD (default: make FILE) makes there. They are checked first (GATE_CHECK: options of concbench check, such
# as --case-time 500ms), and one that is wrong ends it with 2.
# It takes the concbench on the PATH; where there is none, that of its own tree is built and installed into
# $GATE_PREFIX (default: build/installed of that tree).
set -euo pipefail

if [ $# -eq 0 ] || [ -z "$1" ]; then
	echo "pr-gate.sh: TARGET-BRANCH is missing, e.g. origin/main" >&2
	exit 2
fi
target=$1
shift
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
load=${GATE_LOAD:-}
build=${GATE_BUILD:-make $load}
if [ -n "$load" ]; then
	cd "$(git rev-parse --show-toplevel)"
else
	cd "$root"
fi
out=${GATE_OUT:-gate-out}

git rev-parse --verify --quiet "$target^{commit}" >/dev/null || {
	echo "pr-gate.sh: $target: no such branch here; fetch it with its history first" >&2
	exit 2
}
base=$(git merge-base "$target" HEAD) || {
	echo "pr-gate.sh: $target and HEAD have no common commit here; a shallow clone?" >&2
	exit 2
}
if [ "$base" = "$(git rev-parse HEAD)" ] && [ -z "$(git status --porcelain)" ]; then
	echo "pr-gate.sh: nothing has changed since $target; nothing to gate"
	exit 0
fi
# Only the gate's own 1 means slower.
failed() {
	echo "pr-gate.sh: $*" >&2
	exit 2
}

find_concbench() {
	local prefix=${GATE_PREFIX:-$root/build/installed}
	! command -v concbench >/dev/null || return 0
	"$root/scripts/deps" build || return 1
	make -C "$root" -j "$(nproc)" install PREFIX="$prefix" || return 1
	export PATH=$prefix/bin:$PATH PKG_CONFIG_PATH=$prefix/share/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
}

# Of what is committed, where all is: then what is built here is no change.
rev=()
if [ -n "$load" ]; then
	[ -n "$(git status --porcelain)" ] || rev=(--git-head HEAD)
	find_concbench || failed "concbench cannot be installed"
	sh -c "$build" || failed "'$build' failed"
	# shellcheck disable=SC2086 # words, on purpose
	concbench check ${GATE_CHECK:-} --load "./$load" || failed "the kinds of $load are not right, and not measured"
fi
judge() {
	if [ -n "$load" ]; then
		concbench gate --git-base "$base" ${rev[@]+"${rev[@]}"} --build "$build" --load "$load" "$@"
	else
		scripts/gate "$base" -- "$@"
	fi
}
mkdir -p "$out"
out=$(cd "$out" && pwd)
# What failed cells said stays in a temporary folder, and that of a runner is thrown away.
rm -f "$out/cells.log"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
TMPDIR=$work judge --markdown "$out/gate.md" --json "$out/gate.json" --junit "$out/gate.xml" "$@" || status=$?
for log in "$work"/concbench-gate-*/cells.log; do
	[ -e "$log" ] || continue
	cp "$log" "$out/cells.log"
	echo "pr-gate.sh: that is kept in $out/cells.log"
done
exit $status
