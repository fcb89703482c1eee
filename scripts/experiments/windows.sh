#!/usr/bin/env bash
# windows.sh - does a figure depend on how long its windows are? Hand-offs, queues and locks in windows of 3, 60
# and 300 ms and of the length that concbench chooses for each, by turns.
#
# Usage: scripts/experiments/windows.sh [-t TURNS] [-o FOLDER]
#
# A turn (4) takes some six minutes; keep the machine idle. Every row measured is appended to windows_rounds.tsv in
# FOLDER (build/experiments), and windows.tsv is made of all that are there: of each case and length the median of
# the turns' figures, the least and the most of them, and its ratio to that in windows of 300 ms.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
concbench=${CONCBENCH:-$root/build/concbench}
out=$root/build/experiments
turns=4
cases=(
	handoff/futex/model:thread/place:scatter handoff/futex/model:process/place:scatter
	handoff/pipe/model:thread/place:scatter handoff/condvar/model:thread/place:scatter
	queue/mutex_ring/model:thread/producers:2/consumers:2 queue/mutex_ring/model:process/producers:2/consumers:2
	lock/ck_ticket/model:thread/workers:4 lock/ck_mcs/model:thread/workers:4
)

usage() {
	sed -n 's/^# \{0,1\}//; 5p' "$0" >&2
	exit 2
}
while getopts t:o: opt; do
	case $opt in
	t) turns=$OPTARG ;;
	o) out=$OPTARG ;;
	*) usage ;;
	esac
done
case $turns in
'' | *[!0-9]* | 0)
	echo "windows.sh: -t: '$turns' is not a number above 0" >&2
	exit 2
	;;
esac
[ -x "$concbench" ] || {
	echo "windows.sh: $concbench is not there; run make first" >&2
	exit 2
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"
log=$out/windows_rounds.tsv
[ -s "$log" ] || printf '%s\t%s\t%s\t%s\n' case window_ms ns_per_op revision >"$log"
revision=$("$concbench" --version --all | awk -F '\t' '$1 == "build.revision" {print $2}')

# measure NAME [OPTION...] - a row of each case in windows of NAME.
measure() {
	local name=$1
	shift
	# A case that could not be measured is no reason to lose the others: it has no row.
	"$concbench" run "${cases[@]}" "$@" --rounds 8 --precision 0 --time-budget 90s --no-charts --no-counters \
		--quiet --results "$work/$name" || true
	python3 - "$work/$name/latest/run.json" "$name" "$revision" <<-'EOF' >>"$log"
		import json, sys

		for case in json.load(open(sys.argv[1]))["concbench"]["cases"]:
		    rate = case.get("summary", {}).get("ops_per_s", {}).get("estimate")
		    if case["status"] in ("ok", "noisy", "oversubscribed") and rate:
		        print(case["name"], sys.argv[2], f"{1e9 / rate:.6g}", sys.argv[3], sep="\t")
	EOF
	rm -rf "${work:?}/$name"
}

for ((turn = 1; turn <= turns; turn++)); do
	echo "turn $turn of $turns" >&2
	measure 3 --slot-time 3ms
	measure 300 --slot-time 300ms
	measure 60 --slot-time 60ms
	measure chosen
done

python3 - "$log" >"$out/windows.tsv" <<-'EOF'
	import statistics, sys

	of = {}
	for line in open(sys.argv[1]).read().splitlines()[1:]:
	    case, window, ns, _ = line.split("\t")
	    of.setdefault(case, {}).setdefault(window, []).append(float(ns))
	print("case", "window_ms", "ns_per_op", "least", "most", "turns", "of_300ms", sep="\t")
	for case, windows in of.items():
	    for window in "3", "60", "300", "chosen":
	        if window not in windows or "300" not in windows:
	            continue
	        ns = windows[window]
	        ratio = statistics.median(ns) / statistics.median(windows["300"])
	        print(case, window, f"{statistics.median(ns):.4g}", f"{min(ns):.4g}", f"{max(ns):.4g}", len(ns),
	              f"{ratio:.3f}", sep="\t")
EOF
echo "$out/windows.tsv"
