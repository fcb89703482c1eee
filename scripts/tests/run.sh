#!/usr/bin/env bash
# run.sh - `concbench run` as its user meets it: usage, bad input, signals, faults, full disks.
# shellcheck source=scripts/tests/tap.bash
. "$(dirname "$0")/tap.bash"

# Short enough for a test, long enough to be real.
quick=(--rounds 2 --slots 2 --results res --no-charts)
fast='--filter=^handoff/call_direct/'

run_file() {
	set -- res/2*/run.json
	[ -f "$1" ] || fail "no run file in res: $(ls -R res 2>&1)"
	echo "$1"
}

# Whatever a run starts has its topology file in the environment: is any of that left?
left_behind() {
	local environ
	for environ in /proc/[0-9]*/environ; do
		if tr '\0' '\n' 2>/dev/null <"$environ" | grep -q "^CONCBENCH_TOPOLOGY=.*$(basename "$PWD")"; then
			return 0
		fi
	done
	return 1
}
nothing_left() { ! left_behind; }

help_and_version() {
	expect 0 "$CONCBENCH" --help
	has out usage: run report topology recover 'exit status'
	expect 0 "$CONCBENCH" --version
	one_line out concbench
	expect 0 "$CONCBENCH" run --help
	has out --profile --filter --seed --time-budget --in-process --benchmark_out 'exit status'
	expect 2 "$CONCBENCH"
	has err usage:
}

unknown_command() {
	expect 2 "$CONCBENCH" frobnicate
	one_line err "'frobnicate'" run report topology
}

refuse() {
	local text=$1
	shift
	expect 2 "$CONCBENCH" run --results res "$@"
	one_line err "concbench run:" "$text"
	[ ! -e res ] || fail "a refused command line left a results folder"
}

bad_options() {
	refuse --frobnicate --frobnicate
	refuse 'needs a value' --filter
	refuse '--profile' --profile huge
	refuse 'smoke, quick, full' --profile huge
	refuse '--filter' --filter 'matches-nothing-at-all'
	refuse 'regular expression' --filter '['
	refuse 'longer than 16384 bytes' --filter "$(printf '%30000s' '' | tr ' ' '(')"
	refuse "no/?uch" "no/$(printf '\342\200\256')uch"
	refuse 'workers' locks --set workers=0
	refuse '1 to' locks --set workers=0
	refuse "'x'" locks --set workers=2,x
	refuse 'KEY=VALUE' locks --set workers
	refuse 'workers' locks --set workers=
	refuse 'colour' locks --set colour=red
	refuse 'hold_ns' locks --set colour=red
	refuse 'scatter' locks --set place=nowhere
	refuse 'such as 500ns' locks --set hold=soon
	refuse '--seed' --seed -1
	refuse '--seed' --seed 99999999999999999999999
	refuse '--time-budget' --time-budget soon
	refuse '--time-budget' --time-budget 0
	refuse '--slot-time' "$fast" --time-budget 2s --slot-time 1h
	refuse 'time budget of 2 s' "$fast" --time-budget 2s --slot-time 1500ms --slots 3
	refuse '--slot-time' "$fast" --slot-time 1h
	refuse '--cell-timeout' "$fast" --time-budget 2s --cell-timeout 1h
	refuse '--rounds' --rounds 0
	refuse '--slots' --slots 1
	refuse '--precision' --precision 2
	refuse '--precision' --precision narrow
	refuse '--benchmark_format' --benchmark_format=xml
	refuse '--benchmark_out_format' --benchmark_out_format=console
	refuse '--benchmark_context' --benchmark_context=novalue
	refuse "'extra'" extra
	refuse 'lock' extra
	refuse 'ck_mcs' lock/no_such
	refuse 'hold_ns' lock/ck_mcs/held:1
	refuse 'out of order' lock/ck_mcs/workers:2/model:thread
	refuse 'second of its key' lock/ck_mcs/workers:2/workers:2
	refuse "'lock/ck_mcs/workers:1000001': workers" lock/ck_mcs/workers:2 lock/ck_mcs/workers:1000001
	refuse '1 to 1000000' lock/ck_mcs/workers:1000001
	refuse 'with model:coroutine' lock/ck_mcs/carriers:2
	refuse '--load' --load no-such.so
	refuse 'cpu.model' "$fast" --benchmark_context=cpu.model=abacus
	mkdir folder
	refuse --benchmark_out "$fast" --benchmark_out=folder
	refuse --benchmark_out "$fast" --in-process --benchmark_out=no/such/folder/x.json
	refuse --benchmark_out "$fast" --benchmark_out=no/such/folder/x.json
}

