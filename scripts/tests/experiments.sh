#!/usr/bin/env bash
# experiments.sh - what the scripts of scripts/experiments do with what they are given; their figures
# are not made again here.
# shellcheck source=scripts/tests/tap.bash
. "$(dirname "${BASH_SOURCE[0]}")/tap.bash"

experiments=$(cd "$(dirname "${BASH_SOURCE[0]}")/../experiments" && pwd)

# Three launches of three samples, each 2 ms after the one before.
recording() {
	awk 'BEGIN {
		for (i = 0; i < 9; i++)
			printf "w,%d,%d,%d,%.0f,%d,0,0,0,0,0,0,0\n", 7 + int(i / 3), i % 3, i % 2,
				5000000000400 + 2000000 * i, 1900000 + i
	}' | gzip >"$1"
}

recordings_become_lines() {
	recording all.csv.gz
	expect 0 "$experiments/convert_trace.sh" all.csv.gz
	[ "$(wc -l <out)" -eq 9 ] || fail "$(cat out)"
	has out 0,0,5000000000.4,1900000 2,0,5000016000.4,1900008
	# Not compressed, it is read as well.
	mv out packed
	gzip -d all.csv.gz
	expect 0 "$experiments/convert_trace.sh" all.csv
	cmp out packed
}

a_part_begins_at_nought() {
	recording all.csv.gz
	expect 0 "$experiments/convert_trace.sh" -f 8 -n 1 -m 3 all.csv.gz
	printf '0,1,0,1900003\n0,0,2000,1900004\n' | cmp - out
}

what_is_no_recording_is_refused() {
	recording all.csv.gz
	expect 2 "$experiments/convert_trace.sh" -n 4 all.csv.gz
	one_line err 'all.csv.gz: 3 launches'
	echo 1,2,3,4 >lines.csv
	expect 2 "$experiments/convert_trace.sh" lines.csv
	one_line err 'lines.csv: line 1 has 4 columns, not 13'
	expect 2 "$experiments/convert_trace.sh" none.csv.gz
	one_line err 'none.csv.gz: cannot be read'
	expect 2 "$experiments/convert_trace.sh" -n two all.csv.gz
	one_line err "'two' is not a number"
}

run recordings_become_lines a_part_begins_at_nought what_is_no_recording_is_refused
