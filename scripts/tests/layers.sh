#!/usr/bin/env bash
# layers.sh - the arrows between folders point one way, and each library is known in one place.
set -eu
cd "$(dirname "$0")/../.."

layers=(base coroutine stats machine run work compare cell gate report history cmd)
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

echo "1..$((${#layers[@]} + 7))"
check "the harness knows no bench" "$(includes benches/ harness)"
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
exit $bad