cases_are_listed() {
	expect 0 "$CONCBENCH" run --list
	has out job/sieve/model:thread job/timers/model:process job/tcp_echo/model:coroutine \
		lock/ck_mcs/model:process queue/ck_spsc/model:coroutine handoff/futex/model:thread
	[ "$(sort out | uniq -d | wc -l)" -eq 0 ] || fail "a case is listed twice"
	expect 0 "$CONCBENCH" run --list --filter '^lock/'
	! grep -qv '^lock/' out || fail "the filter lets others through"
	expect 0 "$CONCBENCH" run --list --filter '-^lock/'
	! grep -q '^lock/' out || fail "a negative filter lets its own through"
	expect 0 "$CONCBENCH" run --list lock/ck_ticket --set workers=3
	has out workers:3
	! grep -q workers:1/ out || fail "--set does not replace the profile's"
	! grep -qv '^lock/ck_ticket/' out || fail "the name lets others through"
}

# A kind, a family, a case of no profile: by their names, with values of the user's own.
names_are_operands() {
	expect 0 "$CONCBENCH" run "${quick[@]}" handoff/call_direct lock/ck_mcs/workers:3/hold_ns:700
	has "$(run_file)" '"name": "handoff/call_direct/model:thread/place:same"' \
		'"name": "lock/ck_mcs/model:thread/workers:3/place:scatter/hold_ns:700/think_ns:0"'
	expect 0 "$CONCBENCH" run --list queues --set producers=1,4 --set bytes=8..64x8
	[ "$(grep -c '/producers:4/.*/bytes:64' out)" -gt 0 ] || fail "$(cat out)"
	! grep -v '^queue/' out || fail "more than queues"
	# What the kind cannot do is a row that says why, since somebody asked for it.
	expect 0 "$CONCBENCH" run --list queue/ck_spsc --set producers=2
	has out 'queue/ck_spsc' 'producer'
}

a_row_is_measured_again_by_its_command() {
	expect 0 "$CONCBENCH" run "${quick[@]}" --slot-time 2ms handoff/call_direct lock/pthread_rwlock/hold_ns:700/read_pct:90 \
		queue/ck_spsc/capacity:16 job/sieve/model:coroutine/workers:1
	has out "again:  concbench report --commands res/2"
	expect 0 "$CONCBENCH" report --results res --commands
	mv out commands
	has commands "concbench run --slot-time 2000000ns 'lock/pthread_rwlock/" read_pct:90 capacity:16 hold_ns:700
	[ "$(wc -l <commands)" -eq 4 ] || fail "$(cat commands)"
	same_again commands "$(run_file)"
	# The page has the same ones, and every row of its tables leads to its own.
	expect 0 "$CONCBENCH" report --results res --no-charts
	sed -n 's/.*<td class="mono wrap again">\([^<]*\)<.*/\1/p' res/2*/report.html | sed "s/&#39;/'/g" | diff - commands >&2 ||
		fail "the page has other commands"
	for n in 0 1 2 3; do
		has res/2*/report.html "<a href=\"#case-$n\">" "<tr id=\"case-$n\">"
	done
	# Negative control: another value is another case.
	sed 's/read_pct:90/read_pct:50/' commands >others
	! (same_again others "$(run_file)") 2>/dev/null || fail "another case passes for the same"
	# One of a pair is measured as a pair.
	rm -rf res
	expect 0 "$CONCBENCH" run "${quick[@]}" --aa handoff/call_direct
	expect 0 "$CONCBENCH" report --results res --commands
	mv out commands
	has commands "concbench run --aa 'handoff/call_direct/"
	same_again commands "$(run_file)"
}

# More workers than the machine's limits allow is no fault of the name: a row that says which limit.
workers_beyond_the_limits_are_a_row() {
	expect 1 "$CONCBENCH" run "${quick[@]}" lock/ck_mcs/workers:1000000
	has out 'unsupported: 1000000 workers: limits here allow' '('
	has err 'can run none of the cases'
}

