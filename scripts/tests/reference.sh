#!/usr/bin/env bash
# reference.sh - the comparison with programs that share no code with concbench runs, and can fail.
# shellcheck source=scripts/tests/tap.bash
. "$(dirname "$0")/tap.bash"

tree=$(cd "$(dirname "$0")/../.." && pwd)
compare=$(cd "$(dirname "$0")/.." && pwd)/reference/compare

# Figures are not judged here, where anything else may run; that each has a row is.
every_loop_gives_a_figure() {
	expect 0 bash "$compare" --only '1 worker|ck_spsc|chase|made|parked|mq hand-off' 1
	if [ "$(nproc)" -ge 2 ]; then ! grep 'cannot be run here' out || fail "$(cat out)"; fi
	has out 'ck_mcs, 1 worker' 'no line inside' 'ck_spsc' 'chase, 256 KiB' 'thread made and joined' \
		'memory of a parked thread' 'mq hand-off'
}

# A concbench whose every figure is that many ns.
pretend() {
	cat >concbench <<-END
		#!/bin/sh
		echo '{"benchmarks": [{"name": "x", "run_type": "iteration", "real_time": $1}]}'
	END
	chmod +x concbench
	CONCBENCH=$PWD/concbench
}

what_is_slower_than_its_loop_is_missed() {
	pretend 1e9
	expect 1 bash "$compare" --check --only 'ck_fas, 1 worker' 1
	has out 'MISSED'
	pretend 1e-9
	expect 0 bash "$compare" --check --only 'ck_fas, 1 worker' 1
	has out ' met'
	! grep MISSED out || fail "$(cat out)"
}

what_has_no_figure_is_not_met() {
	printf '#!/bin/sh\nexit 1\n' >concbench
	chmod +x concbench
	CONCBENCH=$PWD/concbench
	expect 1 bash "$compare" --check --only 'ck_fas, 1 worker' 1
	has out 'cannot be run here'
}

bad_arguments_are_one_line() {
	expect 2 bash "$compare" nine
	has err "rounds must be a positive number, not 'nine'"
}

# Of the rows only those that need no quiet machine; negative control: a lock of nine lines.
figures_to_reach_are_looked_at() {
	expect 2 "$tree/scripts/reference/figures_to_reach" nine
	one_line err "N must be a positive number, not 'nine'"
	mkdir -p own/scripts own/build
	cp -a "$tree/benches" own/
	cp -a "$tree/scripts/reference" own/scripts/
	ln -s "$CONCBENCH" own/build/concbench
	expect 0 own/scripts/reference/figures_to_reach --check --only lines 1
	[ "$(grep -c '^lines: .* met$' out)" -eq 3 ] || fail "$(cat out)"
	printf 'CB_LOCK(long,%s)\n' "$(printf ' a,\n%.0s' 1 2 3 4 5 6 7 8 9)" >own/benches/locks/long.c
	expect 1 own/scripts/reference/figures_to_reach --check --only lines 1
	grep -q '^lines: the longest lock of .* 9 (long) .*MISSED$' out || fail "$(cat out)"
}

run figures_to_reach_are_looked_at every_loop_gives_a_figure what_is_slower_than_its_loop_is_missed what_has_no_figure_is_not_met \
	bad_arguments_are_one_line
