#!/usr/bin/env bash
# history_server.sh - a history on a real PostgreSQL server, started here.
# shellcheck source=scripts/tests/history.bash
. "$(dirname "$0")/history.bash"

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
	for name in schema store history history_writers history_print changes export; do
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
	for format in otava github-action-benchmark bencher; do
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

run server_passes_the_unit_tests server_and_file_agree server_in_trouble
