#!/usr/bin/env bash
# gate_exact.sh - what `concbench gate` says when nothing depends on how long anything takes: other tests may run
# beside it.
# shellcheck source=scripts/tests/gate.bash
. "$(dirname "$0")/gate.bash"

help_is_there() {
	expect 0 gate --help
	has out --base --head --min-effect --time-budget --strict --markdown --json --junit 'exit status'
	expect 0 "$CONCBENCH" noise --help
	has out --trial-time --tsv 'exit status'
	! grep -q -- --junit out || fail "noise offers what is the gate's"
}

bad_options() {
	program self
	refuse --base --filter x
	refuse --frobnicate --base ./self --frobnicate
	refuse 'needs a value' --base
	refuse "'huge'" --base ./self --profile huge
	refuse "--gate-on: 'p42' is no figure; accepted: p50, p90, p99" --base ./self --gate-on p42
	refuse --min-effect --base ./self --min-effect 0
	refuse --min-effect --base ./self --min-effect -1%
	refuse --min-effect --base ./self --min-effect much
	refuse --time-budget --base ./self --time-budget soon
	# Both programs are asked for what is named; what is wrong with it is said all the same.
	refuse --set --base ./self --set workers=0
	has err "workers: '0' is out of range" 'accepted: 1 to'
	refuse --set --base ./self --set place=nowhere
	has err "'nowhere'" 'accepted: same'
	refuse --set --base ./self --set nonsense=1
	has err "'nonsense' is not a parameter" 'accepted: model workers'
	refuse --set --base ./self --set workers
	has err "'workers' is not KEY=VALUE"
	refuse "'extra'" --base ./self extra
	has err "no family 'extra'" 'accepted: '
	refuse "'lock/nonsense'" --base ./self lock/nonsense
	has err 'accepted: ' ck_mcs
	refuse "'lock/nonsense'" --base ./self selftest/slow_sieve lock/nonsense
	refuse --workers --base ./self --workers 2
	refuse --seed --base ./self --seed x
	expect 2 "$CONCBENCH" noise extra
	one_line err 'concbench noise:' "'extra'"
	refuse 'matches no case' --base ./self --filter nothing-at-all
	refuse 'regular expression' --base ./self --filter '['
	refuse --time-budget --base ./self "$sieve" --time-budget 100ms
	has err '11 pairs'
	# Eleven pairs of long turns fit, but nothing that they find could be confirmed.
	refuse --time-budget --base ./self "$sieve" --slot-time 20ms --time-budget 5s
	has err 'accepted: --time-budget 6s, or fewer cases'
	refuse --time-budget --base ./self "$sieve" --slot-time 1h --time-budget 2s
	refuse --cell-timeout --base ./self "$sieve" --cell-timeout 1h --time-budget 30s
	expect 2 "$CONCBENCH" noise "$sieve" --trial-time 1h --time-budget 2s
	one_line err --trial-time 'time budget of 2 s'
	expect 2 "$CONCBENCH" noise "$sieve" --trial-time 500ms
	one_line err 'concbench noise:' --trial-time '11 pairs'
	# One try at least has its time: it is not left at what is too little, nor exceeded in silence.
	expect 2 "$CONCBENCH" noise --filter '^selftest/(slow_sieve|ok)' --time-budget 5s
	one_line err 'concbench noise: --time-budget: 5 s is too short for one try of 4 cases; accepted: --time-budget 20s'
	refuse --load --base ./self --load ./no-such.so
	refuse --base-load --base ./self --base-load ./no-such.so
	refuse --head-load --base ./self --head-load ./no-such.so
	refuse '--json: given more than 8 times' --base ./self --json 1 --json 2 --json 3 --json 4 --json 5 --json 6 --json 7 --json 8 \
		--json 9
	expect 2 "$CONCBENCH" noise --junit x
	one_line err 'concbench noise:' --junit
}

