#!/usr/bin/env bash
# reference.sh - the comparison with programs that share no code with concbench runs, and can fail.
# shellcheck source=scripts/tests/tap.bash
. "$(dirname "$0")/tap.bash"

tree=$(cd "$(dirname "$0")/../.." && pwd)
compare=$(cd "$(dirname "$0")/.." && pwd)/reference/compare

# Rows for which another suite, library or server has to be installed, and is not.
others='against perf bench'
command -v redis-server >/dev/null && command -v redis-benchmark >/dev/null || others+='|against redis-benchmark'
pkg-config --exists libzmq 2>/dev/null || others+='|^zeromq '

# A concbench whose every figure that is asked for is that many ns, bytes or a share.
pretend() {
	cat >concbench <<-END
		#!/bin/sh
		echo '{"benchmarks": [{"name": "x", "run_type": "iteration"'
		for key in cpu_time $(bash "$compare" --list | sed 's/.* //' | sort -u | tr '\n' ' '); do
			echo ", \"\$key\": $1"
		done
		echo '}]}'
	END
	chmod +x concbench
	CONCBENCH=$PWD/concbench
}

# Each reference program says a number, each case is one that concbench has.
every_row_has_both_sides() {
	local title case rows
	expect 0 bash "$compare" --list
	cp out rows
	# These need not be installed.
	rows=$(grep -vcE "$others" rows)
	[ "$rows" -ge 40 ] || fail "$rows rows: $(cat rows)"
	while IFS='|' read -r title _ _ case; do
		expect 0 "$CONCBENCH" list "${case% *}"
		[ -s out ] || fail "$title: no case ${case% *}"
		# A kind alone would be all of its cases, with one median of them.
		[[ ${case% *} = *:* ]] || fail "$title: ${case% *} is not one case"
	done <rows
	[ "$(nproc)" -ge 2 ] || return 0
	pretend 100
	# A busy machine may keep a loop from its PU for as long as it counts: it has another chance, and so have only
	# those that had no figure.
	local only=
	: >with_figures
	for _ in 1 2 3; do
		expect 0 bash "$compare" ${only:+--only "$only"} 1
		grep -E ' +[0-9.]+ +100\.00 +[0-9.]+ +[0-9.]+ to [0-9.]+ .*(met|MISSED)$' out |
			sed 's/   .*//' >>with_figures
		sort -u with_figures | grep -vE "^(start skew|mutex, workers:)|$others" >good
		[ "$(wc -l <good)" -lt "$rows" ] || return 0
		only=$(cut -d'|' -f1 rows | grep -vE "$others" | grep -vxFf good |
			sed 's/[][().*+?^$|{}\\]/\\&/g' | paste -sd'|')
	done
	fail "$(wc -l <good) of $rows rows with both figures: $(cat out)"
}

what_is_measured_within_has_its_lines() {
	[ "$(nproc)" -ge 2 ] || skip 'one CPU: nothing starts at the same time'
	expect 0 bash "$compare" --only 'start skew' 1
	has out 'start skew, workers:2 model:thread: ' 'start skew, workers:2 model:process: ' \
		'mutex, workers:2 model:thread: ' 'mutex, workers:2 model:process: '
	! grep 'cannot be run here' out || fail "$(cat out)"
}

# Figures are not judged here, where anything else may run; that some have a row is.
both_sides_give_figures() {
	# Another chance as above.
	for _ in 1 2 3; do
		expect 0 bash "$compare" --only '1 worker|ck_spsc|chase|made|parked|mq hand-off' 1
		grep -q 'cannot be run here' out || break
	done
	if [ "$(nproc)" -ge 2 ]; then ! grep 'cannot be run here' out || fail "$(cat out)"; fi
	has out 'ck_mcs, 1 worker' 'no line inside' 'ck_spsc' 'chase, 256 KiB' 'thread made and joined' \
		'memory of a parked thread' 'mq hand-off'
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

# A compiler of that name whose every program does that, and that is noted.
compiler() {
	cat >"$1" <<-END
		#!/bin/sh
		while [ \$# -gt 0 ]; do [ "\$1" != -o ] || out=\$2; shift; done
		printf '#!/bin/sh\n$2\n' >"\$out"
		chmod +x "\$out"
		echo "\$out" >>compiled
	END
	chmod +x "$1"
}

own_compare() {
	mkdir -p own/scripts own/build
	cp -a "$tree/scripts/reference" own/scripts/
	compare=own/scripts/reference/compare
}

what_is_not_here_is_not_missed() {
	local compare
	own_compare
	pretend 100
	compiler gone 'exit 77'
	CC=$PWD/gone expect 0 bash "$compare" --check --only 'ck_fas, 1 worker' 1
	grep -qE '^ck_fas, 1 worker.* not here$' out || fail "$(cat out)"
	! grep -E 'MISSED|cannot be run here' out || fail "$(cat out)"
	# Negative control: one that fails ends it, one that says nothing has no figure.
	compiler failing 'exit 1'
	CC=$PWD/failing expect 1 bash "$compare" --check --only 'ck_fas, 1 worker' 1
	compiler silent 'exit 0'
	CC=$PWD/silent expect 1 bash "$compare" --check --only 'ck_fas, 1 worker' 1
	has out 'cannot be run here'
}

another_compiler_makes_them_anew() {
	local compare n
	own_compare
	pretend 100
	compiler one 'echo x 100'
	compiler other 'echo x 1000'
	CC=$PWD/one expect 0 bash "$compare" --only 'ck_fas, 1 worker' 1
	n=$(wc -l <compiled)
	[ "$n" -ge 20 ] || fail "$n programs"
	CC=$PWD/one expect 0 bash "$compare" --only 'ck_fas, 1 worker' 1
	[ "$(wc -l <compiled)" -eq "$n" ] || fail "compiled again: $(tail -n 3 compiled)"
	CC=$PWD/other expect 0 bash "$compare" --only 'ck_fas, 1 worker' 1
	[ "$(wc -l <compiled)" -eq $((2 * n)) ] || fail "$(wc -l <compiled) of $((2 * n))"
	has out ' 1000.00 '
	# And of one that was changed.
	sed -i '1s/^/ /' own/scripts/reference/lock_loop.c
	CC=$PWD/other expect 0 bash "$compare" --only 'ck_fas, 1 worker' 1
	[ "$(wc -l <compiled)" -eq $((2 * n + 1)) ] || fail "$(wc -l <compiled) of $((2 * n + 1))"
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

run figures_to_reach_are_looked_at every_row_has_both_sides what_is_measured_within_has_its_lines both_sides_give_figures what_is_slower_than_its_loop_is_missed what_has_no_figure_is_not_met \
	what_is_not_here_is_not_missed another_compiler_makes_them_anew \
	bad_arguments_are_one_line
