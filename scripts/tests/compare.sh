#!/usr/bin/env bash
# compare.sh - `concbench compare` on stored runs: every exit status, what it refuses, what it writes.
# shellcheck source=scripts/tests/tap.bash
. "$(dirname "$0")/tap.bash"

tree=$(cd "$(dirname "$0")/../.." && pwd)
writer=${CONCBENCH_TESTS:-$tree/build/tests}/harness/run/result_test
sample=$tree/results/sample/run.json
good='--filter=ck_mcs/.*workers:2/'

# Two run files by the real writer: head is 20 % slower than base; some cases failed on both.
runs() {
	[ -x "$writer" ] || skip "$writer is not built"
	CONCBENCH_TEST_WRITE_RUNS=$PWD "$writer" >/dev/null
}

compare() { "$CONCBENCH" compare "$@"; }

refuse() {
	local text=$1
	shift
	expect 2 compare "$@"
	one_line err 'concbench compare:' "$text"
}

help_is_there() {
	expect 0 compare --help
	has out --filter --min-effect --strict --force --markdown --json --junit --results 'exit status'
	expect 0 "$CONCBENCH" --help
	has out compare
}

bad_options() {
	runs
	refuse 'BASE and HEAD are missing'
	refuse 'HEAD is missing' base.json
	refuse "'third.json' is not expected" base.json head.json third.json
	refuse --frobnicate base.json head.json --frobnicate
	refuse 'needs a value' base.json head.json --json
	refuse --min-effect base.json head.json --min-effect 0
	refuse --min-effect base.json head.json --min-effect 2
	refuse --min-effect base.json head.json --min-effect -1%
	refuse 'matches no case' base.json head.json --filter nothing-at-all
	refuse 'regular expression' base.json head.json --filter '['
}

files_that_are_no_runs() {
	runs
	refuse "no run 'nowhere'" nowhere head.json
	refuse "no run 'nowhere'" base.json nowhere
	head -c 5000 base.json >torn.json
	refuse torn.json torn.json head.json
	echo '{"context": {}, "benchmarks": []}' >other.json
	refuse "without concbench's part" base.json other.json
	echo '[1, 2]' >array.json
	refuse 'array.json' base.json array.json
	: >empty.json
	refuse 'empty.json' empty.json head.json
	sed 's/"schema": 2,/"schema": 99,/' base.json >newer.json
	refuse 'schema 99' base.json newer.json
	[ ! -s out ] || fail "something on stdout: $(cat out)"
}

slower_faster_same() {
	runs
	expect 1 compare base.json head.json "$good"
	has out 'slower' '+20.0 %' '1 slower' 'weaker evidence'
	expect 0 compare head.json base.json "$good"
	has out 'faster' '-16.7 %' '0 slower, 1 faster'
	expect 0 compare base.json base.json "$good"
	has out 'same' '1 same of 1 case'
	# Twice the change is below what is asked for.
	expect 0 compare base.json head.json "$good" --min-effect 50%
	has out ' same of 1 case'
}

failed_beats_slower() {
	runs
	expect 2 compare base.json head.json
	has out 'failed' 'Segmentation fault' 'slower'
	[ ! -s err ] || fail "a failed case is the table's: $(cat err)"
}

unsure_counts_under_strict() {
	expect 0 compare "$sample" "$sample" --filter '/futex/'
	has out 'unsure'
	expect 3 compare "$sample" "$sample" --filter '/futex/' --strict
}

missing_counts_under_strict() {
	runs
	sed 's,lock/ck_mcs/model:thread/workers:2/,lock/renamed/model:thread/workers:2/,' base.json >head2.json
	local both='--filter=(ck_mcs/.*workers:[24]|renamed)/'
	expect 0 compare base.json head2.json "$both"
	has out 'no such case' '2 missing'
	expect 3 compare base.json head2.json "$both" --strict
	# Nothing but missing cases: nothing was compared.
	expect 2 compare base.json head2.json '--filter=(ck_mcs/.*workers:2|renamed)/'
}

another_definition() {
	runs
	sed 's/0123456789abcdef/fedcba9876543210/' head.json >changed.json
	expect 4 compare base.json changed.json "$good"
	has out 'incomparable' 'definition has changed' '0123456789abcdef <> fedcba9876543210'
	! grep -q '+20' out || fail 'figures of other work without --force'
	expect 4 compare base.json changed.json "$good" --force
	has out '+20.0 %' 'incomparable' FORCED
}

another_machine() {
	runs
	sed 's/"cpu.model": "[^,]*",/"cpu.model": "Z80", "kernel.mitigations.mds": "Vulnerable",/' head.json >moved.json
	expect 4 compare base.json moved.json "$good" --json j.json --markdown m.md --junit u.xml
	has err 'concbench compare: cpu.model: ' '<> Z80' 'mitigations.mds: Not affected <> Vulnerable' '--force'
	[ "$(wc -l <err)" -eq 3 ] || fail "one line a difference: $(cat err)"
	[ ! -s out ] || fail "a table in spite of it: $(cat out)"
	has j.json '"exit_status": 4' 'Z80'
	has m.md 'incomparable' 'Z80'
	has u.xml '<error '
	expect 1 compare base.json moved.json "$good" --force
	has out 'differs: cpu.model' FORCED '1 slower'
}

# A kernel that differs is what a kernel engineer compares: told, not refused.
another_kernel() {
	runs
	sed 's/"kernel.release": "6.1.0"/"kernel.release": "6.2.0"/' head.json >kernel.json
	expect 1 compare base.json kernel.json "$good"
	has out 'kernel.release: 6.1.0 <> 6.2.0' 'noted only'
	! grep -q FORCED out || fail 'nothing was forced'
}

files_are_written() {
	runs
	expect 1 compare base.json head.json "$good" --markdown m.md --json j.json --junit u.xml
	has m.md '<!-- concbench comparison -->' '**slower**' '1 slower'
	has j.json '"concbench_comparison": 2' '"kind": "stored"' '"verdict": "slower"' '"exit_status": 1'
	has u.xml '<failure ' 'failures="1"'
	has j.json '"base_machine": {' '"machine": {' '"kernel.release": "6.1.0"'
	expect 0 compare "$sample" "$sample" --filter '/futex/' --json s.json
	has s.json '"base_build": {' '"head_build": {' '"build.revision": "'
	! grep -qiE '\b(nan|inf|infinity)\b' j.json || fail 'a number that is none'
	if command -v python3 >/dev/null; then
		python3 -m json.tool j.json >/dev/null
		python3 -c 'import xml.etree.ElementTree as e; assert len(e.parse("u.xml").getroot().findall("testcase")) == 1'
	fi
	expect 2 compare base.json head.json "$good" --json nowhere/j.json
	one_line err nowhere/j.json
	has out '1 slower'
}

ids_and_latest() {
	runs
	mkdir -p res/one res/two
	cp base.json res/one/run.json
	cp head.json res/two/run.json
	ln -s two res/latest
	expect 1 compare --results res one latest "$good"
	has out 'base: one (' 'head: latest ('
}

run help_is_there bad_options files_that_are_no_runs slower_faster_same failed_beats_slower \
	unsure_counts_under_strict missing_counts_under_strict another_definition another_machine \
	another_kernel files_are_written ids_and_latest
