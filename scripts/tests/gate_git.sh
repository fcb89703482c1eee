#!/usr/bin/env bash
# gate_git.sh - `concbench gate --git-base` in somebody else's repository: the one that `concbench new`
# begins.
# shellcheck source=scripts/tests/tap.bash
. "$(dirname "$0")/tap.bash"

tree=$(cd "$(dirname "$0")/../.." && pwd)
export GIT_AUTHOR_NAME=test GIT_AUTHOR_EMAIL=test@localhost GIT_COMMITTER_NAME=test \
	GIT_COMMITTER_EMAIL=test@localhost GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null \
	CONCBENCH_CFLAGS="-I$tree/harness/include"

# What is written beside the repository is not in it.
repository() {
	if ! command -v "${CC:-cc}" >/dev/null || ! command -v git >/dev/null; then skip "no compiler, or no git"; fi
	case $CONCBENCH in */san-*) skip "an instrumented program" ;; esac
	here=$PWD
	export XDG_CACHE_HOME=$here/cache
	"$CONCBENCH" new lock mine repo >/dev/null
	cd repo
	printf '/out\n/err\n/gate.json\n' >>.gitignore
	git init -q -b main .
	git add -A
	git commit -qm one
}

# Many times as long: nothing that a busy machine could hide.
make_slower() {
	sed -i 's/^\tcb_store_release(&l->serving/\tfor (volatile int i = 0; i < 1000; i++)\n\t\t;\n&/' mine.c
	grep -q volatile mine.c || fail "the skeleton has changed: $(cat mine.c)"
}

short=(lock/mine/workers:1 --min-effect 20% --time-budget 60s --no-noise)
gate() {
	"$CONCBENCH" gate --build 'make -s bench.so' --load bench.so "$@"
}

nothing_left() {
	[ "$(git worktree list | wc -l)" -eq 1 ] || fail "worktrees left: $(git worktree list)"
	[ -z "$(ls -A .git/worktrees 2>/dev/null)" ] || fail "registered: $(ls .git/worktrees)"
	[ -z "$(find "$here"/cache -name '.index-*' 2>/dev/null)" ] || fail "an index is left"
}

