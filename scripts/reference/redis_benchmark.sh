#!/bin/sh
# redis_benchmark.sh - what two redis-benchmarks say of a list of 64-byte items, one of which pushes while the other
# pops, on PUs of their own, at a server on a Unix socket. Usage: redis_benchmark.sh [COMMANDS], which are sent together
# (default 1). Prints: name, ns an item. Exit with 77 where there are none, or fewer than two PUs.
set -eu
together=${1:-1}
for program in redis-server redis-benchmark taskset; do
	command -v $program >/dev/null || exit 77
done
pus=$(taskset -cp $$ | sed 's/.*: *//' | tr ',' '\n' | awk -F- '{ for (i = $1; i <= ($2 == "" ? $1 : $2); i++) print i }')
# shellcheck disable=SC2086 # words
set -- $pus
[ $# -ge 2 ] || exit 77
pushes=$1 pops=$2 serves=${3:-$1,$2}
folder=$(mktemp -d)
server=
: >"$folder/log"
trap '[ -z "$server" ] || kill "$server"; wait; rm -rf "$folder"' EXIT
socket=$folder/socket
taskset -c "$serves" redis-server --port 0 --unixsocket "$socket" --unixsocketperm 700 --save '' --appendonly no \
	>"$folder/log" 2>&1 &
server=$!
for _ in $(seq 100); do
	grep -q 'eady to accept connections' "$folder/log" && break
	sleep 0.02
done
[ -S "$socket" ]
n=$((together > 1 ? 100000 : 20000))
item=0123456789012345678901234567890123456789012345678901234567890123
# Who pops waits until there is something: its time is that of the items.
taskset -c "$pops" redis-benchmark -s "$socket" -c 1 -P "$together" -n $n --csv blpop q 0 >"$folder/popped" 2>"$folder/said" &
popping=$!
taskset -c "$pushes" redis-benchmark -s "$socket" -c 1 -P "$together" -n $n --csv rpush q $item >"$folder/pushed" 2>>"$folder/said"
wait $popping
tail -n 1 "$folder/popped" | tr -d '"' | awk -F, -v name="redis_benchmark/$together" '{ printf "%s %.3f\n", name, 1e9 / $2 }'
