#!/usr/bin/env bash
# gate.sh - `concbench gate` and `concbench noise` as CI meets them: every verdict, every exit status,
# a real slowdown through real processes, sides that do not build, crash or speak another language.
# shellcheck source=scripts/tests/gate.bash
. "$(dirname "$0")/gate.bash"

# A slowdown, through real processes: how much it is, and both ways. Exactly that much of what is counted; of a
# time so much that no machine is too noisy for it.
a_slowdown_is_found() {
	program self
	program slow CONCBENCH_SELFTEST_SLOWDOWN_PCT=20
	program ten_times CONCBENCH_SELFTEST_SLOWDOWN_PCT=1000
	expect 1 gate --base ./self --head ./slow "$exact" --time-budget 120s --json j.json
	verdict out worse selftest/exact
	row_is j.json 'v == "slower" and p["confirmed"] and abs(c["estimate"] - 0.2) < 1e-9'
	row_is j.json 'p["level"] == 0.95 and 8 <= p["figure_launches"] < p["head_launches"]'
	expect 0 gate --base ./slow --head ./self "$exact" --time-budget 120s --json j.json
	verdict out better selftest/exact
	row_is j.json 'v == "faster" and abs(c["estimate"] - (1 / 1.2 - 1)) < 1e-9'
	expect 1 gate --base ./self --head ./ten_times "$sieve" --time-budget 60s --json j.json
	verdict out slower selftest/slow_sieve
	row_is j.json 'v == "slower" and p["confirmed"] and 3 < c["estimate"] < 30'
	row_is j.json 'c["low"] < c["estimate"] < c["high"]'
	expect 0 gate --base ./ten_times --head ./self "$sieve" --time-budget 60s --json j.json
	verdict out faster selftest/slow_sieve
	row_is j.json 'v == "faster" and c["estimate"] < 0'
}

# No, some and more slowdown: what a gate must not say of a time, and what it has to say of what is counted.
slowdowns_of_0_2_and_5_percent() {
	local pct status=0
	program self
	for pct in 0 2 5; do
		program slow$pct CONCBENCH_SELFTEST_SLOWDOWN_PCT=$pct
	done
	for pct in 2 5; do
		expect 1 gate --base ./self --head ./slow$pct "$exact" --time-budget 60s --no-noise --json j.json
		row_is j.json "v == 'slower' and abs(c['estimate'] - $pct / 100) < 1e-9"
	done
	expect 0 gate --base ./self --head ./slow0 "$exact" --time-budget 60s --no-noise --json j.json
	row_is j.json 'v == "same" and c["estimate"] == 0'
	# Where nothing is, and with 2 %, a noisy machine may not be able to tell.
	expect 0 gate --base ./self --head ./slow0 "$sieve" --time-budget 10s --no-noise --json 0.json
	row_is 0.json 'v in ("same", "unsure")'
	gate --base ./self --head ./slow2 "$sieve" --time-budget 10s --no-noise --json 2.json >out 2>err || status=$?
	[ $status -le 1 ] || fail "exit status $status: $(cat out err)"
	row_is 2.json 'v in ("slower", "unsure")'
	row_is 2.json "(v == 'slower') == ($status == 1)"
}

# Every gate says what it can see: the smallest one without a budget, which measures that first, and one
# whose budget has no time for that.
what_is_visible_is_said() {
	program self
	expect 0 gate --base ./self "$sieve" --min-effect 10%
	expect 0 gate --base ./self "$exact" --min-effect 10% --time-budget 120s
	has out 'on this machine, ' ' is visible in ' '(selftest/exact'
	expect 0 gate --base ./self "$sieve" --min-effect 10% --time-budget 6s
	# Counters, where there are some, have a tenth of it.
	has out 'no A/A before the gate got to a look; as its own launches spread, '
	grep -qE 'was visible in (6|5\.4) s \(selftest/slow_sieve' out || fail "$(cat out)"
}

