#!/usr/bin/env bash
# soak.sh - a minute of the soak, and that it finds what it is for: each of its questions is shown to be able to
# say no.
# shellcheck source=scripts/tests/tap.bash
. "$(dirname "$0")/tap.bash"

here=$(cd "$(dirname "$0")" && pwd)
[ -x /usr/bin/python3 ] || {
	echo '1..0 # SKIP no /usr/bin/python3'
	exit 0
}

# Of each commit's own seed: a failure is there again, and other commits try others. At night it is drawn.
a_minute_is_right() {
	local status=0 seed
	seed=$(git -C "$here" rev-parse --short=7 HEAD 2>/dev/null) || seed=1
	"$here/soak" --time 60s --seed $((16#$seed)) --keep "$PWD/kept" >out 2>err || status=$?
	[ $status -eq 0 ] || fail "exit status $status: $(cat out err)"
	has out '# soak --seed ' ' 0 wrong'
}

a_seed_makes_the_same_choices() {
	expect 0 "$here/soak" --plan --rounds 60 --seed 7
	mv out first
	expect 0 "$here/soak" --plan --rounds 60 --seed 7
	cmp -s out first || fail 'the same seed chose something else'
	# A round by itself, too; and every class has its turn.
	expect 0 "$here/soak" --plan --seed 7 --round 41
	sed -n 42p first | cmp -s - out || fail 'a round by itself is another one'
	[ "$(grep -o '"fault": "[^"]*"' first | sort -u | wc -l)" -eq "$("$here/soak" --list | wc -l)" ] ||
		fail 'some class has no turn'
	expect 0 "$here/soak" --plan --rounds 60 --seed 8
	! cmp -s out first || fail 'another seed chose the same'
}

usage_is_said() {
	expect 2 "$here/soak" --frobnicate
	one_line err "'--frobnicate'"
	expect 2 "$here/soak" --time soon
	one_line err --time soon 60s
	expect 2 "$here/soak" --only nothing-at-all
	one_line err --only nothing-at-all
	expect 2 "$here/soak" --program nowhere/concbench
	one_line err --program nowhere
}

# altered WHAT PYTHON - the run file, changed by the statement (of `run` and its first case `c`), is found out.
altered() {
	rm -rf bad && cp -r run bad
	/usr/bin/python3 - "$2" <<-'EOF'
		import json
		import sys

		with open('bad/run.json', encoding='utf-8') as f:
		    run = json.load(f)
		c = run['concbench']['cases'][0]
		exec(sys.argv[1])
		with open('bad/run.json', 'w', encoding='utf-8') as f:
		    json.dump(run, f)
	EOF
	expect 1 "$here/run_file_check.py" bad/run.json
	has out "$1"
}

an_altered_figure_is_found() {
	expect 0 "$CONCBENCH" run --rounds 6 --slots 3 --slot-time 2ms --results res --no-charts --no-counters \
		lock/ck_ticket/model:thread/workers:2
	mv res/2* run
	expect 0 "$here/run_file_check.py" run/run.json
	for end in estimate low high; do
		altered "figure.$end" "c['summary']['figure']['$end'] *= 1.0001"
		altered "ops_per_s.$end" "c['summary']['ops_per_s']['$end'] *= 1.0001"
	done
	altered medians.cpu_ns_per_op "c['summary']['medians']['cpu_ns_per_op'] += 0.01"
	altered medians.run_delay_pct "c['summary']['medians']['run_delay_pct'] += 0.01"
	altered half_width_pct "c['summary']['half_width_pct'] /= 2"
	altered mad_figure "c['summary']['mad_figure'] += 0.01"
	altered covered "c['summary']['covered'] = 0.99"
	altered launches "c['summary']['launches'] += 1"
	altered warm_up_samples "c['summary']['warm_up_samples'] -= 1"
	altered p50_ns "c['summary']['latency']['p50_ns']['estimate'] += 1"
	altered max_ns "c['summary']['latency']['max_ns']['estimate'] += 1"
	altered latencies "c['summary']['latency']['histogram']['count'] += 1"
	altered 'has no summary' "del c['summary']"
	altered 'oversubscribed is False' "c['status'] = 'oversubscribed'"
	altered 'real_time of row 0' "run['benchmarks'][0]['real_time'] *= 1.0001"
	altered 'items_per_second of row 1' "run['benchmarks'][1]['items_per_second'] *= 1.0001"
	altered 'rows, and 6 launches' "del run['benchmarks'][0]"
	# A trial that was left out, or made up; and one whose own figures contradict each other.
	altered 'in the journal only' "del c['samples']['rows'][-1]"
	altered 'is there twice' "c['samples']['rows'].append(c['samples']['rows'][-1])"
	altered 'not in the journal' "c['samples']['rows'][-1][0] = 99"
	altered 'in the journal' "c['samples']['rows'][0][c['samples']['columns'].index('cpu_ns_per_op')] += 0.01"
	altered ': ns_per_op' "c['samples']['rows'][0][c['samples']['columns'].index('ops')] *= 1.01"
	altered 'warm-up is' "c['samples']['rows'][-1][2] = not c['samples']['rows'][-1][2]"
	# A share, which is of all trials: the middle one of the launches is another.
	expect 0 "$CONCBENCH" run --rounds 6 --slots 3 --slot-time 2ms --results res --no-charts --no-counters \
		fault/lost_updates/model:thread
	mv res/2* share
	expect 0 "$here/run_file_check.py" share/run.json
}

# instead_of SCRIPT - a program that does what ours does, and then something that it should not. Not in the runs
# that the soak begins with.
instead_of() {
	cat >program <<-EOF
		#!/bin/bash
		"$CONCBENCH" "\$@"
		status=\$?
		case "\$1 \${*: -1}" in
		'run lock/ck_ticket/workers:2') ;;
		$1
		esac
		exit \$status
	EOF
	chmod +x program
}

# round_of COMMAND - an undisturbed round of seed 3 that has it. Not of a server, which in so short a time may
# have answered nobody on a machine that has other work: then exit status 1 is right.
undisturbed=(--only '^none$' --seed 3 --keep kept)
round_of() {
	"$here/soak" --plan "${undisturbed[@]}" --rounds 40 | grep "\"do\": \"$1\"" | grep -vE 'ck_ticket|tcp_echo' | head -1 |
		sed 's/.*"round": \([0-9]*\),.*/\1/'
}

# The same rounds without a fault are right.
what_is_right_passes() {
	local what
	for what in run history; do
		instead_of 'nothing) ;;'
		expect 0 "$here/soak" --program "$PWD/program" "${undisturbed[@]}" --round "$(round_of $what)"
		has out '1 rounds in'
	done
}

# wrong COMMAND SCRIPT TEXT - the script after that command is found out.
wrong() {
	local round
	round=$(round_of "$1")
	instead_of "$1*) $2 ;;"
	expect 1 "$here/soak" --program "$PWD/program" "${undisturbed[@]}" --round "$round" --grace 2s
	has out "$3" "again: scripts/tests/soak --seed 3 --round $round"
}

what_is_left_over_is_found() {
	# shellcheck disable=SC2016
	{
		wrong run 'setsid sleep 600 >/dev/null 2>&1 &' 'left over: process'
		wrong run ': >"$TMPDIR/forgotten"' "left over: temporary files ['forgotten']"
		wrong history ': >"${4%/*}/.concbench-0.tmp"' "left over: ['.concbench-0.tmp']"
	}
}

a_wrong_exit_status_is_found() {
	wrong history 'status=7' 'exit status 7 is none of its own'
	wrong run 'status=1' 'exit status 1, and its cases are'
	wrong run 'status=2' 'exit status 2 without a line'
}

what_is_lost_is_found() {
	# shellcheck disable=SC2016
	{
		wrong history 'for run in "${4%/*}"/2*; do echo >>"$run/run.json"; done' 'an earlier run is not what it was'
		wrong history '/usr/bin/python3 -c "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(\"DELETE FROM run\"); c.commit()" "$4"' \
			'lost from the history: ['
		wrong run 'rm "$9"/2*/journal.jsonl' 'an earlier run is not what it was'
	}
}

run a_seed_makes_the_same_choices usage_is_said an_altered_figure_is_found what_is_right_passes what_is_left_over_is_found \
	a_wrong_exit_status_is_found what_is_lost_is_found a_minute_is_right
