# models-io.gp - an IO-bound job: rate, CPU time and tail latency against concurrency.
#
# Variables besides style.gp's: low, high, ticks, tick_names, x_title, rate_title, cpu_title, and the ranges of the
# panels: rate_low, rate_high, cpu_low, cpu_high, tail_low, tail_high.
# Data: one block a line; its first cell is the label; then workers, rate, low, high, CPU ns, low,
# high, 99th percentile of the latency in ns, low, high ('?' where there is none), and 1 where the load
# generator was at its limit (limited: how many of these); then the rate in each of two regimes of the
# machine, of a case whose launches mix them.

width = 960
body_px = 310
foot_px = strlen(note) ? 92 : 76
if (limited) {
	note = note.(strlen(note) ? '. ' : '').'ringed: the load generator was at its limit and set the rate'
	foot_px = 92
}
load scripts.'/style.gp'

left(p) = sx(70 + (p - 1) * 314)
right(p) = sx(70 + (p - 1) * 314 + 246)
set tmargin at screen 1 - px(top_px + 32)
set bmargin at screen px(foot_px)

set logscale y
set xtics ()
do for [i = 1:words(ticks)] { set xtics add (word(tick_names, i) real(word(ticks, i))) }
if (low > 0) {
	set logscale x
	set xrange [low / 1.7 : high * 1.7]
} else {
	set xrange [low - 0.2 * (high - low) - 0.5 : high + 0.2 * (high - low) + 0.5]
}
unset mxtics
unset mytics
set xlabel x_title textcolor rgb ink
set title offset 0, -0.3 font ',12' textcolor rgb ink

# Points of the same concurrency stand side by side, so that they do not hide each other.
middle = (series + 1) / 2.0
beside(x, i) = low > 0 ? x * (high > low ? (high / low) ** 0.012 : 1.02) ** (i - middle) : \
	x + 0.012 * (high - low) * (i - middle)

# Ticks at 1, 2, 5 of each decade; fewer or more where the range is long or short.
fixed = "set yrange [from / 1.25 : to * 1.25]; set ytics (); \
	steps = to / from > 200 ? '1' : to / from > 6 ? '1 2 5' : '1 1.5 2 3 4 5 6 8'; \
	do for [d = int(floor(log10(from / 1.25))):int(ceil(log10(to * 1.25)))] { \
		do for [m in steps] { \
			at = m * 10.0 ** d; \
			if (at >= from / 1.25 && at <= to * 1.25) { set ytics add (si(at, unit) at) } \
		} \
	}"

set multiplot

set lmargin at screen left(1)
set rmargin at screen right(1)
set title rate_title
from = rate_low; to = rate_high; unit = ''
eval fixed
plot for [i = 1:series] data index i - 1 skip 1 using (beside($1, i)):2 with lines lt style(i), \
	for [i = 1:series] data index i - 1 skip 1 using (beside($1, i)):2:3:4 \
		with yerrorbars lt style(i) dt 1, \
	for [i = 1:series] data index i - 1 skip 1 \
		using (beside($1, i)):($11 > 0 ? $2 : NaN) with points pt 6 ps 2.4 lw 1.2 lc rgb ink, \
	for [i = 1:series] for [k = 12:13] data index i - 1 skip 1 using (beside($1, i)):k \
		with points lt style(i) pt 2 ps 0.7

unset label
unset arrow
set lmargin at screen left(2)
set rmargin at screen right(2)
set title cpu_title
from = cpu_low * 1e-9; to = cpu_high * 1e-9; unit = 's'
eval fixed
plot for [i = 1:series] data index i - 1 skip 1 using (beside($1, i)):($5 * 1e-9) \
		with lines lt style(i), \
	for [i = 1:series] data index i - 1 skip 1 \
		using (beside($1, i)):($5 * 1e-9):($6 * 1e-9):($7 * 1e-9) \
		with yerrorbars lt style(i) dt 1

set lmargin at screen left(3)
set rmargin at screen right(3)
set title '99th percentile of latency'
from = tail_low * 1e-9; to = tail_high * 1e-9; unit = 's'
eval fixed
plot for [i = 1:series] data index i - 1 skip 1 using (beside($1, i)):($8 * 1e-9) \
		with linespoints lt style(i), \
	for [i = 1:series] data index i - 1 skip 1 \
		using (beside($1, i)):($8 * 1e-9):($9 * 1e-9):($10 * 1e-9) \
		with yerrorbars lt style(i) dt 1

unset multiplot
set output
