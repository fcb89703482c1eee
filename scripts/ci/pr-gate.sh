#!/usr/bin/env bash
# pr-gate.sh - the gate of a pull request: the working tree against the commit it branched off from.
#
# Usage: scripts/ci/pr-gate.sh TARGET-BRANCH [OPTION...]      (options of concbench gate)
#
# Writes gate.md (summary for people), gate.json, gate.xml (JUnit) to $GATE_OUT (default: gate-out), and
# cells.log when a case failed: what its cells said. It ends with the gate's exit status: 0 nothing slower, 1 something slower, 2 build or run failure,
# 3 unsure with --strict, 4 incomparable. The base is the merge base, not the branch's tip: what others
# have merged since is not this change's doing.
set -euo pipefail

if [ $# -eq 0 ] || [ -z "$1" ]; then
	echo "pr-gate.sh: TARGET-BRANCH is missing, e.g. origin/main" >&2
	exit 2
fi
target=$1
shift
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
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
mkdir -p "$out"
out=$(cd "$out" && pwd)
# What failed cells said stays in a temporary folder, and that of a runner is thrown away.
rm -f "$out/cells.log"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
TMPDIR=$work scripts/gate "$base" -- --markdown "$out/gate.md" --json "$out/gate.json" --junit "$out/gate.xml" "$@" || status=$?
for log in "$work"/concbench-gate-*/cells.log; do
	[ -e "$log" ] || continue
	cp "$log" "$out/cells.log"
	echo "pr-gate.sh: that is kept in $out/cells.log"
done
exit $status
