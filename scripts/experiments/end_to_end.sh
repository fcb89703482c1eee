#!/usr/bin/env bash
# end_to_end.sh - the gate on real processes: how often it calls a change where there is none, and how
# often it finds one of 1 or 2 % (a knob in cases made for it, benches/selftest/selftest_slow.c).
#
# Usage: scripts/experiments/end_to_end.sh [-s SCALE] [-r ROUNDS] [-o FOLDER]
#
# SCALE multiplies the time of a round (1: about half an hour; keep the machine idle). Every row measured is
# appended to end_to_end_rounds.tsv in FOLDER (build/experiments) at once, and end_to_end.tsv and .{svg,png}
# are made of all that are there. Started again after Ctrl-C, or with more ROUNDS (1), it goes on where
# it stopped; rounds of another revision are refused, since their sum would be of neither.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
concbench=${CONCBENCH:-$root/build/concbench}
out=$root/build/experiments
scale=1
rounds=1

usage() {
	sed -n 's/^# \{0,1\}//; 5p' "$0" >&2
	exit 2
}
while getopts s:r:o: opt; do
	case $opt in
	s) scale=$OPTARG ;;
	r) rounds=$OPTARG ;;
	o) out=$OPTARG ;;
	*) usage ;;
	esac
done
case $scale in
'' | *[!0-9.]*)
	echo "end_to_end.sh: -s: '$scale' is not a number" >&2
	exit 2
	;;
esac
case $rounds in
'' | *[!0-9]* | 0)
	echo "end_to_end.sh: -r: '$rounds' is not a number above 0" >&2
	exit 2
	;;
esac
[ -x "$concbench" ] || {
	echo "end_to_end.sh: $concbench is not there; run make first" >&2
	exit 2
}

export CONCBENCH_SELFTEST=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"
table=$out/end_to_end.tsv
log=$out/end_to_end_rounds.tsv
revision=$("$concbench" --version --all | awk -F '\t' '
	$1 == "build.revision" {r = $2} $1 == "build.dirty" && $2 == "yes" {d = "+"} END {print r d}')

# One line a row measured: what it was, what became of its tries, and where and how it was made.
[ -s "$log" ] || printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' trace slowdown_pct budget_s slot_ms tries \
	slower faster same unsure layout_ratio scale revision date >"$log"
others=$(awk -F '\t' -v r="$revision" 'NR > 1 && $12 != r {print $12; exit}' "$log")
[ -z "$others" ] || {
	echo "end_to_end.sh: $log has rounds of revision $others, this is $revision; move it away" >&2
	exit 2
}

# Sums by row, with Wilson's 95 % intervals in %; the layout ratio is the mean over the tries.
sum_up() {
	awk -F '\t' -v OFS='\t' '
	function wilson(k, n,    z, p, d, m, h) {
		z = 1.959964; p = k / n; d = 1 + z * z / n
		m = (p + z * z / (2 * n)) / d; h = z / d * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
		return sprintf("%.2f\t%.2f\t%.2f", 100 * p, 100 * (m - h < 0 ? 0 : m - h), 100 * (m + h > 1 ? 1 : m + h))
	}
	NR == 1 { next }
	{
		key = $1 OFS $2 OFS $3
		if (!(key in tries)) order[++count] = key
		tries[key] += $5; slower[key] += $6; faster[key] += $7; same[key] += $8; unsure[key] += $9
		layout[key] += $10 * $5; rounds[key]++
		slot[key] = $4; scale[key] = $11
		revision[key] = $12; date[key] = $13
	}
	END {
		print "rule", "trace", "slowdown_pct", "budget_s", "windows", "slower", "faster", "same", "unsure",
			"slower_pct", "slower_low_pct", "slower_high_pct", "changed_pct", "changed_low_pct",
			"changed_high_pct", "slot_ms", "layout_ratio", "rounds", "scale", "revision", "date"
		for (i = 1; i <= count; i++) {
			k = order[i]
			print "concbench", k, tries[k], slower[k], faster[k], same[k], unsure[k], wilson(slower[k], tries[k]),
				wilson(slower[k] + faster[k], tries[k]), slot[k], sprintf("%.2f", layout[k] / tries[k]),
				rounds[k], scale[k], revision[k], date[k]
		}
	}' "$log" >"$table.part"
	mv "$table.part" "$table"
}

# column NAME - of the only row of what `concbench noise` has written.
column() {
	awk -F '\t' -v name="$1" 'NR == 1 {for (i = 1; i <= NF; i++) if ($i == name) c = i} NR == 2 {print $c}' "$work/tsv"
}

# measure ROUND CASE NAME SLOWDOWN_PCT TRIAL_S TIME_S - unless this round has it already.
measure() {
	[ "$(awk -F '\t' -v t="$3" -v s="$4.0" -v b="$5" '$1 == t && $2 == s && $3 == b' "$log" | wc -l)" -lt "$1" ] ||
		return 0
	printf '#!/bin/sh\nexport CONCBENCH_SELFTEST_SLOWDOWN_PCT=%s\nexec "%s" "$@"\n' "$4" "$concbench" >"$work/head"
	chmod +x "$work/head"
	"$concbench" noise --base "$concbench" --head "$work/head" --trial-time "$5s" \
		--time-budget "$(awk -v t="$6" -v s="$scale" 'BEGIN {print t * s}')s" \
		--tsv "$work/tsv" --quiet "selftest/$2"
	printf '%s\t%s.0\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$3" "$4" "$5" "$(column slot_ms)" "$(column tries)" \
		"$(column slower)" "$(column faster)" "$(column same)" "$(column unsure)" "$(column layout_ratio)" \
		"$scale" "$revision" "$(date -u +%Y-%m-%d)" | tee -a "$log"
	sum_up
}

for ((round = 1; round <= rounds; round++)); do
	for row in cpu_sieve=slow_sieve/model:thread/workers:1/place:same \
		pipe_processes=slow_pipe/model:process/workers:2/place:scatter \
		mutex_same_core=slow_condvar/model:thread/workers:2/place:same \
		mutex_cross_core=slow_condvar/model:thread/workers:2/place:scatter; do
		measure $round "${row#*=}" "${row%%=*}" 0 5 180
		measure $round "${row#*=}" "${row%%=*}" 1 5 120
		measure $round "${row#*=}" "${row%%=*}" 2 5 90
	done
	measure $round slow_chase/model:thread/workers:1/place:same/bytes:262144 pointer_chase_10_s 0 10 240
	measure $round slow_chase/model:thread/workers:1/place:same/bytes:262144 pointer_chase_10_s 2 10 120
done
sum_up
"$root/scripts/experiments/chart.sh" "$table" "$out/end_to_end" \
	'Real processes: how often the gate calls a change'
echo "$table"
