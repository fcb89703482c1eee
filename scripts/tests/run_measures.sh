#!/usr/bin/env bash
# run_measures.sh - how long a `concbench run` measures, and what: precision, warm-up, windows, budgets, counters.
# shellcheck source=scripts/tests/run.bash
. "$(dirname "$0")/run.bash"

# One that is right, and what is broken on purpose.
kinds_are_checked() {
	expect 0 "$CONCBENCH" check --time-budget 2s lock/ck_mcs
	has out 'broken on purpose' 'ok    lock/ck_mcs' 'first come, first served' 'as coroutine: it does not claim that: ' \
		'1 kind right, 0 wrong'
	[ ! -s err ] || fail "progress in a pipe: $(cat err)"
	# How much was checked is that of all models together; of the broken ones it lists what they do.
	awk 'function n(x, unit) { return x * (unit ~ /^k/ ? 1e3 : unit ~ /^M/ ? 1e6 : 1) }
		/ operations checked in / { k = n($3, $4) }
		/^      as .* operations/ { all += $(NF - 1) ~ /^[0-9.]+$/ ? $(NF - 1) : n($(NF - 2), $(NF - 1)) }
		END { exit !(k > 0 && k < all * 1.01 && k > all * 0.99) }' out || fail "$(cat out)"
	has out '      caught: lock/open_door: excludes nobody' 'caught: lock/leaky: lets a second one in, once in a million times'
	! grep -q 'would have been seen' out || fail "nobody knows how often a fault shows: $(cat out)"
	# What is sound passes, and what was not tried was not caught.
	! grep -qE 'caught: (lock/ck_mcs|queue/)' out || fail "$(cat out)"
	expect 2 "$CONCBENCH" check lock/no_such
	one_line err lock/no_such ck_mcs
	expect 1 "$CONCBENCH" check lock/open_door
	has out 'WRONG lock/open_door' 'not exclusive'
}

# Of a profile those cases are picked that answer most; what somebody names is all measured.
a_profile_is_cut_down_to_its_budget() {
	expect 0 "$CONCBENCH" run --list
	[ ! -s err ] || fail "quick takes longer than its own budget: $(cat err)"
	local all
	# Some cases give several figures, a line each.
	all=$(grep -vc '/figure:' out)
	expect 0 "$CONCBENCH" run --list --time-budget 20s
	one_line err "of $all cases of profile quick are left out" '20 s' '--time-budget' 'concbench run '
	cp out picked
	for family in job handoff lock queue; do
		has picked "$family/"
	done
	[ "$(wc -l <picked)" -lt $((all / 2)) ] || fail "$(wc -l <picked) of $all picked"
	expect 0 "$CONCBENCH" run --list --time-budget 20s
	cmp -s out picked || fail "another time others are picked"
	expect 0 "$CONCBENCH" run --list --time-budget 20s locks
	one_line err '20 s is too short for 5 launches'
	[ "$(grep -c ^lock/ out)" -gt "$(grep -c ^lock/ picked)" ] || fail "what was named is cut down"
	# The run says so as well, and is whole: nothing of it was not run.
	# Picked for five launches each, so that a machine that is slower than it was thought to be still gets to one.
	expect 0 "$CONCBENCH" run "${quick[@]}" --rounds 5 --time-budget 10s
	has "$(run_file)" '"run.left_out": "'
	! grep -q '"not_run"' "$(run_file)" || fail "picked, but not run"
}

