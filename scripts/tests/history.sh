#!/usr/bin/env bash
# history.sh - `concbench history` as it is used: adding, looking, changes, exports.
# shellcheck source=scripts/tests/history.bash
. "$(dirname "$0")/history.bash"

usage() {
	expect 0 history --help
	has out "usage: concbench history ACTION" add list show changes export
	expect 0 history add --help
	has out "usage: concbench history add" "exit status:"
	# The help names every format that is accepted.
	expect 2 history export --db h.db --out o --format none
	sed 's/.*accepted: //; s/, /\n/g' err >formats
	[ "$(wc -l <formats)" -ge 3 ] || fail "$(cat err)"
	expect 0 history export --help
	while read -r format; do has out "$format"; done <formats
	expect 2 history
	refused "an action is missing; accepted: add, list, show, changes, export"
	expect 2 history frobnicate
	refused "'frobnicate' is not an action; accepted: add, list, show, changes, export"
	expect 2 history list --frobnicate
	refused "--frobnicate is not an option; see concbench history list --help"
	expect 2 history list --db
	refused "--db needs a value, FILE|URL"
	expect 2 history list --db=
	refused "--db: it is empty; it needs a value, FILE|URL"
	expect 2 history list extra
	refused "'extra' is not expected; see concbench history list --help"
	expect 2 history show one two
	refused "RUN|CASE: given more than once"
	expect 2 history list --wait soon
	refused "--wait: 'soon' is not a time; accepted: "
	expect 2 history changes --min-effect -1
	refused "--min-effect: '-1' is not a share; accepted: "
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
	refused "'xyz' is neither a machine class"
	expect 2 history export --db h.db --format compare.py --out o
	refused "'compare.py' is not a format; accepted: otava, github-action-benchmark, "
	expect 2 history list --db mysql://host/db
	refused "mysql://host/db"
	expect 2 history export --db h.db --format csv --out o
	refused "--format: 'csv' is not a format; accepted: otava, github-action-benchmark, "
	expect 2 history export --db h.db --format bencher
	refused "--out is missing"
	expect 2 history export --db h.db
	refused "--format and --out are missing"
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
	sed 's/"schema": 2/"schema": 7/' "$SAMPLE" >newer.json
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

# An id is a folder's name, an operand and a cell: from a file that is not ours it may be anything.
ids_that_are_not() {
	need_python
	for id in "" latest ../../x '=HYPERLINK("http://x")'; do
		"$python" - "$SAMPLE" "$id" >foreign.json <<-'EOF'
			import json, sys
			whole = json.load(open(sys.argv[1]))
			whole["concbench"]["id"] = sys.argv[2]
			json.dump(whole, sys.stdout)
		EOF
		expect 2 history add --db h.db foreign.json
		refused "'$id' is not a run's id" "$id was not added"
	done
	[ "$(sql 'SELECT count(*) FROM run')" -eq 0 ]
}

modified_builds_are_marked() {
	make_runs 2 9 1
	sed 's/"build.dirty": "[a-z]*"/"build.dirty": "yes"/' runs/01.json >runs/02.json
	mv runs/02.json runs/01.json
	expect 0 history add --db h.db runs/*.json
	expect 0 history list --db h.db
	grep -q "20260102T000000Z-vm-000001 .* $SAMPLE_REVISION-modified " out || fail "$(cat out)"
	grep -q "20260101T000000Z-vm-000000 .* $SAMPLE_REVISION  " out || fail "$(cat out)"
	expect 0 history show --db h.db
	has out "revision $SAMPLE_REVISION-modified"
	expect 0 history show --db h.db job/sieve
	[ "$(grep -c -- "$SAMPLE_REVISION-modified " out)" -eq 2 ] || fail "$(cat out)"
}

changes_are_found_and_explained() {
	make_runs 24 15 1.05
	expect 0 history add --db h.db runs/*.json
	[ "$(grep -c ': added' out)" -eq 24 ] || fail "$(cat out)"
	expect 0 history changes --db h.db
	has out "2 changes in 2 series of 48 points" "from 2026-01-16T00:00:00Z on: " "+5." " %, slower (p" \
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
assert o["concbench_changes"] == 2 and o["count"]["changes"] == len(o["changes"]) == 2
for c in o["changes"]:
    assert 0.04 < c["effect"] < 0.06 and c["after"]["value"] > c["before"]["value"]
    assert (c["metric"], c["unit"], c["direction"]) == ("ns_per_op", "ns", "slower")
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
	# One of its cases failed.
	"$python" -c 'import json, sys
run = json.load(open(sys.argv[1]))
case = run["concbench"]["cases"][-1]
del case["summary"]
case["samples"]["rows"] = []
case.update(status="crashed", reason="killed by SIGSEGV")
json.dump(run, sys.stdout)' "$SAMPLE" >one_failed.json
	expect 0 history add --db h.db one_failed.json
	# Each has a place for figures that are better in one direction, or for all.
	read -r less more < <("$python" -c 'import json, sys
figures = [c["figure"]["better"] for c in json.load(open(sys.argv[1]))["concbench"]["cases"] if "summary" in c]
print(figures.count("less"), figures.count("more"))' one_failed.json)
	if [ "$less" -eq 0 ] || [ "$more" -eq 0 ]; then fail "of $SAMPLE_FIGURES: $less less, $more more"; fi
	for format in "github-action-benchmark $less" "github-action-benchmark-bigger $more" "bencher $((SAMPLE_FIGURES - 1))"; do
		expect 0 history export --db h.db --format "${format% *}" --out "${format% *}.json"
		one_line err "left out $((SAMPLE_FIGURES - ${format#* }))"
		[ "$(strict_json "${format% *}.json")" -eq "${format#* }" ]
	done
	expect 2 history export --db h.db --format github-action-benchmark-bigger --case lock/ --out none.json
	refused "no case to export: whose figures are better in another direction"
	[ ! -e none.json ] || fail "written for nothing"
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

run usage add_and_look a_fresh_folder what_is_not_there run_files_that_are_not ids_that_are_not modified_builds_are_marked \
	changes_are_found_and_explained \
	no_change_is_not_found exports_are_what_others_read