what_there_is_is_said() {
	expect 0 "$CONCBENCH" list
	has out locks lock/ck_mcs queue/pipe job/tcp_echo handoff/futex
	! grep -q -e open_door -e selftest out || fail "kinds for tests are listed"
	expect 0 "$CONCBENCH" describe lock/ck_mcs
	has out 'acquire+release' hold_ns workers 'base case:' 'has met another' 'no shared' 'smoke (2 cases)' \
		'16 bytes, at a multiple of 128' 'promises first come, first served' ', from 3 ms: not yet found out'
	# What of a lock can be called; this one of ck's cannot be tried.
	has out 'calls:       acquire, release, try'
	expect 0 "$CONCBENCH" describe lock/ck_anderson
	grep -qx 'calls:       acquire, release' out || fail "$(cat out)"
	expect 0 "$CONCBENCH" describe lock/pthread_rwlock
	has out 'calls:       acquire, release, try, acquire for readers' 'work inside the section; 0ns to 1s;'
	# Each command complains by its own name.
	expect 2 "$CONCBENCH" list nothing
	one_line err 'concbench list: ' "no family 'nothing'"
	expect 2 "$CONCBENCH" describe nothing
	one_line err 'concbench describe: ' "no family 'nothing'"
	expect 2 "$CONCBENCH" list --cases locks --set hold=5s
	one_line err "hold_ns: '5s' is out of range; accepted: 0ns to 1s"
	# What a profile has and this kind declines was not asked for.
	expect 0 "$CONCBENCH" list --cases lock/ck_mcs --set hold=7ns
	! grep read_pct out || fail "declined, and nobody asked for it"
	expect 0 "$CONCBENCH" list --cases lock/ck_mcs --set read_pct=90
	has out 'read_pct:90  (unsupported: its readers exclude each other, too'
	# Every kind, and no line but the command is wider than asked, in a pipe either.
	local kinds
	read -ra kinds <<<"$("$CONCBENCH" list | sed -n 's|^  \([a-z_]*/[a-z_]*\) .*|\1|p' | paste -sd' ')"
	expect 0 env -u COLUMNS "$CONCBENCH" describe "${kinds[@]}"
	[ "$(grep -c ^checked: out)" -eq "${#kinds[@]}" ] || fail "not all of ${kinds[*]}"
	! grep -v '^  concbench run' out | grep -E '.{81}' || fail 'wider than 80 columns'
	! grep -q 'does not say' out || fail 'a kind does not say what is checked'
	mkdir broken && echo '{' >broken/windows.json
	expect 2 "$CONCBENCH" describe lock/ck_mcs --results broken
	one_line err broken/windows.json 'not JSON'
	expect 2 "$CONCBENCH" describe lock/no_such
	one_line err lock/no_such ck_mcs
	expect 0 "$CONCBENCH" describe lock/ck_mcs/workers:2
	expect 2 "$CONCBENCH" describe lock/ck_mcs/workers:2/workers:2
	one_line err 'second of its key'
}

# One that is right, and what is broken on purpose.
kinds_are_checked() {
	expect 0 "$CONCBENCH" check --time-budget 2s lock/ck_mcs
	has out 'broken on purpose' 'ok    lock/ck_mcs' 'first come, first served' 'as coroutine: it does not claim that: ' \
		'1 kind right, 0 wrong'
	[ ! -s err ] || fail "progress in a pipe: $(cat err)"
	# How much was checked is that of all models together; of the broken ones it lists what they do.
	awk 'function n(x, unit) { return x * (unit ~ /^k/ ? 1e3 : unit ~ /^M/ ? 1e6 : 1) }
		/ operations checked in / { k = n($3, $4) }
		/^      as .* operations/ { all += $(NF - 1) ~ /^[0-9.]+$/ ? $(NF - 1) : n($(NF - 2), $(NF - 1)) }
		END { exit !(k > 0 && k < all * 1.01 && k > all * 0.99) }' out || fail "$(cat out)"
	has out '      caught: lock/open_door: excludes nobody' 'caught: lock/leaky: lets a second one in, once in a million times'
	! grep -q 'would have been seen' out || fail "nobody knows how often a fault shows: $(cat out)"
	# What is sound passes, and what was not tried was not caught.
	! grep -qE 'caught: (lock/ck_mcs|queue/)' out || fail "$(cat out)"
	expect 2 "$CONCBENCH" check lock/no_such
	one_line err lock/no_such ck_mcs
	expect 1 "$CONCBENCH" check lock/open_door
	has out 'WRONG lock/open_door' 'not exclusive'
}

