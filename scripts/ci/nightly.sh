#!/usr/bin/env bash
# nightly.sh - one run for the history: measure, add, say what has changed.
#
# Usage: scripts/ci/nightly.sh [OPTION...]       (options of concbench run)
#
# HISTORY_DB is the database, a file (default: results/history.db) or a postgresql:// URL. Writes
# changes.txt, changes.json and the report's path to $NIGHTLY_OUT (default: nightly-out). Change points are findings,
# no failures: the exit status is that of the run (1: some case failed) or 2.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
out=${NIGHTLY_OUT:-nightly-out}
db=${HISTORY_DB:-results/history.db}
concbench=build/concbench

make build/concbench
mkdir -p "$out" results
status=0
"$concbench" run "$@" || status=$?
if [ $status -gt 1 ]; then
	exit $status
fi
"$concbench" history add --db "$db"
"$concbench" history changes --db "$db" | tee "$out/changes.txt"
"$concbench" history changes --db "$db" --json >"$out/changes.json"
echo "results/$(readlink results/latest)" >"$out/run.txt"
exit $status
