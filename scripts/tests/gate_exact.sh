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

run help_is_there bad_options sides_that_are_no_programs nothing_changed one_crash_costs_one_row \
	missing_and_incomparable unwritable_outputs builds_that_differ_are_not_compared
