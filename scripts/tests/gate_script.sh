#!/usr/bin/env bash
# gate_script.sh - scripts/gate in a repository of its own, whose "build" copies a script.
# shellcheck source=scripts/tests/tap.bash
. "$(dirname "$0")/tap.bash"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export GIT_AUTHOR_NAME=test GIT_AUTHOR_EMAIL=test@localhost GIT_COMMITTER_NAME=test \
	GIT_COMMITTER_EMAIL=test@localhost GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null

# What is "built": it says what it was asked, and ends as the head's status file says.
repository() {
	git init -q -b main repo
	mkdir -p repo/scripts tmp
	export TMPDIR=$PWD/tmp
	cd repo
	cp "$here/gate" scripts/gate
	# shellcheck disable=SC2016
	echo 'build/concbench: program status ; mkdir -p build && cp program $@ && chmod +x $@ &&' \
		'echo "$(CC) $(CFLAGS)" >build/flags' >Makefile
	cat >program <<-'EOF'
		#!/bin/sh
		here=$(dirname "$0")
		echo "asked: $*"
		echo "version: $(cat "$here/../version"), flags: $(cat "$here/flags")"
		while [ $# -gt 0 ]; do case $1 in --base) base=$2 ;; esac; shift; done
		echo "base version: $(cat "$(dirname "$base")/../version"), flags: $(cat "$(dirname "$base")/flags")"
		[ "${#base}" -eq "${#0}" ] || echo "paths differ in length"
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
	has out 'version: two' 'base version: one' '--filter ^lock/ --strict'
	! grep -q 'differ in length' out || fail "$(cat out)"
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

ctrl_c_cleans_up() {
	repository
	local status=0 pid
	# shellcheck disable=SC2016
	echo 'build/concbench: ; echo $$PPID >$(TMPDIR)/../building; sleep 60' >Makefile
	# Its own process group, and SIGINT not ignored, as on a terminal.
	setsid bash -c 'trap - INT; exec scripts/gate HEAD' >out 2>err &
	pid=$!
	wait_for 20 test -s ../building
	kill -TERM $pid
	wait $pid || status=$?
	[ $status -eq 143 ] || fail "exit status $status: $(cat out err)"
	nothing_left
}

run two_revisions the_working_tree_is_head flags_go_to_both exit_status_is_the_gates mistakes \
	what_does_not_build ctrl_c_cleans_up
