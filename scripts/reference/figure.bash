# figure.bash - a case's figure, by a run of its own. Sourced by compare and figures_to_reach.
# shellcheck shell=bash
# shellcheck disable=SC2154 # concbench and work are theirs

# case_figure CASE KEY [OPTION...] - the median over the launches of one short run; of real_time, cpu_time, or
# any metric.
case_figure() {
	local own=$1 key=$2
	shift 2
	# Exit 1 says that the case failed: then there is no figure, and no row.
	"$concbench" run --quiet --no-counters --no-charts --results "$work/results" \
		--rounds 4 --slots 4 --precision 0 --benchmark_format=json "$@" "$own" \
		>"$work/run.json" 2>"$work/err" || [ $? -eq 1 ] || cat "$work/err" >&2
	rm -rf "$work/results"
	tr ',' '\n' <"$work/run.json" | awk -v key="\"$key\":" -v named="${own##*/figure:*}" '
		function text(line) { sub(/^[^:]*: *"/, "", line); sub(/".*$/, "", line); return line }
		/"name":/ { first = !named || !/figure:/ }
		/"run_type":/ { take = first && text($0) == "iteration" }
		/"error_occurred": *true/ { take = 0 }
		take && index($0, key) { sub(/^[^:]*: */, ""); print $0 + 0 }' | median
}

median() { sort -g | awk '{ v[NR] = $1 } END { if (NR) print (v[int((NR + 1) / 2)] + v[int((NR + 2) / 2)]) / 2 }'; }
