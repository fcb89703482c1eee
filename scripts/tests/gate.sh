#!/usr/bin/env bash
# gate.sh - `concbench gate` and `concbench noise` as CI meets them: every verdict, every exit status,
# a real slowdown through real processes, sides that do not build, crash or speak another language.
# shellcheck source=scripts/tests/tap.bash
. "$(dirname "$0")/tap.bash"

export CONCBENCH_SELFTEST=1

# program NAME VARIABLE=VALUE... - a concbench with a knob turned: what a changed build would be.
program() {
	local name=$1
	shift
	printf '#!/bin/sh\nexport %s\nexec "%s" "$@"\n' "${*:-CONCBENCH_SELFTEST}" "$CONCBENCH" >"$name"
	chmod +x "$name"
}

sieve='--filter=^selftest/slow_sieve'
gate() { "$CONCBENCH" gate "$@"; }

help_is_there() {
	expect 0 gate --help
	has out --base --head --min-effect --time-budget --strict --markdown --json --junit 'exit status'
	expect 0 "$CONCBENCH" noise --help
	has out --trial-time --tsv 'exit status'
	! grep -q -- --junit out || fail "noise offers what is the gate's"
}

refuse() {
	local text=$1
	shift
	expect 2 gate "$@"
	one_line err "concbench gate:" "$text"
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
	has err 'about 6 s'
	refuse --time-budget --base ./self "$sieve" --slot-time 1h --time-budget 2s
	refuse --cell-timeout --base ./self "$sieve" --cell-timeout 1h --time-budget 30s
	expect 2 "$CONCBENCH" noise "$sieve" --trial-time 1h --time-budget 2s
	one_line err --trial-time 'time budget of 2 s'
	expect 2 "$CONCBENCH" noise "$sieve" --trial-time 500ms
	one_line err 'concbench noise:' --trial-time '11 pairs'
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
	expect 0 gate --base ./self --head ./self "$sieve" --time-budget 20s --min-effect 10% --json j.json --json k.json --seed 7 \
		--markdown m.md --junit u.xml --base-name v1 --head-name 'my change'
	has out slow_sieve same 'is visible in' 'base: v1' 'head: my change'
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
	has m.md slow_sieve
	# Named instead of filtered, and with values of one's own.
	# A machine that is disturbed right now may leave it unsure, and has another two tries; never slower.
	for _ in 1 2 3; do
		expect 0 gate --base ./self selftest/slow_sieve --set place=none --time-budget 20s --min-effect 10% --no-noise
		if grep -q '1 same of 1 case' out; then break; fi
	done
	has out selftest/slow_sieve/model:thread/workers:1/place:none same '1 same of 1 case'
	expect 0 gate --base ./self "$sieve" --time-budget 20s --min-effect 10% --quiet
	cat out err >both
	[ ! -s both ] || fail "$(cat both)"
}

# row_is FILE EXPRESSION - of the only case: v is its verdict, c its change, p what there is besides.
row_is() {
	python3 - "$@" <<-'EOF' || fail "not so: $2"
		import json, sys
		p = json.load(open(sys.argv[1]))["cases"][0]
		v, c = p["verdict"], p.get("change", {})
		assert eval(sys.argv[2]), p
	EOF
}

# A slowdown that is hard to overlook, through real processes: how much it is, and both ways.
a_slowdown_is_found() {
	program self
	program slow CONCBENCH_SELFTEST_SLOWDOWN_PCT=20
	expect 1 gate --base ./self --head ./slow "$sieve" --time-budget 60s --json j.json
	has out slower
	row_is j.json 'v == "slower" and p["confirmed"] and 0.1 < c["estimate"] < 0.35'
	row_is j.json 'c["low"] < c["estimate"] < c["high"]'
	row_is j.json 'p["level"] == 0.95 and 8 <= p["figure_launches"] < p["head_launches"]'
	expect 0 gate --base ./slow --head ./self "$sieve" --time-budget 60s --json j.json
	has out faster
	row_is j.json 'v == "faster" and c["estimate"] < 0'
}

# No, some and more slowdown: what a gate must not say, and what it has to. Where nothing is, and
# with 2 %, a noisy machine may not be able to tell.
slowdowns_of_0_2_and_5_percent() {
	program self
	program slow0 CONCBENCH_SELFTEST_SLOWDOWN_PCT=0
	program slow2 CONCBENCH_SELFTEST_SLOWDOWN_PCT=2
	program slow5 CONCBENCH_SELFTEST_SLOWDOWN_PCT=5
	local status=0
	expect 0 gate --base ./self --head ./slow0 "$sieve" --time-budget 5s --no-noise --json 0.json
	row_is 0.json 'v in ("same", "unsure")'
	gate --base ./self --head ./slow2 "$sieve" --time-budget 8s --no-noise --json 2.json >out 2>err || status=$?
	[ $status -le 1 ] || fail "exit status $status: $(cat out err)"
	row_is 2.json 'v in ("slower", "unsure")'
	row_is 2.json "(v == 'slower') == ($status == 1)"
	expect 1 gate --base ./self --head ./slow5 "$sieve" --time-budget 25s --no-noise --json 5.json
	row_is 5.json 'v == "slower" and 0 < c["low"] and c["high"] > 0.02'
}