# Every folder of the cache is whole.
no_half_builds() {
	local folder
	for folder in "$here"/cache/concbench/builds/*/; do
		[ ! -d "$folder" ] || [ -e "$folder/built" ] || fail "a half build: $folder: $(ls -A "$folder")"
	done
}

nothing_has_changed() {
	repository
	# A change that is none for the lock, half of it staged.
	echo 'Nothing.' >>README.md && git add README.md && echo 'More.' >>README.md && echo new >new.txt
	git status --porcelain=v2 >"$here"/before
	expect 0 gate --git-base HEAD "${short[@]}" --json gate.json
	has out 'base: HEAD' 'head: working tree' lock/mine
	has err 'building base (HEAD)' 'building head (working tree)'
	! grep -q slower <(grep lock/ out) || fail "$(cat out)"
	python3 -c 'import json; assert json.load(open("gate.json"))["exit_status"] == 0'
	git status --porcelain=v2 | cmp - "$here"/before || fail "the repository has changed: $(git status)"
	nothing_left
	no_half_builds
	# Both are there now.
	expect 0 gate --git-base HEAD "${short[@]}"
	! grep -q building err || fail "built again: $(cat err)"
	# One and the same revision.
	git stash -q -u
	expect 0 gate --git-base main "${short[@]}"
	! grep -q building err || fail "built again: $(cat err)"
}

a_slower_lock_is_found() {
	repository
	make_slower
	expect 1 gate --git-base HEAD "${short[@]}"
	grep -q '^slower.*lock/mine' out || fail "$(cat out)"
	git commit -qam slower
	# The other way round, by name; and what was built from the working tree is built again, as a commit.
	expect 0 gate --git-base HEAD --git-head HEAD~1 --base-name new --head-name old "${short[@]}"
	grep -q '^faster.*lock/mine' out || fail "$(cat out)"
	has out 'base: new' 'head: old'
	nothing_left
}

# One program judges: all but what is loaded is the same on both sides, and not asked about.
only_what_is_loaded() {
	repository
	sed 's/LOCK(mine,/LOCK(other,/; s/^CB_MODULE//' mine.c >other.c
	# A kind that is new, in a file that git does not know yet.
	expect 0 gate --git-base HEAD --filter 'model:thread/workers:1/.*hold_ns:0/' --min-effect 20% --time-budget 30s --no-noise --json gate.json
	python3 - <<-'END' || fail "$(cat gate.json)"
		import json
		rows = {c["name"].split("/")[1]: c["verdict"] for c in json.load(open("gate.json"))["cases"]}
		assert set(rows) == {"mine", "other"}, rows
		assert rows["other"] == "missing" and rows["mine"] in ("same", "unsure"), rows
	END
}

what_does_not_build() {
	repository
	echo 'this is no C' >>mine.c
	expect 2 gate --git-base HEAD "${short[@]}"
	has err 'this is no C' "--build: 'make -s bench.so' failed in head (working tree): exit status 2"
	nothing_left
	no_half_builds
	git commit -qam broken
	expect 2 gate --git-base HEAD --git-head HEAD~1 --quiet "${short[@]}"
	has err 'this is no C' 'failed in base (HEAD)'
	expect 2 gate --git-base HEAD~1 --git-head HEAD~1 --build 'kill -SEGV $$' "${short[@]}"
	has err 'failed in base (HEAD~1): killed by signal 11'
	# Of one that says much, the end.
	expect 2 gate --git-base HEAD~1 --git-head HEAD~1 --build 'seq 100; false' --quiet "${short[@]}"
	[ "$(head -n 15 err)" = "$(seq 86 100)" ] || fail "$(cat err)"
	expect 2 gate --git-base HEAD~1 --git-head HEAD~1 --build true --quiet "${short[@]}"
	one_line err "--load: bench.so is not there after 'true' in base (HEAD~1)"
	nothing_left
}

# Before a minute has been spent on building.
what_is_checked_first() {
	repository
	built=$here/built
	refuse() {
		local text=$1
		shift
		expect 2 "$CONCBENCH" gate "$@"
		one_line err "$text"
		[ ! -e "$built" ] || fail "built all the same: $*"
	}
	local git=(--git-base HEAD --build "touch $built; make -s bench.so")
	local all=("${git[@]}" --load bench.so)
	refuse '--git-base: no-such-thing: no such revision' "${all[@]}" --git-base no-such-thing
	refuse '--git-head: v9: no such revision' "${all[@]}" --git-head v9
	refuse '--git-base: --option: no such revision' "${all[@]}" --git-base=--option
	refuse '--filter: ' "${all[@]}" --filter '('
	refuse '--set: ' "${all[@]}" --set workers
	refuse 'nonsense/mine' "${all[@]}" nonsense/mine
	refuse '--time-budget: 0.1 s is too short' "${all[@]}" --time-budget 100ms
	refuse "is not a time" "${all[@]}" --time-budget soon
	refuse '--json' "${all[@]}" --json nowhere/gate.json
	refuse '--load is missing' "${git[@]}"
	refuse '--build is missing' --git-base HEAD --load bench.so
	refuse '--build: means nothing without --git-base' --build make --load bench.so
	refuse '--git-head: means nothing without --git-base' --git-head HEAD --load bench.so
	refuse '--git-base and --base exclude each other' "${all[@]}" --base "$CONCBENCH"
	refuse '--git-base and --head exclude each other' "${all[@]}" --head "$CONCBENCH"
	mkdir "$here/outside"
	cd "$here/outside"
	export GIT_CEILING_DIRECTORIES=$here
	refuse 'not a git repository' "${all[@]}"
	cd "$here/repo"
	expect 2 env PATH="$here/outside" "$CONCBENCH" gate "${all[@]}"
	one_line err 'git: not found'
	expect 2 env -u HOME XDG_CACHE_HOME=relative "$CONCBENCH" gate "${all[@]}"
	one_line err 'set XDG_CACHE_HOME or HOME'
	[ ! -e "$built" ] || fail "built all the same"
	# Negative control: the marker is one.
	expect 0 "$CONCBENCH" gate "${all[@]}" "${short[@]}"
	[ -e "$built" ] || fail "nothing was built"
}

# The project is a part of a bigger repository, and a hook has its own idea of which is meant.
in_a_folder_and_in_a_hook() {
	repository
	mkdir sub && git mv mine.c Makefile sub/ && git commit -qm moved
	cd sub
	expect 0 env GIT_DIR="$here/elsewhere" GIT_INDEX_FILE="$here/elsewhere/index" "$CONCBENCH" gate \
		--build 'make -s bench.so' --load bench.so --git-base HEAD --git-head HEAD "${short[@]}"
	expect 2 gate --git-base HEAD~1 --quiet "${short[@]}"
	one_line err 'base (HEAD~1) has no folder sub/'
	# What else decides the outcome of a build is another build.
	expect 0 env CFLAGS=-O1 "$CONCBENCH" gate --build 'make -s bench.so' --load bench.so --git-base HEAD "${short[@]}"
	has err building
	expect 0 gate --git-base HEAD --build 'make bench.so' "${short[@]}"
	has err building
	printf '#!/bin/sh\ntouch "%s"\n' "$here/hooked" >../.git/hooks/post-checkout
	chmod +x ../.git/hooks/post-checkout
	expect 0 gate --git-base HEAD --build 'make  bench.so' "${short[@]}"
	[ ! -e "$here/hooked" ] || fail "a hook ran"
}

gone() { ! kill -0 "$1" 2>/dev/null; }

# stopped SIGNAL STATUS - while it builds, in a process group of its own, as on a terminal.
stopped() {
	local status=0 pid
	# shellcheck disable=SC2016 # the build's
	setsid env --default-signal=INT "$CONCBENCH" gate --git-base HEAD --load bench.so "${short[@]}" \
		--build "sleep 300 & echo \$! >$here/busy; wait" >out 2>err &
	pid=$!
	wait_for 20 test -s "$here/busy"
	kill "-$1" $pid
	wait $pid || status=$?
	[ $status -eq "$2" ] || fail "exit status $status instead of $2: $(cat out err)"
	# A kill -9 cannot be passed on to what the command has started.
	[ "$1" != KILL ] || kill "$(cat "$here/busy")"
	wait_for 5 gone "$(cat "$here/busy")"
	rm "$here/busy"
}

ctrl_c_while_building() {
	repository
	stopped INT 130
	nothing_left
	no_half_builds
	stopped TERM 143
	nothing_left
	# Even after the worst, the next one finds its way.
	stopped KILL 137
	[ "$(git worktree list | wc -l)" -eq 2 ] || fail "nothing to clear away: $(git worktree list)"
	stopped TERM 143
	nothing_left
	no_half_builds
}

# Old ones go, but not those in use.
the_cache_does_not_grow() {
	repository
	local builds=$here/cache/concbench/builds i
	for i in 1 2 3 4 5 6 7 8 9; do
		mkdir -p "$builds/old$i/tree"
		touch "$builds/old$i/in-use" "$builds/old$i/tree/file"
		touch -d "2020-01-0$i" "$builds/old$i/built"
	done
	exec 9>"$builds/old1/in-use"
	flock 9
	expect 0 gate --git-base HEAD "${short[@]}"
	[ "$(find "$builds" -mindepth 1 -maxdepth 1 -name 'old*' -printf '%f\n' | sort | paste -sd' ')" = \
		'old1 old3 old4 old5 old6 old7 old8 old9' ] || fail "$(ls "$builds")"
	[ "$(find "$builds" -mindepth 1 -maxdepth 1 ! -name 'old*' | wc -l)" -eq 1 ] || fail "$(ls "$builds")"
}

run nothing_has_changed a_slower_lock_is_found only_what_is_loaded what_does_not_build what_is_checked_first \
	in_a_folder_and_in_a_hook ctrl_c_while_building the_cache_does_not_grow