sides_that_are_no_programs() {
	: >plain
	printf '#!/bin/sh\nexit 2\n' >older
	printf '#!/bin/sh\nprintf "%%s\\n" "{\\"v\\":0,\\"type\\":\\"end\\"}" >&3\n' >ancient
	printf '#!/bin/sh\nexit 0\n' >silent
	printf '#!/bin/sh\nkill -SEGV $$\n' >crashing
	chmod +x older ancient silent crashing
	refuse nowhere --base ./nowhere
	refuse plain --base ./plain
	refuse --head --base "$CONCBENCH" --head ./nowhere
	refuse 'older than the gate' --base ./older
	refuse 'version 0' --base ./ancient
	refuse 'exited with status 0' --base ./silent
	refuse 'signal 11' --base "$CONCBENCH" --head ./crashing
}

nothing_changed() {
	program self
	expect 0 gate --base ./self --head ./self "$exact" --time-budget 120s --min-effect 10% --json j.json --json k.json --seed 7 \
		--markdown m.md --junit u.xml --base-name v1 --head-name 'my change'
	verdict out same selftest/exact
	has out 'is visible in' 'base: v1' 'head: my change'
	row_is j.json 'v == "same" and c["low"] == c["estimate"] == c["high"] == 0 and p["base"] == p["head"] == 100'
	has m.md v1 'my change'
	[ ! -s err ] || fail "progress in a pipe: $(cat err)"
	cmp j.json k.json || fail "only one of two files"
	python3 - <<-'EOF' || fail "$(cat j.json)"
		import json
		gate = json.load(open("j.json"))
		assert gate["exit_status"] == 0, gate
		assert gate["seed"] == 7, gate
		for side in "base_build", "head_build":
		    for key in "build.revision", "build.compiler", "build.flags":
		        assert gate[side][key], gate[side]
		assert "kernel.release" in gate["machine"] and "topology.fingerprint" in gate["machine"], gate["machine"]
		case = gate["cases"][0]
		reasons = case["excluded_slots_by_reason"]
		assert case["head_launches"] >= 11 and case["slots"] > 0, case
		assert reasons["warm_up"] == 4 * case["head_launches"], case
		assert sum(reasons.values()) == case["excluded_slots"], case
	EOF
	python3 -c 'import xml.etree.ElementTree as e; assert e.parse("u.xml").getroot().tag.startswith("testsuite")'
	verdict m.md same selftest/exact
	# Named instead of filtered, and with values of one's own.
	expect 0 gate --base ./self selftest/exact --set place=same --time-budget 60s --min-effect 10% --no-noise
	verdict out same selftest/exact/model:thread/workers:1/place:same
	has out '1 same of 1 case'
	expect 0 gate --base ./self "$exact" --time-budget 60s --min-effect 10% --quiet
	cat out err >both
	[ ! -s both ] || fail "$(cat both)"
}

one_crash_costs_one_row() {
	mkdir tmp
	export TMPDIR=$PWD/tmp
	program self
	program broken CONCBENCH_SELFTEST_CRASH=1
	expect 2 gate --base ./self --head ./broken --filter '^selftest/(crash_if|exact)' \
		--time-budget 60s --min-effect 10%
	verdict out failed selftest/crash_if
	verdict out same selftest/exact
	has out 'signal 11' 'what the cells said: '
	[ -e "$(sed -n 's/^what the cells said: //p' out)" ] || fail "no log: $(cat out)"
	# Who is not told has no use of the folder that is left.
	expect 2 gate --base ./self --head ./broken --filter '^selftest/crash_if' --no-noise --quiet
	one_line err 'concbench gate: what the cells said: '
	[ -e "$(sed -n 's/.*what the cells said: //p' err)" ] || fail "no log: $(cat err)"
}

