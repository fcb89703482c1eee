#!/usr/bin/env bash
# history_chart.sh - draw the table of history.sh: what change points find, and with how many runs.
#
# Usage: scripts/experiments/history_chart.sh TABLE.tsv OUT     (writes OUT.svg and OUT.png)
set -euo pipefail

[ $# -eq 2 ] || {
	sed -n 's/^# \{0,1\}//; 4p' "$0" >&2
	exit 2
}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Okabe and Ito's colours, and shapes that stay apart without them.
colours=('#0072B2' '#D55E00' '#009E73')
points=(7 5 9)
# panel WHAT TITLE XLABEL XMAX - a line for everything of that kind.
panel() {
	local of i=0 first=1 file
	echo "set title '$2' offset 0,-0.5; set xlabel '$3' offset 0,0.4; set xrange [0:$4]"
	echo "set key bottom right reverse Left samplen 1"
	printf 'plot '
	while IFS= read -r of; do
		file=$work/$1$i.dat
		awk -F '\t' -v w="$1" -v o="$of" '$1 == w && $2 == o {print $3, $4, $5, $6}' "$table" >"$file"
		[ $first -eq 1 ] || printf ', '
		first=0
		printf "'%s' using 1:2:3:4 with yerrorlines lc rgb '%s' pt %s ps 1 lw 2 title '%s'" \
			"$file" "${colours[i % 3]}" "${points[i % 3]}" "$of"
		i=$((i + 1))
	done < <(awk -F '\t' -v w="$1" '$1 == w && !seen[$2]++ {print $2}' "$table")
	printf '\n'
}
table=$1
for terminal in svg png; do
	{
		if [ $terminal = svg ]; then
			echo "set terminal svg size 1120,460 font 'sans,13' background '#ffffff'"
		else
			echo "set terminal pngcairo size 2240,920 font 'sans,22' background '#ffffff'"
		fi
		echo "set output '$2.$terminal'"
		echo "load '$here/chart.gp'"
		echo "set xtics auto; set ylabel 'found, % of series'"
		echo "set multiplot layout 1,3 title 'Change points of a history, noise of one standard deviation (sd)' offset 0,-0.2 margins 0.07,0.985,0.14,0.82 spacing 0.04,0"
		panel step 'A step in 100 runs, found within 4' 'step (sd)' 4.2
		echo "set format y ''; unset ylabel"
		panel mended 'Slower and mended: both ends within 1' 'slower by (sd)' 6.3
		panel delay 'A step after 50 runs: found by then' 'runs since the step' 16.5
		echo 'unset multiplot'
	} >"$work/$terminal.gp"
	gnuplot "$work/$terminal.gp"
done
