#!/usr/bin/env bash
# layers.sh [TREE] - the arrows between folders point one way, and each library is known in one place.
set -eu
self=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")
cd "${1:-$(dirname "$0")/../..}"

# Lowest first. "include" holds the public headers: what benches see, and what everybody may use.
layers=(include base coroutine stats machine run work compare cell gate report history cmd)
n=0 bad=0

# check NAME OFFENDERS - ok when there are none.
check() {
	n=$((n + 1))
	if [ -z "$2" ]; then
		echo "ok $n - $1"
	else
		bad=1
		echo "not ok $n - $1"
		printf '%s\n' "$2" | sed 's/^/# /'
	fi
}

# includes PATTERN FOLDER... - lines with such an include, tests and what they share left out: they may
# look anywhere.
includes() {
	local pattern=$1
	shift
	grep -rnE --include='*.[ch]' --include='*.cc' "#include [<\"]$pattern" "$@" | grep -vE '_(test|fixture)\.[ch]:' || true
}

echo "1..$((${#layers[@]} + 13 + (1 - $#)))"
check "the harness knows no bench" "$(includes benches/ harness)"
# A bench that reaches into the harness could not be loaded from outside, and would break with every
# change in there. Broken kinds, the checks' controls, are all made in one way.
check "benches include <concbench/...> and their own folder only" "$(
	includes harness/ benches
	for folder in benches/*/; do
		includes "(benches|[a-z_]*\.h\")" "$folder" |
			grep -vE "#include \"$folder|^${folder}fixture/.*#include \"benches/broken\.h\"" || true
	done
)"
# Neither the quoted form nor a library: a bench of somebody else's has only these headers.
check "public headers include each other and the system only" "$(
	grep -rnE '#include "' harness/include || true
	includes '(hwloc|benchmark/|jansson|sqlite3|libpq-fe|ck_|boost/|cmocka)' harness/include
)"
# What a loaded shared object was built with is compared with it (CB_LAYOUT): a structure that is missing there,
# or has grown behind the last member that is named, is one nobody compares. Left out are the two that make the
# comparison and those that never leave an object file.
check "the layout of every public structure is compared, to its last member" "$(
	for header in harness/include/*/*.h; do
		[ "$(basename "$header")" = gbench.h ] || sed 's|//.*||' "$header"
	done | tr '\n' ' ' | sed 's|/\*|\x01|g; s|\*/|\x02|g; s|\x01[^\x02]*\x02||g' >"${TMPDIR:-/tmp}/layers.$$"
	grep -oE 'struct [a-z_]+ \{[^}]*\}' "${TMPDIR:-/tmp}/layers.$$" |
		sed -E 's/^struct ([a-z_]+) \{(.*;)?([^;]+);[^;]*\}$/\1,\3/; s/,.*\(\*([a-z_]+)\)\(.*/,\1/; s/\[[^]]*\]//; s/ CB_ALIGNED//; s/,.*[ *]([a-z_]+)$/,\1/' |
		grep -vE '^cb_(module|layout|no_node|lock_closure),' |
		while IFS=, read -r name last; do
			grep -qE "CB_SPAN\($name, $last\)" "${TMPDIR:-/tmp}/layers.$$" || echo "CB_SPAN($name, $last)"
		done
	rm -f "${TMPDIR:-/tmp}/layers.$$"
)"
check "every folder of the harness has its layer" "$(
	for folder in harness/*/; do
		name=$(basename "$folder")
		[[ " ${layers[*]} " == *" $name "* ]] || echo "$folder"
	done
)"
# What is said of a family comes from its declaration, so that one more needs nothing here. `concbench
# new` has a template for each header of the public interface: lock.h, queue.h, job.h.
families=$(sed -n '/^const struct cb_family/,/^}/s/^ *\.name = "\(.*\)",$/\1/p' benches/*/*.c | paste -sd'|')
check "the harness names no family" "$([ -n "$families" ] || echo "found no family in benches/"
	grep -rnE --include='*.[ch]' "\"($families)s?[\"/]" harness | grep -vE '_test\.[ch]:|_fixture\.h:|/\*.*"' |
		grep -vE '^harness/(include/|cmd/cmd_new\.c:)|__asm__|"cgroup\.memory_' || true)" # a clobber, a controller
