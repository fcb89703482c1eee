# style.gp - colours, point shapes and the output for all charts.
#
# Every chart gets, through -e: format ('svg' or 'png'), data, out, name (prefix of ids), title,
# common and note (texts). width and height_px are set by the chart before this file is loaded.
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
rule   = '#d9d9d9'

array colour[5] = ['#0072b2', '#d55e00', '#009e73', '#000000', '#cc79a7']
array filled[5] = [7, 9, 5, 13, 11]
array hollow[5] = [6, 8, 4, 12, 10]

do for [k = 1:5] {
	set linetype k      lc rgb colour[k] pt filled[k] lw 1.6 ps 0.85 dt k
	set linetype k + 5  lc rgb colour[k] pt hollow[k] lw 1.6 ps 0.95 dt k
	set linetype k + 10 lc rgb colour[k] pt k         lw 1.2 ps 0.85 dt k
}

if (format eq 'svg') {
	set terminal svg size width, height_px dynamic noenhanced name name \
		font 'Helvetica,Arial,sans-serif,12' background rgb 'white' linewidth 1
} else {
	set terminal pngcairo size 2 * width, 2 * height_px noenhanced \
		font 'sans-serif,12' fontscale 2 linewidth 2 pointscale 2 background rgb 'white'
}
set output out

set border 3 lc rgb ink lw 0.8
set tics nomirror out scale 0.6 textcolor rgb ink
set grid lc rgb rule lw 0.7 lt 1 dt 1
set key textcolor rgb ink

# Title, what all cases share, and notes: at fixed distances in pixels from the top and bottom.
px(y) = real(y) / height_px
set label 1 title at screen 12.0 / width, 1 - px(20) left font ',15' textcolor rgb ink
set label 2 common at screen 12.0 / width, 1 - px(40) left font ',11' textcolor rgb faint
set label 3 note at screen 12.0 / width, px(12) left font ',10' textcolor rgb faint