# The first line says what was judged, and what may have gone unseen counts when it is asked for.
what_must_be_seen_is_asked_for() {
	program self
	expect 0 gate --base ./self "$exact" --min-effect 20% --time-budget 60s --no-noise --must-see 100%
	head -n 1 out | grep -q '^1 of 1 judged, none worse; 1e+02 % was to be seen: it would have been$' ||
		fail "$(cat out)"
	expect 3 gate --base ./self "$sieve" --min-effect 20% --time-budget 20s --no-noise --must-see 0.0001% \
		--json g.json --junit g.xml --markdown g.md
	has g.json '"exit_status": 3'
	has g.xml '<failure '
	has g.md 'may have gone unseen'
	# What is asked for is found out first, and said.
	expect 0 gate --base ./self "$exact" --min-effect 20% --time-budget 120s --must-see auto
	has err 'this machine can see a slowdown of '
	head -n 1 out | grep -q ' was to be seen, as worked out before: it would have been$' || fail "$(cat out)"
	expect 2 gate --base ./self "$sieve" --no-noise --must-see auto
	one_line err '--must-see auto and --no-noise exclude each other'
	expect 2 gate --base ./self "$sieve" --must-see 5
	one_line err --must-see 'accepted: such as 5%'
}

# How long it may take is in the report; at a terminal it is said before, and progress goes on.
the_budget_is_said() {
	program self
	expect 0 gate --base ./self "$sieve" --min-effect 10% --time-budget 20s --no-noise
	grep -qE '; the time budget was 20 s, and (10|9) s more to confirm a change' out || fail "$(cat out)"
	expect 0 env CONCBENCH_COUNTERS_STAND_IN=1 "$CONCBENCH" gate --base ./self "$sieve" --min-effect 10% \
		--time-budget 20s --no-noise
	has out '; the time budget was 20 s, and 9 s more to confirm a change'
	command -v script >/dev/null || skip "no script(1) to make a terminal with"
	script -qec true /dev/null </dev/null >/dev/null 2>&1 || skip "no terminals here (/dev/pts)"
	expect 0 script -qec "'$CONCBENCH' gate --base ./self '$sieve' --min-effect 10%" typescript
	tr '\r' '\n' <typescript >lines
	grep -qE 'concbench gate: 1 case in up to [0-9.]+ s, and [0-9.]+ s more to confirm a change' lines ||
		fail "$(cat lines)"
	grep -q '^\[0/1, .* left\] base against itself' lines || fail "no A/A: $(cat lines)"
	grep -q '^\[0/1, .* left\] selftest/slow_sieve' lines || fail "no progress of the gate: $(cat lines)"
}

# With events that stand in for the hardware's: the pass is there, and says how it is with the count.
instructions_are_a_side_verdict() {
	program self
	expect 0 env CONCBENCH_COUNTERS_STAND_IN=1 "$CONCBENCH" gate --base ./self "$sieve" --min-effect 10% \
		--time-budget 20s --no-noise --json j.json
	has j.json '"instructions_user_change"'
}

one_hang_costs_one_row() {
	mkdir tmp
	export TMPDIR=$PWD/tmp
	program self
	program stuck CONCBENCH_SELFTEST_HANG=1
	# Long enough for a busy machine to start the other one in.
	expect 2 gate --base ./self --head ./stuck --filter '^selftest/(hang_if|exact)' \
		--time-budget 60s --min-effect 10% --cell-timeout 3s --json j.json
	has out 'head hung in pair 0: no answer within 3.0 s' 'what the cells said: '
	python3 - <<-'EOF' || fail "$(cat j.json)"
		import json
		verdicts = {c["name"].split("/")[1]: c["verdict"] for c in json.load(open("j.json"))["cases"]}
		assert verdicts == {"hang_if": "failed", "exact": "same"}, verdicts
	EOF
	# In a base too, whose A/A says it.
	expect 2 gate --base ./stuck --head ./self --filter '^selftest/hang_if' --time-budget 30s --cell-timeout 1s
	has out 'no A/A before the gate: base hung in selftest/hang_if' 'base hung in pair 0'
	# Nobody has said how long: a turn of two milliseconds is not waited for as long as a start.
	expect 2 gate --base ./self --head ./stuck --filter '^selftest/hang_if' --time-budget 5s --no-noise
	has out 'head hung in pair 0'
	rm -r tmp/concbench-gate-*
	wait_for 5 nothing_left
}

