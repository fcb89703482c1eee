# style.gp - colours, point shapes, legend and output for all charts.
#
# Every chart gets, through -e: format ('svg' or 'png'), data, out, scripts (this folder), title,
# common and note (texts), and series, series1.., style1..: the legend. width, body_px and foot_px
# are set by the chart before this file is loaded; it sets height_px, px() and top_px.
#
# A chart of parts sets boxes and an array part of colours beforehand: its legend has boxes.
#
# Colours are Okabe and Ito's, which stay apart for colour-blind readers; since print may be grey,
# each line type has its own point shape and dashes, too. The order is that of chart_style():
# thread, process, coroutine, callback, others; then the same colours again, hollow, for a second
# and third series of a model.

set encoding utf8
set datafile separator tab
set datafile missing '?'

ink    = '#333333'
faint  = '#6b6b6b'
rule   = '#dcdcdc'

array colour[5] = ['#0072b2', '#d55e00', '#009e73', '#000000', '#cc79a7']
array filled[5] = [7, 9, 5, 13, 11]
array hollow[5] = [6, 8, 4, 12, 10]

do for [k = 1:5] {
	set linetype k      lc rgb colour[k] pt filled[k] lw 1.6 ps 0.85 dt k
	set linetype k + 5  lc rgb colour[k] pt hollow[k] lw 1.6 ps 0.95 dt k
	set linetype k + 10 lc rgb colour[k] pt k         lw 1.2 ps 0.85 dt k
}
if (!exists('boxes')) { boxes = 0 }
style(i) = value(sprintf('style%d', i))
name(i) = value(sprintf('series%d', i))

# The legend stands in rows under the title, filled from the left; gnuplot's own key would break
# them where it likes.
letter_px = 8.8
array legend_x[series]
array legend_row[series]
legend_at = 14.0
legend_rows = 0
do for [i = 1:series] {
	entry_px = 62 + letter_px * strlen(name(i))
	if (i > 1 && legend_at + entry_px > width) {
		legend_at = 14.0
		legend_rows = legend_rows + 1
	}
	legend_x[i] = legend_at
	legend_row[i] = legend_rows
	legend_at = legend_at + entry_px
}
top_px = (strlen(common) ? 56.0 : 38.0) + 20.0 * (legend_rows + 1) + 8
height_px = ceil(top_px + body_px + foot_px)
px(y) = real(y) / height_px
sx(x) = real(x) / width

if (format eq 'svg') {
	set terminal svg size width, height_px dynamic noenhanced \
		font 'Helvetica,Arial,sans-serif,12' background rgb 'white' linewidth 1
} else {
	set terminal pngcairo size 2 * width, 2 * height_px noenhanced \
		font 'sans-serif,12' fontscale 2 linewidth 2 pointscale 2 background rgb 'white'
}
set output out

set border 3 lc rgb ink lw 0.8
set tics nomirror out scale 0.6 textcolor rgb ink
set grid lc rgb rule lw 0.7 lt 1 dt 1
unset key

set label 1 title at screen sx(14), 1 - px(20) left font ',15' textcolor rgb ink
set label 2 common at screen sx(14), 1 - px(42) left font ',11' textcolor rgb faint
set label 3 note at screen sx(14), px(12) left font ',10' textcolor rgb faint
do for [i = 1:series] {
	y = 1 - px((strlen(common) ? 56.0 : 38.0) + 20.0 * legend_row[i] + 10)
	if (boxes) {
		set object 100 + i rectangle center screen sx(legend_x[i] + 17), y \
			size screen sx(28), px(12) fc rgb part[i] fs solid 1 noborder
	} else {
		set arrow 100 + i from screen sx(legend_x[i]), y to screen sx(legend_x[i] + 34), y \
			nohead lt style(i)
		set label 100 + i '' at screen sx(legend_x[i] + 17), y point lt style(i)
	}
	set label 200 + i name(i) at screen sx(legend_x[i] + 42), y left textcolor rgb ink
}

# gnuplot's own prefixes write micro as "u". Of what is above 0.
si(v, unit) = v < 0.9995e-6 ? sprintf('%.4g n%s', v * 1e9, unit) : \
	v < 0.9995e-3 ? sprintf('%.4g µ%s', v * 1e6, unit) : \
	v < 0.9995 ? sprintf('%.4g m%s', v * 1e3, unit) : \
	v < 999.5 ? sprintf('%.4g %s', v, unit) : \
	v < 999.5e3 ? sprintf('%.4g k%s', v * 1e-3, unit) : \
	v < 999.5e6 ? sprintf('%.4g M%s', v * 1e-6, unit) : sprintf('%.4g G%s', v * 1e-9, unit)
