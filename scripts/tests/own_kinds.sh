#!/usr/bin/env bash
# own_kinds.sh - kinds of a user's own from a shared object: what fits, what is refused, and what one that
# misbehaves costs.
# shellcheck source=scripts/tests/own_kinds.bash
. "$(dirname "$0")/own_kinds.bash"
# shellcheck source=scripts/reference/lines.bash
. "$(dirname "$0")/../reference/lines.bash"

# Its command loads it, under the prefix that it had, wherever the file lies.
a_row_of_an_own_kind_has_its_command() {
	build_example
	mkdir "it's here"
	mv bench.so "it's here/bench.so"
	expect 0 "$CONCBENCH" run "${quick[@]}" --load "mine=it's here/bench.so" lock/mine.ticket/workers:2 lock/ck_mcs/workers:2
	expect 0 "$CONCBENCH" report --results res --commands
	mv out commands
	grep -q "^concbench run --load 'mine=/.*bench.so' 'lock/mine.ticket/" commands || fail "$(cat commands)"
	grep -q "^concbench run 'lock/ck_mcs/" commands || fail "more than its own is loaded: $(cat commands)"
	same_again commands res/2*/run.json
}

# refuse_file FILE TEXT... - one line that names the file.
refuse_file() {
	local file=$1
	shift
	expect 2 "$CONCBENCH" run --load "$file" --list
	one_line err "--load: " "${file#./}" "$@"
}

what_is_no_kinds_at_all_is_refused() {
	build_example
	refuse_file ./nowhere.so 'No such file'
	mkdir folder.so
	refuse_file ./folder.so 'Is a directory'
	echo hello >text.so
	refuse_file ./text.so 'not an ELF file' 'cc -shared -fPIC'
	head -c 20 bench.so >short.so
	refuse_file ./short.so 'not an ELF file'
	local bytes
	bytes=$(stat -c %s bench.so)
	for part in 4 2; do
		head -c $((bytes * (part - 1) / part)) bench.so >cut.so
		refuse_file ./cut.so 'cut off: its end is missing'
	done
	cp /bin/true program.so
	refuse_file ./program.so 'executable'
	refuse_file ./ticket.o 'not a shared object' 'cc -shared -fPIC'
	# A byte of its header each, and it is for another machine.
	cp bench.so other.so
	printf '\267' | dd of=other.so bs=1 seek=18 conv=notrunc 2>/dev/null
	refuse_file ./other.so 'another architecture' 'ELF machine 183, 64 bit'
	cp bench.so narrow.so
	printf '\001' | dd of=narrow.so bs=1 seek=4 conv=notrunc 2>/dev/null
	refuse_file ./narrow.so 'another architecture' '32 bit'
	echo 'int nothing; int nothing = 1;' >bare.c
	build bare.so
	refuse_file ./bare.so 'no symbol concbench_module' 'CB_MODULE'
	printf '#include <concbench/concbench.h>\nCB_MODULE\n' >empty.c
	build empty.so
	refuse_file ./empty.so 'no kind'
	# In dlopen's own words.
	sed 's/cb_relax(w)/nowhere_at_all(w)/' ticket.c >missing.c
	build missing.so
	refuse_file ./missing.so 'undefined symbol: nowhere_at_all'
}

