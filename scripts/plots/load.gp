# load.gp - latency against load, one panel a kind.
#
# Variables besides style.gp's: panels, panel1.. (titles), lines, panel_of1.. and entry_of1.. (of each line: its
# panel, and its place in the legend, which has two entries for each), least and most (load in per cent), low and
# high (of all latencies, in seconds).
# Data: one block a line; its first cell is the label; then load, rate, 50th percentile in ns, low, high, 99th
# percentile, low, high ('?' where there is none).

width = 960
columns = panels < 4 ? panels : 4
panel_rows = (panels + columns - 1) / columns
panel_px = panels > 4 ? 172.0 : 290.0
body_px = panel_rows * panel_px
foot_px = 34
load scripts.'/style.gp'

left_px = 84.0
step_px = (width - left_px - 14.0) / columns
place(p) = (p - 1) % columns
line_of(p) = (p - 1) / columns
left(p) = sx(left_px + place(p) * step_px)
right(p) = left(p) + sx(step_px - 24.0)
panel_top(p) = 1 - px(top_px + line_of(p) * panel_px + 26)
panel_bottom(p) = panel_top(p) - px(panel_px - 60)

panel_of(i) = value(sprintf('panel_of%d', i))
# Of percentile k, 0 or 1.
entry(i, k) = 2 * value(sprintf('entry_of%d', i)) - 1 + k

set logscale y
set yrange [low / 1.4 : high * 1.4]
unset mytics
steps = high / low > 100 ? '1' : '1 2 5'
every = log10(high / low) > 5 && panels > 4 ? 2 : 1
# The leftmost panels alone say what the lines are.
ticks_of = "set ytics (); \
	do for [d = int(floor(log10(low / 1.4))):int(ceil(log10(high * 1.4)))] { \
		do for [m in steps] { \
			at = m * 10.0 ** d; \
			if (d % every == 0 && at >= low / 1.4 && at <= high * 1.4) { \
				set ytics add ((place(p) ? '' : si(at, 's')) at) } \
		} \
	}"
set xrange [0 : most > 100 ? most * 1.05 : 105]
set xtics 50, 50, 100 format '%g %%'
unset mxtics

set multiplot
do for [p = 1:panels] {
	if (p == 2) { unset label; unset arrow; unset object }
	eval ticks_of
	set tmargin at screen panel_top(p)
	set bmargin at screen panel_bottom(p)
	set lmargin at screen left(p)
	set rmargin at screen right(p)
	set label 9 value(sprintf('panel%d', p)) at screen left(p), panel_top(p) + px(11) left font ',12' \
		textcolor rgb ink
	if (p == panels) {
		set label 10 'load, of the peak' at screen 0.5, px(12) center font ',11' textcolor rgb faint
	}
	# A panel's own lines; the others' are not in it.
	plot for [i = 1:lines] for [k = 0:1] data index i - 1 skip 1 \
			using 1:(panel_of(i) == p ? column(3 + 3 * k) * 1e-9 : NaN) with lines lt style(entry(i, k)), \
		for [i = 1:lines] for [k = 0:1] data index i - 1 skip 1 \
			using 1:(panel_of(i) == p ? column(3 + 3 * k) * 1e-9 : NaN):(column(4 + 3 * k) * 1e-9): \
				(column(5 + 3 * k) * 1e-9) with yerrorbars lt style(entry(i, k)) dt 1
}
unset multiplot
set output
