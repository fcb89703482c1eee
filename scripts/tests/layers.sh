#!/usr/bin/env bash
# layers.sh - the arrows between folders point one way, and each library is known in one place.
set -eu
cd "$(dirname "$0")/../.."

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

# includes PATTERN FOLDER... - lines with such an include, tests left out: they may look anywhere.
includes() {
	local pattern=$1
	shift
	grep -rnE --include='*.[ch]' --include='*.cc' "#include [<\"]$pattern" "$@" | grep -v '_test\.[ch]:' || true
}

echo "1..$((${#layers[@]} + 11))"
check "the harness knows no bench" "$(includes benches/ harness)"
# driver.h is part of the tests. A bench that reaches into the harness could not be loaded from
# outside, and would break with every change in there.
check "benches include <concbench/...> and their own folder only" "$(
	includes harness/ benches | grep -v '^benches/driver\.h:' || true
	for folder in benches/*/; do
		includes "(benches|[a-z_]*\.h\")" "$folder" | grep -v "#include \"$folder" || true
	done
)"
# Neither the quoted form nor a library: a bench of somebody else's has only these headers.
check "public headers include each other and the system only" "$(
	grep -rnE '#include "' harness/include || true
	includes '(hwloc|benchmark/|jansson|sqlite3|libpq-fe|ck_|boost/|cmocka)' harness/include
)"
check "every folder of the harness has its layer" "$(
	for folder in harness/*/; do
		name=$(basename "$folder")
		[[ " ${layers[*]} " == *" $name "* ]] || echo "$folder"
	done
)"
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
check "libpq in its store only" "$(includes libpq-fe harness benches | grep -v '^harness/history/libpq' || true)"
# Of what git would take: what a build or a run leaves lying about shows up here before it is committed.
top='benches|harness|scripts|results|Makefile|README\.md|\.ci|LICENSE|CONTRIBUTING\.md|\.[a-z-]+'
check "nothing else at the top level" "$(git ls-files --cached --others --exclude-standard 2>/dev/null |
	cut -d/ -f1 | sort -u | grep -vxE "$top" || true)"
exit $bad
