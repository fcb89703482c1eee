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

# Whether it can be done at all is known without measuring.
a_request_is_checked() {
	program self
	expect 0 gate --check --base ./self "$sieve"
	if [ -s out ] || [ -s err ]; then fail "$(cat out err)"; fi
	expect 2 gate --check --base ./self "$sieve" --time-budget 100ms
	one_line err --time-budget 'too short'
	expect 2 gate --check --base ./self --filter '^nothing/'
	one_line err --filter
	# One figure by another direction is another.
	program better CONCBENCH_SELFTEST_MORE_IS_BETTER=1
	expect 2 gate --check --base ./self --head ./better --filter '^selftest/versioned'
	one_line err 'none of 1 case can be compared; selftest/versioned' 'head gives another figure'
	expect 0 gate --check --base ./better --head ./better --filter '^selftest/versioned'
	# Of the one that is asked for instead of it both have the same.
	expect 0 gate --check --base ./self --head ./better --filter '^selftest/versioned' --gate-on cpu
	# Nor is it one when only one side has what is named; what both have is enough.
	program more CONCBENCH_SELFTEST_EXTRA=1
	expect 2 gate --check --base ./self --head ./more --filter '^selftest/extra'
	one_line err 'none of 1 case can be compared; selftest/extra' 'base has no such case'
	expect 0 gate --check --base ./self --head ./more --filter '^selftest/(extra|slow_sieve)'
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

# A stored base: head is run now and compared, as weaker evidence.
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

# One phase of two is slowed down: that one is, and the other is not. By its figure's name, for all that
# declare it, or as a part of the case's.
phases_are_gated() {
	program self
	program slow CONCBENCH_SELFTEST_SLOW_PHASE=1
	local phases=(gate --base ./self --head ./slow --time-budget 60s --no-noise --json j.json)
	expect 1 "${phases[@]}" selftest/phases --gate-on second_turns
	row_is j.json 'v == "slower" and p["figure"]["metric"] == "second_turns" and abs(c["estimate"] - 0.5) < 1e-9'
	expect 1 "${phases[@]}" selftest/phases/model:thread/workers:1/place:none/figure:second_turns
	row_is j.json 'v == "slower" and p["figure"]["metric"] == "second_turns"'
	expect 0 "${phases[@]}" selftest/phases --gate-on first_turns --min-effect 20%
	row_is j.json 'v == "same" and p["figure"]["metric"] == "first_turns" and c["estimate"] == 0'
	# Without a name it is the first that is judged.
	expect 0 "${phases[@]}" selftest/phases --min-effect 20%
	row_is j.json 'p["figure"]["metric"] == "first_turns"'
	# A case that was chosen and has no such figure is in the report; others are left out, which is said.
	expect 1 "${phases[@]}" --filter '^selftest/(phases|ok/model:thread)' --gate-on second_turns
	verdict out missing selftest/ok
	verdict out worse selftest/phases
	has out 'it has no figure second_turns'
	expect 0 gate --check --base ./self --gate-on second_turns
	one_line err 'cases have no figure second_turns and are left out'
	refuse "'third_turns' is no figure; accepted: p50, p90" --base ./self selftest/phases --gate-on third_turns
	has err 'what these cases declare: first_turns, second_turns'
	local whole=selftest/phases/model:thread/workers:1/place:none
	local of_one="first_turns and second_turns are figures of one case, $whole; accepted: one of them in a gate"
	refuse "$of_one" --base ./self $whole/figure:first_turns $whole/figure:second_turns
	# However its name is written, and with the first one unnamed.
	refuse "$of_one" --base ./self selftest/phases/figure:first_turns $whole/figure:second_turns
	refuse "$of_one" --base ./self $whole $whole/figure:second_turns
	refuse "$of_one" --base ./self selftest/phases selftest/slow_sieve selftest/phases/figure:second_turns
	# The control: one figure twice, and one beside another case.
	expect 0 gate --check --base ./self selftest/phases/figure:second_turns $whole/figure:second_turns selftest/slow_sieve
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

# A stored run says what its case was given; head is given that, and not what it would reach itself.
a_stored_base_says_what_it_was_given() {
	program self
	program slow CONCBENCH_SELFTEST_SLOWDOWN_PCT=100
	# In windows of one length, so that nothing but the loads can keep the two runs apart.
	local run=(run selftest/dependent --no-charts --quiet --rounds 12 --slot-time 3ms)
	expect 0 ./self "${run[@]}" --results res
	has res/latest/run.json '"of": "selftest/exact/'
	expect 0 gate --base latest --results res --head ./slow selftest/dependent --json j.json
	verdict out same selftest/dependent
	row_is j.json 'v == "same" and c["estimate"] == 0 and p["base_given"] == p["head_given"]'
	# The control: two runs, each at a load of its own.
	expect 0 ./slow "${run[@]}" --results slow-res
	expect 4 "$CONCBENCH" compare res/latest slow-res/latest --filter '^selftest/dependent'
	verdict out incomparable selftest/dependent
	has out ' % apart, and over 5 % they are two questions; two loads: base was given 100 turns, head 200 turns'
	# One that does not say it, as those of earlier versions, is no base for this case.
	python3 - <<-'EOF'
		import json
		run = json.load(open("res/latest/run.json"))
		for case in run["concbench"]["cases"]:
		    case.pop("given", None)
		json.dump(run, open("old.json", "w"))
	EOF
	expect 4 gate --base old.json --head ./self selftest/dependent
	verdict out incomparable selftest/dependent
	has out "base's run does not say what it was given of selftest/exact"
}

# No more processes, from the first cell of a pair on: nobody's row is blamed, and it is said once.
without_cells_there_is_no_verdict() {
	command -v cc >/dev/null || skip 'no compiler'
	cat >no_fork.c <<-'EOF'
		#define _GNU_SOURCE
		#include <dlfcn.h>
		#include <errno.h>
		#include <stdlib.h>
		#include <sys/types.h>
		#include <unistd.h>
		pid_t fork(void)
		{
			pid_t (*real)(void) = (pid_t (*)(void))dlsym(RTLD_NEXT, "fork");

			if (access(getenv("NO_FORK_WHEN"), F_OK) != 0)
				return real();
			errno = EAGAIN;
			return -1;
		}
	EOF
	cc -shared -fPIC -o no_fork.so no_fork.c -ldl
	printf '#!/bin/sh\ncase "$*" in *--case*) : >%s/gone;; esac\nexport CONCBENCH_SELFTEST=1\nexec "%s" "$@"\n' \
		"$PWD" "$CONCBENCH" >ending
	chmod +x ending
	local without=(env LD_PRELOAD="$PWD/no_fork.so" NO_FORK_WHEN="$PWD/gone")
	expect 2 "${without[@]}" "$CONCBENCH" gate --base ./ending --filter '^selftest/(slow_sieve|ok/model:thread)' \
		--time-budget 40s --no-noise --json j.json
	grep -q '^concbench gate: no case can be measured: .*Resource temporarily unavailable$' err || fail "$(cat err)"
	[ "$(grep -c 'no case can be measured' err)" -eq 1 ] || fail "$(cat err)"
	has out slow_sieve unsure 'a first look needs 11: no cell could be started'
	! grep -q ' failed' out || fail "the cases are blamed: $(cat out)"
	has j.json '"exit_status": 2'
	# Of a run and a check as well, none of whose cells ever begins.
	expect 2 "${without[@]}" "$CONCBENCH" run --filter '^selftest/ok' --rounds 2 --results res --no-charts --no-counters
	one_line err 'concbench run: no case can be measured: ' 'Resource temporarily unavailable'
	has res/latest/run.json '"status": "not_run"' 'no cell could be started'
	expect 2 "${without[@]}" "$CONCBENCH" check lock/ck_mcs
	one_line err 'concbench check: no case can be checked: ' 'Resource temporarily unavailable'
	rm gone
	# The control: with processes there are rows.
	expect 0 "${without[@]}" "$CONCBENCH" run --filter '^selftest/ok/model:thread' --rounds 2 --results res --no-charts \
		--no-counters
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

a_stored_base() {
	program self
	program slow CONCBENCH_SELFTEST_SLOWDOWN_PCT=100
	local run=(run "$exact" --no-charts --quiet --rounds 12)
	expect 0 ./self "${run[@]}" --slot-time 3ms --results res
	expect 0 ./slow "${run[@]}" --slot-time 3ms --results slow-res
	mkdir tmp
	export TMPDIR=$PWD/tmp
	expect 1 gate --base latest --results res --head ./slow "$exact" --json j.json
	verdict out worse selftest/exact
	has out 'weaker evidence'
	# What cannot be heeded is refused, names are heeded.
	refuse --launch-time --base latest --results res "$exact" --launch-time 100ms
	refuse --no-noise --base latest --results res "$exact" --no-noise
	refuse --gate-on --base latest --results res "$exact" --gate-on cpu
	expect 0 gate --base latest --results res --head ./self "$exact" --base-name v1 --head-name 'my change'
	verdict out same selftest/exact
	has out 'base: v1' 'head: my change'
	python3 - <<-'EOF' || fail "$(cat j.json)"
		import json
		gate = json.load(open("j.json"))
		assert gate["kind"] == "stored", gate["kind"]
		for side in "base_build", "head_build":
		    for key in "build.revision", "build.compiler", "build.flags":
		        assert gate[side][key], gate[side]
		for machine in "base_machine", "machine":
		    for key in "kernel.release", "topology.fingerprint":
		        assert gate[machine][key], gate[machine]
	EOF
	expect 0 gate --base slow-res/latest --head ./self "$exact"
	verdict out better selftest/exact
	[ -z "$(ls -A tmp)" ] || fail "left: $(ls tmp)"
	expect 2 gate --base latest --results res --head ./self --filter nothing-at-all
	has err 'matches no case' 'exited with status 2'
	sed 's/"hash": "[0-9a-f]*"/"hash": "0123456789abcdef"/' res/latest/run.json >other.json
	expect 4 gate --base other.json --head ./self "$exact"
	verdict out incomparable selftest/exact
	# Head's windows are as long as base's, another machine's or not.
	expect 0 ./self "${run[@]}" --slot-time 24ms --results longer
	sed 's/"topology.fingerprint": "/&x/' longer/latest/run.json >elsewhere.json
	expect 4 gate --base elsewhere.json --head ./self "$exact"
	has err topology 'not comparable'
	expect 0 gate --base elsewhere.json --head ./self "$exact" --force --json j.json
	has out FORCED 'differs: topology'
	row_is j.json 'v == "same"'
	head -c 500 res/latest/run.json >torn.json
	refuse torn.json --base torn.json
}

# As with a program as base: what explains a failure is left, in the place that pr-gate.sh looks at.
a_stored_base_and_a_broken_head() {
	program self
	program broken CONCBENCH_SELFTEST_CRASH=1
	local both='--filter=^selftest/(crash_if|talkative)'
	expect 0 ./self run "$both" --results res --no-charts --quiet --rounds 2
	mkdir tmp
	export TMPDIR=$PWD/tmp
	expect 2 gate --base latest --results res --head ./broken "$both"
	has out failed 'what the cells said: '
	[ "$(sed -n 's/^what the cells said: //p' out)" = "$(echo tmp/concbench-gate-*/cells.log | sed "s,^,$PWD/,")" ] ||
		fail "not there: $(cat out; find tmp)"
	has tmp/concbench-gate-*/cells.log 'a library that talks'
	[ "$(find tmp -type f | wc -l)" -eq 1 ] || fail "left: $(find tmp)"
	rm -r tmp/concbench-gate-*
	expect 2 gate --base latest --results res --head ./broken "$both" --quiet
	one_line err 'concbench gate: what the cells said: ' tmp/concbench-gate-
	rm -r tmp/concbench-gate-*
	# Nothing was measured, nothing was said.
	expect 2 gate --base latest --results res --head ./self --filter nothing-at-all
	[ -z "$(ls -A tmp)" ] || fail "left: $(find tmp)"
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

run a_slowdown_is_found slowdowns_of_0_2_and_5_percent what_is_visible_is_said \
	what_must_be_seen_is_asked_for a_request_is_checked the_budget_is_said instructions_are_a_side_verdict \
	one_hang_costs_one_row unsure_is_said a_budget_that_cannot_be_enough another_figure_is_gated \
	phases_are_gated what_a_case_depends_on_is_given a_stored_base_says_what_it_was_given \
	without_cells_there_is_no_verdict its_own_figure_is_gated a_stored_base a_stored_base_and_a_broken_head \
	ctrl_c_reports_what_there_is noise_is_measured
