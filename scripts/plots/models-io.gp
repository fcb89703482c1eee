# models-io.gp - an IO-bound job: rate, CPU time and tail latency against concurrency.
#
# Variables besides style.gp's: lines, style1.., low, high, ticks, rate_title, cpu_title.
# Data: one block a line; its first cell is the label; then workers, rate, low, high, CPU ns, low,
# high, 99th percentile of the latency in ns ('?' where there is none).

width = 960
height_px = 420
load scripts.'/style.gp'

# Three panels of one size; the key stands above them, once.
left(p) = (70.0 + (p - 1) * 312.0) / width
right(p) = (70.0 + (p - 1) * 312.0 + 238.0) / width
set tmargin at screen 1 - px(112)
set bmargin at screen px(72)

set logscale xy
set xrange [low / 1.5 : high * 1.5]
set xtics ()
do for [i = 1:words(ticks)] { set xtics add (word(ticks, i) real(word(ticks, i))) }
unset mxtics
set xlabel 'at once' textcolor rgb ink
set title offset 0, -0.4 font ',12' textcolor rgb ink
style(i) = value(sprintf('style%d', i))

set multiplot

set lmargin at screen left(1)
set rmargin at screen right(1)
set key at screen 12.0 / width, 1 - px(66) left center horizontal Left reverse samplen 3 \
	maxrows 1 width 1
set title rate_title
set format y '%.0s %c'
plot for [i = 1:lines] data index i - 1 using 1:2:3:4 with yerrorlines lt style(i) \
	title columnhead(1)

unset label
unset key
set lmargin at screen left(2)
set rmargin at screen right(2)
set title cpu_title
set format y '%.0s %cs'
plot for [i = 1:lines] data index i - 1 using 1:($5 * 1e-9):($6 * 1e-9):($7 * 1e-9) \
	with yerrorlines lt style(i)

set lmargin at screen left(3)
set rmargin at screen right(3)
set title '99th percentile of latency'
plot for [i = 1:lines] data index i - 1 using 1:($8 * 1e-9) with linespoints lt style(i)

unset multiplot
set output
