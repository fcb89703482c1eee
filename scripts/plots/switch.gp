# switch.gp - see dots.gp for the data and the variables.

axis_title = 'time per hand-off'
scale = 1e-9
unit = 's'
load scripts.'/dots.gp'
