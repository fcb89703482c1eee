#!/usr/bin/env bash
# gate_script.sh - scripts/gate in a repository of its own, whose "build" copies a script.
# shellcheck source=scripts/tests/tap.bash
. "$(dirname "$0")/tap.bash"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export GIT_AUTHOR_NAME=test GIT_AUTHOR_EMAIL=test@localhost GIT_COMMITTER_NAME=test \
	GIT_COMMITTER_EMAIL=test@localhost GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null

# What is "built": it says what it was asked, writes a comparison and ends as the head's status file says.
repository() {
	git init -q -b main repo
	mkdir -p repo/scripts tmp
	export TMPDIR=$PWD/tmp
	cd repo
	cp "$here/gate" scripts/gate
	cat >Makefile <<-'EOF'
		build/concbench: program status
		>mkdir -p build && cp program $@ && chmod +x $@
		>echo "$(CC) $(CFLAGS)" >build/flags
		>git rev-parse HEAD >build/revision
		>echo '#define BUILD_INFO_FLAGS "$(CFLAGS) $(OWN)"' >build/build_info_generated.h
	EOF
	sed -i 's/^>/\t/' Makefile
	cat >program <<-'EOF'
		#!/bin/sh
		here=$(dirname "$0")
		echo "asked: $*"
		echo "version: $(cat "$here/../version"), flags: $(cat "$here/flags")"
		[ "$1" != --version ] || exit 0
		while [ $# -gt 0 ]; do case $1 in --base) base=$2 ;; --json) [ "$json" ] || json=$2 ;; esac; shift; done
		echo "base version: $(cat "$(dirname "$base")/../version"), flags: $(cat "$(dirname "$base")/flags")"
		[ "${#base}" -eq "${#0}" ] || echo "paths differ in length"
		printf '{\n  "kind": "gate",\n  "exit_status": %s,\n  "cases": []\n}\n' "$(cat "$here/../status")" >"$json"
		exit "$(cat "$here/../status")"
	EOF
	echo one >version
	echo 0 >status
	echo build >.gitignore
	git add -A
	git commit -qm one
	echo two >version
	git commit -qam two
}

nothing_left() {
	[ -z "$(ls -A "$TMPDIR")" ] || fail "left behind: $(ls -A "$TMPDIR")"
	[ "$(git worktree list | wc -l)" -eq 1 ] || fail "worktrees left: $(git worktree list)"
}

two_revisions() {
	repository
	expect 0 scripts/gate HEAD~1 HEAD -- --filter '^lock/' --strict
	has out 'version: two' 'base version: one' '--filter ^lock/ --strict' '--base-name HEAD~1 --head-name HEAD'
	! grep -q 'differ in length' out || fail "$(cat out)"
	nothing_left
}

# A filter that fits nothing is no reason to wait for two builds; nor for one, where there is one.
a_request_is_checked_before_both_are_built() {
	repository
	sed -i '2a # measure nothing: 0 when\ncase "$*" in *--check*none*) echo nothing fits >\&2; exit 2 ;; *--check*) exit 0 ;; esac' program
	git commit -qam 'it knows the question'
	expect 2 scripts/gate HEAD~1 -- --filter none
	has err 'nothing fits' 'building head'
	! grep -q 'building base' err || fail "base was built: $(cat err)"
	nothing_left
	make -s build/concbench
	expect 2 scripts/gate HEAD~1 -- --filter none
	has err 'nothing fits'
	! grep -q building err || fail "built: $(cat err)"
	expect 0 scripts/gate HEAD~1 -- --filter some
	has err 'building base'
	nothing_left
}

the_working_tree_is_head() {
	repository
	echo three >version
	echo new >untracked
	expect 0 scripts/gate HEAD
	has out 'version: three' 'base version: two'
	git rm -q --cached version && rm version && git mv program moved && cp moved program && echo x >version
	expect 0 scripts/gate HEAD~1
	has out 'version: x'
	nothing_left
}

flags_go_to_both() {
	repository
	expect 0 env CC=some-cc CFLAGS=-O9 scripts/gate HEAD~1 HEAD
	[ "$(grep -c 'flags: some-cc -O9' out)" -eq 2 ] || fail "$(cat out)"
}

exit_status_is_the_gates() {
	repository
	for status in 1 2 3 4; do
		echo $status >status
		expect $status scripts/gate HEAD
	done
	nothing_left
}

# no_verdict PROGRAM TEXT... - a head that is this ends the gate with 2 and one line that says so.
no_verdict() {
	printf '#!/bin/sh\n%s\n' "$1" >program
	shift
	expect 2 scripts/gate HEAD
	grep -v '^gate: building' err >said || true
	one_line said 'gate: ' "$@"
	nothing_left
}

# 1 is "slower", and only that: what else ends with 1, or without a comparison, is a failure.
# shellcheck disable=SC2016 # for the programs to expand
a_broken_head_is_not_slower() {
	repository
	printf 'program\nsaid\n' >>.git/info/exclude
	# From the start.
	no_verdict 'echo lost >&2; exit 1' 'head (working tree) does not start' 'ended with 1: lost'
	no_verdict 'kill -SEGV $$' 'head (working tree) does not start' 'killed by signal 11'
	# When it comes to the gate.
	local starts='[ "$1" != --version ] || exit 0' status
	for status in 0 1 3 4; do
		no_verdict "$starts; exit $status" 'no verdict' "ended with $status" 'comparison is missing'
	done
	no_verdict "$starts; exit 77" 'no verdict' 'ended with 77'
	no_verdict "$starts; kill -SEGV \$\$" 'no verdict' 'killed by signal 11'
	no_verdict "$starts"'; while [ "$1" != --json ]; do shift; done; echo "\"exit_status\": 0," >"$2"; exit 1' \
		'no verdict' 'ended with 1' 'comparison says 0'
	# A base that does not start.
	git commit -qam base
	printf '#!/bin/sh\nexit 3\n' >program
	git commit -qam broken
	expect 2 scripts/gate HEAD HEAD~1
	has err 'base (HEAD) does not start' 'ended with 3'
	nothing_left
}

# The script's own file comes first: that of the user is one more.
the_users_options_come_last() {
	repository
	expect 0 scripts/gate HEAD -- --json mine.json
	has out 'gate --json ' '/verdict.json --base ' ' --head-name working tree --json mine.json'
	nothing_left
}

mistakes() {
	repository
	expect 2 scripts/gate
	one_line err BASE-REV usage
	expect 2 scripts/gate no-such-thing
	one_line err no-such-thing 'no such revision'
	expect 2 scripts/gate HEAD no-such-thing
	one_line err no-such-thing 'no such revision'
	expect 2 scripts/gate HEAD HEAD extra
	one_line err "'extra'"
	expect 0 scripts/gate --help
	has out Usage 'Exit status'
	nothing_left
	cd "$TMPDIR/.."
	expect 2 env GIT_CEILING_DIRECTORIES="$PWD" "$here/gate" HEAD
	one_line err 'not inside a git repository'
}

what_does_not_build() {
	repository
	echo 'build/concbench: ; @echo the compiler complains >&2; false' >Makefile
	git commit -qam broken
	expect 2 scripts/gate HEAD HEAD~1
	has err 'the compiler complains' 'base (HEAD) does not build'
	expect 2 scripts/gate HEAD~1
	has err 'head (working tree) does not build'
	nothing_left
}

# Each revision's Makefile may bring flags of its own.
built_differently() {
	repository
	sed -i '1i OWN = -fslow' Makefile
	git commit -qam flags
	expect 4 scripts/gate HEAD~1 HEAD
	[ ! -s out ] || fail "it was measured all the same: $(cat out)"
	has err 'base: FLAGS' 'head: FLAGS' -fslow --different-builds
	expect 0 scripts/gate --different-builds HEAD~1 HEAD
	has out 'asked: gate'
	has err 'as asked for' -fslow
	# The same flags for both are no difference.
	expect 0 scripts/gate HEAD
	nothing_left
}

never_instrumented() {
	repository
	expect 2 env SAN=address scripts/gate HEAD
	one_line err SAN=address 'never timed'
	nothing_left
}

no_hooks() {
	repository
	printf '#!/bin/sh\necho hook >>"%s"\nexit 1\n' "$PWD/hooked" >.git/hooks/post-checkout
	chmod +x .git/hooks/post-checkout
	expect 0 scripts/gate HEAD~1 HEAD
	[ ! -e hooked ] || fail "a hook ran"
}

# A copy of the tree has no repository; what was built from it still knows its revision.
the_working_tree_has_a_revision() {
	repository
	cat >program <<-'EOF'
		#!/bin/sh
		cat "$(dirname "$0")/revision"
		while [ $# -gt 0 ]; do [ "$1" != --json ] || echo '"exit_status": 0' >"$2"; shift; done
	EOF
	expect 0 scripts/gate HEAD~1
	[ "$(cat out)" = "$(git rev-parse HEAD)" ] || fail "$(cat out) instead of $(git rev-parse HEAD)"
}

# signalled SIGNAL STATUS - in its own process group, and SIGINT not ignored, as on a terminal.
signalled() {
	local status=0 pid
	setsid env --default-signal=INT scripts/gate HEAD >out 2>err &
	pid=$!
	wait_for 20 test -s "$TMPDIR/../busy"
	kill "-$1" $pid
	wait $pid || status=$?
	[ $status -eq "$2" ] || fail "exit status $status instead of $2: $(cat out err)"
	wait_for 5 gone "$(cat "$TMPDIR/../busy")"
	rm "$TMPDIR/../busy"
	nothing_left
}
gone() { ! kill -0 "$1" 2>/dev/null; }

ctrl_c_while_building() {
	repository
	# shellcheck disable=SC2016
	echo 'build/concbench: ; echo $$$$ >$(TMPDIR)/../busy; exec sleep 60' >Makefile
	git commit -qam slow
	signalled INT 130
	signalled TERM 143
	signalled HUP 129
}

# The gate gets the signal, once, and says what it has until then; the status is the script's.
ctrl_c_while_measuring() {
	repository
	cat >program <<-'EOF'
		#!/bin/bash
		trap 'echo INT' INT
		[ "$1" != --version ] || exit 0
		trap 'echo report; exit 77' TERM
		echo $$ >"$TMPDIR/../busy"
		while :; do sleep 0.1; done
	EOF
	git commit -qam slow
	signalled TERM 143
	[ "$(cat out)" = report ] || fail "$(cat out)"
	sed -i '2s/.*/trap "echo report; exit 78" INT/' program
	git commit -qam interrupt
	signalled INT 130
	[ "$(cat out)" = report ] || fail "$(cat out)"
	signalled HUP 129
}

# make_gate VARIABLE=VALUE... - the project's own rule, in this repository.
make_gate() {
	{
		echo 'deps-build:'
		# shellcheck disable=SC2016 # make's backquotes
		sed -n '/^# For `make gate`/,/^$/p' "$here/../Makefile"
	} >gate.mk
	make --no-print-directory -f gate.mk gate "$@"
}

# shellcheck disable=SC2016 # what must not be expanded
arguments_of_make_gate() {
	repository
	echo gate.mk >>.git/info/exclude
	expect 0 make_gate BASE=HEAD~1 HEAD=HEAD GATE_ARGS='--filter ^(lock|queue)/.*$ --strict'
	has out '--head-name HEAD --filter ^(lock|queue)/.*$ --strict'
	expect 0 make_gate BASE=HEAD GATE_ARGS="--base-name 'a \"b' --filter"' "x y;$(date)"'
	has out '--head-name working tree --base-name a "b --filter x y;$(date)'
	expect 0 make_gate BASE=HEAD
	has out '--base-name HEAD --head-name working tree'
	expect 2 make_gate BASE=HEAD GATE_ARGS="--filter 'x"
	has err 'quotes that do not match'
	expect 2 make_gate
	has err 'BASE=REV is missing'
	expect 2 scripts/gate HEAD --words a b
	one_line err 'one text'
	nothing_left
}

run two_revisions a_request_is_checked_before_both_are_built the_working_tree_is_head flags_go_to_both exit_status_is_the_gates a_broken_head_is_not_slower \
	the_users_options_come_last mistakes \
	what_does_not_build built_differently never_instrumented no_hooks the_working_tree_has_a_revision \
	ctrl_c_while_building ctrl_c_while_measuring arguments_of_make_gate
