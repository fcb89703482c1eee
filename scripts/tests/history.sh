#!/usr/bin/env bash
# history.sh - `concbench history` on good and bad databases, SQLite and a real PostgreSQL server.
# shellcheck source=scripts/tests/tap.bash
. "$(dirname "$0")/tap.bash"
cd "$(dirname "$0")/../.." || exit 1
set -u

readonly python=/usr/bin/python3
TREE=$PWD
SAMPLE=$PWD/results/sample/run.json
TESTS=${CONCBENCH_TESTS:-$PWD/build/tests}

# What the sample says of itself: it is made anew from time to time.
sample_says() {
	"$python" - "$SAMPLE" <<-'EOF'
		import json, sys
		own = json.load(open(sys.argv[1]))["concbench"]
		figures = sum(c["status"] in ("ok", "noisy", "oversubscribed") for c in own["cases"])
		sieve = next(c for c in own["cases"] if c["name"].startswith("job/sieve/model:thread/workers:1/"))
		print(own["id"], own["manifest"]["build.revision"], len(own["cases"]), figures, sieve["hash"])
	EOF
}
read -r SAMPLE_ID SAMPLE_REVISION SAMPLE_CASES SAMPLE_FIGURES SIEVE_HASH < <(sample_says)
# As its table has it: "10.8 us +-1.2%".
SIEVE_TIME=$(awk '/^job\/sieve/ {on = 1} on && $1 == "thread" && $2 == 1 {print $4, $5, $6; exit}' "${SAMPLE%/*}/table.txt")


need_python() {
	[ -x "$python" ] || skip "no $python"
}

# make_runs COUNT STEP FACTOR [BLOAT] - run files runs/N.json: two cases of the sample; from run STEP
# on they take FACTOR times as long, and were made by another compiler. BLOAT times the samples.
make_runs() {
	need_python
	mkdir -p runs
	"$python" - "$SAMPLE" "$@" <<-'EOF'
		import copy, json, random, sys
		sample, count, step, factor = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
		bloat = int(sys.argv[5]) if len(sys.argv) > 5 else 1
		random.seed(1)
		whole = json.load(open(sample))
		own = whole["concbench"]
		cases = [c for c in own["cases"] if "summary" in c and "sieve" in c["name"]][:2]
		for n in range(count):
		    run = copy.deepcopy(own)
		    run["id"] = "202601%02dT000000Z-vm-%06x" % (1 + n, n)
		    run["date"] = "2026-01-%02dT00:00:00Z" % (1 + n)
		    if n >= step:
		        run["manifest"]["build.compiler"] = "another compiler"
		    run["cases"] = copy.deepcopy(cases)
		    for case in run["cases"]:
		        scale = (factor if n >= step else 1) * (1 + random.gauss(0, 0.002))
		        for key in "estimate", "low", "high":
		            case["summary"]["ns_per_op"][key] *= scale
		        column = case["samples"]["columns"].index("ns_per_op")
		        rows = case["samples"]["rows"]
		        for row in rows:
		            row[column] *= scale
		        launches = 1 + max(row[0] for row in rows)
		        case["samples"]["rows"] = [[row[0] + b * launches] + row[1:]
		                                   for b in range(bloat) for row in rows]
		    out = dict(whole, concbench=run)
		    json.dump(out, open("runs/%02d.json" % n, "w"))
	EOF
}

history() {
	"$CONCBENCH" history "$@"
}

# refused TEXT... - exit 2, nothing on stdout, one line with every text on stderr.
refused() {
	one_line err "concbench history: " "$@"
	[ ! -s out ] || fail "stdout: $(cat out)"
}

# sql STATEMENT - on h.db.
sql() {
	"$python" -c 'import sqlite3, sys
c = sqlite3.connect("h.db", isolation_level=None)
for row in c.execute(sys.argv[1]): print(*row)' "$1"
}

