# run.bash - what the tests of `concbench run` share; sourced, not run.
# shellcheck shell=bash disable=SC2034 # used by those
# shellcheck source=scripts/tests/tap.bash
. "$(dirname "${BASH_SOURCE[0]}")/tap.bash"

# Short enough for a test, long enough to be real.
quick=(--rounds 2 --slots 2 --results res --no-charts)
fast='--filter=^handoff/call_direct/'

run_file() {
	set -- res/2*/run.json
	[ -f "$1" ] || fail "no run file in res: $(ls -R res 2>&1)"
	echo "$1"
}

# Whatever a run starts has its topology file in the environment: is any of that left?
left_behind() {
	local environ
	for environ in /proc/[0-9]*/environ; do
		if tr '\0' '\n' 2>/dev/null <"$environ" | grep -q "^CONCBENCH_TOPOLOGY=.*$(basename "$PWD")"; then
			return 0
		fi
	done
	return 1
}
nothing_left() { ! left_behind; }

measuring() { grep -qs '^{"case"' res/2*/journal.jsonl; }
