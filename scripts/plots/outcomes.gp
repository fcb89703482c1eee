# outcomes.gp - how trials ended: one bar a case, as wide as all its trials, with a part for each way.
#
# Variables besides style.gp's: rows, longest (letters of the longest row label). The legend's
# series1.. are the words, the good one first.
# Data, two blocks: rows (row, label, text at the right); parts (row, word, from, to, trials).

width = 960
line_px = 26.0
body_px = 20 + line_px * rows
foot_px = (strlen(note) ? 24 : 6) + 58
# The good one in blue; all light enough for black numbers. (gnuplot 5.4 crashes on labels that are
# all NaN: there are none of those.)
array part[8] = ['#7cc0ec', '#e8746a', '#f0c24b', '#b09bd0', '#a6a6a6', '#7fcdbb', '#c8a46a', '#dcdcdc']
boxes = 1
load scripts.'/style.gp'

label_px = 30 + 8.4 * longest
label_pt = label_px > 480 ? 11.0 * 450 / (label_px - 30) : 11
label_px = label_px < 90 ? 90 : (label_px > 480 ? 480 : label_px)
text_px = 236.0
set lmargin at screen sx(label_px)
set rmargin at screen sx(width - text_px)
set tmargin at screen 1 - px(top_px + 10)
set bmargin at screen px(foot_px)
set yrange [rows - 0.5 : -0.5]
set xrange [0:1]
set border 1
unset ytics
set grid noytics noxtics
set xtics ('0 %%' 0, '25 %%' 0.25, '50 %%' 0.5, '75 %%' 0.75, '100 %%' 1)
set xlabel 'of its trials' font ',11' textcolor rgb faint offset 0, 0.3

plot for [s = 1:series] data index 1 skip 1 \
		using (($3 + $4) / 2):($2 == s ? $1 : NaN):3:4:($1 - 0.33):($1 + 0.33) \
		with boxxyerror fs solid 1 noborder lc rgb part[s], \
	data index 1 skip 1 using (($3 + $4) / 2):1:($4 - $3 > 0.03 ? strcol(5) : '') \
		with labels font ',11' textcolor rgb '#000000', \
	data index 0 skip 1 using (0):1:2 \
		with labels right offset -1, 0 font sprintf(',%g', label_pt) textcolor rgb ink, \
	data index 0 skip 1 using (1):1:3 with labels left offset 1, 0 font ',11' textcolor rgb ink
set output
