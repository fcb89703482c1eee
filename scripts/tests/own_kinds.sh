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
	expect 0 "$CONCBENCH" list --load ./bench.so
	has out lock/ticket queue/lamport
	expect 0 "$CONCBENCH" check --load ./bench.so
	has out 'ok    lock/ticket' 'ok    queue/lamport' 'ok    job/checksum' '3 kinds right, 0 wrong'
	expect 0 "$CONCBENCH" run "${quick[@]}" --load ./bench.so lock/ticket/workers:2 queue/lamport/capacity:16 \
		lock/ck_ticket/workers:2
	has res/latest/run.json '"name": "lock/ticket/' '"name": "queue/lamport/' '"name": "lock/ck_ticket/'
	for command in run list; do
		expect 2 "$CONCBENCH" $command --load ./bench.so --filter '^lock/tickets/'
		one_line err '--filter' 'what is loaded included'
	done
	expect 0 "$CONCBENCH" run --list --load ./bench.so --filter '^lock/ticket/'
	# Under a prefix two builds of one lock stand side by side.
	expect 0 "$CONCBENCH" list --load new=./bench.so --load old=./bench.so --cases lock/new.ticket lock/old.ticket
	has out lock/new.ticket lock/old.ticket
}

# The short forms may leave out a model; that is a reason in the list, and no mistake.
what_is_not_claimed_is_said() {
	build_example
	sed -i 's/CB_CAN_OS/CB_CAN(CB_THREAD)/' ticket.c
	sed -i 's/CB_CAN_ALL/CB_CAN_OS/' lamport.cc
	rm -f ./*.o bench.so
	make -s CC="${CC:-cc}" CXX="${CXX:-c++}" CONCBENCH_CFLAGS="-I$tree/harness/include" 2>make.err || fail "$(cat make.err)"
	expect 0 "$CONCBENCH" list --cases --load ./bench.so lock/ticket --set model=thread,process --set workers=2
	grep -q '^lock/ticket/model:thread/[^ ]*$' out || fail "$(cat out)"
	grep -q '^lock/ticket/model:process/.*unsupported: whoever wrote it does not claim' out || fail "$(cat out)"
	expect 0 "$CONCBENCH" list --cases --load ./bench.so queue/lamport --set model=coroutine,process
	grep -q '^queue/lamport/model:process/[^ ]*$' out || fail "$(cat out)"
	grep -q '^queue/lamport/model:coroutine/.*unsupported: whoever wrote it does not claim' out || fail "$(cat out)"
	expect 0 "$CONCBENCH" check --load ./bench.so
	has out 'ok    lock/ticket' 'ok    queue/lamport'
}

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

# refuse_file FILE TEXT... - one line that names the file.
refuse_file() {
	local file=$1
	shift
	expect 2 "$CONCBENCH" run --load "$file" --list
	one_line err "--load: " "${file#./}" "$@"
}

# build FILE.so FLAG... - from FILE.c.
build() {
	local file=$1
	shift
	"${CC:-cc}" -shared -fPIC -w -O2 "$@" -I"$tree/harness/include" -o "$file" "${file%.so}.c" || fail "$file"
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

# interface NAME SED - a copy of the headers that differs.
interface() {
	mkdir -p "$1/concbench"
	cp "$tree"/harness/include/concbench/*.h "$1/concbench/"
	sed -i "$2" "$1/concbench/concbench.h"
	! cmp -s "$1/concbench/concbench.h" "$tree/harness/include/concbench/concbench.h" || fail "$2 changes nothing"
	"${CC:-cc}" -shared -fPIC -w -O2 -I"$1" -o "$1.so" ticket.c
}

another_interface_is_refused() {
	build_example
	local abi
	abi=$(sed -n 's/^#define CB_ABI //p' "$tree/harness/include/concbench/concbench.h")
	interface newer "s/^#define CB_ABI .*/#define CB_ABI $((abi + 1))/"
	refuse_file ./newer.so "a newer interface (ABI $((abi + 1)), this program has $abi)" 'build it again'
	# There is none before the first.
	if [ "$abi" -gt 0 ]; then
		interface older "s/^#define CB_ABI .*/#define CB_ABI $((abi - 1))/"
		refuse_file ./older.so "an older interface (ABI $((abi - 1)), this program has $abi)" 'build it again'
	fi
	# While the number stays 0 the headers change all the same.
	interface grown 's/^	const char \*says;/&	long more;/'
	refuse_file ./grown.so 'the headers of another version' 'build it again'
}

# kind FILE.c FIELDS [DECLARATIONS] - a kind written out, which lacks or has what the test is about.
kind() {
	cat >"$1.c" <<-END
		#include <concbench/lock.h>
		#include <concbench/queue.h>
		static uint64_t batch(struct cb_worker *w, void *state, uint64_t n) { return n; }
		static int check(const struct cb_env *env, char *why, size_t why_len) { return 0; }
		static void acquire(void *lock, void *node, struct cb_worker *w) {}
		static bool try_put(void *queue, struct cb_worker *w, const void *item, size_t n) { return true; }
		static size_t queue_bytes(const struct cb_queue_env *env) { return 8; }
		static const struct cb_workload work = {.op = "op", .state_bytes = 8, .batch = batch, .check = check};
		${3:-}
		static const struct cb_kind kind = {.family = "job", .name = "own", .about = "one", .version = 1,
		    .models = CB_CAN_ALL, .work = &work, $2};
		CB_REGISTER(kind)
		CB_MODULE
	END
	build "$1.so"
}

