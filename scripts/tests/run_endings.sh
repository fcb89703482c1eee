#!/usr/bin/env bash
# run_endings.sh - how a `concbench run` ends that does not get to its end: faults of its cases, signals, full disks,
# readers that go away. Nothing is lost, and nobody left.
# shellcheck source=scripts/tests/run.bash
. "$(dirname "$0")/run.bash"

one_fault_costs_one_row() {
	export CONCBENCH_SELFTEST=1
	expect 1 "$CONCBENCH" run "${quick[@]}" --filter '^selftest/' --cell-timeout 5s \
		--benchmark_format=csv
	row() {
		grep "^\"selftest/$1" out | grep -qF -- "$2" || fail "selftest/$1 without '$2':
$(grep "^\"selftest/$1" out)"
	}
	# Two launches on a busy machine may well be noisy: measured they are.
	grep -E '^"selftest/ok/model:(thread|process|coroutine)' out >good
	[ "$(grep -cE '"(ok|noisy|oversubscribed)",,,' good)" -eq 3 ] || fail "$(cat good)"
	row segv '"crashed"'
	row segv 'signal 11'
	row 'deadlock/model:thread' '"hung"'
	row 'deadlock/model:process' '"hung"'
	row 'deadlock/model:process' ' in '
	local model
	for model in thread process coroutine; do
		row "opposite/model:$model" '"hung"'
		row "opposite/model:$model" 'worker 0 waits for a lock that worker 1 holds, worker 1 waits for a lock that worker 0'
	done
	row invalid '"invalid"'
	row invalid 'counted'
	row early_exit '"crashed"'
	row garbage 'not the cell protocol'
	row no_setup 'this setup always fails'
	row worker_error 'Connection reset'
	row worker_dies 'worker process 1 killed by signal 11'
	row companion_dies 'load generator ended'
	row talkative '"'
	row wall 'no more tasks'
	# Only the header and the rows, whatever a case prints.
	if grep -v -e '^name,' -e '^"' out; then fail "something else on stdout"; fi
	has "$(dirname "$(run_file)")/cells.log" 'a library that talks'
	# A failed case has no figure: the columns are empty.
	grep '"invalid"' out | grep -q '"selftest/invalid[^"]*",,,,' || fail "a figure on an invalid row"
	wait_for 5 nothing_left
}

