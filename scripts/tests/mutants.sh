#!/usr/bin/env bash
# mutants.sh - each mutant of the night still finds the line that it changes.
# shellcheck source=scripts/tests/tap.bash
. "$(dirname "$0")/tap.bash"

mutants=$(cd "$(dirname "$0")" && pwd)/mutants

every_mutant_finds_its_line() {
	expect 0 "$mutants" --list
	[ "$(wc -l <out)" -ge 90 ] || fail "only $(wc -l <out)"
}

# All that have lost theirs are named, not just the first.
a_lost_line_is_named() {
	mkdir -p tree/scripts/tests
	cp "$mutants" tree/scripts/tests/
	expect 2 tree/scripts/tests/mutants --list 'findings.c'
	[ "$(grep -c '^mutants: harness/report/findings.c: .*: no such test' err)" -ge 3 ] || fail "$(cat err)"
}

run every_mutant_finds_its_line a_lost_line_is_named
