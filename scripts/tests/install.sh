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
	expect 0 "$program" check --load own/bench.so
	has out 'ok    lock/ticket' 'ok    queue/lamport' 'ok    job/checksum' '3 kinds right, 0 wrong'
	expect 0 "$program" run --rounds 2 --slots 2 --results res --load own/bench.so lock/ticket/workers:2 \
		queue/lamport/capacity:16 job/checksum/workers:1
	has res/latest/run.json '"name": "lock/ticket/' '"name": "queue/lamport/' '"name": "job/checksum/'
	# The plot scripts are found, too.
	! command -v gnuplot >/dev/null || [ -s res/latest/charts/lock.svg ] || fail "no chart: $(cat err)"
	expect 0 "$program" gate --load own/bench.so lock/ticket/workers:1 --min-effect 20% --time-budget 30s --no-noise
	has out lock/ticket same
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
		GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null XDG_CACHE_HOME=$PWD/cache GATE_LOAD=bench.so
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

run a_prefix_is_all_that_is_needed destdir_is_not_in_what_is_written a_runner_that_has_nothing headers_stand_alone
