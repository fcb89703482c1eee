#!/bin/bash
# Command-line test of `concbench topology`. $CONCBENCH is the program (default: the build's).
# Prints TAP; the exit status is that of the worst line.
set -u

concbench=${CONCBENCH:-$(dirname "$0")/../../build/concbench}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
unset HWLOC_XMLFILE HWLOC_THISSYSTEM CONCBENCH_ALLOWED LC_ALL LC_CTYPE LANG
tests=0 failures=0
big='pack:2 numa:1 l3:8 core:8 pu:2'

# report STATUS NAME
report() {
	tests=$((tests + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tests - $2"
		return
	fi
	echo "not ok $tests - $2"
	sed 's/^/# stdout: /' "$dir/out"
	sed 's/^/# stderr: /' "$dir/err"
	failures=$((failures + 1))
}

skip() {
	tests=$((tests + 1))
	echo "ok $tests - $1 # SKIP $2"
}

# run COMMAND...: status in $status, output in $dir/out and $dir/err
run() {
	"$@" >"$dir/out" 2>"$dir/err"
	status=$?
}

topology() {
	run "$concbench" topology "$@"
}

# accepts NAME PATTERN ARGUMENT...: exit status 0, nothing on stderr, a line like PATTERN
accepts() {
	local name=$1 pattern=$2
	shift 2
	topology "$@"
	[ "$status" -eq 0 ] && [ ! -s "$dir/err" ] && grep -q -- "$pattern" "$dir/out"
	report $? "$name"
}

# refused NAME MESSAGE: of the last run, exit status 2, no drawing, this one line on stderr
refused() {
	[ "$status" -eq 2 ] && [ ! -s "$dir/out" ] && [ "$(wc -l <"$dir/err")" -eq 1 ] &&
		grep -qxF -- "concbench topology: $2" "$dir/err"
	report $? "$1"
}

# refuses NAME MESSAGE ARGUMENT...
refuses() {
	local name=$1 message=$2
	shift 2
	topology "$@"
	refused "$name" "$message"
}

policies='same, smt, compact, scatter, llc, cross, list:..., pair:A-B, none'

accepts 'help' '^usage: concbench topology' --help
accepts 'help wins over what follows' '^usage: concbench topology' --help --nonsense
accepts 'this machine' '^This machine: '
accepts 'every policy has its row' '^none ' --workers 1
for policy in same smt compact scatter llc cross none; do
	grep -q "^$policy " "$dir/out"
	report $? "... $policy"
done

refuses 'unknown option' "--nonsense is not an option; see concbench topology --help" --nonsense
refuses 'unknown letter' "-x is not an option; see concbench topology --help" -x
refuses 'unknown letter in a cluster' "-xh is not an option; see concbench topology --help" -xh
refuses 'missing value' '--workers needs a value, N; see concbench topology --help' --workers
refuses 'value too many' '--help=1: --help takes no value' --help=1
refuses 'argument too many' "'extra' is not expected; see concbench topology --help" extra
refuses 'unknown policy' "--policy: 'foo' is not known; accepted: $policies" --policy foo
refuses 'empty policy' "--policy: '' is not known; accepted: $policies" --policy ''
refuses 'message of one line' "--policy: 'a?b' is not known; accepted: $policies" --policy $'a\nb'
for workers in 0 -1 +1 ' 1' 1x '' 65537 99999999999999999999; do
	refuses "workers '$workers'" \
		"--workers: '$workers' is not a number of workers from 1 to 65536" \
		--workers "$workers"
done
refuses 'bad list' "--allowed: '0;1' is not a list of PUs such as 0-3,8: a comma is missing after 0" \
	--allowed '0;1'
refuses 'empty list' "--allowed: '' is not a list of PUs such as 0-3,8: it is empty" --allowed ''
refuses 'bad machine' "--synthetic: 'foo' is not an hwloc synthetic description such as \
'pack:2 numa:1 l3:1 core:4 pu:2'" --synthetic foo
refuses 'empty machine' "--synthetic: '' is not an hwloc synthetic description such as \
'pack:2 numa:1 l3:1 core:4 pu:2'" --synthetic ''
refuses 'no PU left' 'no PU of 0-1 is left to use: allowed none' \
	--synthetic 'core:2 pu:1' --allowed 5

# drawn NAME EXPECTED: the last run's output up to the legend, without the summary
drawn() {
	sed -n '2,/usable PU/p' "$dir/out" | sed '$d' >"$dir/tree"
	[ "$status" -eq 0 ] && printf '%s\n' "$2" | diff - "$dir/tree" >>"$dir/err"
	report $? "$1"
}

topology --synthetic 'pack:1 l3:1 core:2 pu:2' --allowed 0-2
drawn 'small machine in ASCII' \
	'`- package 0 - NUMA node 0 (1 GiB) - L3 0 (16 MiB)
   |- core 0  [0] [1]
   `- core 1  [2] (3)'

topology --synthetic "$big"
drawn '256 PUs stay compact' \
	'|- package 0 - NUMA node 0 (1 GiB)
|  `- 8 x L3 0-7 (16 MiB)
|     `- 8 x core 0-63 x 2 PUs  [0-127]
`- package 1 - NUMA node 1 (1 GiB)
   `- 8 x L3 8-15 (16 MiB)
      `- 8 x core 64-127 x 2 PUs  [128-255]'

if locale -a 2>/dev/null | grep -qix 'c\.utf-\?8'; then
	run env LC_ALL=C.UTF-8 "$concbench" topology --synthetic 'pack:1 l3:1 core:2 pu:1'
	drawn 'small machine in UTF-8' \
		'└─ package 0 ─ NUMA node 0 (1 GiB) ─ L3 0 (16 MiB)
   ├─ core 0  ●0
   └─ core 1  ●1'
else
	skip 'small machine in UTF-8' 'no UTF-8 locale'
fi

accepts 'plan: scatter' '^scatter  *4  0,128,16,144$' --synthetic "$big"
accepts 'plan: cross' '^cross  *4  0,128,2,130$' --synthetic "$big"
accepts 'plan: a list' '^list:5,1  *3  5,1,5  oversubscribed$' --synthetic "$big" \
	--policy list:5,1 --workers 3
accepts 'plan: unsupported' '^smt  *any  unsupported: smt: no core has two usable PUs$' \
	--synthetic 'core:2 pu:1'
accepts 'plan: a listed PU that is not usable' \
	'^list:7  *any  unsupported: list: PU 7 is not usable here, only 0-1 are$' \
	--synthetic 'core:2 pu:1' --policy list:7

topology --synthetic 'core:2 pu:1' --workers 3 --workers 1 --policy same --policy none
[ "$(sed -n '/^policy/,$p' "$dir/out" | sed 1d | awk '{ print $1 $2 }' | tr '\n' ' ')" = \
	'same3 same1 none3 none1 ' ]
report $? 'only the policies and workers that were asked for, in that order'

# Restrictions of the real machine. The first and last CPU that this shell may use:
cpus=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)
first=${cpus%%[,-]*} last=${cpus##*[,-]}
if ! command -v taskset >"$dir/out"; then
	skip 'taskset' 'there is no taskset'
elif [ "$first" = "$last" ]; then
	skip 'taskset' 'only one PU may be used here'
else
	run taskset -c "$last" "$concbench" topology --policy compact --workers 2
	grep -q "limited by .*affinity $last" "$dir/out" && grep -q '(1 usable)' "$dir/out" &&
		grep -q "^compact *2  $last\*2  oversubscribed$" "$dir/out"
	report $? 'taskset: only that PU is used'

	run taskset -c "$last" "$concbench" topology --allowed "$first"
	[ "$status" -eq 2 ] && [ ! -s "$dir/out" ] && grep -q 'is left to use' "$dir/err"
	report $? 'taskset: --allowed cannot give back what it took'

	run env CONCBENCH_ALLOWED="$last" "$concbench" topology
	[ "$status" -eq 0 ] && grep -q "limited by .*CONCBENCH_ALLOWED $last" "$dir/out"
	report $? 'CONCBENCH_ALLOWED restricts'
fi

run env CONCBENCH_ALLOWED=x "$concbench" topology
refused 'bad CONCBENCH_ALLOWED' \
	"CONCBENCH_ALLOWED: 'x' is not a list of PUs such as 0-3,8: no number from 0 to 65535 at 'x'"

# A machine that is not there may be drawn, and nothing else.
run env HWLOC_SYNTHETIC='pack:2 core:4 pu:1' "$concbench" topology
[ "$status" -eq 0 ] && [ ! -s "$dir/err" ] && grep -q '^Another machine (HWLOC_SYNTHETIC): 2 packages' "$dir/out"
report $? 'HWLOC_SYNTHETIC is drawn, and it says so'
for words in 'run --list' 'run --results r' 'check' 'describe lock' "gate --base $concbench --head $concbench"; do
	# shellcheck disable=SC2086
	run env HWLOC_SYNTHETIC='pack:2 core:4 pu:1' HWLOC_THISSYSTEM=1 "$concbench" $words
	[ "$status" -eq 2 ] && [ ! -s "$dir/out" ] && [ "$(wc -l <"$dir/err")" -eq 1 ] &&
		grep -q "HWLOC_SYNTHETIC is of another machine" "$dir/err"
	report $? "HWLOC_SYNTHETIC: concbench $words refuses"
done

run env HWLOC_XMLFILE="$dir/missing" "$concbench" topology
refused 'missing XML' "HWLOC_XMLFILE: cannot read '$dir/missing': No such file or directory"

echo '<foo' >"$dir/bad.xml"
run env HWLOC_XMLFILE="$dir/bad.xml" "$concbench" topology
[ "$status" -eq 2 ] && [ ! -s "$dir/out" ] && [ "$(wc -l <"$dir/err")" -eq 1 ]
report $? 'bad XML: one line, not the real machine'

if [ -w /dev/full ]; then
	"$concbench" topology >/dev/full 2>"$dir/err"
	status=$?
	: >"$dir/out"
	refused 'full disk' 'cannot write the drawing'
else
	skip 'full disk' 'there is no /dev/full'
fi

echo "1..$tests"
[ "$failures" -eq 0 ]