usage() {
	expect 0 history --help
	has out "Usage: concbench history add" "github-action-benchmark"
	expect 2 history
	refused "see --help"
	expect 2 history frobnicate
	refused "'frobnicate' is not one of add, list, show, changes and export"
	expect 2 history list --frobnicate
	refused "--frobnicate"
	expect 2 history list --db
	refused "--db needs an argument"
	expect 2 history list extra
	refused "too many arguments"
	expect 2 history list --wait soon
	refused "--wait"
	expect 2 history changes --min-effect -1
	refused "--min-effect"
}

add_and_look() {
	expect 0 history add --db h.db "$SAMPLE"
	one_line out "added to h.db, $SAMPLE_CASES cases"
	[ ! -s err ] || fail "$(cat err)"
	expect 0 history add --db h.db "$SAMPLE"
	one_line out "is in h.db already, nothing to do"
	# The same id over something else: neither taken in nor passed over.
	sed 's/"profile": "[a-z]*"/"profile": "full"/; s/"date": "20[0-9]*-/"date": "2019-/' "$SAMPLE" >other.json
	expect 2 history add --db h.db other.json
	refused "h.db: another run of the id $SAMPLE_ID is there" "was not added"
	expect 0 history list --db h.db
	has out "$SAMPLE_ID" "$SAMPLE_REVISION" "machine "
	[ "$(wc -l <out)" -eq 3 ] || fail "$(cat out)"
	[ "$(echo h.db*)" = h.db ] || fail "left behind: $(echo h.db*)"
	expect 0 history list --db h.db --case '^no/such/case'
	[ "$(wc -l <out)" -eq 1 ] || fail "$(cat out)"
	expect 0 history show --db h.db
	has out "$SAMPLE_CASES cases"
	expect 0 history show --db h.db 2026 --case sieve
	has out "9 cases" "job/sieve/model:thread/workers:1"
	expect 0 history show --db h.db job/sieve/model:thread/workers:1/place:scatter --ascii
	has out "$SIEVE_TIME" "definition $SIEVE_HASH, 1 run"
}

what_is_not_there() {
	expect 2 history list --db none.db
	refused "none.db: No such file or directory" "history add"
	[ ! -e none.db ] || fail "made by reading"
	expect 2 history add --db no/such/folder.db "$SAMPLE"
	refused "no/such/folder.db: No such file or directory"
	expect 2 history add --db h.db no-such-run
	refused "no run 'no-such-run'"
	[ ! -e h.db ] || fail "made for nothing"
	expect 0 history add --db h.db "$SAMPLE"
	expect 2 history show --db h.db no/such/case
	refused "no run and no case 'no/such/case'"
	expect 2 history list --db h.db --case '['
	refused "--case"
	expect 2 history list --db h.db --machine xyz
	refused "'xyz' is not a machine class"
	expect 2 history list --db mysql://host/db
	refused "mysql://host/db"
	expect 2 history export --db h.db --format csv --out o
	refused "'csv' is not one of"
	expect 2 history export --db h.db --format bencher
	refused "--format and --out"
	expect 2 history export --db h.db --format bencher --out o --run none
	refused "no run 'none'"
	expect 2 history export --db h.db --format bencher --out no/such/folder
	refused "no/such/folder: No such file or directory"
}

# With nothing but a run file at hand.
a_fresh_folder() {
	expect 0 history add "$SAMPLE"
	one_line out "added to results/history.db"
	expect 0 history list
	has out "$SAMPLE_ID"
	# A folder that was asked for is not made: the name may be wrong.
	expect 2 history add --db no/such/h.db "$SAMPLE"
	refused "no/such/h.db: No such file or directory"
	[ ! -e no ] || fail "made for nothing"
	rm -r results && : >results
	expect 2 history add "$SAMPLE"
	refused "results/: Not a directory"
}

# Of several, what is good is added; what is not has a line each.
run_files_that_are_not() {
	echo '{"context": {"date": "x", "num_cpus": 2}, "benchmarks": []}' >google.json
	echo '{"some": "thing else"}' >foreign.json
	head -c 100000 "$SAMPLE" >torn.json
	sed 's/"schema": 1/"schema": 7/' "$SAMPLE" >newer.json
	for file in google foreign torn newer; do
		expect 2 history add --db h.db $file.json
		refused $file.json
	done
	[ ! -e h.db ] || fail "made for nothing"
	expect 2 history add --db h.db google.json "$SAMPLE" foreign.json
	one_line out "added to h.db"
	[ "$(wc -l <err)" -eq 2 ] || fail "$(cat err)"
	expect 0 history list --db h.db
	has out "$SAMPLE_ID"
}