counters_have_a_pass_of_their_own() {
	expect 0 "$CONCBENCH" run "${quick[@]}" "$fast"
	has "$(run_file)" '"counters_note": "hardware counters:'
	rm -rf res
	export CONCBENCH_COUNTERS_STAND_IN=1
	expect 0 "$CONCBENCH" run "${quick[@]}" --profile smoke --filter '^lock/ck_ticket|^job/sieve'
	has "$(run_file)" '"instructions_user_per_op"' 'in a pass of its own' 'stand in'
	# The samples are those of the timed launches only: two launches of two slots.
	[ "$(grep -c '^{"case":"lock/ck_ticket/model:thread' res/latest/journal.jsonl)" -eq 4 ] ||
		fail "the counters' pass left samples: $(cut -c 1-100 res/latest/journal.jsonl)"
	rm -rf res
	expect 0 "$CONCBENCH" run "${quick[@]}" "$fast" --no-counters
	has "$(run_file)" 'not asked for'
}

# What the workers take from others: in cells of its own, and where it cannot be told only that figure is lost.
displaced_time_is_measured_beside() {
	expect 0 "$CONCBENCH" run "${quick[@]}" job/timers/workers:10/place:none
	has "$(run_file)" '/period_us:1000/figure:displaced_ns_per_op"' 'the workers are not bound'
	[ "$(grep -c '"status": "unsupported"' "$(run_file)")" -eq 1 ] || fail "the other figure is lost, too"
	has out 'displaced_ns_per_op' 'unsupported: launch 0: the workers are not bound'
	rm -rf res
	# On a machine that has other work it is not told, but it is measured.
	for _ in 1 2 3 4 5; do
		expect 0 "$CONCBENCH" run "${quick[@]}" job/timers/workers:10 lock/ck_ticket/workers:1
		# A launch in which others took more than it did is no measurement, and says so.
		grep -q 'it takes too little to be told' res/latest/journal.jsonl || break
		rm -rf res
	done
	[ "$(grep -c '"parked_soaked_pct":' res/latest/journal.jsonl)" -eq 2 ] || fail "$(cut -c 1-300 res/latest/journal.jsonl)"
	! grep '"parked_soaked_pct":' res/latest/journal.jsonl | grep -v '/figure:displaced_ns_per_op"' ||
		fail "in a timed trial"
	has "$(run_file)" '"displaced_ns_per_op'
}

trials() { grep -c '^{"case"' res/latest/journal.jsonl; }

# A case ends when its interval is narrow twice in a row from the ninth launch on; or says why not.
runs_end_when_they_are_precise() {
	# A figure that is counted: the interval has no width, on any machine.
	export CONCBENCH_SELFTEST=1
	expect 0 "$CONCBENCH" run --rounds 30 --slots 2 --slot-time 3ms --precision 1% --results res --no-charts selftest/exact
	[ "$(trials)" -eq 20 ] || fail "$(trials) trials instead of 2 of 10 launches"
	! grep -q '"stopped": "stopped' res/latest/run.json || fail "a precise case says that it is not"
	has res/latest/run.json '"run.precision_pct": "1"' '"run.warm_up"'
	has out 'Precision: 1 of 1 cases ended within +-1 %'
	# The first of two trials is left out, kept and counted.
	[ "$(grep -c '"warm_up":true' res/latest/journal.jsonl)" -eq 10 ] || fail "$(cut -c 1-200 res/latest/journal.jsonl)"
	has res/latest/run.json '"warm_up_samples": 10'
	rm -rf res
	expect 0 "$CONCBENCH" run --rounds 11 --slot-time 3ms --slots 2 --precision 0.0001% --results res --no-charts "$fast"
	[ "$(trials)" -eq 22 ] || fail "$(trials) trials instead of 2 of 11 launches"
	has res/latest/run.json 'after 11 launches: rounds out before +-0.0001 %'
	has out 'Precision: 0 of 1'
	rm -rf res
	expect 0 "$CONCBENCH" run --time-budget 1500ms --rounds 100000 --precision 0.0001% --results res --no-charts "$fast"
	has res/latest/run.json 'launches: time budget out before +-0.0001 %'
	rm -rf res
	expect 0 "$CONCBENCH" run --benchmark_repetitions=12 --slot-time 3ms --slots 2 --results res --no-charts "$fast"
	[ "$(trials)" -eq 24 ] || fail "$(trials) trials instead of 2 of 12 repetitions"
	! grep -q '"stopped": "stopped' res/latest/run.json || fail "nobody asked for precision"
}

# Warm-up is found, not assumed: of more than three trials most launches of a bare call keep the first.
warm_up_is_detected() {
	expect 0 "$CONCBENCH" run --rounds 10 --slot-time 3ms --slots 8 --results res --no-charts "$fast"
	local excluded
	excluded=$(grep -c '"warm_up":true' res/latest/journal.jsonl || true)
	[ "$(trials)" -eq 80 ] || fail "$(trials) trials"
	has res/latest/run.json "\"warm_up_samples\": $excluded"
	[ "$excluded" -le 40 ] || fail "$excluded of 80 trials are warm-up: more than half of a launch"
	# The first trial of this one is a hundred times slower: found in every launch, and no other is.
	export CONCBENCH_SELFTEST=1
	expect 0 "$CONCBENCH" run --rounds 10 --slot-time 3ms --slots 8 --results cold --no-charts \
		--filter '^selftest/cold/'
	grep '"slot":0[,}]' cold/latest/journal.jsonl >first
	[ "$(grep -c '"warm_up":true' first)" -eq 10 ] || fail "a cold trial is taken for a warm one"
	local others
	others=$(grep '"warm_up":true' cold/latest/journal.jsonl | grep -vc '"slot":0[,}]' || true)
	[ "$others" -le 10 ] || fail "$others of 70 warm trials are taken for cold ones"
}

# A speed that changes 50 ms after a trial has begun is not seen in the short windows that a case begins with.
windows_are_long_enough() {
	export CONCBENCH_SELFTEST=1
	local settling=selftest/settling/model:thread
	expect 0 "$CONCBENCH" run --time-budget 200s --rounds 20 --results res --no-charts --no-counters "$settling"
	has out 'window-sensitive: ' 'in windows of 24 ms, ' 'in 192 ms ('
	has res/latest/run.json '"slot_ns": 192000000' '"how": "sensitive"'
	# The next run knows, and looks no more; unless it is asked to, or has no time.
	has res/windows.json 'selftest/settling version:1 thread,process none alone first:3ms'
	expect 0 "$CONCBENCH" run --time-budget 200s --rounds 2 --results res --no-charts --no-counters "$settling"
	has res/latest/run.json '"slot_ns": 192000000' '"how": "sensitive"'
	[ "$(trials)" -eq 4 ] || fail "$(trials) trials"
	expect 0 "$CONCBENCH" run --time-budget 200s --rounds 2 --results res --new-windows --no-charts --no-counters "$settling"
	has res/latest/run.json '"slot_ns": 3000000' '"how": "unjudged"'
	expect 0 "$CONCBENCH" run --slot-time 3ms --rounds 2 --results res --no-charts --no-counters "$settling"
	has res/latest/run.json '"slot_ns": 3000000' '"how": "given"'
	echo '{"concbench_windows": 2}' >res/windows.json
	expect 2 "$CONCBENCH" run --rounds 2 --results res --no-charts "$settling"
	one_line err 'res/windows.json: '
}

aa_runs_everything_twice() {
	expect 0 "$CONCBENCH" run --rounds 6 --slots 2 --results res --no-charts "$fast" --aa
	has out 'A/A: '
	has "$(run_file)" '"aa.pairs": "1"' /aa:a /aa:b
}

run windows_are_long_enough kinds_are_checked a_profile_is_cut_down_to_its_budget \
	counters_have_a_pass_of_their_own displaced_time_is_measured_beside runs_end_when_they_are_precise warm_up_is_detected aa_runs_everything_twice