# interface NAME HEADER SED - the example's lock and queue with a copy of the headers that differs, each in a file of
# its own: NAME.so has both, and the one with CB_MODULE is built with the headers as they are.
interface() {
	mkdir -p "$1/concbench"
	cp "$tree"/harness/include/concbench/*.h "$1/concbench/"
	sed -i "$3" "$1/concbench/$2"
	! cmp -s "$1/concbench/$2" "$tree/harness/include/concbench/$2" || fail "$3 changes nothing"
	"${CC:-cc}" -c -fPIC -w -O2 -I"$1" -o "$1.o" "${4:-ticket}.c"
	"${CC:-cc}" -c -fPIC -w -O2 -I"$tree/harness/include" -o own.o own.c
	"${CC:-cc}" -shared -o "$1.so" "$1.o" own.o
}

another_interface_is_refused() {
	build_example
	local abi
	abi=$(sed -n 's/^#define CB_ABI //p' "$tree/harness/include/concbench/concbench.h")
	sed 's/CB_LOCK(ticket,/CB_LOCK(own,/' ticket.c >own.c
	# Negative control: a comment is no other header, and neither is the same in two files.
	interface same lock.h 's|^struct cb_lock_env {|/* */ &|'
	expect 0 "$CONCBENCH" list --load ./same.so
	has out lock/ticket lock/own
	interface newer concbench.h "s/^#define CB_ABI .*/#define CB_ABI $((abi + 1))/"
	# Of two that say it the linker takes the first.
	refuse_file ./newer.so "a newer interface (ABI $((abi + 1)), this program has $abi)" 'rebuild it'
	# While the number stays 0 the headers change all the same.
	local other='built against other headers of concbench'
	interface grown concbench.h 's/^	const char \*says;/&	long more;/'
	refuse_file ./grown.so "$other (concbench.h differs)" 'rebuild it'
	interface worker concbench.h 's/^	uint64_t rng; .*/	bool more; &/'
	refuse_file ./worker.so "$other (concbench.h differs)" 'rebuild it'
	interface coroutines runtime.h 's/^	unsigned max_tasks; .*/	unsigned more; &/'
	refuse_file ./coroutines.so "$other (concbench.h differs)" 'rebuild it'
	interface lock lock.h 's/^	bool fifo;/	long more; &/'
	refuse_file ./lock.so "$other (lock.h differs)" 'rebuild it'
	interface module concbench.h 's/^	const struct cb_kind \*const \*first;/	long more; &/'
	refuse_file ./module.so "$other (concbench.h differs)" 'rebuild it'
}

a_kind_that_does_not_fit_is_refused() {
	need_compilers
	# Negative control: nothing is wrong with this one.
	kind good ''
	expect 0 "$CONCBENCH" list --load ./good.so
	has out job/own
	kind unchecked '.work = &bad' 'static const struct cb_workload bad = {.op = "op", .batch = batch};'
	refuse_file ./unchecked.so 'kind job/own' 'work is not checked; accepted: a check()'
	kind idle '.work = &bad' 'static const struct cb_workload bad = {.op = "op", .check = check};'
	refuse_file ./idle.so 'kind job/own' 'work has no operation to do; accepted: batch(), or once()'
	kind workless '.work = NULL'
	refuse_file ./workless.so 'kind job/own' 'work is missing'
	kind twice '.params = params, .param_count = 2' 'static const struct cb_param params[] = {
		CB_PARAM("depth", CB_COUNT, "1", 1, 9, "one"), CB_PARAM("depth", CB_COUNT, "1", 1, 9, "two")};'
	refuse_file ./twice.so 'kind job/own' "parameter 2 ('depth'): it is declared twice"
	kind familys '.params = params, .param_count = 1' 'static const struct cb_param params[] = {
		CB_PARAM("workers", CB_COUNT, "1", 1, 9, "the family has it")};'
	refuse_file ./familys.so "parameter 1 ('workers'): it is declared twice"
	kind stranger '.family = "bridge"'
	refuse_file ./stranger.so 'kind bridge/own' 'no such family; accepted: ' lock queue job
	kind named '.name = "a/b"'
	refuse_file ./named.so 'name is missing or none; accepted: up to 63 of letters, digits'
	# What describe, charts and the statistics take for granted; declared_test.c has all of it.
	kind untitled '.figures = figures, .figure_count = 1' 'static const struct cb_figure figures[] = {
		{"late_ns", NULL, "ns", CB_RATIO, CB_LESS, 0.0, NULL}};'
	refuse_file ./untitled.so 'kind job/own' "figure 1 ('late_ns'): title is missing"
	expect 2 "$CONCBENCH" describe --load ./untitled.so job/own
	one_line err /untitled.so: 'title is missing'
	kind worthless '.figures = figures, .figure_count = 1' 'static const struct cb_figure figures[] = {
		{"late_ns", "lateness", "ns", CB_DIFFERENCE, CB_LESS, 0.0, NULL}};'
	refuse_file ./worthless.so 'kind job/own' "figure 1 ('late_ns'): worth is 0; accepted: above 0"
	kind meaningless '.params = params, .param_count = 1' 'static const struct cb_param params[] = {
		CB_PARAM("depth", CB_COUNT, "1", 1, 9, NULL)};'
	refuse_file ./meaningless.so 'kind job/own' "parameter 1 ('depth'): about is missing"
	kind swept '.sweeps = sweeps, .sweep_count = 1' 'static const struct cb_sweep sweeps[] = {{CB_QUICK, "wrokers=1"}};'
	refuse_file ./swept.so 'kind job/own' "sweep 1: 'wrokers' is not one of its parameters"
	kind there '.family = "lock", .name = "ck_mcs"'
	refuse_file ./there.so 'kind lock/ck_mcs' 'there is one of this name already' 'PREFIX=FILE'
	# What the family's loop calls without asking.
	local work='static const struct cb_workload bad = {.op = "op", .setup = cb_lock_setup, .batch = batch, .check = check};'
	kind lock_bare '.family = "lock", .work = &bad' "$work"
	refuse_file ./lock_bare.so 'kind lock/own' 'it lacks calls'
	kind lock_open '.family = "lock", .work = &bad, .impl = &own' "$work
		static const struct cb_lock_ops ops = {.acquire = acquire};
		static const struct cb_lock own = {.ops = &ops};"
	refuse_file ./lock_open.so 'kind lock/own' 'it lacks release()'
	kind queue_full '.family = "queue", .work = &bad, .impl = &own' "${work/lock/queue}
		static const struct cb_queue_ops ops = {.try_put = try_put};
		static const struct cb_queue own = {.ops = &ops, .queue_bytes = queue_bytes};"
	refuse_file ./queue_full.so 'kind queue/own' 'it lacks get(), or try_get()'
}