a_run_leaves_its_files() {
	expect 0 "$CONCBENCH" run "${quick[@]}" "$fast" --seed 5 --benchmark_context=ticket=42 \
		--benchmark_out=copy.json
	has out handoff 'run.json'
	[ ! -s err ] || fail "progress in a pipe: $(cat err)"
	has "$(run_file)" '"benchmarks"' '"concbench"' '"ticket": "42"' handoff/call_direct
	has copy.json '"benchmarks"'
	[ "$(readlink res/latest)" = "$(basename res/2*)" ] || fail "latest points elsewhere"
	has res/latest/journal.jsonl handoff/call_direct
	[ -s res/latest/topology.xml ] || fail "no topology"
	nothing_left
}

# A device, a pipe, a link, what the shell has opened: written to, and still what it was.
outputs_replace_only_files() {
	mkfifo pipe && echo old >target && ln -s target link && ln -s nowhere dangling
	mknod null c 1 3 2>/dev/null || mkfifo null
	stat -c '%n %F %t:%T' null pipe link dangling >before
	timeout 60 cat pipe >received &
	timeout 60 cat null >/dev/null &
	for name in null pipe link; do
		rm -rf res
		expect 0 "$CONCBENCH" run "${quick[@]}" "$fast" --quiet --benchmark_out=$name
	done
	wait
	rm -rf res
	refuse '--benchmark_out: dangling' "$fast" --benchmark_out=dangling
	stat -c '%n %F %t:%T' null pipe link dangling | diff before - >&2 || fail "replaced"
	has received '"benchmarks"'
	has target '"benchmarks"'
	expect 0 "$CONCBENCH" run "${quick[@]}" "$fast" --benchmark_out=/dev/stdout --benchmark_out_format=csv
	has out name,iterations '"handoff/call_direct' 'run:    res/2'
}

quiet_says_nothing() {
	expect 0 "$CONCBENCH" run "${quick[@]}" "$fast" --quiet
	cat out err >both
	[ ! -s both ] || fail "$(cat both)"
}

formats_on_stdout() {
	expect 0 "$CONCBENCH" run "${quick[@]}" "$fast" --benchmark_format=json
	cmp -s out "$(run_file)" || fail "JSON on stdout is not the run file"
	rm -rf res
	expect 0 "$CONCBENCH" run "${quick[@]}" "$fast" --benchmark_format=csv
	has out name,iterations,real_time '"handoff/call_direct' '"jain"' '"steal_pct"' \
		'"voluntary_switches_per_op"'
	[ "$(awk -F, '{ print NF }' out | sort -u | wc -l)" -eq 1 ] || fail "ragged: $(cat out)"
	[ "$(wc -l <out)" -eq 2 ] || fail "not a header and a row: $(cat out)"
}

in_process() {
	expect 0 "$CONCBENCH" run --in-process "$fast" --rounds 2 --benchmark_format=json
	has out '"benchmarks"' handoff/call_direct manual_time
	expect 0 "$CONCBENCH" run --in-process "$fast" --rounds 2 --benchmark_time_unit=us
	has out ' us '
	expect 2 "$CONCBENCH" run --in-process "$fast" --benchmark_time_unit=fortnight
	one_line err --benchmark_time_unit fortnight 'ns, us, ms, s'
	expect 2 "$CONCBENCH" run --in-process --filter '^handoff/call_'
	one_line err --in-process 2
}

progress_on_a_terminal() {
	command -v script >/dev/null || skip "no script(1) to make a terminal with"
	script -qec true /dev/null </dev/null >/dev/null 2>&1 || skip "no terminals here (/dev/pts)"
	expect 0 script -qec "'$CONCBENCH' run --rounds 3 --slots 3 --slot-time 50ms --results res \
		--no-charts '$fast'" typescript
	# How long is left is known from the first cell's end on.
	has typescript '[0/3] handoff/call_direct' '[1/3, ' ' left] handoff/call_direct'
}

