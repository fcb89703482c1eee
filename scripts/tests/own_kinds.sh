#!/usr/bin/env bash
# own_kinds.sh - kinds of a user's own: from a shared object, and from a file and a statement in a
# copy of the tree.
# shellcheck source=scripts/tests/tap.bash
. "$(dirname "$0")/tap.bash"

tree=$(cd "$(dirname "$0")/../.." && pwd)
quick=(--rounds 2 --slots 2 --results res --no-charts)

need_compilers() {
	if ! command -v "${CC:-cc}" >/dev/null || ! command -v "${CXX:-c++}" >/dev/null; then skip "no compiler"; fi
	# An instrumented program wants instrumented objects.
	case $CONCBENCH in */san-*) skip "an instrumented program" ;; esac
}

# The example, as its user builds it.
build_example() {
	need_compilers
	cp "$tree"/scripts/examples/own-lock/* .
	make -s CC="${CC:-cc}" CXX="${CXX:-c++}" CONCBENCH_CFLAGS="-I$tree/harness/include" 2>make.err ||
		fail "$(cat make.err)"
	[ ! -s make.err ] || fail "warnings: $(cat make.err)"
}

a_lock_and_a_queue_are_loaded() {
	build_example
	expect 0 "$CONCBENCH" list --load ./own.so
	has out lock/ticket queue/lamport
	expect 0 "$CONCBENCH" check --load ./own.so
	has out 'ok    lock/ticket' 'ok    queue/lamport' '2 kinds right, 0 wrong'
	expect 0 "$CONCBENCH" run "${quick[@]}" --load ./own.so lock/ticket/workers:2 queue/lamport/capacity:16 \
		lock/ck_ticket/workers:2
	has res/latest/run.json '"name": "lock/ticket/' '"name": "queue/lamport/' '"name": "lock/ck_ticket/'
	for command in run list; do
		expect 2 "$CONCBENCH" $command --load ./own.so --filter '^lock/tickets/'
		one_line err '--filter' 'what is loaded included'
	done
	expect 0 "$CONCBENCH" run --list --load ./own.so --filter '^lock/ticket/'
	# Under a prefix two builds of one lock stand side by side.
	expect 0 "$CONCBENCH" list --load new=./own.so --load old=./own.so --cases lock/new.ticket lock/old.ticket
	has out lock/new.ticket lock/old.ticket
}

# Its command loads it, under the prefix that it had, wherever the file lies.
a_row_of_an_own_kind_has_its_command() {
	build_example
	mkdir "it's here"
	mv own.so "it's here/own.so"
	expect 0 "$CONCBENCH" run "${quick[@]}" --load "mine=it's here/own.so" lock/mine.ticket/workers:2 lock/ck_mcs/workers:2
	expect 0 "$CONCBENCH" report --results res --commands
	mv out commands
	grep -q "^concbench run --load 'mine=/.*own.so' 'lock/mine.ticket/" commands || fail "$(cat commands)"
	grep -q "^concbench run 'lock/ck_mcs/" commands || fail "more than its own is loaded: $(cat commands)"
	same_again commands res/2*/run.json
}

# Negative control: a lock that is none, and one that crashes, cost their own rows.
a_bad_one_is_found() {
	build_example
	sed 's/while (cb_load_acquire(&l->serving) != mine)/while (0)/; s/LOCK(ticket,/LOCK(door,/' ticket.c >door.c
	grep -q 'while (0)' door.c || fail "the example has changed: $(cat door.c)"
	sed 's/const uint32_t mine = .*/const uint32_t mine = *(volatile uint32_t *)(uintptr_t)16;/; s/LOCK(ticket,/LOCK(crash,/' \
		ticket.c >crash.c
	for x in door crash; do
		"${CC:-cc}" -shared -fPIC -w -O2 -I"$tree/harness/include" -o $x.so $x.c
	done
	expect 1 "$CONCBENCH" check --load ./door.so
	has out 'WRONG lock/door' 'not exclusive'
	expect 1 "$CONCBENCH" run "${quick[@]}" --load ./crash.so lock/crash/workers:2 lock/ck_mcs/workers:2 \
		--benchmark_format=csv
	grep -q '^"lock/crash.*crashed.*signal 11' out || fail "$(cat out)"
	grep '^"lock/ck_mcs' out | grep -qv crashed || fail "$(cat out)"
}

# refuse TEXT... FILE: one line that names the file.
refuse_file() {
	expect 2 "$CONCBENCH" run --load "$1" --list
	one_line err "${1#./}" "$2"
}

