# models-cpu.gp - a CPU-bound job: speed-up (or rate) against workers, one line a model.
#
# Variables besides style.gp's: lines, style1.., low, high, ticks, y_title, relative (1: with the
# ideal line), pus (processing units used; 0 when not known).
# Data: one block a line; its first cell is the label; then workers, value, low, high.

width = 960
height_px = 440
load scripts.'/style.gp'

set tmargin at screen 1 - px(62)
set bmargin at screen px(72)
set lmargin at screen 74.0 / width
set rmargin at screen 1 - 270.0 / width
set key at screen 1 - 262.0 / width, 1 - px(62) left top Left reverse samplen 3 spacing 1.3

set xlabel 'workers' textcolor rgb ink
set ylabel y_title textcolor rgb ink
set xtics ()
do for [i = 1:words(ticks)] { set xtics add (word(ticks, i) real(word(ticks, i))) }

wide = high > 16 * low
if (wide) {
	set logscale xy 2
	set xrange [low / 1.3 : high * 1.3]
} else {
	set xrange [low - 0.3 * (high > low ? 1 : low) : high + 0.3 * (high > low ? 1 : low)]
	set yrange [0 : *]
}
if (!relative) { set format y '%.0s %c' }

ideal(x) = (pus > 0 && x > pus) ? pus : x
set samples 400
if (pus > 0 && pus >= low && pus <= high) {
	set arrow 1 from first pus, graph 0 to first pus, graph 1 nohead lc rgb faint lw 1 dt 3
	set label 4 sprintf('%d PU%s', pus, pus == 1 ? '' : 's') at first pus, graph 1.03 center \
		font ',11' textcolor rgb faint
}

if (relative) {
	plot ideal(x) with lines lc rgb '#999999' lw 1.2 dt 2 title 'ideal', \
		for [i = 1:lines] data index i - 1 using 1:2:3:4 with yerrorlines \
		lt value(sprintf('style%d', i)) title columnhead(1)
} else {
	plot for [i = 1:lines] data index i - 1 using 1:2:3:4 with yerrorlines \
		lt value(sprintf('style%d', i)) title columnhead(1)
}
set output