one_fault_costs_one_row() {
	export CONCBENCH_SELFTEST=1
	expect 1 "$CONCBENCH" run "${quick[@]}" --filter '^selftest/' --cell-timeout 2s \
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

measuring() { grep -qs '^{"case"' res/2*/journal.jsonl; }

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

unwritable_results() {
	: >file
	expect 2 "$CONCBENCH" run --results file/below "$fast"
	one_line err --results file/below
	expect 2 "$CONCBENCH" run --results file "$fast"
	one_line err --results file
	expect 2 "$CONCBENCH" run --results /proc/concbench "$fast"
	one_line err --results /proc/concbench
	mkdir read-only && chmod 555 read-only
	if [ "$(id -u)" -ne 0 ]; then
		expect 2 "$CONCBENCH" run --results read-only/res "$fast"
		one_line err --results 'Permission denied'
	fi
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

stays_inside_its_affinity() {
	command -v taskset >/dev/null || skip "no taskset"
	local last
	last=$(taskset -pc $$ | sed 's/.*[ ,-]//')
	expect 0 taskset -c "$last" "$CONCBENCH" run "${quick[@]}" --filter '^selftest/ok|^job/sieve/model:thread' \
		--profile smoke
	has "$(run_file)" "\"pus\": \"$last\"" "\"topology.allowed_pus\": \"$last\""
}

# A kernel that refuses to bind anybody: the rows that would need it are unsupported, the rest runs.
# deny NUMBER... - ./deny COMMAND... runs it with these system calls refused, as a sandbox does.
deny() {
	command -v cc >/dev/null || skip "no compiler"
	[ "$(uname -m)" = x86_64 ] || skip "numbers of system calls are x86-64's"
	cat >deny.c <<-'EOF'
		#include <errno.h>
		#include <linux/filter.h>
		#include <linux/seccomp.h>
		#include <stddef.h>
		#include <stdlib.h>
		#include <sys/prctl.h>
		#include <unistd.h>

		int main(int argc, char **argv)
		{
			struct sock_filter f[] = {
			    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
			    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)atoi(argv[1]), 0, 1),
			    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
			    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
			struct sock_fprog p = {sizeof(f) / sizeof(f[0]), f};

			if (argc < 3 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
			    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p))
				return 77;
			execvp(argv[2], argv + 2);
			return 98;
		}
	EOF
	cc -o deny deny.c || skip "no headers of seccomp"
	./deny 999 true || skip "no seccomp here"
}

# What a sandbox does not let run has never run: the row says why, and nothing has failed.
what_is_denied_is_unsupported() {
	deny
	local call
	for call in 435 203; do # clone3, sched_setaffinity: without the second nothing is left to run
		rm -rf res
		expect $((call == 203)) ./deny $call "$CONCBENCH" run "${quick[@]}" --quiet \
			handoff/futex job/tcp_echo 'job/timers/model:process/workers:10'
		has "$(run_file)" '"status": "unsupported"' 'Operation not permitted'
		! grep -qE '"status": "(invalid|crashed|hung)"' "$(run_file)" || fail "$(cat res/2*/run.json)"
	done
}

# So is what a worker's companions, its carrier or its interpreter begin with.
what_a_helper_is_denied_is_unsupported() {
	deny
	local call
	for call in 'epoll_create1 291' 'timerfd_create 283' 'epoll_ctl 233' 'epoll_wait 232' 'memfd_create 319'; do
		rm -rf res
		# The load generator, a carrier, and python, which has memory in common with its worker.
		expect 0 ./deny "${call#* }" "$CONCBENCH" run "${quick[@]}" --quiet --no-counters handoff/call_direct \
			job/tcp_echo/connections:1 queue/pipe/model:coroutine python/counter/workers:1
		has "$(run_file)" "\"status\": \"unsupported\"" "${call% *}: Operation not permitted"
		! grep -qE '"status": "(invalid|crashed|hung)"' "$(run_file)" || fail "$call: $(cat res/2*/run.json)"
	done
}

