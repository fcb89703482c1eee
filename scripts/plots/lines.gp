# lines.gp - a figure against a parameter, one line a model.
#
# Variables besides style.gp's: low, high, ticks, tick_names, x_title; y_title, log, scale and unit
# (what turns the data into y_title's unit), and the range, y_low and y_high; of a linear axis y_step.
# Data: one block a line; its first cell is the label; then the parameter, value, low, high,
# and, of a case whose launches mix two regimes of the machine, its value in each.

width = 960
body_px = 350
foot_px = strlen(note) ? 92 : 76
load scripts.'/style.gp'

set tmargin at screen 1 - px(top_px + 26)
set bmargin at screen px(foot_px)
set lmargin at screen sx(124)
set rmargin at screen sx(width - 24)
set label 6 y_title at screen sx(22), graph 0.5 center rotate textcolor rgb ink
load scripts.'/axis.gp'

if (log) {
	set logscale y
	set yrange [y_low * scale / 1.25 : y_high * scale * 1.25]
	steps = y_high / y_low > 200 ? '1' : y_high / y_low > 6 ? '1 2 5' : '1 1.5 2 3 4 5 6 8'
	set ytics ()
	unset mytics
	do for [d = int(floor(log10(y_low * scale / 1.25))):int(ceil(log10(y_high * scale * 1.25)))] {
		do for [m in steps] {
			at = m * 10.0 ** d
			if (at >= y_low * scale / 1.25 && at <= y_high * scale * 1.25) { set ytics add (si(at, unit) at) }
		}
	}
} else {
	set yrange [y_low * scale : y_high * scale]
	set ytics y_low * scale, y_step * scale, y_high * scale
	set format y '%g '.(unit eq '%' ? '%%' : unit)
	if (y_low < 0) {
		set arrow 1 from graph 0, first 0 to graph 1, first 0 nohead lc rgb faint lw 1 dt 2
	}
}

plot for [i = 1:series] data index i - 1 skip 1 using (beside($1, i)):($2 * scale) \
		with lines lt style(i), \
	for [i = 1:series] data index i - 1 skip 1 \
		using (beside($1, i)):($2 * scale):($3 * scale):($4 * scale) with yerrorbars lt style(i) dt 1, \
	for [i = 1:series] for [k = 5:6] data index i - 1 skip 1 using (beside($1, i)):(column(k) * scale) \
		with points lt style(i) pt 2 ps 0.7
set output
