# dots.gp - rows with a point and its interval each, in one or more panels.
#
# Variables besides style.gp's: scale and unit (what turns the data into axis_title's unit),
# axis_title, log, panels, height (in lines), longest and longest_panel (letters of the longest row label
# and panel title), and for each panel p its range: decade_low<p>, decade_high<p>; of a linear axis
# x_low<p>, x_high<p>, x_step<p>. bound<p>, where there is one: a value that has a line.
# Data, three blocks: rows (y, label); panels (number, title); points (panel, series, y, value, low,
# high, text); and of points that mix two regimes of the machine (mixed: how many) what they are in each
# (panel, series, y, value).

width = 960
line_px = 19.0
columns = panels == 1 ? 1 : (panels == 2 || panels == 4 || longest > 24 || longest_panel > 28) ? 2 : 3
panel_rows = (panels + columns - 1) / columns
plot_height_px = line_px * (height + 0.6)
panel_px = 28 + plot_height_px + 60
body_px = panel_rows * panel_px
foot_px = strlen(note) ? 24 : 6
load scripts.'/style.gp'

# Labels stand once at the left of each row of panels; figures in a column at a panel's right end.
label_px = 30 + 8.4 * longest
# Longer ones are set smaller, not cut.
label_pt = label_px > 480 ? 11.0 * 450 / (label_px - 30) : 11
label_px = label_px < 90 ? 90 : (label_px > 480 ? 480 : label_px)
figures_px = 66.0
pitch_px = (width - 12.0 - label_px) / columns
plot_px = pitch_px - 18.0
title_pt = 8.2 * longest_panel > plot_px ? 12.0 * plot_px / (8.2 * longest_panel) : 12
row_of(p) = (p - 1) / columns
column_of(p) = (p - 1) % columns
left(p) = sx(label_px + column_of(p) * pitch_px)
right(p) = sx(label_px + column_of(p) * pitch_px + plot_px)
panel_top(p) = 1 - px(top_px + row_of(p) * panel_px + 28)
panel_bottom(p) = panel_top(p) - px(plot_height_px)

if (log) { set logscale x } else { set format x '%g '.(unit eq '%' ? '%%' : unit) }
set yrange [height - 0.2 : -0.8]
set border 1
unset ytics
unset mxtics
set grid xtics noytics
set bars 0.6
set multiplot

do for [p = 1:panels] {
	if (log) {
		decade_low = int(value(sprintf('decade_low%d', p)))
		decade_high = int(value(sprintf('decade_high%d', p)))
		x_low = 10.0 ** decade_low * scale
		x_high = 10.0 ** decade_high * scale
		x_end = x_low * (x_high / x_low) ** (plot_px / (plot_px - figures_px))
		# A hair more than the labels and ticks at the borders: on a logarithmic axis
		# rounding takes them for outside, and they are gone.
		set xrange [x_low * (1 - 1e-6) : x_end * (1 + 1e-6)]
		step = int(ceil(58.0 * (decade_high - decade_low) / (plot_px - figures_px)))
		step = step < 1 ? 1 : step
		set xtics ()
		do for [d = decade_low:decade_high] {
			set xtics add ((d - decade_low) % step ? '' : si(10.0 ** d * scale, unit) \
				10.0 ** d * scale)
		}
	} else {
		x_low = value(sprintf('x_low%d', p)) * scale
		x_high = value(sprintf('x_high%d', p)) * scale
		x_end = x_low + (x_high - x_low) * plot_px / (plot_px - figures_px)
		set xrange [x_low : x_end]
		set xtics x_low, value(sprintf('x_step%d', p)) * scale, x_high * (1 + 1e-9)
	}
	set tmargin at screen panel_top(p)
	set bmargin at screen panel_bottom(p)
	set lmargin at screen left(p)
	set rmargin at screen right(p)
	set xlabel axis_title font ',11' textcolor rgb faint offset 0, 0.3
	if (p == 2) { unset label; unset arrow }
	if (!log && x_low < 0) {
		set arrow 99 from first 0, graph 0 to first 0, graph 1 nohead lc rgb faint lw 1 dt 2
	}
	unset arrow 98
	unset label 98
	if (exists(sprintf('bound%d', p))) {
		bound = value(sprintf('bound%d', p)) * scale
		set arrow 98 from first bound, graph 0 to first bound, graph 1 nohead lc rgb faint lw 1 dt 2
		set label 98 'one hand-off' at first bound, first -0.5 left offset 0.4, 0 font ',9' \
			textcolor rgb faint
	}
	# Row names only beside the left-most panel: an empty text in the others.
	plot data index 2 skip 1 using ($1 == p ? x_low : NaN):3:(x_end - x_low):(0) \
			with vectors nohead lc rgb rule lw 0.8 dt 3, \
		data index 0 skip 1 using (x_low):1:(column_of(p) == 0 ? strcol(2) : '') \
			with labels right offset -1, 0 font sprintf(',%g', label_pt) textcolor rgb ink, \
		data index 1 skip 1 using ($1 == p ? x_low : NaN):(-0.8):2 \
			with labels left offset 0, 0.9 font sprintf(',%g', title_pt) textcolor rgb ink, \
		for [s = 1:series] data index 2 skip 1 \
			using ($1 == p && $2 == s ? $4 * scale : NaN):3:($5 * scale):($6 * scale) \
			with xerrorbars lt style(s) dt 1, \
		for [s = 1:series] data index (mixed ? 3 : 2) skip 1 \
			using (mixed && $1 == p && $2 == s ? $4 * scale : NaN):3 \
			with points lt style(s) pt 2 ps 0.7, \
		data index 2 skip 1 using ($1 == p ? x_end : NaN):3:7 \
			with labels right font ',11' textcolor rgb ink
}
unset multiplot
set output
