#!/bin/sh
# report.sh - `concbench report` on good and bad input. TAP; needs $CONCBENCH, the program.
#
# Runs are written by hand here: a run file of another program, a torn one, none at all. What a
# good one gives is tested on a run that the program itself makes, with one short case.
set -u

: "${CONCBENCH:?the path of the program under test}"
case $CONCBENCH in
/*) ;;
*) CONCBENCH=$PWD/$CONCBENCH ;;
esac

root=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d) || exit 1
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir" || exit 1

number=0
bad=0

# check NAME CONDITION...: one TAP line; what the program said goes with a failure.
check() {
	name=$1
	shift
	number=$((number + 1))
	if "$@"; then
		echo "ok $number - $name"
	else
		bad=$((bad + 1))
		echo "not ok $number - $name"
		sed 's/^/# out: /' out
		sed 's/^/# err: /' err
	fi
}

skip() {
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}

# report ARGUMENT...: leaves the status in $status.
report() {
	"$CONCBENCH" report "$@" >out 2>err
	status=$?
}

# failed_with STATUS TEXT: that status, one line on stderr that begins right and has the text.
failed_with() {
	[ "$status" -eq "$1" ] && [ "$(wc -l <err)" -eq 1 ] &&
		grep -q '^concbench report: ' err && grep -qF -- "$2" err
}

helped() {
	[ "$status" -eq 0 ] && grep -q '^usage: concbench report' out && [ ! -s err ]
}

report --help
check 'help goes to stdout' helped

report --frobnicate
check 'unknown flag' failed_with 2 '--frobnicate'

report --gnuplot
check 'flag without its argument' failed_with 2 '--gnuplot needs a value, PATH'

report one two
check 'two runs' failed_with 2 "'two' is not expected; one run at a time"

report --output ''
check 'empty path' failed_with 2 '--output: it is empty; it needs a value, DIR'

report
check 'no results folder' failed_with 2 "no run 'latest'"

mkdir results
report no-such-run
check 'no such run' failed_with 2 "no run 'no-such-run'"

mkdir results/empty
report empty
check 'folder without a run file' failed_with 2 "no run 'empty'"

mkdir results/torn
printf '{"context": {"date": "2026-01-02T03:04:05Z",' >results/torn/run.json
report torn
check 'truncated JSON' failed_with 2 'results/torn/run.json'

: >nothing.json
report ./nothing.json
check 'empty file' failed_with 2 'nothing.json'

printf '\177ELF\001\002' >binary.json
report ./binary.json
check 'not JSON' failed_with 2 'binary.json'

echo '{"some": "thing else"}' >foreign.json
report ./foreign.json
check 'foreign JSON' failed_with 2 'foreign.json'

echo '{"context": {"date": "x", "num_cpus": 2}, "benchmarks": []}' >google.json
report ./google.json
check "Google Benchmark's JSON of another program" failed_with 2 'google.json'

# ---- on a real run ----

printed_page() {
	[ "$status" -eq "$1" ] && [ "$(cat out)" = "$2/report.html" ] && [ -s "$2/report.html" ]
}

has_charts() {
	printed_page 0 "$1" && [ ! -s err ] && grep -q '<svg role="img"' "$1/report.html" &&
		set -- "$1"/charts/*.png && [ -s "$1" ]
}

page_without_charts() {
	printed_page 1 "$1" && failed_with 1 'gnuplot-nox' && ! grep -q '<svg' "$1/report.html" &&
		set -- "$1"/charts/*.tsv && [ -s "$1" ]
}

plain_page() {
	printed_page 0 "$1" && [ ! -s err ] && ! grep -q '<svg' "$1/report.html" &&
		[ ! -e "$1/charts" ]
}

well_formed() {
	for tag in html head body main table section figure details; do
		opened=$(grep -o "<${tag}[ >]" "$1/report.html" | wc -l)
		closed=$(grep -o "</$tag>" "$1/report.html" | wc -l)
		[ "$opened" -eq "$closed" ] || return 1
	done
}

if [ -n "${CONCBENCH_RUN:-}" ]; then
	mkdir results/real && cp "$CONCBENCH_RUN" results/real/run.json
	made=$?
else
	"$CONCBENCH" run --quiet --profile smoke --filter '^handoff/call_' >out 2>err
	made=$?
fi
run=$(find results -name run.json -newer foreign.json ! -path '*/torn/*' | head -n 1)
run=${run%/run.json}

if [ "$made" -ne 0 ] || [ -z "$run" ]; then
	check 'a run to report on' false
else
	rm -rf "$run/charts" "$run/report.html"
	report --no-charts "$run"
	check 'page without charts on request' plain_page "$run"

	report --gnuplot /nonexistent/gnuplot "$run"
	check 'no gnuplot: the page still, exit 1' page_without_charts "$run"

	report --output other --no-charts "$run/run.json"
	check 'output elsewhere, run named by its file' plain_page other
	check 'tags are balanced' well_formed other

	cut=$(($(wc -c <"$run/run.json") / 2))
	head -c "$cut" "$run/run.json" >half.json
	report ./half.json
	check 'a real run cut in half' failed_with 2 'half.json'

	if command -v gnuplot >/dev/null; then
		report "$run"
		check 'page with charts' has_charts "$run"
	else
		skip 'page with charts' 'gnuplot is not installed'
	fi

	echo 'a file' >file
	report --output file/below "$run"
	check 'output below a file' failed_with 2 'file/below'

	mkdir sealed && chmod a-w sealed
	if [ -w sealed ]; then
		skip 'output without permission' 'this user may write everywhere'
	else
		report --output sealed/in "$run"
		check 'output without permission' failed_with 2 'sealed/in'
	fi

	"$CONCBENCH" report --no-charts "$run" >/dev/full 2>err
	status=$?
	: >out
	check 'stdout is full' failed_with 2 'standard output'
fi

# scaled FACTOR: ./scaled/run.json, the sample with queues FACTOR times as fast.
scaled() {
	mkdir -p scaled && python3 - "$sample" "$1" >scaled/run.json <<-'EOF'
		import json, sys

		run = json.load(open(sys.argv[1]))
		factor = float(sys.argv[2])
		own = run["concbench"]
		own["cases"] = [c for c in own["cases"] if c["name"].startswith("queue/")]
		for case in own["cases"]:
		    for name, by in (("ops_per_s", factor), ("figure", 1 / factor)):
		        interval = case["summary"][name]
		        for end in interval:
		            interval[end] *= by
		json.dump(run, sys.stdout)
	EOF
}

# Each row's name and each figure of the data is in the picture.
shows_all() {
	scaled "$1" && report --output scaled scaled/run.json && [ "$status" -eq 0 ] &&
		awk -F '\t' '/^y\t/ { rows = 1; next } /^panel/ { rows = 0 }
			rows && NF == 2 { print $2 } NF == 7 && $1 != "panel" { print $7 }' \
			scaled/charts/queue.tsv >wanted && [ "$(wc -l <wanted)" -ge 10 ] &&
		while read -r text; do
			grep -qF -- ">$text<" scaled/charts/queue.svg || {
				echo "missing: $text" >>err
				return 1
			}
		done <wanted
}

# inside FILE...: every text of a picture ends inside of it, a letter taken as half its height wide.
inside() {
	python3 - "$@" <<-'EOF' >>err
		import re, sys

		for path in sys.argv[1:]:
		    picture = open(path).read()
		    width = float(re.search(r'viewBox="0 0 (\d+)', picture)[1])
		    texts = re.findall(r'translate\(([-\d.]+),[-\d.]+\)"[^>]*font-size="([\d.]+)"\s+'
		                       r'text-anchor="(\w+)">\s*<text>(.*?)</text>', picture, re.S)
		    if len(texts) < 10:
		        sys.exit(f"{path}: {len(texts)} texts")
		    for x, size, anchor, text in texts:
		        letters = len(re.sub(r"<[^>]*>", "", text).replace("&gt;", ">"))
		        wide = letters * float(size) / 2
		        left = float(x) - {"start": 0, "middle": wide / 2, "end": wide}[anchor]
		        if left < 0 or left + wide > width:
		            sys.exit(f"{path}: cut off: {text}")
	EOF
}

# has_intervals CHART COUNT: an interval is a bar with an end at either side, three strokes in the
# colour of its series; a point or a line has none of these.
has_intervals() {
	strokes=$(tr '\n' ' ' <"all/charts/$1.svg" | sed 's/<path/\n&/g' |
		grep -E "stroke='rgb\( *(0, 114, 178|213, +94, +0|0, 158, 115)\)'" |
		grep -o 'M[0-9]' | wc -l)
	if [ "$2" -le 5 ] || [ "$strokes" -lt $((3 * $2)) ]; then
		echo "$1: $2 intervals, but $strokes strokes" >>err
		return 1
	fi
}

# Every script of a chart has been through gnuplot, and drawn its intervals.
draws_everything() {
	report --output all "$sample" && [ "$status" -eq 0 ] && [ ! -s err ] || return 1
	for data in all/charts/*.tsv; do
		picture=${data%.tsv}
		if [ ! -s "$picture.svg" ] || [ ! -s "$picture.png" ]; then
			echo "not drawn: $picture" >>err
			return 1
		fi
	done
	for family in handoff job-chase job-sieve job-timers job-tcp_echo lock queue; do
		[ -s "all/charts/$family.svg" ] || {
			echo "no chart of $family" >>err
			return 1
		}
	done
	inside all/charts/*.svg || return 1
	# The control.
	sed 's/text-anchor="start"/text-anchor="end"/' all/charts/lock.svg >cut.svg
	! inside cut.svg 2>/dev/null || return 1
	: >err
	has_intervals job-sieve "$(grep -c '^[0-9]' all/charts/job-sieve.tsv)" &&
		has_intervals job-timers "$((2 * $(grep -c '^[0-9]' all/charts/job-timers.tsv)))" &&
		for family in handoff lock queue; do
			has_intervals $family "$(awk -F '\t' 'NF == 7 && $1 != "panel"' \
				"all/charts/$family.tsv" | wc -l)" || return 1
		done
}

# machine PUS: ./machine/run.json, the sample's locks and each pair of so many PUs, 5 ns between neighbours and
# 50 ns and more between others.
machine() {
	mkdir -p machine && python3 - "$sample" "$1" >machine/run.json <<-'EOF'
		import copy, json, sys

		run = json.load(open(sys.argv[1]))
		pus = int(sys.argv[2])
		own = run["concbench"]
		locks = [c for c in own["cases"] if c["name"].startswith("lock/")]
		own["families"] = [f for f in own["families"] if f["name"] == "lock"]
		own["families"][0]["bound"] = "distance"
		own["families"].append(dict(own["families"][0], name="distance", shape="matrix",
		                            bound="", axis="place", parameters=[]))
		own["cases"] = locks
		for a in range(pus):
		    for b in range(a + 1, pus):
		        case = copy.deepcopy(locks[0])
		        case["name"] = f"distance/cas/place:pair:{a}-{b}"
		        ns = 5 if b - a == 1 else 50 + a + b / 100
		        case["summary"]["figure"] = {"estimate": ns, "low": ns, "high": ns}
		        own["cases"].append(case)
		json.dump(run, sys.stdout)
	EOF
}

# draws_pairs PUS: each pair has its cell, each figure stands in it where there are few, nothing is cut off, and
# the panels of two workers have the line of the pair that they are on.
draws_pairs() {
	machine "$1" && report --output machine machine/run.json && [ "$status" -eq 0 ] || return 1
	cells=$(grep -c "<polygon fill = 'rgb(" machine/charts/distance.svg)
	figures=$(sed 1d machine/charts/distance.tsv | cut -f 8)
	# Five more are the legend.
	[ "$cells" -eq $(($1 * ($1 - 1) / 2 + 5)) ] || {
		echo "$cells cells" >>err
		return 1
	}
	if [ "$1" -le 16 ]; then
		for text in $figures; do
			grep -qF -- ">$text<" machine/charts/distance.svg || {
				echo "missing: $text" >>err
				return 1
			}
		done
	fi
	inside machine/charts/distance.svg machine/charts/lock.svg &&
		grep -q '>one hand-off<' machine/charts/lock.svg &&
		! grep -q '>one hand-off<' all/charts/lock.svg
}

# loads KINDS: ./loads/run.json, the sample's timers as so many queues at three loads each.
loads() {
	mkdir -p loads && python3 - "$sample" "$1" >loads/run.json <<-'EOF'
		import copy, json, sys

		run = json.load(open(sys.argv[1]))
		own = run["concbench"]
		timers = next(c for c in own["cases"] if c["name"].startswith("job/timers/model:thread"))
		own["families"] = [dict(f, load="load_pct") for f in own["families"] if f["name"] == "queue"]
		own["cases"] = []
		for kind in range(int(sys.argv[2])):
		    for pct in 10, 50, 95:
		        case = copy.deepcopy(timers)
		        case["name"] = f"queue/kind_{kind}/model:thread/place:scatter/load_pct:{pct}"
		        for name, ns in ("p50_ns", 1e4 * (kind + 1) * pct), ("p99_ns", 1e5 * pct):
		            case["summary"]["latency"][name] = {
		                "estimate": ns, "low": 0.8 * ns, "high": 1.2 * ns, "merged": False}
		        own["cases"].append(case)
		json.dump(run, sys.stdout)
	EOF
}

# draws_loads KINDS: a panel each, its lines in it, and nothing cut off.
draws_loads() {
	loads "$1" && report --output loads loads/run.json && [ "$status" -eq 0 ] && [ ! -s err ] || return 1
	inside loads/charts/queue-load.svg || return 1
	for kind in $(seq 0 $(($1 - 1))); do
		grep -q ">kind_$kind<" loads/charts/queue-load.svg || {
			echo "no panel of kind_$kind" >>err
			return 1
		}
	done
	# A median and a 99th percentile at each load, a bar with an end at either side.
	strokes=$(tr '\n' ' ' <loads/charts/queue-load.svg | sed 's/<path/\n&/g' |
		grep -E "stroke='rgb\( *0, 114, 178\)'" | grep -o 'M[0-9]' | wc -l)
	[ "$strokes" -ge $((3 * 3 * 2 * $1)) ] || {
		echo "$strokes strokes" >>err
		return 1
	}
}

# sizes KINDS: ./sizes/run.json, the sample's locks as so many queues with items of three sizes each.
sizes() {
	mkdir -p sizes && python3 - "$sample" "$1" >sizes/run.json <<-'EOF'
		import copy, json, sys

		run = json.load(open(sys.argv[1]))
		own = run["concbench"]
		lock = next(c for c in own["cases"] if c["name"].startswith("lock/") and c["status"] == "ok")
		own["families"] = [dict(f, size="bytes") for f in own["families"] if f["name"] == "queue"]
		own["cases"] = []
		for kind in range(int(sys.argv[2])):
		    for size in 8, 1024, 65536:
		        case = copy.deepcopy(lock)
		        case["name"] = f"queue/kind_{kind}/model:thread/place:scatter/bytes:{size}"
		        own["cases"].append(case)
		json.dump(run, sys.stdout)
	EOF
}

# draws_sizes KINDS: a panel each, its points in it, and nothing cut off.
draws_sizes() {
	sizes "$1" && report --output sizes sizes/run.json && [ "$status" -eq 0 ] && [ ! -s err ] || return 1
	inside sizes/charts/queue-size.svg || return 1
	for kind in $(seq 0 $(($1 - 1))); do
		grep -q ">kind_$kind<" sizes/charts/queue-size.svg || {
			echo "no panel of kind_$kind" >>err
			return 1
		}
	done
	strokes=$(tr '\n' ' ' <sizes/charts/queue-size.svg | sed 's/<path/\n&/g' |
		grep -E "stroke='rgb\( *0, 114, 178\)'" | grep -o 'M[0-9]' | wc -l)
	[ "$strokes" -ge $((3 * 3 * $1)) ] || {
		echo "$strokes strokes" >>err
		return 1
	}
}

# README's excerpts of the table are lines of the table, and its pictures are there.
readme_shows_the_sample() {
	sed -n '/^A part of its table:/,/^So on that machine/p' "$root/README.md" |
		awk '/^`+$/ { inside = !inside; next } inside && /./' >excerpt
	[ "$(wc -l <excerpt)" -gt 10 ] || return 1
	grep -vxFf "$root/results/sample/table.txt" excerpt >err && return 1
	sed -n 's/^!\[.*\](\(results[^)]*\))$/\1/p' "$root/README.md" >pictures
	[ -s pictures ] || return 1
	while read -r picture; do
		[ -s "$root/$picture" ] || {
			echo "no $picture" >>err
			return 1
		}
	done <pictures
}
status=0
check "README shows a part of the sample's table" readme_shows_the_sample

sample=$root/results/sample/run.json
if command -v gnuplot >/dev/null && command -v python3 >/dev/null && [ -e "$sample" ]; then
	check 'a chart of every family' draws_everything
	for pus in 2 5 16 64; do
		check "each pair of $pus PUs" draws_pairs $pus
	done
	for kinds in 1 3 30; do
		check "latency against load of $kinds kinds" draws_loads $kinds
		check "rate against size of $kinds kinds" draws_sizes $kinds
	done
	for factor in 1e-6 1e-5 1e-4 1e-3 1e-2 0.1 1 10 100; do
		check "every label is drawn, rates times $factor" shows_all "$factor"
	done
else
	skip 'every label is drawn' 'gnuplot, python3 or the sample is not there'
fi

echo "1..$number"
[ "$bad" -eq 0 ]
