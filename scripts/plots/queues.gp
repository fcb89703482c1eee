# queues.gp - see dots.gp for the data and the variables.

axis_title = 'items per second'
scale = 1
unit = ''
load scripts.'/dots.gp'