# interrupted SIGNAL STATUS [SIGNAL] - in the middle of a run; with another one right after it.
interrupted() {
	local pid status=0
	export CONCBENCH_SELFTEST=1
	"$CONCBENCH" run --results res --no-charts --filter 'selftest/(ok|slow)' --rounds 1000 \
		--precision 0 --time-budget 60s >out 2>err &
	pid=$!
	wait_for 20 measuring
	kill "-$1" $pid
	[ $# -lt 3 ] || kill "-$3" $pid
	wait $pid || status=$?
	[ $status -eq "$2" ] || fail "exit status $status instead of $2: $(cat out err)"
	has "$(run_file)" '"interrupted": true' selftest/slow
	has out selftest Interrupted
	wait_for 5 nothing_left
}

# As soon as there is a folder: what is in it then is whole.
stopped_at_once_leaves_no_halves() {
	local i=0 run
	"$CONCBENCH" run --results res --no-charts "$fast" --rounds 1000 --precision 0 --time-budget 60s >out 2>err &
	local pid=$!
	until [ -n "$(ls res 2>/dev/null)" ]; do
		i=$((i + 1))
		[ $i -lt 20000 ] || fail "no folder"
	done
	kill -TERM $pid
	wait $pid && fail "ended with 0" || [ $? -eq 143 ] || fail "ended with $?"
	[ -z "$(find res -name '*.tmp*')" ] || fail "left: $(find res)"
	run=$(find res -mindepth 1 -maxdepth 1 -type d)
	[ -f "$run/run.json" ] || fail "no run file: $(find res)"
	expect 0 "$CONCBENCH" report --results res latest
}

ctrl_c_keeps_what_was_measured() { interrupted INT 130; }
sigterm_keeps_what_was_measured() { interrupted TERM 143; }
hang_up_keeps_what_was_measured() { interrupted HUP 129; }

# As timeout(1) does it: its child, then the group.
two_signals_at_once_are_one() {
	local i
	for i in 1 2 3 4 5; do
		rm -rf res
		interrupted TERM 143 TERM
	done
}

# A gnuplot that hangs: while it is waited for, and after a signal in the middle of the measurement.
signals_do_not_wait_for_charts() {
	local status=0
	mkdir bin && printf '#!/bin/sh\necho $$ >"%s/drawing"\nexec sleep 4321\n' "$PWD" >bin/gnuplot
	chmod +x bin/gnuplot
	PATH=$PWD/bin:$PATH "$CONCBENCH" run --rounds 2 --slots 2 --results res "$fast" >out 2>err &
	local pid=$!
	wait_for 60 test -s drawing
	kill -TERM $pid
	wait $pid || status=$?
	[ $status -eq 143 ] || fail "exit status $status instead of 143: $(cat out err)"
	one_line err interrupted 'concbench report'
	[ ! -e "/proc/$(cat drawing)/stat" ] || fail "it goes on drawing"
	has "$(run_file)" '"interrupted": false'
	[ -s res/latest/report.html ] || fail "no page"
	rm -rf res drawing
	status=0
	PATH=$PWD/bin:$PATH "$CONCBENCH" run --rounds 1000 --precision 0 --time-budget 60s --results res "$fast" >out 2>err &
	pid=$!
	wait_for 20 measuring
	kill -TERM $pid
	wait $pid || status=$?
	[ $status -eq 143 ] || fail "exit status $status instead of 143: $(cat out err)"
	[ ! -e drawing ] || fail "charts are drawn for who wants it to end"
}

nohup_goes_on() {
	local pid status=0
	# Long enough to be hung up on in the middle.
	nohup "$CONCBENCH" run "${quick[@]}" --rounds 6 "$fast" --slot-time 200ms >out 2>err </dev/null &
	pid=$!
	wait_for 20 measuring
	kill -HUP $pid
	wait $pid || status=$?
	[ $status -eq 0 ] || fail "exit status $status: $(cat out err)"
	has "$(run_file)" '"interrupted": false'
}

kill_9_can_be_recovered() {
	local pid
	export CONCBENCH_SELFTEST=1 CONCBENCH_COUNTERS_STAND_IN=1
	"$CONCBENCH" run --results res --no-charts --filter 'selftest/(ok|slow)' --rounds 1000 \
		--precision 0 --time-budget 60s >out 2>err &
	pid=$!
	wait_for 20 measuring
	kill -9 $pid
	wait $pid 2>/dev/null || true
	wait_for 5 nothing_left
	[ ! -e "$(echo res/2*/)run.json" ] || fail "a run file before the end"
	expect 2 "$CONCBENCH" report res/2*/
	one_line err 'concbench recover'
	expect 0 "$CONCBENCH" recover res/2*/
	has "$(run_file)" '"recovered": true' selftest \
		'"counters_note": "hardware counters: none; the run was killed before'
	! grep -E '"elapsed_s": (0|0\.0|-.*),' "$(run_file)" || fail "it took no time"
	expect 0 "$CONCBENCH" report --results res --no-charts
	expect 2 "$CONCBENCH" recover res/2*/
	one_line err --force
}

# A pager that is left early, head(1): what was measured is there all the same.
reader_goes_away() {
	local status
	set +e
	"$CONCBENCH" run "${quick[@]}" "$fast" 2>err | true
	status=${PIPESTATUS[0]}
	set -e
	[ "$status" -eq 141 ] || fail "exit status $status instead of 141: $(cat err)"
	[ ! -s err ] || fail "$(cat err)"
	has "$(run_file)" handoff/call_direct
	[ "$(readlink res/latest)" = "$(basename res/2*)" ] || fail "latest points elsewhere"
}

# As a daemon starts it: what it prints must not end up in its own files.
standard_streams_are_closed() {
	"$CONCBENCH" run "${quick[@]}" "$fast" <&- >&- 2>&- || fail "exit status $?"
	has "$(run_file)" handoff/call_direct
	if grep -v '^{' res/latest/journal.jsonl; then fail "no JSON in the journal"; fi
	[ ! -s res/latest/cells.log ] || fail "$(cat res/latest/cells.log)"
}

unwritable_stdout() {
	[ -c /dev/full ] || skip "no /dev/full"
	local status=0
	"$CONCBENCH" run "${quick[@]}" "$fast" >/dev/full 2>err || status=$?
	[ $status -eq 2 ] || fail "exit status $status"
	has err stdout 'No space left'
	# The run itself is safe.
	has "$(run_file)" handoff/call_direct
	expect 2 sh -c "'$CONCBENCH' --help >/dev/full"
}

# Inside a mount namespace of its own; $1 is the size of the disk.
on_small_disk() {
	unshare -rm true 2>/dev/null || unshare -m true 2>/dev/null || skip "may not make a mount namespace"
	mkdir disk
	local how=-m
	[ "$(id -u)" -eq 0 ] || how=-rm
	# shellcheck disable=SC2016
	unshare $how bash -c 'mount -t tmpfs -o size="$1" none disk || exit 77
		shift; status=0; "$@" >out 2>err || status=$?
		cp -r disk kept; exit $status' _ "$@"
}

full_disk() {
	local status=0
	export CONCBENCH_SELFTEST=1
	on_small_disk 64k "$CONCBENCH" run --results disk/res --no-charts --rounds 2000 \
		--precision 0 --time-budget 30s --filter '^selftest/ok/' || status=$?
	[ $status -ne 77 ] || skip "may not mount a tmpfs"
	[ $status -eq 2 ] || fail "exit status $status: $(cat out err)"
	has err 'No space left on device'
	# What was measured is in the table and in the journal; nothing is half a file.
	has out selftest
	has "$(echo kept/res/2*/journal.jsonl)" '{"case"'
	[ -z "$(find kept -name '*.tmp*' -o -name 'run.json' -size 0)" ] || fail "half-written: $(find kept)"
}

no_disk_at_all() {
	local status=0
	on_small_disk 4k "$CONCBENCH" run --results disk/res --no-charts "$fast" || status=$?
	[ $status -ne 77 ] || skip "may not mount a tmpfs"
	[ $status -eq 2 ] || fail "exit status $status: $(cat out err)"
	one_line err 'No space left on device'
}

# A build during a run must not get into it.
program_replaced_in_the_middle() {
	local pid status=0
	export CONCBENCH_SELFTEST=1
	cp "$CONCBENCH" ./program
	./program run --results res --no-charts --filter 'selftest/slow' --rounds 4 --slots 2 >out 2>err &
	pid=$!
	wait_for 20 measuring
	printf '#!/bin/sh\nexit 3\n' >other && chmod +x other && mv other program
	wait $pid || status=$?
	[ $status -eq 0 ] || fail "exit status $status: $(cat out err)"
	has "$(run_file)" '"launches": 4'
}

run one_fault_costs_one_row stopped_at_once_leaves_no_halves ctrl_c_keeps_what_was_measured \
	sigterm_keeps_what_was_measured hang_up_keeps_what_was_measured two_signals_at_once_are_one \
	signals_do_not_wait_for_charts nohup_goes_on kill_9_can_be_recovered reader_goes_away \
	standard_streams_are_closed unwritable_stdout full_disk no_disk_at_all program_replaced_in_the_middle
