#!/usr/bin/env bash
# preflight.sh - what a process is not given is said in one line, or done without; and no fact is claimed that
# was not achieved.
# shellcheck source=scripts/tests/tap.bash
. "$(dirname "$0")/tap.bash"

quick=(run --rounds 2 --slots 2 --results res --no-charts --no-counters '--filter=^handoff/call_direct/')

# without CALL... - runs of "$CONCBENCH" see these calls fail, by LD_PRELOAD: in $refuse.
without() {
	command -v cc >/dev/null || skip 'no compiler'
	cat >refuse.c <<-'EOF2'
		#define _GNU_SOURCE
		#include <errno.h>
		#include <stdarg.h>
		#include <stddef.h>
		#include <sys/prctl.h>
		#include <sys/syscall.h>
		#include <unistd.h>
		#ifdef NO_getrandom
		long getrandom(void *to, size_t len, unsigned flags);
		long getrandom(void *to, size_t len, unsigned flags)
		{
			(void)to, (void)len, (void)flags;
			errno = ENOSYS;
			return -1;
		}
		#endif
		#ifdef NO_prctl
		int prctl(int what, ...)
		{
			va_list args;
			unsigned long a[4];

			va_start(args, what);
			for (int i = 0; i < 4; i++)
				a[i] = va_arg(args, unsigned long);
			va_end(args);
			if (what != PR_SET_PDEATHSIG && what != PR_SET_TIMERSLACK)
				return (int)syscall(SYS_prctl, what, a[0], a[1], a[2], a[3]);
			errno = EPERM;
			return -1;
		}
		#endif
	EOF2
	cc -shared -fPIC "${@/#/-DNO_}" -o refuse.so refuse.c
	refuse=$PWD/refuse.so
}

a_small_stack_is_refused() {
	expect 2 bash -c 'ulimit -s 64 && exec "$@"' - "$CONCBENCH" "${quick[@]}"
	one_line err 'concbench run: the stack limit is 64 kB, and 256 kB are needed'
	[ ! -e res ] || fail 'something was measured'
	# What is said to be enough is.
	expect 0 bash -c 'ulimit -s 256 && exec "$@"' - "$CONCBENCH" "${quick[@]}"
	[ ! -s err ] || fail "$(cat err)"
}

no_null_device_is_refused() {
	unshare -m true 2>/dev/null || skip 'no mounts of its own'
	expect 2 unshare -m sh -c 'mount -t tmpfs none /dev && exec "$@"' - "$CONCBENCH" "${quick[@]}"
	one_line err 'concbench run: /dev/null: No such file or directory'
	[ ! -e res ] || fail 'something was measured'
}

no_random_numbers_are_no_obstacle() {
	without getrandom
	expect 0 env LD_PRELOAD="$refuse" "$CONCBENCH" "${quick[@]}"
	[ ! -s err ] || fail "$(cat err)"
	has res/latest/run.json '"status": '
}

what_prctl_refuses_is_not_claimed() {
	expect 0 "$CONCBENCH" "${quick[@]}"
	has res/latest/run.json '"run.timer_slack_ns": "1"'
	[ ! -s err ] || fail "$(cat err)"
	without prctl
	expect 0 env LD_PRELOAD="$refuse" "$CONCBENCH" "${quick[@]}"
	one_line err 'cells will outlive a kill -9 of this process' 'Operation not permitted'
	has res/latest/run.json '"run.timer_slack_ns": "50000"'
}

run a_small_stack_is_refused no_null_device_is_refused no_random_numbers_are_no_obstacle \
	what_prctl_refuses_is_not_claimed
