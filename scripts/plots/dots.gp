# dots.gp - rows with a point and its interval each, in one or more panels; loaded by locks.gp,
# queues.gp and switch.gp.
#
# Variables besides style.gp's: scale and unit (what turns the data into axis_title's unit),
# axis_title, panels, series, series1.., style1.., height (in lines), longest (letters of the
# longest row label), decade_low, decade_high.
# Data, three blocks: rows (y, label); panels (number, title); points (panel, series, y, value, low,
# high, text).

line_px = 19.0
columns = panels < 3 ? panels : 3
panel_rows = (panels + columns - 1) / columns
top_px = 90.0
panel_px = 28 + line_px * (height + 0.6) + 46
bottom_px = 26.0
width = 960
height_px = ceil(top_px + panel_rows * panel_px + bottom_px)
load scripts.'/style.gp'

# Labels stand once at the left of each row of panels; figures in a column at a panel's right end.
label_px = 24 + 6.6 * longest
label_px = label_px < 90 ? 90 : (label_px > 400 ? 400 : label_px)
figures_px = 62.0
pitch_px = (width - 12.0 - label_px) / columns
plot_px = pitch_px - 18.0
row_of(p) = (p - 1) / columns
column_of(p) = (p - 1) % columns
left(p) = (label_px + column_of(p) * pitch_px) / width
right(p) = (label_px + column_of(p) * pitch_px + plot_px) / width
panel_top(p) = 1 - px(top_px + row_of(p) * panel_px + 28)
panel_bottom(p) = panel_top(p) - px(line_px * (height + 0.6))

x_low = 10.0 ** decade_low * scale
x_high = 10.0 ** decade_high * scale
x_end = x_low * (x_high / x_low) ** (plot_px / (plot_px - figures_px))

set logscale x
set xrange [x_low : x_end]
set yrange [height - 0.5 + 0.3 - 0.5 : -0.8]
set border 1
unset ytics
set format x '%.0s %c'.unit
set xtics ()
do for [d = decade_low:decade_high] {
	set xtics add (gprintf('%.0s %c', 10.0 ** d * scale).unit 10.0 ** d * scale)
}
set grid xtics noytics
set bars 0.5
set multiplot

do for [p = 1:panels] {
	set tmargin at screen panel_top(p)
	set bmargin at screen panel_bottom(p)
	set lmargin at screen left(p)
	set rmargin at screen right(p)
	set xlabel axis_title font ',11' textcolor rgb faint offset 0, 0.3
	if (p == 1) {
		set key at screen 12.0 / width, 1 - px(64) left center horizontal Left reverse \
			samplen 1.5 maxrows 1 width 1
	} else {
		unset label
		unset key
	}
	# Names only at the left-most panel, so an empty string in the others.
	plot data index 0 skip 1 using (x_low):1:(x_high - x_low):(0) with vectors nohead \
			lc rgb rule lw 0.7 dt 3 notitle, \
		data index 0 skip 1 using (x_low):1:(column_of(p) == 0 ? strcol(2) : '') \
			with labels right offset -1, 0 textcolor rgb ink notitle, \
		data index 1 skip 1 using ($1 == p ? x_low : NaN):(-0.8):2 \
			with labels left offset 0, 0.9 font ',12' textcolor rgb ink notitle, \
		for [s = 1:series] data index 2 skip 1 \
			using ($1 == p && $2 == s ? $4 * scale : NaN):3:($5 * scale):($6 * scale) \
			with xerrorbars lt value(sprintf('style%d', s)) dt 1 \
			title value(sprintf('series%d', s)), \
		data index 2 skip 1 using ($1 == p ? x_end : NaN):3:7 \
			with labels right font ',11' textcolor rgb ink notitle
}
unset multiplot
set output