unsure_is_said() {
	program self
	# No interval is that narrow.
	expect 0 gate --base ./self "$sieve" --time-budget 12s --min-effect 0.0001% --no-noise
	has out unsure
	expect 3 gate --base ./self "$sieve" --time-budget 12s --min-effect 0.0001% --no-noise --strict
}

# Starting takes longer than anybody would guess: the brief A/A measures it, and time that cannot be
# enough is not spent.
a_budget_that_cannot_be_enough() {
	printf '#!/bin/sh\nsleep 0.5\nexport CONCBENCH_SELFTEST=1\nexec "%s" "$@"\n' "$CONCBENCH" >late
	chmod +x late
	# Without it, what was never looked at is named and no success.
	expect 2 gate --base ./late --head ./late "$sieve" --time-budget 3s --no-noise --quiet
	one_line err 'concbench gate: 1 of 1 cases had no look'
	refuse 'what the A/A has left' --base ./late --head ./late "$sieve" --time-budget 12s
}

# Another figure than the case's own: the CPU time that an operation takes.
another_figure_is_gated() {
	program self
	program slow CONCBENCH_SELFTEST_SLOWDOWN_PCT=1000
	expect 1 gate --base ./self --head ./slow "$sieve" --gate-on cpu --time-budget 40s --no-noise --json j.json
	verdict out slower selftest/slow_sieve
	has j.json '"metric": "cpu_ns_per_op"'
	# The control.
	expect 0 gate --base ./self --head ./self "$sieve" --gate-on cpu --time-budget 40s --no-noise --min-effect 10%
}

# A case runs at what another one reaches: that is base's, on both sides, whatever head's would be.
what_a_case_depends_on_is_given() {
	program self
	program slow CONCBENCH_SELFTEST_SLOWDOWN_PCT=100
	mkdir tmp
	export TMPDIR=$PWD/tmp
	expect 0 gate --base ./self --head ./slow selftest/dependent --time-budget 60s --no-noise --json j.json
	verdict out same selftest/dependent
	has out 'both were given 100 turns, the figure of selftest/exact/'
	row_is j.json 'v == "same" and p["base_given"] == p["head_given"] and p["base_given"]["unit"] == "turns"'
	row_is j.json 'p["base_given"]["figure"] == 100 and p["base"] == p["head"] == 100'
	# The control: as base, the slow one gives twice as much, to both.
	expect 0 gate --base ./slow --head ./self selftest/dependent --time-budget 60s --no-noise --json k.json
	row_is k.json 'v == "same" and p["base_given"] == p["head_given"] and p["base_given"]["figure"] == 200'
	row_is k.json 'p["base"] == p["head"] == 200'
	# Of a time per operation it is the rate that is given.
	expect 0 gate --base ./self selftest/dependent_on_rate --time-budget 20s --min-effect 20% --no-noise --json r.json
	has out 'both were given ' '/s, the figure of selftest/slow_sieve/'
	row_is r.json 'p["base_given"] == p["head_given"] and p["base_given"]["unit"] == "/s"'
	# What there is no figure of is no row of a guess: it has failed, and the others are judged.
	local dependent='^selftest/dependent(_on_crash)?/'
	expect 2 gate --base ./self --filter "$dependent|^selftest/exact" --time-budget 60s --no-noise --json f.json
	verdict out failed selftest/dependent_on_crash
	verdict out same selftest/dependent
	verdict out same selftest/exact
	has out 'it needs the figure of selftest/segv: ' 'signal 11' '1 failed of 3 cases'
	expect 2 "$CONCBENCH" noise --filter "$dependent" --trial-time 5s --time-budget 14s
	has err 'left out: selftest/dependent_on_crash' 'it needs the figure of selftest/segv'
	has out selftest/dependent/ ': both sides were given 100 turns, the figure of selftest/exact/'
	expect 2 "$CONCBENCH" noise selftest/dependent_on_crash
	# What it depends on cannot run here: nobody's fault.
	expect 0 gate --base ./self --filter '^selftest/(without_peak|exact)' --time-budget 60s --no-noise
	verdict out missing selftest/without_peak
	verdict out same selftest/exact
	has out 'it needs the figure of selftest/extra/model:thread' 'unsupported: not in this build'
	expect 0 "$CONCBENCH" noise --filter '^selftest/(without_peak|exact)' --trial-time 5s --time-budget 14s
	has err 'left out: selftest/without_peak' ': missing: it needs the figure of selftest/extra/'
	# One case in process has it, too, or does not run.
	expect 0 "$CONCBENCH" run --in-process selftest/dependent_on_rate --rounds 2
	has err 'given ' '/s, the figure of selftest/slow_sieve/'
	has out items_per_second
	expect 2 "$CONCBENCH" run --in-process selftest/dependent_on_crash --rounds 2
	has err 'it needs the figure of selftest/segv'
	[ -n "$(ls -A tmp)" ] || fail 'what the cells said is gone'
}

