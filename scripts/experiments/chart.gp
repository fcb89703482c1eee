# chart.gp - what the panels of chart.sh share.
set xlabel 'change that was there (%)' offset 0,0.4
set ylabel 'verdicts “slower” (at 0 %: any change), %' offset 1,0
set xrange [-0.3:5.3]
set yrange [-3:103]
set xtics 0,1,5 nomirror
set ytics 0,20,100 nomirror
set border 3 lc rgb '#555555'
set grid ytics lc rgb '#dddddd' lt 1
set errorbars small