what_cannot_be_loaded_is_refused() {
	build_example
	refuse_file ./nowhere.so 'No such file'
	echo hello >text.so
	refuse_file ./text.so 'not an ELF file'
	cp /bin/true program.so
	refuse_file ./program.so 'executable'
	echo 'int nothing; int nothing = 1;' >bare.c
	"${CC:-cc}" -shared -fPIC -o bare.so bare.c
	refuse_file ./bare.so 'CB_MODULE'
	{ cat bare.c; echo '#include <concbench/concbench.h>
CB_MODULE'; } >empty.c
	if "${CC:-cc}" -shared -fPIC -I"$tree/harness/include" -o empty.so empty.c 2>/dev/null; then
		refuse_file ./empty.so 'no kind'
	fi
	sed 's/#define CB_ABI .*/#define CB_ABI 99/' "$tree/harness/include/concbench/concbench.h" >concbench.h
	mkdir -p later/concbench && cp "$tree"/harness/include/concbench/*.h later/concbench/ && mv concbench.h later/concbench/
	"${CC:-cc}" -shared -fPIC -O2 -Ilater -o later.so ticket.c
	refuse_file ./later.so 'ABI 99'
	# A byte of its header, and it is for another machine.
	cp own.so other.so
	printf '\267' | dd of=other.so bs=1 seek=18 conv=notrunc 2>/dev/null
	refuse_file ./other.so 'another architecture'
	# One of a name that there is, and the way out.
	expect 2 "$CONCBENCH" run --load ./own.so --load ./own.so --list
	one_line err 'lock/ticket' 'PREFIX=FILE'
}

# A build of the file during a run must not get into it: the row says so, the others go on.
a_file_that_changes_is_noticed() {
	build_example
	export CONCBENCH_SELFTEST=1
	local pid status=0
	"$CONCBENCH" run --results res --no-charts --load ./own.so lock/ticket/workers:2 lock/ck_mcs/workers:2 \
		--rounds 40 --precision 0 --time-budget 60s >out 2>err &
	pid=$!
	wait_for 20 sh -c "grep -qs '^{\"case\"' res/2*/journal.jsonl"
	sed 's/CB_QUICK/CB_SMOKE/' ticket.c >changed.c
	"${CC:-cc}" -shared -fPIC -O2 -I"$tree/harness/include" -o changed.so changed.c
	mv changed.so own.so
	wait $pid || status=$?
	[ $status -eq 1 ] || fail "exit status $status: $(cat out err)"
	has res/latest/run.json 'it has changed while it was measured'
}

# What a newcomer adds to the tree: one file and one line at most.
a_kind_is_a_file_and_a_line() {
	need_compilers
	if ! [ -d "$tree/build/obj" ] || ! [ "$CONCBENCH" -ef "$tree/build/concbench" ]; then skip "not this tree's build"; fi
	mkdir copy
	cp -a "$tree/Makefile" "$tree/benches" "$tree/harness" "$tree/scripts" copy/
	cp -a "$tree/build" copy/build
	(cd copy && git init -q . && git add Makefile benches harness scripts && git -c user.name=t -c user.email=t commit -qm base) ||
		skip "no git"
	cd copy || exit 1
	# shellcheck disable=SC2016 # the back quotes are CONTRIBUTING's
	sed -n '/^CB_LOCK(ck_dec/,/^```/{/^```/!p}' "$tree/CONTRIBUTING.md" >>benches/locks/ck.c
	sed '/^CB_MODULE/d' "$tree/scripts/examples/own-lock/ticket.c" >benches/locks/ticket.c
	cat >benches/jobs/nothing.c <<-'EOF'
		#include <concbench/job.h>
		#include <errno.h>
		static uint64_t batch(struct cb_worker *w, void *state, uint64_t n)
		{
			cb_fetch_add((uint64_t *)state, n);
			(void)w;
			return n;
		}
		static int check(const struct cb_env *env, char *why, size_t why_len)
		{
			uint64_t done = 0;

			(void)why, (void)why_len;
			for (unsigned i = 0; i < env->workers; i++)
				done += env->done[i];
			return done == *(uint64_t *)env->state ? 0 : -EBADMSG;
		}
		static const struct cb_workload nothing_work = {.op = "addition",
		    .state_bytes = CB_ALIGN,
		    .batch = batch,
		    .check = check,
		    .cooperative = true};
		CB_JOB(nothing, "a job of one line", "nobody", CB_QUICK, &nothing_work)
	EOF
	make -s WERROR=1 build/concbench >make.out 2>&1 || fail "$(cat make.out)"
	expect 0 build/concbench check lock/ck_dec lock/ticket job/nothing
	has out 'ok    lock/ck_dec' 'ok    lock/ticket' 'ok    job/nothing'
	# The lock of a library that is there: not a line elsewhere. New ones: a file each.
	[ "$(git diff --name-only | wc -l)" -eq 1 ] || fail "$(git diff --stat)"
	[ "$(git ls-files --others --exclude-standard benches harness | wc -l)" -eq 2 ] || fail "$(git status --short)"
}

run a_lock_and_a_queue_are_loaded a_row_of_an_own_kind_has_its_command a_bad_one_is_found what_cannot_be_loaded_is_refused \
	a_file_that_changes_is_noticed a_kind_is_a_file_and_a_line