a_kind_that_does_not_fit_is_refused() {
	need_compilers
	# Negative control: nothing is wrong with this one.
	kind good ''
	expect 0 "$CONCBENCH" list --load ./good.so
	has out job/own
	kind unchecked '.work = &bad' 'static const struct cb_workload bad = {.op = "op", .batch = batch};'
	refuse_file ./unchecked.so 'kind job/own' 'its work is not checked: no check()'
	kind idle '.work = &bad' 'static const struct cb_workload bad = {.op = "op", .check = check};'
	refuse_file ./idle.so 'kind job/own' 'without an operation to do'
	kind workless '.work = NULL'
	refuse_file ./workless.so 'kind job/own' 'no workload'
	kind twice '.params = params, .param_count = 2' 'static const struct cb_param params[] = {
		CB_PARAM("depth", CB_COUNT, "1", 1, 9, "one"), CB_PARAM("depth", CB_COUNT, "1", 1, 9, "two")};'
	refuse_file ./twice.so 'kind job/own' "parameter 'depth' is declared twice"
	kind familys '.params = params, .param_count = 1' 'static const struct cb_param params[] = {
		CB_PARAM("workers", CB_COUNT, "1", 1, 9, "the family has it")};'
	refuse_file ./familys.so "parameter 'workers' is declared twice"
	kind stranger '.family = "bridge"'
	refuse_file ./stranger.so 'kind bridge/own' 'no such family'
	kind named '.name = "a/b"'
	refuse_file ./named.so 'no name, or one that is not of letters, digits'
	kind there '.family = "lock", .name = "ck_mcs"'
	refuse_file ./there.so 'kind lock/ck_mcs' 'there is one of this name already' 'PREFIX=FILE'
	# What the family's loop calls without asking.
	local work='static const struct cb_workload bad = {.op = "op", .setup = cb_lock_setup, .batch = batch, .check = check};'
	kind lock_bare '.family = "lock", .work = &bad' "$work"
	refuse_file ./lock_bare.so 'kind lock/own' 'it lacks calls'
	kind lock_open '.family = "lock", .work = &bad, .impl = &own' "$work
		static const struct cb_lock_ops ops = {.acquire = acquire};
		static const struct cb_lock own = {.ops = &ops, .lock_bytes = 8};"
	refuse_file ./lock_open.so 'kind lock/own' 'it lacks release()'
	kind queue_full '.family = "queue", .work = &bad, .impl = &own' "${work/lock/queue}
		static const struct cb_queue_ops ops = {.try_put = try_put};
		static const struct cb_queue own = {.ops = &ops, .queue_bytes = queue_bytes};"
	refuse_file ./queue_full.so 'kind queue/own' 'it lacks get(), or try_get()'
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
	# shellcheck disable=SC2016
	sed -n '/^CB_QUEUE(ck_mpmc/,/^```/{/^```/!p}' "$tree/CONTRIBUTING.md" >>benches/queues/ck.c
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
	expect 0 build/concbench check lock/ck_dec lock/ticket queue/ck_mpmc job/nothing
	has out 'ok    lock/ck_dec' 'ok    lock/ticket' 'ok    queue/ck_mpmc' 'ok    job/nothing'
	# Lock and queue of a library that is there: a few lines, and not one elsewhere. New ones: a file each.
	[ "$(git diff --numstat | awk '{ print ($1 <= ($3 ~ /locks/ ? 8 : 20)) "," $2 "," $3 }' | paste -sd' ')" = \
		"1,0,benches/locks/ck.c 1,0,benches/queues/ck.c" ] || fail "$(git diff --stat)"
	[ "$(git ls-files --others --exclude-standard benches harness | wc -l)" -eq 2 ] || fail "$(git status --short)"
}

# What each hand-off shares, its turns and their check, is not in its file.
a_hand_off_is_short() {
	local row
	for row in futex condvar; do
		"${CC:-cc}" -fpreprocessed -dD -E -P "$tree/benches/handoff/$row.c" >code
		[ "$(grep -cvE '^ *$|^#include' code)" -le 30 ] || fail "$row.c: $(cat code)"
	done
}

run what_is_not_claimed_is_said a_hand_off_is_short a_lock_and_a_queue_are_loaded a_row_of_an_own_kind_has_its_command a_bad_one_is_found what_is_no_kinds_at_all_is_refused another_interface_is_refused \
	a_kind_that_does_not_fit_is_refused every_option_says_so \
	a_file_that_changes_is_noticed a_kind_is_a_file_and_a_line
