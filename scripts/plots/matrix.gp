# matrix.gp - PU by PU: a cell for each pair, the darker the more; a panel for each kind and setting.
#
# Variables besides style.gp's: pus (their numbers, rising), count (of them), panels, panel1.. (titles), log,
# low and high: what the lightest and the darkest colour are. The legend's series1.. are the shades.
# Data: one block a panel; its two PUs, value, low, high, the column and the row among pus, text.

width = 960
# Few enough stand beside each other; a cell is no larger than it has to be.
columns = panels == 1 || count > 8 ? 1 : 2
cells = count - 1
side_px = columns == 2 ? 380.0 : 680.0
side_px = side_px > 64.0 * cells ? 64.0 * cells : side_px
cell_px = side_px / cells
panel_rows = (panels + columns - 1) / columns
panel_px = 30 + side_px + 56
body_px = panel_rows * panel_px
foot_px = strlen(note) ? 24 : 6
boxes = 1
array part[5] = ['#eaf3fb', '#b3d3ec', '#6aaad6', '#2f76b5', '#0b3c6f']
array red[5] = [234, 179, 106, 47, 11]
array green[5] = [243, 211, 170, 118, 60]
array blue[5] = [251, 236, 214, 181, 111]
load scripts.'/style.gp'

left(p) = sx(64 + ((p - 1) % columns) * 460)
right(p) = left(p) + sx(side_px)
panel_top(p) = 1 - px(top_px + ((p - 1) / columns) * panel_px + 30)
panel_bottom(p) = panel_top(p) - px(side_px)

share(v) = log ? log10(v / low) / log10(high / low) : (v - low) / (high - low)
# Between two of the colours.
at(v) = share(v) < 0 ? 0.0 : share(v) > 1 ? 4.0 : 4.0 * share(v)
from(v) = at(v) >= 4 ? 4 : int(at(v)) + 1
beyond(v) = at(v) - (from(v) - 1)
mix(v, a, b) = int(a + (b - a) * beyond(v))
shade(v) = mix(v, red[from(v)], red[from(v) + 1]) * 65536 + \
	mix(v, green[from(v)], green[from(v) + 1]) * 256 + mix(v, blue[from(v)], blue[from(v) + 1])
over(v) = at(v) > 2.2 ? 0xffffff : 0x222222

set border 0
unset grid
set tics scale 0
set xrange [-0.5 : cells - 0.5]
set yrange [cells + 0.5 : 0.5]
step = int(ceil(18.0 / cell_px))
letters = strlen(word(pus, count))
x_step = int(ceil((10.0 + 9.0 * letters) / cell_px))
x_step = x_step < step ? step : x_step
set xtics ()
set ytics ()
do for [i = 0:cells] {
	if (i < cells && i % x_step == 0) { set xtics add (word(pus, i + 1) i) }
	if (i > 0 && (i - 1) % step == 0) { set ytics add (word(pus, i + 1) i) }
}
numbers = cell_px >= 30
number_pt = cell_px >= 40 ? 11 : 9
half = cell_px >= 16 ? 0.5 - 0.7 / cell_px : 0.5

set multiplot
do for [p = 1:panels] {
	set tmargin at screen panel_top(p)
	set bmargin at screen panel_bottom(p)
	set lmargin at screen left(p)
	set rmargin at screen right(p)
	set xlabel 'PU' font ',11' textcolor rgb faint offset 0, 0.3
	set ylabel 'PU' font ',11' textcolor rgb faint offset 0.5, 0
	if (p == 2) { unset label; unset arrow; unset object }
	set label 9 value(sprintf('panel%d', p)) at screen left(p), panel_top(p) + px(12) left font ',12' \
		textcolor rgb ink
	if (numbers) {
		plot data index p - 1 skip 1 \
				using 6:7:($6 - half):($6 + half):($7 - half):($7 + half):(shade($3)) \
				with boxxyerror fs solid 1 noborder lc rgb variable, \
			data index p - 1 skip 1 using 6:7:8:(over($3)) \
				with labels font sprintf(',%g', number_pt) textcolor rgb variable
	} else {
		plot data index p - 1 skip 1 \
				using 6:7:($6 - half):($6 + half):($7 - half):($7 + half):(shade($3)) \
				with boxxyerror fs solid 1 noborder lc rgb variable
	}
}
unset multiplot
set output
