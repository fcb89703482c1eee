#!/usr/bin/env bash
# chart.sh - draw a table of the experiments: per trace a panel, per rule a line, over the change that
# was there the share of verdicts that say so; at 0 % every verdict is false.
#
# Usage: scripts/experiments/chart.sh TABLE.tsv OUT TITLE     (writes OUT.svg and OUT.png)
set -euo pipefail

[ $# -eq 3 ] || {
	sed -n 's/^# \{0,1\}//; 5p' "$0" >&2
	exit 2
}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One block a trace and rule: change, share, low, high.
awk -F '\t' 'NR > 1 && $2 != "all" {
	key = $2 "\t" $1
	if (!(key in rows)) order[++n] = key
	share = $3 > 0 ? 10 : 13
	rows[key] = rows[key] $3 " " $share " " $(share + 1) " " $(share + 2) "\n"
} END {
	for (i = 1; i <= n; i++) {
		split(order[i], k, "\t")
		file = sprintf("%s/%d.dat", dir, i)
		printf "%s", rows[order[i]] >file
		close(file)
		print k[1] "\t" k[2] "\t" file
	}
}' dir="$work" "$1" >"$work/index"
mapfile -t traces < <(cut -f 1 "$work/index" | sort -u)
mapfile -t rules < <(cut -f 2 "$work/index" | sort -u)

# Okabe and Ito's colours, and shapes that stay apart without them.
colours=('#0072B2' '#D55E00' '#009E73' '#CC79A7' '#E69F00')
points=(7 5 9 13 11)
plots() {
	local i file first=1
	for i in "${!rules[@]}"; do
		file=$(awk -F '\t' -v t="$1" -v r="${rules[i]}" '$1 == t && $2 == r {print $3}' "$work/index")
		[ -n "$file" ] || continue
		[ $first -eq 1 ] || printf ', '
		first=0
		printf "'%s' using 1:2:3:4 with yerrorlines lc rgb '%s' pt %s ps 1 lw 2 notitle" \
			"$file" "${colours[i % 5]}" "${points[i % 5]}"
	done
	printf '\n'
}
# A key that spans all panels: gnuplot's own is as wide as one.
legend() {
	local i
	for i in "${!rules[@]}"; do
		printf "set label %d '%s' at screen %s, screen 0.06 left offset 1.2,0 point lc rgb '%s' pt %s ps 1.2\n" \
			$((i + 1)) "${rules[i]}" "$(awk -v i="$i" -v n=${#rules[@]} 'BEGIN {print 0.08 + i * 0.9 / n}')" \
			"${colours[i % 5]}" "${points[i % 5]}"
	done
}
for terminal in svg png; do
	{
		if [ $terminal = svg ]; then
			echo "set terminal svg size $((360 * ${#traces[@]} + 40)),460 font 'sans,13' background '#ffffff'"
		else
			echo "set terminal pngcairo size $((720 * ${#traces[@]} + 80)),920 font 'sans,22' background '#ffffff'"
		fi
		echo "set output '$2.$terminal'"
		echo "title = '$3'"
		echo "load '$here/chart.gp'"
		echo "set multiplot layout 1,${#traces[@]} title title offset 0,-0.2 margins 0.07,0.985,0.28,0.82 spacing 0.04,0"
		for i in "${!traces[@]}"; do
			echo "set title '${traces[i]//_/ }' offset 0,-0.5"
			[ "$i" -eq 0 ] || echo "set format y ''; unset ylabel"
			if [ "$i" -eq 0 ]; then legend; else echo 'unset label'; fi
			printf 'plot '
			plots "${traces[i]}"
		done
		echo 'unset multiplot'
	} >"$work/$terminal.gp"
	gnuplot "$work/$terminal.gp"
done
