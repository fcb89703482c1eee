# locks.gp - see dots.gp for the data and the variables.

axis_title = 'time per acquisition'
scale = 1e-9
unit = 's'
load scripts.'/dots.gp'
