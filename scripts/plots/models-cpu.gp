# models-cpu.gp - a CPU-bound job: speed-up (or rate) against workers, one line a model.
#
# Variables besides style.gp's: low, high, ticks, y_title, relative (1: with the ideal line), pus
# (processing units used; 0 when not known).
# Data: one block a line; its first cell is the label; then workers, value, low, high.

width = 960
body_px = 350
foot_px = 76
load scripts.'/style.gp'

set tmargin at screen 1 - px(top_px + 26)
set bmargin at screen px(foot_px)
set lmargin at screen sx(84)
set rmargin at screen sx(width - 24)

set xlabel 'workers' textcolor rgb ink
set ylabel y_title offset 0.5, 0 textcolor rgb ink
set xtics ()
do for [i = 1:words(ticks)] { set xtics add (word(ticks, i) real(word(ticks, i))) }

# Points of the same number of workers stand side by side, so that they do not hide each other.
wide = high > 16 * low
span = high > low ? high - low : low
middle = (series + 1) / 2.0
beside(x, i) = wide ? x * 1.035 ** (i - middle) : x + 0.016 * span * (i - middle)
if (wide) {
	set logscale x 2
	if (relative) { set logscale y 2 }
	set xrange [low / 1.3 : high * 1.3]
} else {
	set xrange [low - 0.2 * span : high + 0.2 * span]
}
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
		with yerrorbars lt style(i) dt 1
set output