# What a case gives is judged: bytes of a trial without a window, an outcome, a mean over lives. In a turn of a
# millisecond nobody may live to its end on a PU that others want.
its_own_figure_is_gated() {
	program self
	expect 0 gate --base ./self memory/parked/model:coroutine fault/killed_worker/mutex:robust create/thread/workers:1 \
		--time-budget 120s --min-effect 50% --no-noise --slot-time 20ms --json j.json
	python3 - <<-'EOF' || fail "$(cat j.json out err)"
		import json
		rows = {c["name"].split("/")[1]: c for c in json.load(open("j.json"))["cases"]}
		metric = {k: c["figure"]["metric"] for k, c in rows.items()}
		assert metric["thread"] == "life_ns" and metric["killed_worker"] == "outcome", metric
		assert metric["parked"].endswith("bytes"), metric
		assert all(c["verdict"] in ("same", "unsure") and c["head_launches"] >= 11 for c in rows.values()), rows
	EOF
}

nothing_left() { ! left_behind; }
measuring() { [ -n "$(find tmp -name cells.log)" ]; }

ctrl_c_reports_what_there_is() {
	local pid status=0
	program self
	mkdir tmp
	export TMPDIR=$PWD/tmp
	"$CONCBENCH" gate --base ./self "$sieve" --min-effect 0.0001% --time-budget 100s --json j.json >out 2>err &
	pid=$!
	wait_for 20 measuring
	sleep 1
	kill -INT $pid
	wait $pid || status=$?
	[ $status -eq 130 ] || fail "exit status $status: $(cat out err)"
	has out slow_sieve unsure interrupted
	has j.json '"exit_status": 130' '"interrupted": true'
	wait_for 5 nothing_left
}

noise_is_measured() {
	program self
	expect 0 "$CONCBENCH" noise "$sieve" --trial-time 3s --time-budget 7s --tsv t.tsv --min-effect 5%
	has out slow_sieve tries 'called some case slower'
	[ "$(head -n 1 t.tsv | tr '\t' '\n' | wc -l)" -eq "$(tail -n 1 t.tsv | tr '\t' '\n' | wc -l)" ]
	[ "$(tail -n 1 t.tsv | cut -f 2)" -ge 1 ] || fail "$(cat t.tsv)"
	# What only one of two programs has, or does otherwise, is not in the table: it is said.
	program other CONCBENCH_SELFTEST_EXTRA=1 CONCBENCH_SELFTEST_VERSION=9
	expect 0 "$CONCBENCH" noise --base ./self --head ./other --filter '^selftest/(extra|versioned|slow_sieve)' \
		--trial-time 3s --time-budget 3s --quiet
	has err 'concbench noise: left out: selftest/extra' 'missing: base has no such case' \
		'left out: selftest/versioned' 'incomparable: the case does something else'
	program slow CONCBENCH_SELFTEST_SLOWDOWN_PCT=20
	expect 0 "$CONCBENCH" noise --head ./slow "$exact" --trial-time 20s --time-budget 20s --tsv t.tsv
	[ "$(tail -n 1 t.tsv | cut -f 4)" -ge 1 ] || fail "$(cat t.tsv)"
}

run a_slowdown_is_found slowdowns_of_0_2_and_5_percent what_is_visible_is_said what_must_be_seen_is_asked_for \
	the_budget_is_said instructions_are_a_side_verdict one_hang_costs_one_row unsure_is_said \
	a_budget_that_cannot_be_enough another_figure_is_gated what_a_case_depends_on_is_given its_own_figure_is_gated \
	ctrl_c_reports_what_there_is noise_is_measured
