#!/usr/bin/env bash
# setup.sh - scripts/deps on machines of all kinds, make help, make install, and rebuilding.
# shellcheck source=scripts/tests/tap.bash
. "$(dirname "$0")/tap.bash"

root=$(cd "$(dirname "$0")/../.." && pwd)

# bare PROGRAM... - a PATH with only what a shell script needs, and these, which say what they got.
bare() {
	local program
	mkdir -p bin
	for program in cat env sh mktemp rm tail sed grep ls; do
		ln -sf "$(command -v "$program")" "bin/$program"
	done
	for program; do
		printf '#!/bin/sh\necho "%s $*" >>"%s/calls"\n%s\n' "$program" "$PWD" \
			'[ "$*" != "-u" ] || echo 1000' >"bin/$program"
		chmod +x "bin/$program"
	done
}

deps() { env -i PATH="$PWD/bin" HOME="$PWD" sh "$root/scripts/deps" "$@"; }

what_is_missing_is_named_for_each_system() {
	local system
	for system in 'dnf:dnf install:google-benchmark-devel' 'pacman:pacman -S:boost' \
		'brew:brew install:concurrencykit'; do
		rm -rf bin
		bare "${system%%:*}" id
		expect 2 deps build
		has err 'missing:' "$(cut -d: -f2 <<<"$system")" "${system##*:}"
		[ ! -e calls ] || ! grep -q install calls || fail "installed: $(cat calls)"
	done
	rm -rf bin
	bare id
	expect 2 deps build
	has err 'no package manager' libhwloc-dev
}

nothing_is_installed_without_permission() {
	bare apt-get id
	expect 2 deps build
	has err 'may not install' 'sudo apt-get install' libhwloc-dev
	if grep -q apt-get calls; then fail "called: $(cat calls)"; fi
}

# An account that may, with a password.
on_a_terminal_sudo_may_ask() {
	command -v script >/dev/null || skip "no script(1) to make a terminal with"
	script -qec true /dev/null </dev/null >/dev/null 2>&1 || skip "no terminals here (/dev/pts)"
	bare apt-get id
	# shellcheck disable=SC2016 # the stand-in's own words
	printf '#!/bin/sh\necho "sudo $*" >>"%s/calls"\n[ "$1" != -n ] || exit 1\n[ "$1" = -v ] || exec "$@"\n' \
		"$PWD" >bin/sudo && chmod +x bin/sudo
	expect 0 script -qec "env -i PATH='$PWD/bin' HOME='$PWD' sh '$root/scripts/deps' build" typescript
	has calls 'sudo -v' 'sudo env' 'apt-get install -y' libhwloc-dev
	rm calls
	# No terminal, nobody to ask.
	expect 2 deps build
	has err 'may not install' 'apt-get update && sudo apt-get install'
	if grep -q 'sudo -v' calls; then fail "asked: $(cat calls)"; fi
}

only_asking_installs_nothing() {
	bare apt-get id
	expect 0 deps --list ci
	has out 'apt-get install' libhwloc-dev gnuplot-nox libcmocka-dev clang-format
	expect 2 deps --check build
	has err 'not installed' 'apt-get install' libhwloc-dev
	if grep -qs apt-get calls; then fail "called: $(cat calls)"; fi
}

root_installs_by_name_once() {
	bare apt-get
	printf '#!/bin/sh\necho 0\n' >bin/id && chmod +x bin/id
	expect 0 deps build
	has calls 'apt-get install -y --no-install-recommends' libhwloc-dev libboost-context-dev
	if grep -q gnuplot calls; then fail "more than was asked for: $(cat calls)"; fi
	[ "$(wc -l <calls)" -eq 1 ] || fail "$(cat calls)"
}

# An old list of packages: fetch a new one, then say what apt said.
# shellcheck disable=SC2016 # the stand-in's own $1
apt_that_fails_is_heard() {
	bare
	printf '#!/bin/sh\necho 0\n' >bin/id
	printf '#!/bin/sh\necho "$1" >>"%s/calls"\necho "E: no such package"; exit 100\n' "$PWD" >bin/apt-get
	chmod +x bin/id bin/apt-get
	expect 2 deps build
	has err 'E: no such package' 'apt-get update && apt-get install'
	has calls update
}

unknown_groups_are_refused() {
	expect 2 sh "$root/scripts/deps" everything
	has err usage:
	expect 2 sh "$root/scripts/deps"
}

help_names_the_targets() {
	expect 0 make -s -C "$root" help
	has out bench test gate install PROFILE= BENCH_ARGS
}

# No compiler for these: what make would do is enough.
other_flags_compile_everything() {
	local all
	make -s -C "$root" BUILD="$PWD/b" CC=true CXX=true AR=true "$PWD/b/tools" >/dev/null
	make -n -C "$root" BUILD="$PWD/b" CFLAGS=-O2 "$PWD/b/concbench" >out
	all=$(grep -c ' -c -o ' out)
	[ "$all" -gt 100 ] || fail "only $all files are compiled"
	cp "$PWD/b/tools" before
	make -s -C "$root" BUILD="$PWD/b" CC=true CXX=true AR=true "$PWD/b/tools" >/dev/null
	[ ! b/tools -nt before ] || fail "the same tools are taken for others"
	make -s -C "$root" BUILD="$PWD/b" CC=true CXX=true AR=true CFLAGS=-O0 "$PWD/b/tools" >/dev/null
	if cmp -s b/tools before; then fail "other flags are not noticed"; fi
	has b/tools -O0
}

installed_it_runs() {
	# A copy of the tree's objects: the program under test stays as it is.
	mkdir b
	find "$(dirname "$CONCBENCH")" -mindepth 1 -maxdepth 1 ! -name tests ! -name 'san-*' -exec cp -a {} b/ \;
	make -s -C "$root" install BUILD="$PWD/b" PREFIX=/opt/here DESTDIR="$PWD/stage" >log 2>&1 ||
		fail "make install: $(tail -n 5 log)"
	[ "$(grep -c ' CC ' log)" -le 2 ] || fail "everything is compiled again: $(head -n 5 log)"
	expect 0 "$PWD/stage/opt/here/bin/concbench" --version
	[ -f stage/opt/here/share/concbench/plots/style.gp ] || fail "no plots: $(find stage)"
	# What it needs it finds beside itself: the prefix is not compiled in, and another one compiles nothing.
	! grep -qaF /opt/here stage/opt/here/bin/concbench || fail "it knows its prefix"
}

run what_is_missing_is_named_for_each_system on_a_terminal_sudo_may_ask nothing_is_installed_without_permission \
	only_asking_installs_nothing root_installs_by_name_once apt_that_fails_is_heard \
	unknown_groups_are_refused help_names_the_targets other_flags_compile_everything \
	installed_it_runs
