#!/usr/bin/env bash
# convert_trace.sh - a recording of 13 columns (workload, launch, sequence, extra work in %, start ns,
# wall ns, ...) as the lines "launch,variant,start_us,wall_ns" that replays read, on standard output.
#
# Usage: scripts/experiments/convert_trace.sh [-f FIRST] [-n LAUNCHES] [-m MS] RECORDING.csv[.gz]
#
# Takes all launches, or LAUNCHES of them from the one numbered FIRST on; of each the samples that begin
# within its first MS milliseconds, or all. Launches are counted from the first one that is taken. Time is
# the recording's, to a tenth of a microsecond; with -n it begins with the first sample and is in whole
# microseconds, which makes a trimmed copy shorter.
set -euo pipefail

first=0 launches=0 ms=0

usage() {
	sed -n 's/^# \{0,1\}//; 5p' "$0" >&2
	exit 2
}
while getopts f:n:m: opt; do
	case $opt in
	f) first=$OPTARG ;;
	n) launches=$OPTARG ;;
	m) ms=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -eq 1 ] || usage
for number in "$first" "$launches" "$ms"; do
	case $number in
	'' | *[!0-9]*)
		echo "convert_trace.sh: '$number' is not a number" >&2
		exit 2
		;;
	esac
done
[ -r "$1" ] || {
	echo "convert_trace.sh: $1: cannot be read" >&2
	exit 2
}

# -f: what is not compressed is passed on as it is.
gzip -dcf -- "$1" | awk -F , -v first="$first" -v launches="$launches" -v ms="$ms" -v name="$1" '
NF != 13 {
	printf "convert_trace.sh: %s: line %d has %d columns, not 13\n", name, NR, NF >"/dev/stderr"
	bad = 1
	exit 2
}
$2 < first || done { next }
$2 != launch || !taken {
	if (launches && taken == launches) {
		done = 1
		next
	}
	taken++
	launch = $2
	begin = $5
}
!ms || $5 - begin < ms * 1e6 {
	start_us = sprintf("%.1f", $5 / 1000)
	if (launches) {
		if (!rows++) origin_us = start_us
		start_us = sprintf("%.0f", start_us - origin_us)
	}
	printf "%d,%d,%s,%.0f\n", taken - 1, $4, start_us, $6
}
END {
	if (!bad && (!taken || taken < launches)) {
		printf "convert_trace.sh: %s: %d launches there\n", name, taken >"/dev/stderr"
		exit 2
	}
}'
