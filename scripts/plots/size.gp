# size.gp - the rate against the bytes of an operation, one panel a kind.
#
# Variables besides style.gp's: panels, panel1.. (titles), lines, panel_of1.. and entry_of1.. (of each line: its
# panel, and its place in the legend), least and most (bytes), low and high (of all rates, per second).
# Data: one block a line; its first cell is the label; then bytes, bytes per second, rate, low, high.

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
entry(i) = value(sprintf('entry_of%d', i))

set logscale xy
bottom = low / 1.6
top = high * 1.6
first = least / 1.6
last = most * 1.6
set yrange [bottom : top]
set xrange [first : last]
unset mytics
unset mxtics
every = log10(high / low) > 5 && panels > 4 ? 2 : 1
# The leftmost panels alone say what the lines are.
ticks_of = "set ytics (); \
	do for [d = int(floor(log10(bottom))):int(ceil(log10(top)))] { \
		at = 10.0 ** d; \
		if (d % every == 0 && at >= bottom && at <= top) { \
			set ytics add ((place(p) ? '' : si(at, '/s')) at) } \
	}"
bytes(b) = b < 1024 ? sprintf('%g B', b) : b < 1048576 ? sprintf('%g K', b / 1024) : sprintf('%g M', b / 1048576)
set xtics ()
# In a narrow panel there is no room for more.
do for [k = 0:10] {
	at = 8.0 * (panels > 2 ? 64.0 : 8.0) ** k
	if (at >= first && at <= last) { set xtics add (bytes(at) at) }
}

set multiplot
do for [p = 1:panels] {
	if (p == 2) { unset label; unset arrow; unset object }
	unset for [k = 20:40] arrow k
	unset for [k = 20:40] label k
	eval ticks_of
	set tmargin at screen panel_top(p)
	set bmargin at screen panel_bottom(p)
	set lmargin at screen left(p)
	set rmargin at screen right(p)
	set label 9 value(sprintf('panel%d', p)) at screen left(p), panel_top(p) + px(11) left font ',12' \
		textcolor rgb ink
	if (p == panels) {
		set label 10 'bytes of an item' at screen 0.5, px(12) center font ',11' textcolor rgb faint
	}
	# As many bytes per second: from the left or upper edge to the lower or right one.
	do for [k = 3:13] {
		per_s = 10.0 ** k
		x0 = per_s / top > first ? per_s / top : first
		x1 = per_s / bottom < last ? per_s / bottom : last
		if (x0 < x1) {
			set arrow 20 + k from x0, per_s / x0 to x1, per_s / x1 nohead lc rgb rule lw 1 back
			if (k % 3 == 0) {
				set label 20 + k si(per_s, 'B/s') at x1, per_s / x1 right offset -0.4, 0.6 font ',9' \
					textcolor rgb faint
			}
		}
	}
	plot for [i = 1:lines] data index i - 1 skip 1 using 1:(panel_of(i) == p ? column(3) : NaN) \
			with lines lt style(entry(i)), \
		for [i = 1:lines] data index i - 1 skip 1 \
			using 1:(panel_of(i) == p ? column(3) : NaN):4:5 with yerrorbars lt style(entry(i)) dt 1
}
unset multiplot
set output