missing_and_incomparable() {
	program self
	program more CONCBENCH_SELFTEST_EXTRA=1
	program other CONCBENCH_SELFTEST_VERSION=9
	local both='--filter=^selftest/(extra|exact)'
	expect 0 gate --base ./more --head ./self "$both" --time-budget 60s --min-effect 10%
	verdict out missing selftest/extra
	verdict out same selftest/exact
	has out 'head has no such case'
	expect 0 gate --base ./self --head ./more "$both" --time-budget 60s --min-effect 10%
	verdict out missing selftest/extra
	verdict out same selftest/exact
	has out 'base has no such case'
	expect 3 gate --base ./self --head ./more "$both" --time-budget 60s --min-effect 10% --strict
	expect 2 gate --base ./self --head ./more --filter '^selftest/extra'
	# What only one side has, named, does not hide what both have.
	expect 0 gate --base ./self --head ./more selftest/extra selftest/exact --time-budget 60s --min-effect 10%
	verdict out missing selftest/extra
	verdict out same selftest/exact
	has out 'base has no such case' '1 missing'
	expect 4 gate --base ./self --head ./other --filter '^selftest/(versioned|exact)' \
		--time-budget 60s --min-effect 10%
	verdict out incomparable selftest/versioned
	verdict out same selftest/exact
	! grep -q FORCED out || fail 'nothing was forced'
	# Figures to look at, marked; no verdict.
	expect 4 gate --base ./self --head ./other --filter '^selftest/(versioned|exact)' \
		--time-budget 60s --min-effect 10% --no-noise --force --json j.json
	verdict out incomparable selftest/versioned
	has out 'does something else in head' FORCED
	python3 - <<-'EOF' || fail "$(cat j.json)"
		import json
		gate = json.load(open("j.json"))
		case = [c for c in gate["cases"] if "/versioned/" in c["name"]][0]
		assert gate["forced"] and gate["exit_status"] == 4, gate
		assert case["verdict"] == "incomparable" and case["base"] > 0, case
		assert case["change"]["low"] <= case["change"]["high"], case
	EOF
}

unwritable_outputs() {
	program self
	mkdir folder
	# Before anything is measured.
	refuse --json --base ./self "$sieve" --json no/such/dir/x
	has err no/such/dir/x 'No such file'
	refuse no/such/dir/y --base ./self "$sieve" --json x --json no/such/dir/y
	refuse --markdown --base ./self "$sieve" --markdown folder
	has err 'Is a directory'
	refuse --junit --base ./self "$sieve" --junit folder/
	expect 2 "$CONCBENCH" noise "$sieve" --tsv no/such/x
	one_line err --tsv no/such/x
	# What goes away meanwhile costs the file, not what was measured.
	mkdir away
	(until [ -n "$(find tmp -name cells.log 2>/dev/null)" ]; do sleep 0.02; done; rmdir away) &
	mkdir tmp
	TMPDIR=$PWD/tmp expect 2 gate --base ./self "$exact" --time-budget 60s --min-effect 10% --no-noise --quiet \
		--json away/x
	wait
	has err away/x
	verdict out same selftest/exact
	[ -c /dev/full ] || return 0
	local status=0
	gate --base ./self "$exact" --time-budget 60s --min-effect 10% --no-noise >/dev/full 2>err || status=$?
	[ $status -eq 2 ] || fail "exit status $status"
	one_line err stdout 'No space left'
}

builds_that_differ_are_not_compared() {
	rebuilt O0 '-std=c11 -O0'
	rebuilt O2 '-std=c11 -O2'
	expect 4 gate --base ./O0 --head ./O2 "$exact" --time-budget 60s --no-noise --json j.json
	has err 'concbench gate: build.flags: -std=c11 -O0 <> -std=c11 -O2' '--force'
	[ ! -s out ] || fail "a table: $(cat out)"
	has j.json '"exit_status": 4' incomparable '-O0 <>'
	expect 0 gate --base ./O0 --head ./O2 "$exact" --time-budget 60s --min-effect 10% --no-noise --force
	verdict out same selftest/exact
	has out FORCED 'differs: build.flags'
	expect 0 gate --base ./O2 --head ./O2 "$exact" --time-budget 60s --min-effect 10% --no-noise --force
	! grep -q FORCED out || fail 'nothing was forced'
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

# A stored base: head is run now and compared, as weaker evidence.
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

run help_is_there bad_options sides_that_are_no_programs nothing_changed one_crash_costs_one_row \
	missing_and_incomparable unwritable_outputs builds_that_differ_are_not_compared \
	a_request_is_checked phases_are_gated a_stored_base_says_what_it_was_given without_cells_there_is_no_verdict \
	a_stored_base a_stored_base_and_a_broken_head