# No cell at all: one line, at once.
no_cell_no_run() {
	deny
	expect 2 ./deny 434 "$CONCBENCH" run "${quick[@]}" "$fast" --quiet
	one_line err 'pidfd_open (Linux 5.3): Operation not permitted'
	expect 2 ./deny 434 "$CONCBENCH" check --quiet lock/ck_ticket
	one_line err 'pidfd_open (Linux 5.3): Operation not permitted'
	expect 2 ./deny 434 "$CONCBENCH" gate --base "$CONCBENCH" "$fast"
	one_line err 'Operation not permitted'
}

no_permission_to_bind() {
	command -v cc >/dev/null || skip "no compiler"
	cat >refuse.c <<-'EOF'
		#include <errno.h>
		int sched_setaffinity(int pid, unsigned long size, const void *mask);
		int sched_setaffinity(int pid, unsigned long size, const void *mask)
		{
			(void)pid, (void)size, (void)mask;
			errno = EPERM;
			return -1;
		}
		int pthread_setaffinity_np(unsigned long thread, unsigned long size, const void *mask);
		int pthread_setaffinity_np(unsigned long thread, unsigned long size, const void *mask)
		{
			(void)thread, (void)size, (void)mask;
			return EPERM;
		}
	EOF
	cc -shared -fPIC -o refuse.so refuse.c
	export CONCBENCH_SELFTEST=1
	expect 0 env LD_PRELOAD="$PWD/refuse.so" "$CONCBENCH" run "${quick[@]}" \
		--filter '^handoff/call_direct|^selftest/ok/model:thread' --benchmark_format=csv
	grep -q '^"handoff/call_direct.*"unsupported".*binding to PU' out || fail "$(cat out)"
	grep '^"selftest/ok' out >unbound || fail "$(cat out)"
	! grep -q unsupported unbound || fail "$(cat unbound)"
}

unsupported_is_said() {
	expect 0 "$CONCBENCH" run "${quick[@]}" handoff/call_direct lock/pthread_mutex/model:coroutine \
		--benchmark_format=csv
	has out '"unsupported"' 'stops its carrier'
	# Nothing measured is not "all good".
	expect 1 "$CONCBENCH" run "${quick[@]}" handoff/call_direct --set place=list:4095 \
		--benchmark_format=csv
	has out '"unsupported"' 4095
	one_line err 'can run none of the cases'
}

a_budget_too_small_is_said() {
	export CONCBENCH_SELFTEST=1
	expect 1 "$CONCBENCH" run "${quick[@]}" --filter 'selftest/slow|^lock/ck' --time-budget 100ms
	# Before it starts, what it would take; afterwards, what came of it.
	[ "$(wc -l <err)" -eq 2 ] || fail "$(cat err)"
	has err 'time budget of 100 ms is too short for 2 launches of each' 'cases were not run'
	has "$(run_file)" '"not_run"'
	# What it says is enough, it takes.
	local enough
	enough=$(sed -n 's/.*accepted: --time-budget \([^,]*\),.*/\1/p' err)
	expect 0 "$CONCBENCH" run --list "${quick[@]}" --filter 'selftest/slow|^lock/ck' --time-budget "$enough"
	[ ! -s err ] || fail "$(cat err)"
}

# Of a profile those cases are picked that answer most; what somebody names is all measured.
a_profile_is_cut_down_to_its_budget() {
	expect 0 "$CONCBENCH" run --list
	[ ! -s err ] || fail "quick takes longer than its own budget: $(cat err)"
	local all
	# Some cases give several figures, a line each.
	all=$(grep -vc '/figure:' out)
	expect 0 "$CONCBENCH" run --list --time-budget 20s
	one_line err "of $all cases of profile quick are left out" '20 s' '--time-budget' 'concbench run '
	cp out picked
	for family in job handoff lock queue; do
		has picked "$family/"
	done
	[ "$(wc -l <picked)" -lt $((all / 2)) ] || fail "$(wc -l <picked) of $all picked"
	expect 0 "$CONCBENCH" run --list --time-budget 20s
	cmp -s out picked || fail "another time others are picked"
	expect 0 "$CONCBENCH" run --list --time-budget 20s locks
	one_line err '20 s is too short for 5 launches'
	[ "$(grep -c ^lock/ out)" -gt "$(grep -c ^lock/ picked)" ] || fail "what was named is cut down"
	# The run says so as well, and is whole: nothing of it was not run.
	# Picked for five launches each, so that a machine that is slower than it was thought to be still gets to one.
	expect 0 "$CONCBENCH" run "${quick[@]}" --rounds 5 --time-budget 10s
	has "$(run_file)" '"run.left_out": "'
	! grep -q '"not_run"' "$(run_file)" || fail "picked, but not run"
}