# Whatever a file does while it is loaded: one line, and not the program's end.
a_file_that_misbehaves_is_refused() {
	need_compilers
	local go='#include <stdlib.h>
		#include <unistd.h>
		__attribute__((GO)) static void go(void)'
	# Negative control: one that only calls something.
	kind quiet '' "${go/GO/constructor} { (void)getpid(); }"
	expect 0 "$CONCBENCH" list --load ./quiet.so job/own
	kind crashing '' "${go/GO/constructor} { __builtin_trap(); }"
	refuse_file ./crashing.so 'a constructor of it crashed: killed by signal'
	kind leaving '' "${go/GO/constructor} { exit(0); }"
	refuse_file ./leaving.so 'a constructor of it ended the program: exited with status 0'
	kind unloaded '' "${go/GO/destructor} { __builtin_trap(); }"
	refuse_file ./unloaded.so 'a destructor of it crashed: killed by signal'
	kind garbled '.params = (void *)16, .param_count = 1'
	refuse_file ./garbled.so 'what it declares crashed: killed by signal 11'
	kind hanging '' "${go/GO/constructor} { for (;;) pause(); }"
	refuse_file ./hanging.so 'a constructor of it did not end within 10 s'
	expect 2 "$CONCBENCH" gate --base-load ./crashing.so --head-load ./quiet.so
	one_line err '--base-load: ' /crashing.so: 'a constructor of it crashed'
}

