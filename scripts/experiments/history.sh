#!/usr/bin/env bash
# history.sh - the figures of `concbench history`: what its change points find and how soon, how long
# 10,000 runs take, and how long a million samples take to be imported and a trend to be asked for.
#
# Usage: scripts/experiments/history.sh [-n TRIALS] [-s SAMPLES] [-o FOLDER]
#
# TRIALS made-up series a point of the chart (400); SAMPLES to import (1000000), in copies of
# results/sample/run.json under other ids and dates. Writes history.tsv and history.{svg,png} to FOLDER
# (build/experiments). Times are of this machine, and of what else runs on it.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
concbench=${CONCBENCH:-$root/build/concbench}
sample=$root/results/sample/run.json
out=$root/build/experiments
trials=400
samples=1000000

usage() {
	sed -n 's/^# \{0,1\}//; 5p' "$0" >&2
	exit 2
}
number() {
	case $2 in
	'' | *[!0-9]* | 0)
		echo "history.sh: $1: '$2' is not a number above 0" >&2
		exit 2
		;;
	esac
}
while getopts n:s:o: opt; do
	case $opt in
	n) trials=$OPTARG ;;
	s) samples=$OPTARG ;;
	o) out=$OPTARG ;;
	*) usage ;;
	esac
done
number -n "$trials"
number -s "$samples"
[ -x "$concbench" ] || {
	echo "history.sh: $concbench is not there; run make first" >&2
	exit 2
}

make -s -C "$root" build/history_points
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
table=$work/history.tsv

printf 'what\tof\tx\tvalue\tlow\thigh\ttrials\ttarget\n' >"$table"
"$root/build/history_points" "$trials" >>"$table"

# now - seconds, with decimals whatever the locale.
now() {
	local ns
	ns=$(date +%s%N)
	echo "${ns::-9}.${ns: -9}"
}

# row NAME SECONDS TIMES TARGET
row() {
	printf 'seconds\t%s\t0\t%.3f\t\t\t%s\t%s\n' "$1" "$2" "$3" "$4" >>"$table"
}

# Some run files at a time: 200 of them would fill half a gigabyte.
import() {
	local added=0 n=0 spent=0 began line
	id=$(sed -n 's/^ *"id": "\(2[^"]*\)".*/\1/p' "$sample" | head -n 1)
	while [ "$added" -lt "$samples" ]; do
		rm -f "$work"/run*.json
		for _ in {1..40}; do
			n=$((n + 1))
			date=$(printf '20%02d-%02d-%02dT03:04:05Z' $((10 + n / 336)) $((1 + n / 28 % 12)) $((1 + n % 28)))
			sed "s/$id/$(printf '20260102T%06dZ-vm-%06x' $n $n)/; s/\"date\": \"20[^\"]*\"/\"date\": \"$date\"/" \
				"$sample" >"$work/run$n.json"
		done
		began=$(now)
		"$concbench" history add --db "$work/h.db" "$work"/run*.json >"$work/said"
		spent=$(awk -v a="$spent" -v b="$began" -v c="$(now)" 'BEGIN {printf "%.3f", a + c - b}')
		while read -r line; do
			line=${line% samples}
			added=$((added + ${line##* }))
		done <"$work/said"
	done
	row "$added samples of $n runs imported by the command line" "$spent" 1 '<= 10'
}

# The shortest of nine, with the start of the program.
trend() {
	local least=1000 began took case
	case=$("$concbench" history show --db "$work/h.db" latest | awk '$NF ~ /^job\/sieve/ && !n++ {print $NF}')
	[ -n "$case" ] || {
		echo "history.sh: no case to ask for" >&2
		exit 1
	}
	for _ in 1 2 3 4 5 6 7 8 9; do
		began=$(now)
		"$concbench" history show --db "$work/h.db" "$case" >"$work/said"
		took=$(awk -v b="$began" -v c="$(now)" 'BEGIN {printf "%.3f", c - b}')
		least=$(awk -v a="$least" -v b="$took" 'BEGIN {print a < b ? a : b}')
	done
	row "trend of one case over its $(grep -c '^  20' "$work/said") runs by the command line" "$least" 9 '<= 0.1'
}

import
trend
mv "$table" "$out/history.tsv"
"$root/scripts/experiments/history_chart.sh" "$out/history.tsv" "$out/history"
echo "$out/history.tsv"