check "the shim for Google Benchmark stands alone" "$(includes harness/ harness/gbench.cc)"
for ((i = 0; i < ${#layers[@]}; i++)); do
	above=$(IFS='|' && echo "${layers[*]:i+1}")
	check "harness/${layers[i]} includes nothing above it" \
		"$(includes "harness/(${above:-nothing})/" "harness/${layers[i]}")"
done
check "hwloc in topology only" "$(includes hwloc harness benches | grep -v '^harness/machine/topology' || true)"
check "Google Benchmark in the shim only" "$(includes benchmark/ harness benches | grep -v '^harness/gbench.cc' || true)"
check "JSON in run files and the protocol only" "$(includes jansson harness benches |
	grep -vE '^harness/(run/(result|journal|jsonio|sample_json)|cell/protocol|compare/comparison_json|history/export)' || true)"
check "SQLite in its store only" "$(includes sqlite3 harness benches | grep -v '^harness/history/store_sqlite' || true)"
check "libpq in its store only" "$(includes libpq-fe harness benches | grep -v '^harness/history/store_postgres' || true)"
# Of what git would take: what a build or a run leaves lying about shows up here before it is committed.
top='benches|harness|scripts|results|Makefile|README\.md|\.ci|LICENSE|CONTRIBUTING\.md|\.[a-z-]+'
check "nothing else at the top level" "$(git ls-files --cached --others --exclude-standard 2>/dev/null |
	cut -d/ -f1 | sort -u | grep -vxE "$top" || true)"

# made_up TREE - one that breaks every rule.
made_up() {
	git init -q "$1" && cd "$1"
	local i top=$((${#layers[@]} - 1)) library
	mkdir -p benches/locks benches/queues harness/attic stray
	: >harness/attic/file.c && : >stray/file
	echo '#include "harness/base/arena.h"' >harness/gbench.cc
	printf '%s\n' '#include "benches/queues/ring.h"' '#include <concbench/lock.h>' >benches/locks/other.c
	printf 'const struct cb_family pool_family = {\n    .name = "pool",\n};\n' >benches/locks/family.c
	for ((i = 0; i <= top; i++)); do
		mkdir -p "harness/${layers[i]}"
		[ "$i" -eq "$top" ] || echo "#include \"harness/${layers[i + 1]}/x.h\"" >"harness/${layers[i]}/up.c"
	done
	mkdir harness/include/own
	printf '%s\n' '#include "harness/base/arena.h"' 'struct own {' '	int a;' '	void (*b)(int c);' '};' \
		'CB_LAYOUT(own, CB_SPAN(own, a))' >harness/include/own/own.h
	echo 'x = strcmp(name, "pool") == 0;' >harness/report/family.c
	for library in hwloc benchmark/benchmark jansson sqlite3 libpq-fe; do
		echo "#include <$library.h>"
	done >harness/base/libraries.c
	echo '#include "benches/locks/locks.h"' >harness/base/bench.c
}

# All but two have something to find: nothing is above the last layer, and tests may look anywhere.
control() {
	local tree
	tree=$(mktemp -d)
	(made_up "$tree")
	echo '#include "harness/cmd/cmd.h"' >"$tree/harness/base/up_test.c"
	bash "$self" "$tree" >"$tree.out" || true
	sed -n 's/^ok [0-9]* - //p' "$tree.out" | grep -vx "harness/${layers[-1]} includes nothing above it" || true
	! grep '_test' "$tree.out" || true
	rm -rf "$tree" "$tree.out"
}
[ $# -gt 0 ] || check "a tree that breaks every rule fails every check" "$(control)"
exit $bad
