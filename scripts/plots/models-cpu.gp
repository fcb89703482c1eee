# models-cpu.gp - a CPU-bound job: speed-up (or rate) against workers, one line a model.
#
# Variables besides style.gp's: low, high, ticks, tick_names, x_title, y_title, relative (1: with the ideal line), pus
# (processing units used; 0 when not known).
# Data: one block a line; its first cell is the label; then workers, value, low, high,
# and, of a case whose launches mix two regimes of the machine, its value in each.

width = 960
body_px = 350
foot_px = 76
load scripts.'/style.gp'

set tmargin at screen 1 - px(top_px + 26)
set bmargin at screen px(foot_px)
set lmargin at screen sx(84)
set rmargin at screen sx(width - 24)

set ylabel y_title offset 0.5, 0 textcolor rgb ink
load scripts.'/axis.gp'

if (wide && relative) { set logscale y 2 }
if (!relative || !wide) { set yrange [0 : *] }
if (!relative) { set format y '%.0s %c' }

ideal(x) = x < low || x > high ? NaN : (pus > 0 && x > pus) ? pus : x
set samples 800
if (pus > 0 && pus >= low && pus <= high) {
	set arrow 1 from first pus, graph 0 to first pus, graph 1 nohead lc rgb faint lw 1 dt 3
	set label 4 sprintf('%d PU%s', pus, pus == 1 ? '' : 's') at first pus, graph 1.04 center \
		font ',11' textcolor rgb faint
}
if (relative && high > low) {
	set label 5 'ideal' at first high, first ideal(high) right offset 0, 0.8 font ',11' \
		textcolor rgb faint
}

plot (relative ? ideal(x) : NaN) with lines lc rgb '#8a8a8a' lw 1.2 dt 2, \
	for [i = 1:series] data index i - 1 skip 1 using (beside($1, i)):2 \
		with lines lt style(i), \
	for [i = 1:series] data index i - 1 skip 1 using (beside($1, i)):2:3:4 \
		with yerrorbars lt style(i) dt 1, \
	for [i = 1:series] for [k = 5:6] data index i - 1 skip 1 using (beside($1, i)):k \
		with points lt style(i) pt 2 ps 0.7
set output
