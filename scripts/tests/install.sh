#!/usr/bin/env bash
# install.sh - what `make install` leaves is all that somebody needs who measures kinds of their own.
# shellcheck source=scripts/tests/tap.bash
. "$(dirname "$0")/tap.bash"

tree=$(cd "$(dirname "$0")/../.." && pwd)

# install VARIABLE=VALUE... - from a copy, whose build may be linked again without harm to other tests.
install() {
	command -v pkg-config >/dev/null || skip "no pkg-config"
	if ! [ -d "$tree/build/obj" ] || ! [ "$CONCBENCH" -ef "$tree/build/concbench" ]; then skip "not this tree's build"; fi
	mkdir -p copy/build
	cp -a "$tree/Makefile" "$tree/benches" "$tree/harness" "$tree/scripts" copy/
	find "$tree/build" -mindepth 1 -maxdepth 1 ! -name tests ! -name 'san-*' ! -name fuzz -exec cp -a {} copy/build/ \;
	make -s -C copy WERROR=1 install "$@" >make.out 2>&1 || fail "$(cat make.out)"
}

# build_example - as its user does: nothing but pkg-config says where the headers are.
build_example() {
	mkdir own
	cp "$tree"/scripts/examples/own-lock/* own/
	make -s -C own CFLAGS='-O2 -Werror -pedantic' CXXFLAGS='-O2 -Werror -pedantic' 2>make.err || fail "$(cat make.err)"
	[ ! -s make.err ] || fail "warnings: $(cat make.err)"
}

a_prefix_is_all_that_is_needed() {
	install PREFIX="$PWD/prefix"
	local file program=$PWD/prefix/bin/concbench
	export PKG_CONFIG_PATH=$PWD/prefix/share/pkgconfig
	# Nothing of the tree is needed any more.
	rm -r copy/scripts copy/harness copy/build
	[ "$(pkg-config --modversion concbench)" = "$("$program" --version | cut -d' ' -f2)" ] || fail "another version"
	build_example
	expect 0 "$program" check --case-time 250ms --load own/bench.so
	has out 'ok    lock/ticket' 'ok    queue/lamport' 'ok    loss/lamport' 'ok    job/checksum' '4 kinds right, 0 wrong'
	expect 0 "$program" run --rounds 2 --slots 2 --results res --load own/bench.so lock/ticket/workers:2 \
		queue/lamport/capacity:16 job/checksum/workers:1
	has res/latest/run.json '"name": "lock/ticket/' '"name": "queue/lamport/' '"name": "job/checksum/'
	# The plot scripts are found, too.
	! command -v gnuplot >/dev/null || [ -s res/latest/charts/lock.svg ] || fail "no chart: $(cat err)"
	expect 0 "$program" gate --load own/bench.so lock/ticket/workers:1 --min-effect 20% --time-budget 30s --no-noise
	# Whatever a busy machine lets it say: it has looked.
	grep -qE '^(same|unsure) .* lock/ticket/' out || fail "$(cat out)"
	# One command is the whole build of a single file.
	# shellcheck disable=SC2046 # words, on purpose
	"${CC:-cc}" -shared -fPIC $(pkg-config --cflags concbench) own/ticket.c -o one.so
	expect 0 "$program" list --load ./one.so
	has out lock/ticket
	bash -n prefix/share/bash-completion/completions/concbench
	has prefix/share/zsh/site-functions/_concbench '#compdef concbench'
	has prefix/share/fish/vendor_completions.d/concbench.fish 'complete -c concbench'
	has prefix/share/man/man1/concbench.1 '.TH CONCBENCH 1' '.SS concbench gate'
}

# Google Benchmark from C: header and source are there, and built as the header says.
the_c_shim_is_usable() {
	install PREFIX="$PWD/prefix"
	rm -r copy
	export PKG_CONFIG_PATH=$PWD/prefix/share/pkgconfig
	cat >my.c <<-'EOF'
		#include <concbench/gbench.h>
		static void body(struct gbench_state *state, void *user)
		{
			while (gbench_keep_running(state))
				++*(volatile int *)user;
		}
		int main(int argc, char **argv)
		{
			int counter = 0;
			const struct gbench_case one = {.name = "mine/counter", .fn = body, .user = &counter, .iterations = 1000};

			return gbench_initialize(&argc, argv) || gbench_register(&one) || gbench_run(NULL) || counter < 1000;
		}
	EOF
	sed -n 's/^ \*\t\(c++\|cc\) /\1 /p' prefix/include/concbench/gbench.h >commands
	[ "$(wc -l <commands)" -eq 2 ] || fail "the header says otherwise: $(cat commands)"
	sed "s|^c++|${CXX:-c++}|; s|^cc|${CC:-cc}|" commands | sh -e 2>said || fail "$(cat commands said)"
	expect 0 ./a.out --benchmark_format=csv
	has out '"mine/counter/iterations:1000",1000,'
}

# Where a package is put together is not where it will be.
destdir_is_not_in_what_is_written() {
	install DESTDIR="$PWD/stage" PREFIX=/opt/cb
	[ "$(ls stage stage/opt)" = $'stage:\nopt\n\nstage/opt:\ncb' ] || fail "$(find stage -maxdepth 3)"
	! grep -rqF "$PWD" --exclude=concbench stage || fail "it knows where it was staged: $(grep -rlF "$PWD" stage)"
	export PKG_CONFIG_PATH=$PWD/stage/opt/cb/share/pkgconfig
	pkg-config --cflags concbench >flags
	# The machine code is what the tree's own kinds become.
	[ "$(tr -s ' ' '\n' <flags | LC_ALL=C sort | paste -sd' ')" = \
		"-I/opt/cb/include -falign-functions=64 -fno-omit-frame-pointer" ] || fail "$(cat flags)"
	export PKG_CONFIG_SYSROOT_DIR=$PWD/stage
	build_example
	expect 0 stage/opt/cb/bin/concbench list --load own/bench.so
	has out lock/ticket queue/lamport job/checksum
	# Only what was installed goes; what is somebody else's stays.
	echo theirs >stage/opt/cb/bin/theirs
	make -s -C copy uninstall DESTDIR="$PWD/stage" PREFIX=/opt/cb
	[ "$(find stage -type f)" = stage/opt/cb/bin/theirs ] || fail "left: $(find stage -type f)"
}

# What the workflows do: a runner has a compiler and a clone of concbench, and nothing installed.
a_runner_that_has_nothing() {
	! command -v concbench >/dev/null || skip "concbench is installed here"
	install PREFIX="$PWD/unused"
	export GIT_AUTHOR_NAME=test GIT_AUTHOR_EMAIL=test@localhost GIT_COMMITTER_NAME=test GIT_COMMITTER_EMAIL=test@localhost \
		GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null XDG_CACHE_HOME=$PWD/cache GATE_LOAD=bench.so \
		GATE_CHECK='--case-time 250ms'
	"$CONCBENCH" new job mine own >/dev/null
	cd own
	printf '/out\n/err\n' >>.gitignore
	git init -q -b main . && git add -A && git commit -qm one
	git checkout -q -b change && echo >>README.md && git commit -qam two
	expect 0 ../copy/scripts/ci/pr-gate.sh main --filter 'model:thread/workers:1/' --min-effect 20% --time-budget 30s --no-noise
	has gate-out/gate.md job/mine
	[ -x ../copy/build/installed/bin/concbench ] || fail "not installed: $(cat out)"
}

# stands_alone HEADER INCLUDE - as the first line of a file in either language, with each compiler.
stands_alone() {
	local compiler done=
	for compiler in gcc clang; do
		command -v $compiler >/dev/null || continue
		done=yes
		echo "#include <concbench/$1>" >alone.c
		cp alone.c alone.cc
		$compiler -std=c11 -Wall -Wextra -pedantic -Werror -fsyntax-only -I"$2" alone.c || return 1
		$compiler -std=c++17 -Wall -Wextra -pedantic -Werror -fsyntax-only -I"$2" alone.cc || return 1
	done
	[ -n "$done" ] || skip "no compiler"
}

headers_stand_alone() {
	local header
	for header in "$tree"/harness/include/concbench/*.h; do
		stands_alone "$(basename "$header")" "$tree/harness/include" 2>said || fail "$header: $(cat said)"
	done
	# Negative controls: one that needs another, and one that is C only.
	mkdir -p bad/concbench
	echo 'extern size_t count;' >bad/concbench/needs.h
	! stands_alone needs.h bad 2>/dev/null || fail "a header that does not stand alone passed"
	echo 'static _Atomic int only_c; static inline int get(void) { return only_c; }' >bad/concbench/only_c.h
	! stands_alone only_c.h bad 2>/dev/null || fail "a header that is not C++ passed"
}

# forms_are_clean INCLUDE - what the forms become, as C and as C++, under each compiler.
forms_are_clean() {
	local compiler std done=
	cp forms.c forms.cc
	for compiler in gcc clang; do
		command -v $compiler >/dev/null || continue
		done=yes
		for std in c11:c gnu11:c c++17:cc gnu++17:cc; do
			$compiler -std=${std%:*} -O1 -Wall -Wextra -pedantic -Werror -fPIC -I"$1" -c forms.${std#*:} -o forms.o || return 1
		done
	done
	[ -n "$done" ] || skip "no compiler"
}

# Each form of lock.h, queue.h and job.h that a user may write, short and long.
forms_are_expanded_without_a_warning() {
	local form forms include=$tree/harness/include
	cat >forms.c <<-'EOF'
		#include <concbench/job.h>
		#include <concbench/lock.h>
		#include <concbench/queue.h>
		#include <concbench/runtime.h>

		struct word {
			uint32_t taken;
		};

		static inline bool take(struct word *l)
		{
			return !__atomic_exchange_n(&l->taken, 1u, __ATOMIC_ACQUIRE);
		}

		static inline void wait_for(struct word *l, struct cb_worker *w)
		{
			while (!take(l))
				cb_relax(w);
		}

		/* The names are some that the headers have, too. */
		CB_LOCK(plain, "one", "nobody", CB_QUICK, CB_CAN_OS, struct word, CB_NO_NODE, CB_NO_INIT, wait_for(lock, w),
		    cb_store_release(&lock->taken, 0u), CB_NO_TRY)
		CB_LOCK(tried, "one", "nobody", CB_QUICK, CB_CAN_ALL | CB_FIFO, struct word, struct word, (lock->taken = 0, 0),
		    (node->taken = 1, wait_for(lock, w)), cb_store_release(&lock->taken, 0u), take(lock))
		CB_RWLOCK(shared, "one", "nobody", CB_FULL, CB_CAN(CB_THREAD), struct word, CB_NO_NODE, CB_NO_INIT,
		    wait_for(lock, w), cb_store_release(&lock->taken, 0u), take(lock), wait_for(lock, w),
		    cb_store_release(&lock->taken, 0u))

		CB_ROOM_OF(word_room, struct word)
		CB_LOCK_CALLS(written, struct word, CB_NO_NODE, CB_NO_INIT, wait_for(lock, w),
		    cb_store_release(&lock->taken, 0u), CB_NO_TRY)
		static const struct cb_lock_ops cb_lock_ops_written = {cb_lock_init_written, cb_lock_acquire_written,
		    cb_lock_release_written, cb_lock_try_acquire_written, NULL, NULL, NULL, NULL, NULL};
		CB_LOCK_REST(written, "one", "nobody", CB_FULL, CB_CAN_OS, struct word, CB_NO_NODE)

		CB_LOCK_CALLS(sized, struct word, struct word, CB_NO_INIT, wait_for(lock, w),
		    cb_store_release(&lock->taken, node->taken), CB_NO_TRY)
		static const struct cb_lock_ops cb_lock_ops_sized = {cb_lock_init_sized, cb_lock_acquire_sized,
		    cb_lock_release_sized, cb_lock_try_acquire_sized, NULL, NULL, NULL, NULL, NULL};
		CB_LOCK_BATCH(sized)
		CB_LOCK_WORK(sized)
		static const struct cb_lock cb_lock_impl_sized = {&cb_lock_ops_sized, word_room, word_room, false, cb_lock_tries_sized};
		CB_LOCK_KIND(sized, "one", "nobody", CB_FULL, CB_CAN_OS, 0)

		struct slot {
			uint32_t full CB_ALIGNED;
			uint64_t item;
		};

		static inline bool put(struct slot *q, const void *item, size_t bytes)
		{
			if (cb_load_acquire(&q->full))
				return false;
			memcpy(&q->item, item, bytes);
			cb_store_release(&q->full, 1u);
			return true;
		}

		static inline bool get(struct slot *q, void *item, size_t bytes)
		{
			if (!cb_load_acquire(&q->full))
				return false;
			memcpy(item, &q->item, bytes);
			cb_store_release(&q->full, 0u);
			return true;
		}

		CB_QUEUE(put, "one", "nobody", CB_QUICK, CB_CAN_ALL, 1, 1, CB_QUEUE_ITEM_BYTES, struct slot,
		    sizeof(struct slot) + env->capacity, 0, put(queue, item, bytes), get(queue, item, bytes))
		CB_QUEUE(slots, "one", "nobody", CB_QUICK, CB_CAN_OS, 0, 0, 0, struct slot, sizeof(struct slot),
		    (queue->full = 0, 0), put(queue, item, bytes), get(queue, item, bytes))
		CB_QUEUE_SIZED(counted, "one", "nobody", CB_QUICK, CB_CAN_ALL, 1, 1, 0, struct slot, sizeof(struct slot), 0,
		    put(queue, item, bytes), get(queue, item, bytes), cb_load_acquire(&queue->full), 1)

		static uint64_t batch(struct cb_worker *w, void *state, uint64_t n)
		{
			(void)w;
			(void)cb_fetch_add((uint64_t *)state, n);
			return n;
		}

		static int check(const struct cb_env *env, char *why, size_t why_len)
		{
			(void)env;
			(void)why;
			return why_len ? 0 : -1;
		}

		static const struct cb_workload work = {"addition", NULL, CB_ALIGN, NULL, NULL, NULL, batch, NULL, check, NULL,
		    NULL, NULL, NULL, 0, 0, true, false, "an addition", "nothing"};
		CB_JOB(added, "one", "nobody", CB_QUICK, &work)

		static const struct cb_param params[] = {CB_PARAM_MODEL, CB_PARAM_WORKERS("2"), CB_PARAM_CARRIERS,
		    CB_PARAM_PLACE("same"), CB_PARAM("depth", CB_COUNT, "1", 1, 9, "how deep")};
		static const struct cb_kind own = {"job", "own", "one", "nobody", 0, CB_QUICK, 1, CB_CAN_ALL, NULL, &work, NULL, NULL,
		    params + 4, 1, NULL, NULL, NULL, 0, NULL, 0, NULL, NULL, NULL, NULL, ""};
		CB_REGISTER(own)

		CB_MODULE
	EOF
	forms_are_clean "$include" 2>said || fail "$(cat said)"
	# All that take arguments are in there, or in one that is.
	forms=$(sed -n 's/^#define \(CB_[A-Z_]*\)(.*/\1/p' "$include"/concbench/{lock,queue,job}.h)
	[ "$(wc -w <<<"$forms")" -ge 10 ] || fail "hardly a form: $forms"
	for form in $forms; do
		grep -q "^[[:space:]]*$form(" forms.c "$include"/concbench/{lock,queue,job}.h || fail "$form is not expanded"
	done
	# Negative controls: a form that warns, in C++ alone and under -Wextra.
	mkdir -p bad/concbench
	cp "$include"/concbench/*.h bad/concbench/
	sed -i 's/(type \*)queue_/queue_/' bad/concbench/queue.h
	! forms_are_clean bad 2>/dev/null || fail "a form that is not C++ passed"
	cp "$include"/concbench/queue.h bad/concbench/queue.h
	sed -i '/^	static size_t cb_queue_bytes_/,/^	}/s/(void)env;/;    /' bad/concbench/queue.h
	! forms_are_clean bad 2>/dev/null || fail "a form that warns passed"
}

run a_prefix_is_all_that_is_needed the_c_shim_is_usable destdir_is_not_in_what_is_written a_runner_that_has_nothing headers_stand_alone forms_are_expanded_without_a_warning
