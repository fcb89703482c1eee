# axis.gp - the x axis of lines: its range, its ticks, and beside(), which puts points of different
# lines at the same value side by side, so that they do not hide each other. Loaded after style.gp.
#
# wide: logarithmic. What begins at 0 has no place there.

set xlabel x_title textcolor rgb ink
set xtics ()
do for [i = 1:words(ticks)] { set xtics add (word(tick_names, i) real(word(ticks, i))) }
wide = low > 0 && high > 16 * low
span = high > low ? high - low : low > 0 ? low : 1
middle = (series + 1) / 2.0
beside(x, i) = wide ? x * 1.035 ** (i - middle) : x + 0.016 * span * (i - middle)
if (wide) {
	set logscale x 2
	set xrange [low / 1.3 : high * 1.3]
} else {
	set xrange [low - 0.2 * span : high + 0.2 * span]
}
