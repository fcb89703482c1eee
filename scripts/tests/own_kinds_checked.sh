#!/usr/bin/env bash
# own_kinds_checked.sh - kinds of a user's own under `concbench check`, from a shared object and from a file and a
# statement in a copy of the tree; and gated in a repository of its own. Whoever spins wants its PU: not
# beside other tests.
# shellcheck source=scripts/tests/own_kinds.bash
. "$(dirname "$0")/own_kinds.bash"

# Before each check come the program's own broken kinds of the families that it is about, which takes longer than
# what is asked; so what can be loaded together is checked together.
#
# row KIND - what a check has said of one kind.
row() {
	awk -v kind="$1" '/^[^ ]/ { shown = $2 == kind || index($2, kind "/") == 1 } shown' out
}

a_lock_and_a_queue_are_loaded() {
	build_example
	expect 0 "$CONCBENCH" list --load ./bench.so
	has out lock/ticket queue/lamport
	mv bench.so whole.so
	claiming_less
	expect 0 "$CONCBENCH" check --case-time 250ms --load ./whole.so --load less=./bench.so
	has out 'ok    lock/ticket' 'first come, first served' 'ok    queue/lamport' 'ok    loss/lamport' 'ok    job/checksum' \
		'ok    lock/less.ticket' 'ok    queue/less.lamport' 'ok    loss/less.lamport' 'ok    job/less.checksum' \
		'8 kinds right, 0 wrong'
	row lock/less.ticket | grep -q 'as process: it does not claim that: its author' || fail "$(cat out)"
	row queue/less.lamport | grep -q 'as coroutine: it does not claim that: its author' || fail "$(cat out)"
	# Negative control: whoever claims it is not said to claim less.
	! { row lock/ticket && row queue/lamport; } | grep 'its author' || fail "$(cat out)"
	mv whole.so bench.so
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

# The example, which claims fewer models.
claiming_less() {
	sed -i 's/CB_CAN_OS/CB_CAN(CB_THREAD)/' ticket.c
	sed -i 's/CB_CAN_ALL/CB_CAN_OS/' lamport.cc
	rm -f ./*.o bench.so
	make -s CC="${CC:-cc}" CXX="${CXX:-c++}" CONCBENCH_CFLAGS="-I$tree/harness/include" 2>make.err || fail "$(cat make.err)"
}

# The short forms may leave out a model; that is a reason in the list, and no mistake.
what_is_not_claimed_is_said() {
	build_example
	claiming_less
	expect 0 "$CONCBENCH" list --cases --load ./bench.so lock/ticket --set model=thread,process --set workers=2
	grep -q '^lock/ticket/model:thread/[^ ]*$' out || fail "$(cat out)"
	grep -q '^lock/ticket/model:process/.*unsupported: its author does not claim' out || fail "$(cat out)"
	expect 0 "$CONCBENCH" list --cases --load ./bench.so queue/lamport --set model=coroutine,process
	grep -q '^queue/lamport/model:process/[^ ]*$' out || fail "$(cat out)"
	grep -q '^queue/lamport/model:coroutine/.*unsupported: its author does not claim' out || fail "$(cat out)"
}

# Two of these claim more than they can, one is no lock, and what no case tries is not right, however quiet;
# negative controls: the claims that are true, and none.
claims_are_tried() {
	build_example
	local all='s/CB_CAN_OS/CB_CAN_ALL/' spins='s/^\t\tcb_relax(w);/\t\t;/' name
	own waits "$all"
	own spins "$all; $spins"
	cmp -s spins.c waits.c && fail "the example has changed: $(cat spins.c)"
	# Whoever had it last looks first.
	own barges 's/const uint32_t mine = .*/(void)0;/
		s/while (cb_load_acquire(&l->serving) != mine)/while (__atomic_exchange_n(\&l->serving, 1, __ATOMIC_ACQUIRE))/
		s/^\t\tcb_relax(w);/\t\tfor (int i = 0; i < 10; i++) cb_yield(w);/
		s/cb_store_release(&l->serving, .*/cb_store_release(\&l->serving, 0);/'
	grep -q exchange barges.c || fail "the example has changed: $(cat barges.c)"
	sed 's/LOCK(barges/LOCK(unfair/; s/ | CB_FIFO//' barges.c >unfair.c
	cmp -s <(sed s/unfair/barges/ unfair.c) barges.c && fail "the example has changed: $(cat unfair.c)"
	build unfair.so
	own door 's/while (cb_load_acquire(&l->serving) != mine)/while (0)/'
	grep -q 'while (0)' door.c || fail "the example has changed: $(cat door.c)"
	own untried 's/^CB_MODULE//'
	cat >>untried.c <<-'EOF2'
		static const struct cb_sweep sweeps[] = {{CB_QUICK, "model=thread workers=2"}};
		static const struct cb_kind mine = {.family = "lock", .name = "mine", .about = "never tried",
		    .from = CB_QUICK, .version = 1, .models = CB_CAN(CB_THREAD), .not_models = "not",
		    .work = &cb_lock_work_untried, .impl = &cb_lock_impl_untried, .sweeps = sweeps, .sweep_count = 1};
		CB_REGISTER(mine)
		CB_MODULE
	EOF2
	build untried.so
	local loads=()
	for name in waits spins barges unfair door untried; do loads+=(--load "./$name.so"); done
	expect 1 "$CONCBENCH" check --case-time 500ms "${loads[@]}"
	has out 'ok    lock/waits' 'as coroutine: ' 'as process: ' 'as thread: ' \
		'WRONG lock/spins/model:coroutine/' 'hung: ' 'left out' \
		'WRONG lock/barges/' 'not first come, first served' 'ok    lock/unfair' '3 kinds right, 4 wrong'
	row lock/door | grep -q 'not exclusive' || fail "$(cat out)"
	row lock/mine | grep -q 'none of its sweeps is of CB_CHECK' || fail "$(cat out)"
	has out 'ok    lock/untried'
	! grep 'WRONG lock/spins/model:thread' out || fail "$(cat out)"
	# Alone, and by its name.
	expect 1 "$CONCBENCH" check --quiet --case-time 100ms --load ./untried.so lock/mine
	has out 'WRONG lock/mine' 'none of its sweeps is of CB_CHECK' '0 kinds right, 1 wrong'
}

# One that crashes costs its own row.
a_bad_one_is_found() {
	build_example
	own crash 's/const uint32_t mine = .*/const uint32_t mine = *(volatile uint32_t *)(uintptr_t)16;/'
	expect 1 "$CONCBENCH" run "${quick[@]}" --load ./crash.so lock/crash/workers:2 lock/ck_mcs/workers:2 \
		--benchmark_format=csv
	grep -q '^"lock/crash.*crashed.*signal 11' out || fail "$(cat out)"
	grep '^"lock/ck_mcs' out | grep -qv crashed || fail "$(cat out)"
}

# block HEADING - the first block of C below that heading of CONTRIBUTING.
block() {
	awk -v heading="## $1" '/^## /{ in_it = $0 == heading } /^```/{ if (in_it && shown) exit; shown = in_it && /^```c/; next } shown' \
		"$tree/CONTRIBUTING.md" >block
	[ -s block ] || fail "CONTRIBUTING has no C below '$1'"
	cat block
}

# in_table KIND AFTER - the README's table names it, too.
in_table() {
	grep -q "\`$2\`" README.md || fail "the README has no $2"
	sed -i "/^## What is measured/,/^Every case/s/\`$2\`/& \`$1\`/" README.md
}

# touched - what differs from the last commit: lines added, lines taken away, file.
touched() {
	git add -AN benches harness scripts README.md Makefile
	git diff --numstat | tr '\t' ' '
}

# What a newcomer adds to the tree, exactly as CONTRIBUTING says: a file, and a line of the README.
a_kind_is_a_file_and_a_line() {
	need_compilers
	if ! [ -d "$tree/build/obj" ] || ! [ "$CONCBENCH" -ef "$tree/build/concbench" ]; then skip "not this tree's build"; fi
	mkdir -p copy/build
	cp -a "$tree/Makefile" "$tree/README.md" "$tree/benches" "$tree/harness" "$tree/scripts" copy/
	find "$tree/build" -mindepth 1 -maxdepth 1 ! -name tests ! -name 'san-*' ! -name fuzz -exec cp -a {} copy/build/ \;
	cd copy || exit 1
	export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t
	printf '%s\n' build out err block >.gitignore
	if ! { git init -q . && git add -A && git commit -qm base; }; then skip "no git"; fi
	block 'Adding a lock' >>benches/locks/ck.c
	in_table ck_dec ck_fas
	touched >lines
	[[ $(paste -sd, lines) =~ ^1\ 1\ README.md,([0-9]+)\ 0\ benches/locks/ck.c$ ]] || fail "a lock: $(cat lines)"
	[ "${BASH_REMATCH[1]}" -le 8 ] || fail "a lock: $(cat lines)"
	git commit -qam lock
	block 'Adding a queue' >>benches/queues/ck.c
	in_table ck_mpmc_try ck_spsc
	touched >lines
	[[ $(paste -sd, lines) =~ ^1\ 1\ README.md,([0-9]+)\ 0\ benches/queues/ck.c$ ]] || fail "a queue: $(cat lines)"
	[ "${BASH_REMATCH[1]}" -le 20 ] || fail "a queue: $(cat lines)"
	git commit -qam queue
	block 'Adding a job' >benches/jobs/digits.c
	# shellcheck disable=SC2016 # the back quotes are Markdown's
	sed -i '/^| `job\/sieve`/i | `job/digits` | sums of digits | as `job/sieve` |' README.md
	touched >lines
	[[ $(paste -sd, lines) =~ ^1\ 0\ README.md,[0-9]+\ 0\ benches/jobs/digits.c$ ]] || fail "a job: $(cat lines)"
	git commit -qam job
	# A library of its own is a file more.
	sed '/^CB_MODULE/d' "$tree/scripts/examples/own-lock/ticket.c" >benches/locks/ticket.c
	in_table ticket ck_dec
	touched >lines
	[[ $(paste -sd, lines) =~ ^1\ 1\ README.md,[0-9]+\ 0\ benches/locks/ticket.c$ ]] || fail "a library: $(cat lines)"
	make -s WERROR=1 build/concbench >make.out 2>&1 || fail "$(cat make.out)"
	expect 0 build/concbench check --case-time 250ms lock/ck_dec lock/ticket queue/ck_mpmc_try job/digits
	has out 'ok    lock/ck_dec' 'ok    lock/ticket' 'ok    queue/ck_mpmc_try' 'ok    job/digits'
	# That it is listed is enough: the table of the README is compared with it.
	sed -i 's/^run .*/run every_kind_is_in_the_table/' scripts/tests/readme.sh
	CONCBENCH=$PWD/build/concbench bash scripts/tests/readme.sh >table || fail "$(cat table)"
	git checkout -q README.md
	! CONCBENCH=$PWD/build/concbench bash scripts/tests/readme.sh >table || fail "a kind is nowhere in the README"
}

# A repository with kinds of its own: the one that `concbench new` begins. The scripts lie elsewhere.
gate_of_own_kinds() {
	export GIT_AUTHOR_NAME=test GIT_AUTHOR_EMAIL=test@localhost GIT_COMMITTER_NAME=test \
		GIT_COMMITTER_EMAIL=test@localhost GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
	if ! command -v "${CC:-cc}" >/dev/null; then skip "no compiler"; fi
	case $CONCBENCH in */san-*) skip "an instrumented program" ;; esac
	mkdir bin tmp
	ln -s "$CONCBENCH" bin/concbench
	export PATH=$PWD/bin:$PATH XDG_CACHE_HOME=$PWD/cache GATE_LOAD=bench.so TMPDIR=$PWD/tmp \
		GATE_CHECK='--case-time 250ms' \
		CONCBENCH_CFLAGS="-I$tree/harness/include"
	concbench new lock mine own
	cd own
	printf '/out\n/err\n' >>.gitignore
	git init -q -b main .
	git add -A
	git commit -qm one
	git checkout -q -b change
	local options=(--filter 'model:thread/workers:1/.*hold_ns:0/' --min-effect 20% --time-budget 30s --no-noise)
	expect 0 "$tree/scripts/ci/pr-gate.sh" main "${options[@]}"
	has out 'nothing to gate'
	echo >>README.md
	git commit -qam two
	expect 0 "$tree/scripts/ci/pr-gate.sh" main "${options[@]}"
	has out 'ok    lock/mine'
	has gate-out/gate.md lock/mine
	has gate-out/gate.xml testsuite
	sed -i 's/^\tcb_store_release(&l->serving/\tfor (volatile int i = 0; i < 30; i++)\n\t\t;\n&/' mine.c
	git commit -qam slow
	expect 1 "$tree/scripts/ci/pr-gate.sh" main "${options[@]}"
	verdict gate-out/gate.md slower lock/mine
	# A kind that is wrong has no figure, and is no slowdown.
	sed -i 's/while (cb_load_acquire(&l->serving) != mine)/while (0)/' mine.c
	git commit -qam wrong
	expect 2 env GATE_CHECK="$GATE_CHECK --quiet" "$tree/scripts/ci/pr-gate.sh" main "${options[@]}"
	has err 'the kinds of bench.so are not right'
	has out 'WRONG lock/mine' '0 kinds right, 1 wrong'
	! grep '^ok ' out || fail "that is not quiet: $(cat out)"
	echo '#error no' >>mine.c
	expect 2 "$tree/scripts/ci/pr-gate.sh" main "${options[@]}"
	has err "'make bench.so' failed"
	# What a check that failed has said is all that stays.
	[ -z "$(find "$TMPDIR" -mindepth 1 -maxdepth 1 ! -name 'concbench-check-*')" ] || fail "left: $(ls "$TMPDIR")"
}

run what_is_not_claimed_is_said claims_are_tried a_lock_and_a_queue_are_loaded \
	a_bad_one_is_found a_kind_is_a_file_and_a_line gate_of_own_kinds
