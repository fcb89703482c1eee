#!/usr/bin/env bash
# end_to_end.sh - the gate on real processes: how often it calls a change where there is none, and how
# often it finds one of 1 or 2 % (a knob in cases made for it, benches/selftest_slow.h).
#
# Usage: scripts/experiments/end_to_end.sh [-s SCALE] [-o FOLDER]
#
# SCALE multiplies the time (1: about 35 minutes; keep the machine idle). Writes end_to_end.tsv and
# end_to_end.{svg,png} to FOLDER (build/experiments). A line of the table appears when it is measured;
# Ctrl-C keeps those that are there.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
concbench=${CONCBENCH:-$root/build/concbench}
out=$root/build/experiments
scale=1

usage() {
	sed -n 's/^# \{0,1\}//; 5p' "$0" >&2
	exit 2
}
while getopts s:o: opt; do
	case $opt in
	s) scale=$OPTARG ;;
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
[ -x "$concbench" ] || {
	echo "end_to_end.sh: $concbench is not there; run make first" >&2
	exit 2
}

export CONCBENCH_SELFTEST=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"
table=$out/end_to_end.tsv

# Wilson's 95 % interval, in %.
wilson() {
	awk -v k="$1" -v n="$2" 'BEGIN {
		z = 1.959964; p = k / n; d = 1 + z * z / n
		m = (p + z * z / (2 * n)) / d; h = z / d * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
		printf "%.2f\t%.2f\t%.2f", 100 * p, 100 * (m - h < 0 ? 0 : m - h), 100 * (m + h > 1 ? 1 : m + h)
	}'
}

# measure CASE NAME SLOWDOWN_PCT TRIAL_S TIME_S
measure() {
	local name tries same slower faster unsure rest
	printf '#!/bin/sh\nexport CONCBENCH_SELFTEST_SLOWDOWN_PCT=%s\nexec "%s" "$@"\n' "$3" "$concbench" >"$work/head"
	chmod +x "$work/head"
	"$concbench" noise --base "$concbench" --head "$work/head" --filter "^selftest/$1/" \
		--trial-time "$4s" --time-budget "$(awk -v t="$5" -v s="$scale" 'BEGIN {print t * s}')s" \
		--tsv "$work/tsv" --quiet
	IFS=$'\t' read -r name tries same slower faster unsure rest < <(tail -n 1 "$work/tsv")
	printf 'concbench\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$2" "$3.0" "$4" "$tries" "$slower" "$faster" \
		"$same" "$unsure" "$(wilson "$slower" "$tries")" "$(wilson $((slower + faster)) "$tries")" |
		tee -a "$table"
	: "$name" "$rest"
}

printf '%s\t' rule trace slowdown_pct budget_s windows slower faster same unsure slower_pct slower_low_pct \
	slower_high_pct changed_pct changed_low_pct >"$table"
echo changed_high_pct >>"$table"
for row in slow_sieve:cpu_sieve slow_pipe:pipe_processes slow_condvar_same:mutex_same_core \
	slow_condvar_cross:mutex_cross_core; do
	measure "${row%%:*}" "${row#*:}" 0 5 180
	measure "${row%%:*}" "${row#*:}" 1 5 120
	measure "${row%%:*}" "${row#*:}" 2 5 90
done
measure slow_chase pointer_chase_10_s 0 10 240
measure slow_chase pointer_chase_10_s 2 10 120
"$root/scripts/experiments/chart.sh" "$table" "$out/end_to_end" \
	'Real processes: how often the gate calls a change'
echo "$table"