# Every gate says what it can see: the smallest one without a budget, which measures that first, and one
# whose budget has no time for that.
what_is_visible_is_said() {
	program self
	expect 0 gate --base ./self "$sieve" --min-effect 10%
	has out 'on this machine, ' ' is visible in ' '(selftest/slow_sieve'
	expect 0 gate --base ./self "$sieve" --min-effect 10% --time-budget 6s
	# Counters, where there are some, have a tenth of it.
	has out 'no A/A before the gate got to a look; as its own launches spread, '
	grep -qE 'is visible in (6|5\.4) s \(selftest/slow_sieve' out || fail "$(cat out)"
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

one_crash_costs_one_row() {
	mkdir tmp
	export TMPDIR=$PWD/tmp
	program self
	program broken CONCBENCH_SELFTEST_CRASH=1
	expect 2 gate --base ./self --head ./broken --filter '^selftest/(crash_if|slow_sieve)' \
		--time-budget 20s --min-effect 10%
	has out crash_if failed 'signal 11' slow_sieve same 'what the cells said: '
	[ -e "$(sed -n 's/^what the cells said: //p' out)" ] || fail "no log: $(cat out)"
	# Who is not told has no use of the folder that is left.
	expect 2 gate --base ./self --head ./broken --filter '^selftest/crash_if' --no-noise --quiet
	one_line err 'concbench gate: what the cells said: '
	[ -e "$(sed -n 's/.*what the cells said: //p' err)" ] || fail "no log: $(cat err)"
}

one_hang_costs_one_row() {
	mkdir tmp
	export TMPDIR=$PWD/tmp
	program self
	program stuck CONCBENCH_SELFTEST_HANG=1
	# Long enough for a busy machine to start slow_sieve in.
	expect 2 gate --base ./self --head ./stuck --filter '^selftest/(hang_if|slow_sieve)' \
		--time-budget 20s --min-effect 10% --cell-timeout 3s --json j.json
	has out hang_if failed 'head hung in pair 0: no answer within 3.0 s' slow_sieve same 'what the cells said: '
	python3 - <<-'EOF' || fail "$(cat j.json)"
		import json
		verdicts = {c["name"].split("/")[1]: c["verdict"] for c in json.load(open("j.json"))["cases"]}
		assert verdicts == {"hang_if": "failed", "slow_sieve": "same"}, verdicts
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

missing_and_incomparable() {
	program self
	program more CONCBENCH_SELFTEST_EXTRA=1
	program other CONCBENCH_SELFTEST_VERSION=9
	local both='--filter=^selftest/(extra|slow_sieve)'
	expect 0 gate --base ./more --head ./self "$both" --time-budget 20s --min-effect 10%
	has out extra missing 'head has no such case'
	expect 0 gate --base ./self --head ./more "$both" --time-budget 20s --min-effect 10%
	has out extra missing 'base has no such case'
	expect 3 gate --base ./self --head ./more "$both" --time-budget 20s --min-effect 10% --strict
	expect 2 gate --base ./self --head ./more --filter '^selftest/extra'
	# What only one side has, named, does not hide what both have.
	expect 0 gate --base ./self --head ./more selftest/extra selftest/slow_sieve --time-budget 20s --min-effect 10%
	has out extra 'base has no such case' slow_sieve same '1 missing'
	expect 4 gate --base ./self --head ./other --filter '^selftest/(versioned|slow_sieve)' \
		--time-budget 20s --min-effect 10%
	has out versioned incomparable
	! grep -q FORCED out || fail 'nothing was forced'
	# Figures to look at, marked; no verdict.
	expect 4 gate --base ./self --head ./other --filter '^selftest/(versioned|slow_sieve)' \
		--time-budget 20s --min-effect 10% --no-noise --force --json j.json
	has out versioned incomparable 'does something else in head' FORCED
	python3 - <<-'EOF' || fail "$(cat j.json)"
		import json
		gate = json.load(open("j.json"))
		case = [c for c in gate["cases"] if "/versioned/" in c["name"]][0]
		assert gate["forced"] and gate["exit_status"] == 4, gate
		assert case["verdict"] == "incomparable" and case["base"] > 0, case
		assert case["change"]["low"] <= case["change"]["high"], case
	EOF
}

unsure_is_said() {
	program self
	# No interval is that narrow.
	expect 0 gate --base ./self "$sieve" --time-budget 4s --min-effect 0.0001% --no-noise
	has out unsure
	expect 3 gate --base ./self "$sieve" --time-budget 4s --min-effect 0.0001% --no-noise --strict
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
	TMPDIR=$PWD/tmp expect 2 gate --base ./self "$sieve" --time-budget 20s --min-effect 10% --no-noise --quiet \
		--json away/x
	wait
	has err away/x
	has out slow_sieve same
	[ -c /dev/full ] || return 0
	local status=0
	gate --base ./self "$sieve" --time-budget 20s --min-effect 10% --no-noise >/dev/full 2>err || status=$?
	[ $status -eq 2 ] || fail "exit status $status"
	one_line err stdout 'No space left'
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

# rebuilt NAME FLAGS - a concbench that says it was built with these.
rebuilt() {
	cat >"$1" <<-EOF
		#!/bin/sh
		if [ "\$1" = --version ]; then
			"$CONCBENCH" "\$@" | sed 's/^build.flags.*/build.flags	$2/'
		else
			exec "$CONCBENCH" "\$@"
		fi
	EOF
	chmod +x "$1"
}

builds_that_differ_are_not_compared() {
	rebuilt O0 '-std=c11 -O0'
	rebuilt O2 '-std=c11 -O2'
	expect 4 gate --base ./O0 --head ./O2 "$sieve" --time-budget 20s --no-noise --json j.json
	has err 'concbench gate: build.flags: -std=c11 -O0 <> -std=c11 -O2' '--force'
	[ ! -s out ] || fail "a table: $(cat out)"
	has j.json '"exit_status": 4' incomparable '-O0 <>'
	expect 0 gate --base ./O0 --head ./O2 "$sieve" --time-budget 20s --min-effect 10% --no-noise --force
	has out FORCED 'differs: build.flags' same
	expect 0 gate --base ./O2 --head ./O2 "$sieve" --time-budget 20s --min-effect 10% --no-noise --force
	! grep -q FORCED out || fail 'nothing was forced'
}

# A stored base: head is run now and compared, as weaker evidence.
# Another figure than the case's own: the CPU time that an operation takes.
another_figure_is_gated() {
	program self
	program slow CONCBENCH_SELFTEST_SLOWDOWN_PCT=50
	expect 1 gate --base ./self --head ./slow "$sieve" --gate-on cpu --time-budget 20s --no-noise --json j.json
	has out slower
	has j.json '"metric": "cpu_ns_per_op"'
	# The control.
	expect 0 gate --base ./self --head ./self "$sieve" --gate-on cpu --time-budget 20s --no-noise --min-effect 10%
}

a_stored_base() {
	program self
	program slow CONCBENCH_SELFTEST_SLOWDOWN_PCT=100
	expect 0 ./self run --filter slow_sieve --results res --no-charts --quiet --rounds 12
	mkdir tmp
	export TMPDIR=$PWD/tmp
	expect 1 gate --base latest --results res --head ./slow "$sieve" --json j.json
	has out slower 'weaker evidence'
	# What cannot be heeded is refused, names are heeded.
	refuse --launch-time --base latest --results res "$sieve" --launch-time 100ms
	refuse --no-noise --base latest --results res "$sieve" --no-noise
	refuse --gate-on --base latest --results res "$sieve" --gate-on cpu
	expect 0 gate --base latest --results res --head ./self "$sieve" --min-effect 100% --base-name v1 \
		--head-name 'my change'
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
	expect 0 ./slow run --filter slow_sieve --results slow-res --no-charts --quiet --rounds 12
	expect 0 gate --base slow-res/latest --head ./self "$sieve"
	has out faster
	[ -z "$(ls -A tmp)" ] || fail "left: $(ls tmp)"
	expect 2 gate --base latest --results res --head ./self --filter nothing-at-all
	has err 'matches no case' 'exited with status 2'
	sed 's/"hash": "[0-9a-f]*"/"hash": "0123456789abcdef"/' res/latest/run.json >other.json
	expect 4 gate --base other.json --head ./self "$sieve"
	has out incomparable
	sed 's/"topology.fingerprint": "/&x/' res/latest/run.json >elsewhere.json
	expect 4 gate --base elsewhere.json --head ./self "$sieve"
	has err topology 'not comparable'
	expect 0 gate --base elsewhere.json --head ./self "$sieve" --min-effect 100% --force
	has out FORCED 'differs: topology'
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

left_behind() {
	local environ
	for environ in /proc/[0-9]*/environ; do
		if tr '\0' '\n' 2>/dev/null <"$environ" | grep -q "^CONCBENCH_TOPOLOGY=$TMPDIR"; then
			return 0
		fi
	done
	[ -n "$(ls -A "$TMPDIR")" ]
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
	nothing_left
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
	expect 0 "$CONCBENCH" noise --head ./slow "$sieve" --trial-time 10s --time-budget 10s --tsv t.tsv
	[ "$(tail -n 1 t.tsv | cut -f 4)" -ge 1 ] || fail "$(cat t.tsv)"
}

run help_is_there bad_options sides_that_are_no_programs nothing_changed a_slowdown_is_found \
	slowdowns_of_0_2_and_5_percent what_is_visible_is_said the_budget_is_said instructions_are_a_side_verdict \
	one_crash_costs_one_row one_hang_costs_one_row missing_and_incomparable unsure_is_said unwritable_outputs a_budget_that_cannot_be_enough \
	builds_that_differ_are_not_compared another_figure_is_gated a_stored_base a_stored_base_and_a_broken_head \
	ctrl_c_reports_what_there_is noise_is_measured