words_of_google_benchmark() {
	expect 0 "$CONCBENCH" run --list
	grep -v '(unsupported' out >can_run
	expect 0 "$CONCBENCH" run --benchmark_list_tests
	cmp out can_run || fail "not the names of what can run, or not only those"
	expect 0 "$CONCBENCH" run --benchmark_list_tests --benchmark_filter=all
	cmp out can_run || fail "'all' is not all"
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

counters_have_a_pass_of_their_own() {
	expect 0 "$CONCBENCH" run "${quick[@]}" "$fast"
	has "$(run_file)" '"counters_note": "hardware counters:'
	rm -rf res
	export CONCBENCH_COUNTERS_STAND_IN=1
	expect 0 "$CONCBENCH" run "${quick[@]}" --profile smoke --filter '^lock/ck_ticket|^job/sieve'
	has "$(run_file)" '"instructions_user_per_op"' 'in a pass of its own' 'stand in'
	# The samples are those of the timed launches only: two launches of two slots.
	[ "$(grep -c '^{"case":"lock/ck_ticket/model:thread' res/latest/journal.jsonl)" -eq 4 ] ||
		fail "the counters' pass left samples: $(cut -c 1-100 res/latest/journal.jsonl)"
	rm -rf res
	expect 0 "$CONCBENCH" run "${quick[@]}" "$fast" --no-counters
	has "$(run_file)" 'not asked for'
}

trials() { grep -c '^{"case"' res/latest/journal.jsonl; }

# A case ends when its interval is narrow twice in a row from the ninth launch on; or says why not.
runs_end_when_they_are_precise() {
	# A figure that is counted: the interval has no width, on any machine.
	export CONCBENCH_SELFTEST=1
	expect 0 "$CONCBENCH" run --rounds 30 --slots 2 --slot-time 3ms --precision 1% --results res --no-charts selftest/exact
	[ "$(trials)" -eq 20 ] || fail "$(trials) trials instead of 2 of 10 launches"
	! grep -q '"stopped": "stopped' res/latest/run.json || fail "a precise case says that it is not"
	has res/latest/run.json '"run.precision_pct": "1"' '"run.warm_up"'
	has out 'Precision: 1 of 1 cases ended within +-1 %'
	# The first of two trials is left out, kept and counted.
	[ "$(grep -c '"warm_up":true' res/latest/journal.jsonl)" -eq 10 ] || fail "$(cut -c 1-200 res/latest/journal.jsonl)"
	has res/latest/run.json '"warm_up_samples": 10'
	rm -rf res
	expect 0 "$CONCBENCH" run --rounds 11 --slot-time 3ms --slots 2 --precision 0.0001% --results res --no-charts "$fast"
	[ "$(trials)" -eq 22 ] || fail "$(trials) trials instead of 2 of 11 launches"
	has res/latest/run.json 'after 11 launches: rounds out before +-0.0001 %'
	has out 'Precision: 0 of 1'
	rm -rf res
	expect 0 "$CONCBENCH" run --time-budget 1500ms --rounds 100000 --precision 0.0001% --results res --no-charts "$fast"
	has res/latest/run.json 'launches: time budget out before +-0.0001 %'
	rm -rf res
	expect 0 "$CONCBENCH" run --benchmark_repetitions=12 --slot-time 3ms --slots 2 --results res --no-charts "$fast"
	[ "$(trials)" -eq 24 ] || fail "$(trials) trials instead of 2 of 12 repetitions"
	! grep -q '"stopped": "stopped' res/latest/run.json || fail "nobody asked for precision"
}

# Warm-up is found, not assumed: of more than three trials most launches of a bare call keep the first.
warm_up_is_detected() {
	expect 0 "$CONCBENCH" run --rounds 10 --slot-time 3ms --slots 8 --results res --no-charts "$fast"
	local excluded
	excluded=$(grep -c '"warm_up":true' res/latest/journal.jsonl || true)
	[ "$(trials)" -eq 80 ] || fail "$(trials) trials"
	has res/latest/run.json "\"warm_up_samples\": $excluded"
	[ "$excluded" -le 40 ] || fail "$excluded of 80 trials are warm-up: more than half of a launch"
	# The first trial of this one is a hundred times slower: found in every launch, and no other is.
	export CONCBENCH_SELFTEST=1
	expect 0 "$CONCBENCH" run --rounds 10 --slot-time 3ms --slots 8 --results cold --no-charts \
		--filter '^selftest/cold/'
	grep '"slot":0[,}]' cold/latest/journal.jsonl >first
	[ "$(grep -c '"warm_up":true' first)" -eq 10 ] || fail "a cold trial is taken for a warm one"
	local others
	others=$(grep '"warm_up":true' cold/latest/journal.jsonl | grep -vc '"slot":0[,}]' || true)
	[ "$others" -le 10 ] || fail "$others of 70 warm trials are taken for cold ones"
}

# A speed that changes 50 ms after a trial has begun is not seen in the short windows that a case begins with.
windows_are_long_enough() {
	export CONCBENCH_SELFTEST=1
	local settling=selftest/settling/model:thread
	expect 0 "$CONCBENCH" run --time-budget 200s --rounds 20 --results res --no-charts --no-counters "$settling"
	has out 'window-sensitive: ' 'in windows of 24 ms, ' 'in 192 ms ('
	has res/latest/run.json '"slot_ns": 192000000' '"how": "sensitive"'
	# The next run knows, and looks no more; unless it is asked to, or has no time.
	has res/windows.json 'selftest/settling version:1 thread,process none alone first:3ms'
	expect 0 "$CONCBENCH" run --time-budget 200s --rounds 2 --results res --no-charts --no-counters "$settling"
	has res/latest/run.json '"slot_ns": 192000000' '"how": "sensitive"'
	[ "$(trials)" -eq 4 ] || fail "$(trials) trials"
	expect 0 "$CONCBENCH" run --time-budget 200s --rounds 2 --results res --new-windows --no-charts --no-counters "$settling"
	has res/latest/run.json '"slot_ns": 3000000' '"how": "unjudged"'
	expect 0 "$CONCBENCH" run --slot-time 3ms --rounds 2 --results res --no-charts --no-counters "$settling"
	has res/latest/run.json '"slot_ns": 3000000' '"how": "given"'
	echo '{"concbench_windows": 2}' >res/windows.json
	expect 2 "$CONCBENCH" run --rounds 2 --results res --no-charts "$settling"
	one_line err 'res/windows.json: '
}

aa_runs_everything_twice() {
	expect 0 "$CONCBENCH" run --rounds 6 --slots 2 --results res --no-charts "$fast" --aa
	has out 'A/A: '
	has "$(run_file)" '"aa.pairs": "1"' /aa:a /aa:b
}

run windows_are_long_enough help_and_version unknown_command bad_options cases_are_listed names_are_operands \
	a_row_is_measured_again_by_its_command workers_beyond_the_limits_are_a_row what_there_is_is_said kinds_are_checked a_run_leaves_its_files \
	outputs_replace_only_files quiet_says_nothing formats_on_stdout in_process progress_on_a_terminal one_fault_costs_one_row \
	stopped_at_once_leaves_no_halves ctrl_c_keeps_what_was_measured sigterm_keeps_what_was_measured \
	hang_up_keeps_what_was_measured two_signals_at_once_are_one signals_do_not_wait_for_charts nohup_goes_on kill_9_can_be_recovered \
	unwritable_results reader_goes_away standard_streams_are_closed unwritable_stdout full_disk no_disk_at_all stays_inside_its_affinity \
	what_is_denied_is_unsupported what_a_helper_is_denied_is_unsupported no_cell_no_run no_permission_to_bind unsupported_is_said a_budget_too_small_is_said a_profile_is_cut_down_to_its_budget \
	words_of_google_benchmark program_replaced_in_the_middle counters_have_a_pass_of_their_own \
	runs_end_when_they_are_precise warm_up_is_detected aa_runs_everything_twice