changes_are_found_and_explained() {
	make_runs 24 15 1.05
	expect 0 history add --db h.db runs/*.json
	[ "$(grep -c ': added' out)" -eq 24 ] || fail "$(cat out)"
	expect 0 history changes --db h.db
	has out "2 changes in 2 series of 48 points" "from 2026-01-16T00:00:00Z on: " "+5." \
		"-> another compiler"
	[ "$(grep -c 'from 2026-01-16' out)" -eq 2 ] || fail "$(cat out)"
	cp out first
	expect 0 history changes --db h.db
	cmp first out
	expect 0 history changes --db h.db --min-effect 10%
	has out "0 changes in 2 series" "2 smaller ones left out"
	# Only what is new, and an exit status for who asks for one.
	expect 0 history changes --db h.db --since 20260116
	has out "2 changes since 20260116T000000Z-vm-00000f in 2 series"
	expect 0 history changes --db h.db --since 20260117
	one_line out "0 changes since 20260117T000000Z-vm-000010 in 2 series"
	expect 0 history changes --db h.db --since latest --fail-on-change
	expect 1 history changes --db h.db --since 20260116 --fail-on-change
	expect 1 history changes --db h.db --json --fail-on-change
	"$python" -c 'import json
o = json.load(open("out"))
assert o["concbench_changes"] == 1 and o["count"]["changes"] == len(o["changes"]) == 2
for c in o["changes"]:
    assert 0.04 < c["effect"] < 0.06 and c["after"]["ns_per_op"] > c["before"]["ns_per_op"]
    assert c["after"]["date"] == "2026-01-16T00:00:00Z"
    assert c["facts"]["build.compiler"]["after"] == "another compiler"' || fail "$(cat out)"
	expect 2 history changes --db h.db --since none
	refused "--since: no run 'none'"
	expect 2 history changes --db h.db --since 2026
	refused "--since: more than one run '2026'"
}

# The control: the same noise without the step.
no_change_is_not_found() {
	make_runs 24 99 1
	expect 0 history add --db h.db runs/*.json
	expect 0 history changes --db h.db
	one_line out "0 changes in 2 series of 48 points"
}

# strict_json FILE - and print the number of top-level members.
strict_json() {
	"$python" -c 'import json, sys
def no(x): raise ValueError(x)
print(len(json.load(open(sys.argv[1]), parse_constant=no)))' "$1"
}

exports_are_what_others_read() {
	need_python
	expect 0 history add --db h.db "$SAMPLE"
	for format in github-action-benchmark bencher compare.py; do
		expect 0 history export --db h.db --format $format --out $format.json
		one_line err "left out 1: without a figure in this run"
	done
	[ "$(strict_json github-action-benchmark.json)" -eq "$SAMPLE_FIGURES" ]
	[ "$(strict_json bencher.json)" -eq "$SAMPLE_FIGURES" ]
	[ "$(strict_json compare.py.json)" -eq 2 ]
	# What is no file stays what it is, and standard output has nothing but the export.
	expect 0 history export --db h.db --format bencher --out -
	cmp out bencher.json
	mkfifo pipe
	ln -s target.json link.json
	: >target.json
	cat pipe >piped.json &
	expect 0 history export --db h.db --format bencher --out pipe
	wait
	[ -p pipe ] || fail "the pipe was replaced"
	cmp piped.json bencher.json
	expect 0 history export --db h.db --format bencher --out link.json
	[ -L link.json ] || fail "the link was replaced"
	cmp target.json bencher.json
	expect 2 history export --db h.db --format otava --out -
	refused "otava is a folder"
	# The control: what is not JSON is not taken for it.
	echo '[NaN]' >nan.json
	if strict_json nan.json 2>/dev/null; then fail "NaN passed"; fi
	expect 0 history export --db h.db --format otava --out otava --case sieve
	[ "$(find otava -name '*.csv' | wc -l)" -eq 9 ] || fail "$(ls otava)"
	if "$python" -c 'import yaml' 2>/dev/null; then
		(cd otava && "$python" -c 'import csv, yaml
tests = yaml.safe_load(open("otava.yaml"))["tests"]
assert len(tests) == 9
for test in tests.values():
    assert test["type"] == "csv" and test["metrics"]["ns_per_op"]["direction"] == -1
    rows = list(csv.DictReader(open(test["file"])))
    assert len(rows) == 1 and float(rows[0]["ns_per_op"]) > 0
    assert all(column in rows[0] for column in ["time"] + test["attributes"])')
	fi
}

compare_py_reads_the_export() {
	local compare=/usr/share/benchmark/compare.py name
	[ -r $compare ] || skip "no $compare (package libbenchmark-tools)"
	"$python" -c 'import numpy, scipy.stats' 2>/dev/null || skip "no SciPy (package python3-scipy)"
	make_runs 2 1 1.2
	expect 0 history add --db h.db runs/*.json
	expect 0 history export --db h.db --format compare.py --out base.json --run 20260101
	expect 0 history export --db h.db --format compare.py --out head.json --run latest
	PYTHONDONTWRITEBYTECODE=1 expect 0 "$python" $compare --no-color benchmarks base.json head.json
	# Every launch of every case is one: as the export has it.
	"$python" -c 'import collections, json
rows = [r["name"] for r in json.load(open("base.json"))["benchmarks"] if r["run_type"] == "iteration"]
print(*["%d vs %d" % (n, n) for n in collections.Counter(rows).values()], sep="\n")' | sort >counted
	sed -n 's/.*U Test, Repetitions: //p' out | sort >tested
	[ -s tested ] || fail "no U test: $(head -n 20 out)"
	cmp counted tested || fail "not the launches that were exported: $(diff counted tested)"
	if grep -q "unreliable" out; then fail "$(cat out)"; fi
	name=$("$python" -c 'import json; print(json.load(open("base.json"))["benchmarks"][0]["name"])')
	awk -v name="${name}_pvalue" '$1 == name { p = $2 } END { exit !(p != "" && p < 0.01) }' out
}

locked() {
	need_python
	expect 0 history add --db h.db "$SAMPLE"
	make_runs 1 9 1
	"$python" -c 'import sqlite3, sys, time
c = sqlite3.connect("h.db", isolation_level=None)
c.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()' >held < <(sleep 60 & echo $! >sleeper; wait) &
	wait_for 10 grep -q held held
	expect 2 history add --db h.db --wait 100ms runs/00.json
	refused "h.db: locked by another process for longer than 0.1 s" "was not added"
	# Readers do not mind.
	expect 0 history list --db h.db
	kill "$(cat sleeper)"
	wait
	expect 0 history add --db h.db runs/00.json
}

# as_other - sets $as to what runs a command as somebody who may not write everywhere.
as_other() {
	as=()
	chmod 755 .
	if [ "$(id -u)" -eq 0 ]; then
		command -v setpriv >/dev/null || skip "root may write everywhere, and there is no setpriv"
		as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	fi
}

read_only() {
	local as
	expect 0 history add --db h.db "$SAMPLE"
	make_runs 1 9 1
	mkdir shelf && mv h.db shelf/
	chmod 755 shelf && chmod 644 runs/00.json
	chmod a-w shelf shelf/h.db
	as_other
	expect 0 "${as[@]}" "$CONCBENCH" history list --db shelf/h.db
	has out "$SAMPLE_ID"
	expect 2 "${as[@]}" "$CONCBENCH" history add --db shelf/h.db runs/00.json
	refused "shelf/h.db: read-only" "was not added"
	# The file may be written, but a writer wants to make others beside it.
	chmod a+w shelf/h.db
	expect 0 "${as[@]}" "$CONCBENCH" history list --db shelf/h.db
	has out "$SAMPLE_ID"
	expect 2 "${as[@]}" "$CONCBENCH" history add --db shelf/h.db runs/00.json
	refused "shelf/h.db: read-only: its folder may not be written to" "was not added"
	chmod u+w shelf
}

# left_behind - shelf/h.db whose second run is only in its -wal: a writer was killed.
left_behind() {
	need_python
	make_runs 2 9 1
	mkdir shelf
	expect 0 history add --db shelf/h.db runs/00.json
	"$python" -c 'import os, sqlite3
c = sqlite3.connect("shelf/h.db", isolation_level=None)
c.execute("UPDATE run SET profile = \"in-log\"")
os._exit(0)'
	[ -s shelf/h.db-wal ] || fail "$(ls shelf)"
	chmod 755 shelf && chmod 644 shelf/*
}

a_log_left_behind() {
	local as
	left_behind
	chmod a-w shelf shelf/*
	as_other
	# With what the writer knew of its log, all of it can be read.
	expect 0 "${as[@]}" "$CONCBENCH" history list --db shelf/h.db
	has out in-log
	# Without that it cannot, and what is in the file alone would be wrong.
	rm -f shelf/h.db-shm
	expect 2 "${as[@]}" "$CONCBENCH" history list --db shelf/h.db
	refused "shelf/h.db: its last writer has left a -wal behind"
	chmod u+w shelf shelf/*
	expect 0 history list --db shelf/h.db
	has out in-log
	# An empty one says nothing.
	expect 0 history add --db shelf/h.db runs/01.json
	: >shelf/h.db-wal
	chmod a-w shelf shelf/*
	expect 0 "${as[@]}" "$CONCBENCH" history list --db shelf/h.db
	has out in-log
	chmod u+w shelf
}

full_disk() {
	local inside
	make_runs 12 99 1 20
	# shellcheck disable=SC2016 # for the inner shell
	inside='mount -t tmpfs -o size=2m tmpfs disk || exit 77
		"$CONCBENCH" history add --db disk/h.db runs/00.json || exit 1
		"$CONCBENCH" history add --db disk/h.db runs/*.json >out 2>err && exit 3
		"$CONCBENCH" history list --db disk/h.db >list || exit 4
		cp disk/h.db* .'
	mkdir disk
	unshare -m true 2>/dev/null || unshare -Urm true 2>/dev/null || skip "no mount name space for us"
	if unshare -m true 2>/dev/null; then
		unshare -m sh -c "$inside" >/dev/null || fail "status $?: $(cat err)"
	else
		unshare -Urm sh -c "$inside" >/dev/null || fail "status $?: $(cat err)"
	fi
	grep -q "disk/h.db: no space left on the disk; .* was not added" err || fail "$(cat err)"
	# What was said to be in is, whole; the rest is not.
	[ "$(grep -c ': added\|already' out)" -eq "$(sql 'SELECT count(*) FROM run')" ]
	[ "$(sql 'SELECT count(*) FROM figure')" -eq "$((2 * $(sql 'SELECT count(*) FROM run')))" ]
	[ "$(sql 'PRAGMA integrity_check')" = ok ]
}

damaged_and_foreign() {
	need_python
	echo "a letter" >h.db
	expect 2 history add --db h.db "$SAMPLE"
	refused "h.db: not an SQLite database"
	[ "$(cat h.db)" = "a letter" ] || fail "written over"
	expect 2 history list --db .
	refused ".: not a file"
	rm h.db && sql 'CREATE TABLE groceries (milk)'
	expect 2 history add --db h.db "$SAMPLE"
	refused "h.db: has tables, but is not a history of concbench"
	cp h.db before
	expect 2 history list --db h.db
	refused "h.db: has tables, but is not a history of concbench"
	expect 2 history add --db h.db "$SAMPLE"
	cmp h.db before
	: >h.db
	expect 2 history list --db h.db
	refused "h.db: empty: no run has been added yet"
	[ ! -s h.db ] || fail "written by reading"
	rm h.db
	expect 0 history add --db h.db "$SAMPLE"
	truncate -s 100000 h.db
	expect 2 history show --db h.db
	one_line err "h.db: "
}

newer_and_older() {
	need_python
	expect 0 history add --db h.db "$SAMPLE"
	sql 'UPDATE schema_version SET version = 999'
	for action in list "add $SAMPLE"; do
		# shellcheck disable=SC2086 # words
		expect 2 history $action --db h.db
		refused "schema 999 is newer than schema 3 of this concbench"
	done
	# Back to version 1, as it was before there was a second.
	sql 'ALTER TABLE run DROP COLUMN revision' && sql "DROP INDEX run_of_machine" && sql "DROP INDEX figure_of_case"
	sql 'UPDATE schema_version SET version = 1'
	# Looking at it changes no byte; the first run that is added does.
	cp h.db before
	for what in list show changes "show job/sieve"; do
		# shellcheck disable=SC2086 # words
		expect 0 history $what --db h.db
		[ ! -s err ] || fail "$(cat err)"
	done
	has out "${SAMPLE_REVISION:0:10}"
	cmp h.db before
	make_runs 1 9 1
	expect 0 history add --db h.db runs/00.json
	one_line err "h.db: brought from schema 1 to schema 3"
	expect 0 history list --db h.db
	has out "$SAMPLE_REVISION"
}

two_writers() {
	make_runs 20 99 1 3
	history add --db h.db runs/0*.json runs/1*.json >out1 2>err1 &
	history add --db h.db runs/1*.json runs/0*.json >out2 2>err2 &
	wait
	cat err1 err2 >err
	[ ! -s err ] || fail "$(cat err)"
	# Every run by one of them, and known to the other.
	[ "$(cat out1 out2 | grep -c ': added')" -eq 20 ] || fail "$(cat out1 out2)"
	[ "$(cat out1 out2 | grep -c 'already')" -eq 20 ]
	[ "$(sql 'SELECT count(*) FROM run')" -eq 20 ]
	[ "$(sql 'SELECT count(*) FROM machine')" -eq 1 ]
	[ "$(sql 'PRAGMA integrity_check')" = ok ]
}

killed() {
	local i pid runs each
	make_runs 12 99 1 40
	expect 0 history add --db h.db runs/00.json
	each=$(sql 'SELECT count(*) FROM sample')
	for ((i = 0; i < 10; i++)); do
		"$CONCBENCH" history add --db h.db runs/*.json >>log 2>&1 &
		pid=$!
		sleep "0.$((RANDOM % 30 + 5))"
		kill -9 $pid 2>/dev/null || true
		wait $pid 2>/dev/null || true
		[ "$(sql 'PRAGMA integrity_check')" = ok ] || fail "damaged by kill $i"
		runs=$(sql 'SELECT count(*) FROM run')
		# All of each run, or none of it.
		[ "$(sql 'SELECT count(*) FROM sample')" -eq $((runs * each)) ] ||
			fail "a part of a run after kill $i"
	done
	expect 0 history add --db h.db runs/*.json
	[ "$(sql 'SELECT count(*) FROM run')" -eq 12 ]
}

# ---- PostgreSQL ----

server_stop() {
	"${server_as[@]}" "$server_bin/pg_ctl" -D "$server/data" -m immediate -w stop >/dev/null 2>&1 || true
}

# server_start - a server of our own, on a socket in this folder; $url is an empty database.
server_start() {
	local at
	server_bin=''
	# Debian keeps them off the PATH, a folder a version; the last is the newest.
	for at in "$(command -v initdb || true)" /usr/lib/postgresql/*/bin/initdb; do
		[ -x "$at" ] && server_bin=$(dirname "$(readlink -f "$at")")
	done
	[ -n "$server_bin" ] || skip "no PostgreSQL server (package postgresql)"
	server=$PWD server_as=()
	# A socket's path holds 107 bytes, and the server does not run as root.
	[ ${#server} -lt 80 ] || skip "the temporary folder's name is too long for a socket"
	if [ "$(id -u)" -eq 0 ]; then
		command -v setpriv >/dev/null || skip "the server does not run as root, and there is no setpriv"
		chown 65534 "$server" && chmod 755 "$server"
		server_as=(setpriv --reuid 65534 --regid 65534 --clear-groups env "HOME=$server")
	fi
	trap server_stop EXIT
	"${server_as[@]}" "$server_bin/initdb" -D "$server/data" -U concbench -A trust -E UTF8 \
		--locale C --no-sync >initdb.log 2>&1 || fail "$(tail -n 3 initdb.log)"
	"${server_as[@]}" "$server_bin/pg_ctl" -D "$server/data" -w -s -l "$server/server.log" \
		-o "-c listen_addresses='' -c unix_socket_directories='$server' -c fsync=off" start ||
		fail "$(tail -n 3 server.log)"
	"${server_as[@]}" "$server_bin/createdb" -h "$server" -U concbench team
	url="postgresql://concbench@/team?host=$server"
}

server_passes_the_unit_tests() {
	local name
	server_start
	for name in schema store history history_writers changes export; do
		[ -x "$TESTS/harness/history/${name}_test" ] || fail "${name}_test is not built"
		CONCBENCH_TEST_DB=$url "$TESTS/harness/history/${name}_test" >out 2>&1 ||
			fail "${name}_test: $(grep -A 3 ERROR out)"
	done
}

# What both say of the same runs is the same, but for the database's name.
server_and_file_agree() {
	server_start
	make_runs 12 7 1.1
	expect 0 history add --db "$url" "$SAMPLE" runs/*.json
	[ ! -s err ] || fail "$(cat err)"
	expect 0 history add --db "$url" "$SAMPLE"
	one_line out "is in postgresql:///team already"
	expect 0 history add --db h.db "$SAMPLE" runs/*.json
	for what in "list" "list --case tcp_echo" "show" "show sieve" "changes"; do
		# shellcheck disable=SC2086 # words
		expect 0 history $what --db h.db
		mv out of_file
		# shellcheck disable=SC2086
		expect 0 history $what --db "$url"
		cmp of_file out || fail "$what: $(diff of_file out | head -n 5)"
	done
	for format in otava github-action-benchmark bencher compare.py; do
		expect 0 history export --db h.db --format $format --out "file-$format"
		expect 0 history export --db "$url" --format $format --out "server-$format"
		diff -r "file-$format" "server-$format" >/dev/null || fail "$format differs"
	done
}

server_in_trouble() {
	local lock
	server_start
	expect 2 history list --db "$url"
	refused "postgresql:///team: empty: no run has been added yet"
	expect 0 history add --db "$url" "$SAMPLE"
	expect 2 history add --db "postgresql://concbench@/none?host=$server" "$SAMPLE"
	refused "postgresql:///none" "does not exist"
	make_runs 2 9 1
	expect 2 env PGOPTIONS="-c default_transaction_read_only=on" \
		"$CONCBENCH" history add --db "$url" runs/00.json
	refused "postgresql:///team: read-only" "was not added"
	lock=$(sed -n 's/^#define WRITERS_LOCK "\(.*\)"/\1/p' "$TREE/harness/history/store_postgres.c")
	printf '%s\n' 'BEGIN;' "SELECT pg_advisory_xact_lock($lock);" '\! echo held >held' \
		'SELECT pg_sleep(60);' >hold.sql
	"${server_as[@]}" "$server_bin/psql" -q -h "$server" -U concbench team <hold.sql >/dev/null 2>&1 &
	wait_for 10 test -s held
	expect 2 history add --db "$url" --wait 200ms runs/00.json
	refused "postgresql:///team: locked by another process for longer than 0.2 s"
	server_stop
	wait
	expect 2 history list --db "$url"
	one_line err "concbench history: postgresql:///team: "
}

run usage add_and_look a_fresh_folder what_is_not_there run_files_that_are_not changes_are_found_and_explained \
	no_change_is_not_found exports_are_what_others_read compare_py_reads_the_export locked read_only \
	a_log_left_behind \
	full_disk damaged_and_foreign newer_and_older two_writers killed \
	server_passes_the_unit_tests server_and_file_agree server_in_trouble