# Functions of a kind that are asked before anything is measured: they cost the cases that they were asked about.
a_kind_that_misbehaves_costs_its_rows() {
	need_compilers
	local can='static int can(const struct cb_case *c, char *why, size_t n) { if (c->workers == 2) BAD; return 0; }
		#include <stdlib.h>
		#include <unistd.h>'
	kind sound '.can = can' "${can/BAD/(void)getpid()}"
	kind trap '.can = can' "${can/BAD/__builtin_trap()}"
	kind gone '.can = can' "${can/BAD/exit(0)}"
	# A key that it does not have: a mistake of its author's.
	kind keyless '.can = can' "${can/BAD/(void)cb_case_value(c, \"nothing\")}"
	kind loop '.window_ns = window' 'static uint64_t window(const struct cb_case *c) { for (volatile int i = 0;; ) i = i; }'
	local own=(job/own --set 'workers=1,2' --set model=thread)
	expect 0 "$CONCBENCH" list --cases --load ./sound.so "${own[@]}"
	[ "$(grep -c '^job/own/model:thread/workers:[12]/[^ ]*$' out)" -eq 2 ] || fail "$(cat out)"
	expect 0 "$CONCBENCH" list --cases --load ./trap.so "${own[@]}"
	grep -q '^job/own/model:thread/workers:1/[^ ]*$' out || fail "$(cat out)"
	grep -q '^job/own/model:thread/workers:2/.*(crashed: can() crashed: killed by signal' out || fail "$(cat out)"
	expect 1 "$CONCBENCH" run "${quick[@]}" --benchmark_format=csv --load sound=./sound.so --load trap=./trap.so \
		--load gone=./gone.so --load keyless=./keyless.so --load loop=./loop.so \
		job/sound.own/workers:2 job/{trap,gone,keyless,loop}.own/workers:{1,2}
	[ "$(grep -c '^"job/' out)" -eq 9 ] || fail "$(cat out)"
	local name
	for name in sound.own/model:thread/workers:2 {trap,gone,keyless}.own/model:thread/workers:1; do
		grep "^\"job/$name" out | grep -qvE 'crashed|hung|unsupported' || fail "$name: $(cat out)"
	done
	grep '^"job/trap.own/model:thread/workers:2' out | grep -q '"crashed",true,"can() crashed: killed by' || fail "$(cat out)"
	grep '^"job/gone.own/model:thread/workers:2' out | grep -q '"crashed",true,"can() ended the program: exited with status 0"' ||
		fail "$(cat out)"
	grep '^"job/keyless.own/model:thread/workers:2' out | grep -q '"crashed",true,"can() crashed: .*signal 6' || fail "$(cat out)"
	[ "$(grep '^"job/loop.own' out | grep -c '"hung",true,"window_ns() did not return within 5 s"')" -eq 2 ] || fail "$(cat out)"
	has res/latest/run.json '"status": "crashed"' '"status": "hung"'
	# Of a gate a failure, whichever side it is of; in the other direction as well.
	local sides
	for sides in 'trap sound' 'sound trap' 'trap trap'; do
		expect 2 "$CONCBENCH" gate --base-load ./"${sides% *}".so --head-load ./"${sides#* }".so --results gated \
			job/own/model:thread/workers:2
		grep -q '^failed .*job/own/model:thread/workers:2.*can() crashed: killed by signal' out || fail "$sides: $(cat out err)"
	done
	kind checked '.can = can, .sweeps = sweeps, .sweep_count = 1' "${can/BAD/__builtin_trap()}
		static const struct cb_sweep sweeps[] = {{CB_CHECK, \"model=thread workers=1,2\"}};"
	expect 1 "$CONCBENCH" check --load ./checked.so
	has out 'WRONG job/own' 'can() crashed'
}

# And those that are called while it is measured: in a cell, as for all kinds.
a_kind_that_misbehaves_at_work_costs_its_row() {
	need_compilers
	local setup='static int setup(struct cb_env *env, char *why, size_t n) { for (;;) pause(); }
		#include <unistd.h>'
	local loop='static uint64_t slow(struct cb_worker *w, void *state, uint64_t n) { BAD }
		static const struct cb_workload bad = {.op = "op", .batch = slow, .check = check};
		#include <unistd.h>'
	setup="$setup"'
		static const struct cb_workload bad = {.op = "op", .setup = setup, .batch = batch, .check = check};'
	kind sound ''
	kind setup '.work = &bad' "$setup"
	kind hang '.work = &bad' "${loop/BAD/for (;;) pause();}"
	kind crash '.work = &bad' "${loop/BAD/__builtin_trap();}"
	kind size '.work = &bad' 'static size_t size(const struct cb_case *c) { __builtin_trap(); }
		static const struct cb_workload bad = {.op = "op", .state_size = size, .batch = batch, .check = check};'
	expect 1 "$CONCBENCH" run "${quick[@]}" --cell-timeout 2s --benchmark_format=csv --load sound=./sound.so \
		--load setup=./setup.so --load hang=./hang.so --load crash=./crash.so --load size=./size.so \
		job/{sound,setup,hang,crash,size}.own
	grep '^"job/sound.own' out | grep -qvE 'crashed|hung|unsupported' || fail "$(cat out)"
	grep -q '^"job/setup.own.*hung' out || fail "$(cat out)"
	grep -q '^"job/hang.own.*hung' out || fail "$(cat out)"
	grep -q '^"job/crash.own.*crashed' out || fail "$(cat out)"
	grep -q '^"job/size.own.*crashed' out || fail "$(cat out)"
}

# Wherever a file is named: the option that is wrong, and the way out.
every_option_says_so() {
	build_example
	echo hello >text.so
	expect 2 "$CONCBENCH" run --load ./bench.so --load ./bench.so --list
	one_line err 'there is one of this name already' 'PREFIX=FILE'
	local command
	for command in list check 'describe lock/ticket'; do
		# shellcheck disable=SC2086 # words, on purpose
		expect 2 "$CONCBENCH" $command --load ./text.so
		one_line err '--load: ' text.so 'not an ELF file'
	done
	expect 2 "$CONCBENCH" gate --base-load ./text.so --head-load ./bench.so
	one_line err '--base-load: ' text.so 'not an ELF file'
	expect 2 "$CONCBENCH" gate --base-load ./bench.so --head-load ./text.so
	one_line err '--head-load: ' text.so 'not an ELF file'
	expect 2 "$CONCBENCH" run --load ./bench.so --filter nothing-of-it --list
	one_line err '--filter: ' 'matches no case'
}

# A build of the file during a run must not get into it: the row says so, the others go on.
a_file_that_changes_is_noticed() {
	build_example
	export CONCBENCH_SELFTEST=1
	local pid status=0
	"$CONCBENCH" run --results res --no-charts --load ./bench.so lock/ticket/workers:2 lock/ck_mcs/workers:2 \
		--rounds 40 --precision 0 --time-budget 60s >out 2>err &
	pid=$!
	wait_for 20 sh -c "grep -qs '^{\"case\"' res/2*/journal.jsonl"
	sed 's/CB_QUICK/CB_SMOKE/' ticket.c >changed.c
	"${CC:-cc}" -shared -fPIC -O2 -I"$tree/harness/include" -o changed.so changed.c
	mv changed.so bench.so
	wait $pid || status=$?
	[ $status -eq 1 ] || fail "exit status $status: $(cat out err)"
	has res/latest/run.json 'it has changed while it was measured'
}

# What hand-offs share, their turns and their check, is not in their files.
a_hand_off_is_short() {
	local lines name rest
	handoff_lines "$tree/benches/handoff" >counted
	[ "$(grep -vc ^long counted)" -ge 9 ] || fail "too few were counted: $(cat counted)"
	while read -r lines name rest; do
		if [ "$lines" = long ]; then
			[ "$name" -gt 30 ] || fail "$rest is short enough by now"
		else
			[ "$lines" -le 30 ] || fail "$name has $lines lines"
		fi
	done <counted
	# Negative control: lines of code count, and comments do not.
	mkdir folder
	printf '/* a\n * comment */\n#include <stdio.h>\n\nint a;\nint b; /* both */\n' >folder/two.c
	[ "$(handoff_lines folder)" = '2 two' ] || fail "$(handoff_lines folder)"
}

a_lock_and_a_queue_are_short() {
	local lines name form most all=("$tree"/benches/locks/*.c "$tree"/benches/queues/*.c "$tree"/scripts/examples/own-lock/*.c*)
	for form in CB_LOCK CB_RWLOCK CB_QUEUE; do
		most=8
		[ $form != CB_QUEUE ] || most=20
		statement_lines $form "${all[@]}" >counted
		[ -s counted ] || fail "$form: none was counted"
		[ "$(wc -l <counted)" -eq "$(cat "${all[@]}" | grep -c "^$form(")" ] || fail "$form: not all were counted"
		while read -r lines name; do
			[ "$lines" -le $most ] || fail "$name has $lines lines"
		done <counted
	done
	# Negative control: each line counts, and a bracket within it ends nothing.
	printf 'CB_LOCK(one, "a",\n  f(lock),\n\n  (g(lock), 0))\nCB_LOCK(two, "b")\n' >benches.c
	[ "$(statement_lines CB_LOCK benches.c | paste -sd,)" = "4 one,1 two" ] || fail "$(statement_lines CB_LOCK benches.c)"
}

run a_hand_off_is_short a_lock_and_a_queue_are_short a_row_of_an_own_kind_has_its_command \
	what_is_no_kinds_at_all_is_refused another_interface_is_refused a_kind_that_does_not_fit_is_refused \
	a_file_that_misbehaves_is_refused a_kind_that_misbehaves_costs_its_rows \
	a_kind_that_misbehaves_at_work_costs_its_row every_option_says_so a_file_that_changes_is_noticed
