#!/usr/bin/env bash
# experiments.sh - what the scripts of scripts/experiments do with what they are given; their figures
# are not made again here.
# shellcheck source=scripts/tests/tap.bash
. "$(dirname "${BASH_SOURCE[0]}")/tap.bash"

experiments=$(cd "$(dirname "${BASH_SOURCE[0]}")/../experiments" && pwd)
experiments_root=${experiments%/scripts/experiments}

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

# pretend REVISION - a concbench that measures nothing and says so; what it was asked is in ./asked. It
# fails from try number ./stop_at on.
pretend() {
	cat >concbench <<-EOF
		#!/bin/sh
		if [ "\$1" = --version ]; then
			printf 'build.revision\t%s\nbuild.dirty\tno\n' $1
			exit 0
		fi
		echo "\$*" >>"$PWD/asked"
		[ "\$(wc -l <"$PWD/asked")" -lt "\$(cat "$PWD/stop_at")" ] || exit 2
		while [ "\$1" != --tsv ]; do shift; done
		printf 'case\ttries\tsame\tslower\tfaster\tunsure\tlayout_ratio\tslot_ms\n' >"\$2"
		printf 'x\t10\t4\t3\t1\t2\t1.5\t5\n' >>"\$2"
	EOF
	chmod +x concbench
	export CONCBENCH=$PWD/concbench
}

a_long_experiment_goes_on_where_it_stopped() {
	command -v gnuplot >/dev/null || skip 'no gnuplot'
	pretend abc
	echo 4 >stop_at
	expect 2 "$experiments/end_to_end.sh" -o exp
	[ "$(wc -l <exp/end_to_end_rounds.tsv)" -eq 4 ] || fail "$(cat exp/end_to_end_rounds.tsv)"
	has asked 'selftest/slow_sieve/'
	mv asked before
	echo 1000 >stop_at
	expect 0 "$experiments/end_to_end.sh" -o exp
	! grep -q slow_sieve asked || fail "measured again: $(cat asked)"
	has asked 'slow_condvar/model:thread/workers:2/place:scatter'
	# A second round is added to the first.
	expect 0 "$experiments/end_to_end.sh" -o exp -r 2 -s 0.5
	has exp/end_to_end.tsv "$(printf 'concbench\tcpu_sieve\t0.0\t5\t20\t6\t2\t8\t4\t30.00\t')" \
		"$(printf '5\t1.50\t2\t0.5\tabc\t%s' "$(date -u +%Y)")"
	[ "$(awk -F '\t' '{print NF}' exp/end_to_end.tsv | sort -u)" -eq 21 ] || fail "$(cat exp/end_to_end.tsv)"
	[ -s exp/end_to_end.svg ]
	pretend def
	expect 2 "$experiments/end_to_end.sh" -o exp -r 3
	one_line err 'rounds of revision abc' 'this is def'
}

# What it asks for is not only of the pretended program: the real one has each of these cases, by that name.
what_is_measured_end_to_end_is_there() {
	command -v gnuplot >/dev/null || skip 'no gnuplot'
	local real=$CONCBENCH name
	pretend abc
	echo 1000 >stop_at
	expect 0 "$experiments/end_to_end.sh" -o exp
	grep -o 'selftest/[^ ]*' asked | sort -u >names
	[ "$(wc -l <names)" -eq 5 ] || fail "$(cat names)"
	while read -r name; do
		expect 0 env CONCBENCH_SELFTEST=1 "$real" list --cases "$name"
		[ "$(cat out)" = "$name" ] || fail "$name: $(cat out)"
	done <names
}

# By default on the tests' trimmed recordings: two windows a row, for whether there is a table.
recordings_are_replayed() {
	command -v gnuplot >/dev/null || skip 'no gnuplot'
	[ "$CONCBENCH" = "$experiments_root/build/concbench" ] || skip 'not the build that replays are linked with'
	expect 0 "$experiments/replay.sh" -n 2 -o exp
	[ "$(grep -c '^concbench' exp/replay.tsv)" -eq 13 ] || fail "$(cat exp/replay.tsv)"
	[ -s exp/replay.svg ]
	expect 0 "$experiments/replay.sh" -l -n 2 -o exp
	[ "$(grep -c '^pairs of 70 ms' exp/launch_length.tsv)" -eq 9 ] || fail "$(cat exp/launch_length.tsv)"
}

run recordings_are_replayed a_long_experiment_goes_on_where_it_stopped what_is_measured_end_to_end_is_there \
	recordings_become_lines a_part_begins_at_nought what_is_no_recording_is_refused
