#!/bin/sh
# perf_pipe.sh - what `perf bench sched pipe` says of a hand-off through pipes on one PU. Usage: perf_pipe.sh
# process|thread. Prints: name, ns one way (it counts round trips). Exit with 77 where there is no perf.
set -eu
[ "$1" = thread ] && threads=-T || threads=
pu=$(taskset -cp $$ | sed 's/.*: *//; s/[,-].*//')
# shellcheck disable=SC2086 # none, or one word
said=$(taskset -c "$pu" perf bench sched pipe $threads -l 50000 2>/dev/null) || exit 77
echo "$said" | awk -v name="perf_pipe/$1" '/usecs\/op/ { printf "%s %.3f\n", name, $1 * 1000 / 2 }'
