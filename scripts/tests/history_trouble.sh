#!/usr/bin/env bash
# history_trouble.sh - databases that are locked, read-only, full, damaged, newer, or lose their writer.
# shellcheck source=scripts/tests/history.bash
. "$(dirname "$0")/history.bash"

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
	make_runs 12 99 1 80
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

# Of another concbench: neither read wrongly nor changed.
another_schema() {
	local version
	need_python
	expect 0 history add --db h.db "$SAMPLE"
	for version in 3 999; do
		sql "UPDATE schema_version SET version = $version"
		cp h.db before
		for action in list show changes "add $SAMPLE"; do
			# shellcheck disable=SC2086 # words
			expect 2 history $action --db h.db
			refused "h.db: a history of schema $version; this concbench has schema "
		done
		cmp h.db before
	done
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

run locked read_only a_log_left_behind full_disk damaged_and_foreign another_schema two_writers killed
