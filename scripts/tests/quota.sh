#!/usr/bin/env bash
# quota.sh - what a CPU quota and a cpuset do to a run is said: with real control groups, as root only.
# shellcheck source=scripts/tests/tap.bash
. "$(dirname "$0")/tap.bash"

# new_group CONTROLLER FILE=VALUE... - a group for what `inside` starts; gone when the test ends.
group=
new_group() {
	[ "$(id -u)" -eq 0 ] || skip 'needs root'
	local controller=$1 word
	shift
	group=/sys/fs/cgroup/$controller/concbench-test-$$
	mkdir "$group" 2>/dev/null || skip "no $controller group of version 1 can be made"
	trap 'wait_for 20 rmdir "$group" 2>/dev/null' EXIT
	for word; do
		echo "${word#*=}" 2>/dev/null >"$group/${word%%=*}" || skip "$word cannot be set"
	done
}

inside() {
	# shellcheck disable=SC2016
	bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$group" "$@"
}

two_cpus() {
	[ "$(nproc)" -ge 2 ] || skip 'one CPU'
}

sieve='^job/sieve/model:thread/workers:2'

# 2 workers where half a CPU is granted: windows are shorter than the quota's period, or longer.
a_quota_is_seen() {
	two_cpus
	new_group cpu cpu.cfs_period_us=100000 cpu.cfs_quota_us=50000
	expect 0 inside "$CONCBENCH" run --filter "$sieve" --rounds 6 --slots 8 --slot-time 3ms --no-charts \
		--no-counters --results res
	head -1 err | grep -qx 'concbench run: under a CPU quota of 0.5 CPUs: windows .*' || fail "$(cat err)"
	has out 'noisy, throttled' 'the quota grants 0.5: not its lasting speed' 'by the CPU quota in ' \
		'the CPU quota stopped it'
	has res/latest/run.json '"cgroup.cpu_limit_cpus": "0.5"' 'noisy; throttled'
	expect 0 inside "$CONCBENCH" run --filter "$sieve" --rounds 2 --slots 2 --slot-time 300ms --no-charts \
		--no-counters --results long
	has out ', throttled'
	# What it did then is what it may: nothing is said of a speed that does not last.
	! grep -q 'lasting speed' out || fail "$(cat out)"
	# Nor has anybody to know of the quota's period: windows that are too short for it are found out.
	expect 0 inside "$CONCBENCH" run --filter "$sieve" --rounds 6 --no-charts --no-counters --results chosen
	has out ', throttled' 'window-sensitive: ' 'in 200 ms ('
	! grep -q 'lasting speed' out || fail "$(cat out)"
}

# The same without a limit.
no_quota_is_no_word() {
	two_cpus
	new_group cpu cpu.cfs_period_us=100000
	expect 0 inside "$CONCBENCH" run --filter "$sieve" --rounds 6 --slots 4 --no-charts --no-counters --results res
	[ ! -s err ] || fail "$(cat err)"
	! grep -i -e throttled -e quota out || fail 'a quota is named'
}

the_gate_says_it() {
	two_cpus
	new_group cpu cpu.cfs_period_us=100000 cpu.cfs_quota_us=20000
	local status=0
	inside "$CONCBENCH" gate --base "$CONCBENCH" --head "$CONCBENCH" --filter "$sieve" --time-budget 6s >out 2>err ||
		status=$?
	[ "$status" -le 3 ] || fail "exit status $status: $(cat err)"
	head -1 err | grep -q '^concbench gate: under a CPU quota of 0.2 CPUs' || fail "$(cat err)"
	tr '\n' ' ' <out | tr -s ' ' >line
	has line 'the CPU quota stopped it in '
}

# One that is bound to PU 1 has worked there for three ticks: it is in its first window.
at_work() {
	local pid task
	while read -r pid; do
		for task in /proc/"$pid"/task/*; do
			if grep -qsx 'Cpus_allowed_list:[[:space:]]*1' "$task/status" &&
				[ "$(sed 's/.*) //' "$task/stat" 2>/dev/null | cut -d' ' -f12)" -ge 3 ]; then
				return 0
			fi
		done
	done <"$group/cgroup.procs"
	return 1
}

# A PU that is taken away inside of a window.
a_cpuset_that_shrinks_is_seen() {
	two_cpus
	new_group cpuset cpuset.mems=0 cpuset.cpus=0-1
	inside "$CONCBENCH" run --filter "$sieve" --rounds 1 --slots 2 --slot-time 1500ms --no-charts --no-counters \
		--results res >out 2>err &
	local run=$! status=0
	wait_for 30 at_work
	echo 0 >"$group/cpuset.cpus"
	wait "$run" || status=$?
	[ "$status" -eq 1 ] || fail "exit status $status: $(cat out err)"
	tr '\n' ' ' <out | tr -s ' ' >line
	has line 'invalid: launch 0: worker 1 was bound to PU 1; it now may run on PUs 0 only: cpuset or affinity changed while it ran'
}

run a_quota_is_seen no_quota_is_no_word the_gate_says_it a_cpuset_that_shrinks_is_seen
