#!/usr/bin/env bash
# new.sh - `concbench new`: what it writes builds, is right and can be measured; what it refuses.
# shellcheck source=scripts/tests/tap.bash
. "$(dirname "$0")/tap.bash"

tree=$(cd "$(dirname "$0")/../.." && pwd)
export CONCBENCH_CFLAGS="-I$tree/harness/include"

need_compilers() {
	if ! command -v "${CC:-cc}" >/dev/null || ! command -v "${CXX:-c++}" >/dev/null; then skip "no compiler"; fi
	case $CONCBENCH in */san-*) skip "an instrumented program" ;; esac
}

skeletons_work() {
	need_compilers
	local sort
	for sort in lock queue job; do
		expect 0 "$CONCBENCH" new $sort my_$sort
		has out "cd my_$sort"
		make -s -C my_$sort CFLAGS='-O2 -Werror' CXXFLAGS='-O2 -Werror' 2>make.err || fail "$(cat make.err)"
		[ ! -s make.err ] || fail "$(cat make.err)"
		expect 0 "$CONCBENCH" check --case-time 250ms --load my_$sort/bench.so
		has out "ok    $sort/my_$sort"
		# A queue between processes is a kind of "loss", too.
		case $sort in
		queue) has out 'ok    loss/my_queue' '2 kinds right, 0 wrong' ;;
		*) has out '1 kind right, 0 wrong' ;;
		esac
		expect 0 "$CONCBENCH" run --rounds 1 --slots 2 --results res --no-charts --load my_$sort/bench.so \
			--profile smoke $sort/my_$sort
		# The example's name is nowhere, and the text speaks of this one.
		! grep -rnwE 'ticket|lamport|checksum' my_$sort --include='*' --exclude='*.o' --exclude=bench.so || fail "names left"
		has my_$sort/README.md "# my_$sort" "--load ./bench.so $sort/my_$sort "
	done
	# The CI files are those of the tree.
	cmp my_lock/.github/workflows/concbench.yml "$tree/scripts/ci/own-kinds.github.yml"
	cmp my_lock/.gitlab-ci.yml "$tree/scripts/ci/own-kinds.gitlab.yml"
	# Negative control: a skeleton that is broken is found.
	sed -i 's/while (cb_load_acquire(&l->serving) != mine)/while (0)/' my_lock/my_lock.c
	make -s -C my_lock
	expect 1 "$CONCBENCH" check --case-time 250ms --load my_lock/bench.so
	has out 'WRONG lock/my_lock'
}

a_folder_of_ones_own() {
	mkdir -p here/sub
	echo mine >here/notes
	expect 0 "$CONCBENCH" new lock one here/sub
	[ -s here/sub/one.c ] || fail "$(find here)"
	expect 0 "$CONCBENCH" new queue two "$PWD/absolute/below"
	[ -s absolute/below/two.cc ] || fail "$(find absolute)"
	# A folder that has other files in it.
	expect 0 "$CONCBENCH" new job three here
	[ -s here/three.c ] || fail "$(find here)"
	[ "$(cat here/notes)" = mine ] || fail "overwritten"
}

# refuse TEXT ARGUMENT... - one line that says so, and nothing is written.
refuse() {
	local text=$1 before
	shift
	before=$(find . ! -name out ! -name err | sort)
	expect 2 "$CONCBENCH" new "$@"
	one_line err "$text"
	[ "$(find . ! -name out ! -name err | sort)" = "$before" ] || fail "written: $*: $(find .)"
}

mistakes() {
	refuse 'SORT and NAME are missing'
	refuse 'NAME is missing' lock
	refuse "'mutex' is not a sort; accepted: lock, queue, job" mutex mine
	refuse "did you mean queue?" quue mine
	refuse "'my-lock' is not an identifier" lock my-lock
	refuse "'2nd' is not an identifier" lock 2nd
	refuse "'../up' is not an identifier" lock ../up
	refuse "'a/b' is not an identifier" queue a/b
	refuse "NAME: it is empty" lock ''
	refuse "'int' is a word of C" lock int
	refuse "'template' is a word of C" queue template
	refuse 'there is a lock/ck_mcs already' lock ck_mcs
	refuse 'is longer than 63' lock "$(printf 'x%.0s' $(seq 64))"
	refuse "'more' is not expected" lock mine dir more
	# Whatever of it is there already, all of it stays as it is.
	expect 0 "$CONCBENCH" new lock mine
	echo changed >mine/mine.c
	refuse 'mine/Makefile is there already' lock mine
	[ "$(cat mine/mine.c)" = changed ] || fail "overwritten"
	mkdir -p other/.github/workflows
	echo theirs >other/.gitlab-ci.yml
	refuse 'other/.gitlab-ci.yml is there already' lock mine other
}

# What cannot be written to the end is not there at all.
nothing_is_left_half_written() {
	echo file >file
	refuse 'file/' lock mine file
	# The workflow's folder cannot be made: three files are there by then.
	mkdir blocked
	echo file >blocked/.github
	refuse '.github' lock mine blocked
	[ "$(ls -A blocked)" = .github ] || fail "$(ls -A blocked)"
	if [ "$(id -u)" -ne 0 ]; then
		mkdir locked && chmod 555 locked
		refuse 'Permission denied' lock mine locked/sub
	fi
	# And in a folder that is new: by a limit that only the source is above.
	touch out err
	(
		ulimit -f 1
		refuse 'File too large' job mine new-folder
	)
	[ ! -e new-folder ] || fail "$(find new-folder)"
}

run skeletons_work a_folder_of_ones_own mistakes nothing_is_left_half_written
