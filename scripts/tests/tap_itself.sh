#!/usr/bin/env bash
# Do the command-line tests notice when something in them fails?
set -euo pipefail
# shellcheck source=scripts/tests/tap.bash
. "$(dirname "$0")/tap.bash"

here=$(cd "$(dirname "$0")" && pwd)

# judged BODY - run a test of that body; what prove(1) would read goes to ./out.
judged() {
	cat >inner.sh <<-EOF
		set -euo pipefail
		. '$here/tap.bash'
		a_test() {
			$1
		}
		run a_test
	EOF
	bash inner.sh >out 2>&1
}

# shellcheck disable=SC2016 # they are the inner test's
a_command_that_fails_fails_the_test() {
	local body

	for body in 'false; :' '[ 1 -eq 2 ]; :' 'echo a | grep -q b; :' 'x=$(false); :' \
		'expect 0 false; :' 'has /dev/null text; :' 'echo $undefined; :' 'fail why; :'; do
		if judged "$body"; then
			fail "passes: $body"
		fi
		has out "not ok 1 - a_test"
	done
}

what_works_passes() {
	local body

	for body in ':' '[ 1 -eq 1 ]' 'if false; then :; fi' 'expect 1 false' '! false'; do
		judged "$body" || fail "fails: $body: $(cat out)"
		has out "ok 1 - a_test"
	done
	judged 'skip because' || fail "a skipped test fails"
	has out "ok 1 - a_test # SKIP because"
}

# hangs SIGNALS - a test of which the second function never ends, whatever of SIGNALS it is sent.
hangs() {
	cat >hangs.sh <<-EOF
		trap '' $1
		echo 1..2
		echo ok 1 - first
		sleep 1000 &
		wait
		while :; do sleep 1; done
	EOF
}

what_hangs_fails_in_time() {
	local signals began

	for signals in USR1 TERM; do
		hangs "$signals"
		began=$SECONDS
		expect "$([ $signals = USR1 ] && echo 124 || echo 137)" \
			env CONCBENCH_TEST_LIMIT_S=1 "$here/exec" bash hangs.sh
		[ $((SECONDS - began)) -lt 500 ] || fail "it was waited for"
		has out "ok 1 - first"
		has err "bash: not at its end within 1 s"
	done
	echo 'echo 1..1; echo ok 1 - it' >ends.sh
	expect 0 env CONCBENCH_TEST_LIMIT_S=60 "$here/exec" bash ends.sh
	[ ! -s err ] || fail "$(cat err)"
}

run a_command_that_fails_fails_the_test what_works_passes what_hangs_fails_in_time
