#!/usr/bin/env bash
# reference.sh - the comparison with programs that share no code with concbench: it still finds its cases.
# What it says of this machine is nothing to assert.
# shellcheck source=scripts/tests/tap.bash
. "$(dirname "$0")/tap.bash"

compare=$(cd "$(dirname "$0")/../reference" && pwd)/compare

every_row_has_its_figures() {
	[ "$(nproc)" -gt 1 ] || skip "one CPU: nothing is between cores, and the echo has no load generator"
	expect 0 "$compare" 1
	has out 'futex hand-off, thread, same ' 'futex hand-off, process, scatter ' 'fcontext switch  ' \
		'fcontext switch, flags differ ' \
		'coroutine yield, 2 coroutines ' 'coroutine yield, 1000 coroutines ' \
		'call through the worker' 'echo on 1000 connections' 'mutex, 2 workers, shared against private ' \
		'start skew, workers:2 model:thread: ' 'start skew, workers:2 model:process: ' \
		'mutex, workers:2 model:thread: ' 'mutex, workers:2 model:process: '
	if grep -E 'cannot be run here|nan|inf' out; then fail "a row without its figure: $(cat out)"; fi
	# Two figures, a ratio and its interval.
	[ "$(grep -cE ' +[0-9.]+ +[0-9.]+ +[0-9.]+ [0-9.]+ to [0-9.]+ .*(met|MISSED)$' out)" -eq 11 ] ||
		fail "not eleven rows of figures: $(cat out)"
}

bad_arguments_are_refused() {
	expect 2 "$compare" none
	one_line err "'none'"
	CONCBENCH=$PWD/nothing expect 2 "$compare"
	one_line err 'run make first'
}

run every_row_has_its_figures bad_arguments_are_refused
