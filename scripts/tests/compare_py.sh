#!/bin/sh
# Google Benchmark's own compare.py (Debian: libbenchmark-tools) reads our run files unchanged, its
# U test included. Two files made by the real writer: ten launches a case, the second 20 % slower.
# Then two real runs of the program itself. TAP on standard output.
set -u
cd "$(dirname "$0")/../.." || exit 1

compare=/usr/share/benchmark/compare.py
python=/usr/bin/python3
writer=${CONCBENCH_TESTS:-build/tests}/harness/run/result_test
concbench=${CONCBENCH:-build/concbench}

skip() {
	echo "1..0 # SKIP $1"
	exit 0
}

[ -r "$compare" ] || skip "no $compare (package libbenchmark-tools)"
[ -x "$python" ] || skip "no $python"
"$python" -c 'import numpy, scipy.stats' 2>/dev/null || skip "no SciPy (package python3-scipy)"
if [ ! -x "$writer" ]; then
	echo "Bail out! $writer is not built"
	exit 1
fi

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM HUP

if ! CONCBENCH_TEST_WRITE_RUNS=$dir "$writer"; then
	echo "Bail out! $writer could not write its run files"
	exit 1
fi

count=0
failed=0
case_name=lock/ck_mcs/model:thread/workers:2/place:scatter

# check DESCRIPTION COMMAND... - one line of TAP.
check() {
	what=$1
	shift
	count=$((count + 1))
	if "$@"; then
		echo "ok $count - $what"
	else
		echo "not ok $count - $what"
		sed 's/^/# /' "$dir/out"
		failed=$((failed + 1))
	fi
}

# compare OUTPUT FILE FILE [OPTION...] - its exit code; both outputs in $dir/out.
compare() {
	one=$1
	two=$2
	shift 2
	PYTHONDONTWRITEBYTECODE=1 "$python" "$compare" --no-color "$@" benchmarks "$one" "$two" \
		>"$dir/out" 2>&1
}

# pvalue CASE - of the U test on the time.
pvalue() {
	awk -v name="$1_pvalue" '$1 == name { print $2 }' "$dir/out"
}

# rows CASE CHANGE - how many rows of the case have that relative change of time.
rows() {
	awk -v name="$1" -v change="$2" '$1 == name && $2 == change' "$dir/out" | wc -l
}

is_below() {
	[ -n "$1" ] && awk -v a="$1" -v b="$2" 'BEGIN { exit !(a < b) }'
}

says() {
	grep -q -- "$1" "$dir/out"
}

says_not() {
	! says "$1"
}

check "the two files are compared" compare "$dir/base.json" "$dir/head.json"
check "no Python traceback" says_not Traceback
check "one row a launch, each 20 % slower" [ "$(rows "$case_name" +0.2000)" -eq 10 ]
check "the aggregates are there" [ "$(rows "${case_name}_median" +0.2000)" -eq 1 ]
# Of three cases with latencies. As counters they are reals, in our own part whole numbers.
check "with percentiles in a case's row of the median, and only there" \
	[ "$(grep -c '^ *"p99_ns": [1-9][0-9]*\.0,$' "$dir/base.json")" -eq 3 ]
check "the U test has its ten repetitions" says "U Test, Repetitions: 10 vs 10"
check "and finds them enough" says_not "Results unreliable"
check "the U test sees the difference" is_below "$(pvalue "$case_name")" 0.001
check "a case that crashed does not disturb" says "job/sieve/model:thread/workers:1"
check "a case that never ran is no row" says_not "job/sieve/model:thread/workers:2"

check "aggregates only" compare "$dir/base.json" "$dir/head.json" -a
check "shows no single launch" [ "$(rows "$case_name" +0.2000)" -eq 0 ]

# Controls: what must not be found is not found.
check "a file is compared with itself" compare "$dir/base.json" "$dir/base.json"
check "the U test sees no difference" [ "$(pvalue "$case_name")" = 1.0000 ]
sed 's/"real_time"/"real_tame"/' "$dir/head.json" >"$dir/broken.json"
compare "$dir/base.json" "$dir/broken.json"
check "a file that lacks the schema's times fails" says "KeyError"

real_run() {
	"$concbench" run --profile smoke --filter '^handoff/call_' --rounds 10 --precision 0 --slot-time 3ms --no-charts --quiet \
		--results "$dir/res" --benchmark_out="$dir/$1.json" >"$dir/out" 2>&1
}
real_case=handoff/call_direct/model:thread/place:same
check "a real run" real_run one
check "another one" real_run two
check "are compared as they are" compare "$dir/one.json" "$dir/two.json"
check "with a U test over the launches" says "$real_case.*U Test, Repetitions: 10 vs 10"
check "and no traceback" says_not Traceback

echo "1..$count"
[ "$failed" -eq 0 ]
