#!/usr/bin/env bash
# replay.sh - decision rules on recorded noise: false verdicts and power of each.
#
# Usage: scripts/experiments/replay.sh [-l] [-n WINDOWS] [-o FOLDER] [TRACE...]
#
# TRACE is a file of lines "launch,variant,start_us,wall_ns" (harness/stats/traces/README.md) or, when it
# ends in .gz, a recording for convert_trace.sh; by default the frozen ones of the tests. The rules that
# measure in blocks need whole launches, so those show what a machine of a few calm seconds gives. Writes
# replay.tsv and replay.{svg,png} to FOLDER (build/experiments); with -l launch_length.tsv: our rule with
# pairs of launches of other lengths. What is committed in results/experiments/ came from the full
# recordings.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
windows=2000
out=$root/build/experiments
name=replay

usage() {
	sed -n 's/^# \{0,1\}//; 2,4p' "$0" >&2
	exit 2
}
while getopts ln:o: opt; do
	case $opt in
	l) name=launch_length ;;
	n) windows=$OPTARG ;;
	o) out=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
case $windows in
'' | *[!0-9]* | 0)
	echo "replay.sh: -n: '$windows' is not a number above 0" >&2
	exit 2
	;;
esac
[ $# -gt 0 ] || set -- "$root"/harness/stats/traces/{cpu_hash,mutex_cross_core,pipe_processes}.csv
for trace; do
	[ -r "$trace" ] || {
		echo "replay.sh: $trace: cannot be read" >&2
		exit 2
	}
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
lines=()
for trace; do
	case $trace in
	*.gz)
		lines+=("$work/$(basename "$trace" .gz)")
		"$root/scripts/experiments/convert_trace.sh" "$trace" >"${lines[-1]}"
		;;
	*) lines+=("$trace") ;;
	esac
done
make -s -C "$root" build/replay
mkdir -p "$out"
how=()
[ $name = replay ] || how=(-l)
"$root/build/replay" "${how[@]}" "$windows" "${lines[@]}" >"$out/$name.tsv.part"
mv "$out/$name.tsv.part" "$out/$name.tsv"
[ $name != replay ] || "$root/scripts/experiments/chart.sh" "$out/replay.tsv" "$out/replay" \
	'Recorded noise replayed: how often each rule calls a change'
echo "$out/$name.tsv"
