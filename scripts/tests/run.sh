#!/usr/bin/env bash
# run.sh - `concbench run` as its user meets it: options, names, bad input, what it writes, what a system
# does not let it do. No test of it goes by a time.
# shellcheck source=scripts/tests/run.bash
. "$(dirname "$0")/run.bash"

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
	wait_for 5 nothing_left
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

words_of_google_benchmark() {
	expect 0 "$CONCBENCH" run --list
	grep -v '(unsupported' out >can_run
	expect 0 "$CONCBENCH" run --benchmark_list_tests
	cmp out can_run || fail "not the names of what can run, or not only those"
	expect 0 "$CONCBENCH" run --benchmark_list_tests --benchmark_filter=all
	cmp out can_run || fail "'all' is not all"
}

run help_and_version unknown_command bad_options cases_are_listed names_are_operands \
	a_row_is_measured_again_by_its_command workers_beyond_the_limits_are_a_row what_there_is_is_said \
	a_run_leaves_its_files outputs_replace_only_files quiet_says_nothing formats_on_stdout in_process \
	progress_on_a_terminal unwritable_results stays_inside_its_affinity what_is_denied_is_unsupported \
	what_a_helper_is_denied_is_unsupported no_cell_no_run no_permission_to_bind unsupported_is_said \
	a_budget_too_small_is_said words_of_google_benchmark
