# own_kinds.bash - what the tests of kinds of a user's own share; sourced, not run.
# shellcheck shell=bash disable=SC2034 # used by those
# shellcheck source=scripts/tests/tap.bash
. "$(dirname "${BASH_SOURCE[0]}")/tap.bash"

tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
quick=(--rounds 2 --slots 2 --results res --no-charts)

need_compilers() {
	if ! command -v "${CC:-cc}" >/dev/null || ! command -v "${CXX:-c++}" >/dev/null; then skip "no compiler"; fi
	# An instrumented program wants instrumented objects.
	case $CONCBENCH in */san-*) skip "an instrumented program" ;; esac
}

# The example, as its user builds it.
build_example() {
	need_compilers
	cp "$tree"/scripts/examples/own-lock/* .
	make -s CC="${CC:-cc}" CXX="${CXX:-c++}" CONCBENCH_CFLAGS="-I$tree/harness/include" 2>make.err ||
		fail "$(cat make.err)"
	[ ! -s make.err ] || fail "warnings: $(cat make.err)"
}

# own NAME [TEXT] - NAME.so: the example's lock under that name, in which sed's TEXT has been at work.
own() {
	sed "s/LOCK(ticket,/LOCK($1,/; $2" ticket.c >"$1.c"
	build "$1.so"
}

# build FILE.so FLAG... - from FILE.c.
build() {
	local file=$1
	shift
	"${CC:-cc}" -shared -fPIC -w -O2 "$@" -I"$tree/harness/include" -o "$file" "${file%.so}.c" || fail "$file"
}

# kind FILE.c FIELDS [DECLARATIONS] - a kind written out, which lacks or has what the test is about.
kind() {
	cat >"$1.c" <<-END
		#include <concbench/lock.h>
		#include <concbench/queue.h>
		static uint64_t batch(struct cb_worker *w, void *state, uint64_t n) { return n; }
		static int check(const struct cb_env *env, char *why, size_t why_len) { return 0; }
		static void acquire(void *lock, void *node, struct cb_worker *w) {}
		static bool try_put(void *queue, struct cb_worker *w, const void *item, size_t n) { return true; }
		static size_t queue_bytes(const struct cb_queue_env *env) { return 8; }
		static const struct cb_workload work = {.op = "op", .state_bytes = 8, .batch = batch, .check = check};
		${3:-}
		static const struct cb_kind kind = {.family = "job", .name = "own", .about = "one", .version = 1,
		    .models = CB_CAN_ALL, .work = &work, $2};
		CB_REGISTER(kind)
		CB_MODULE
	END
	build "$1.so"
}
