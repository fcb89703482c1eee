#!/usr/bin/env bash
# ci.sh - the scripts that the workflows call, in a clone with a stand-in for the build; and the
# workflows themselves as far as they can be read here.
# shellcheck source=scripts/tests/tap.bash
. "$(dirname "$0")/tap.bash"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export GIT_AUTHOR_NAME=test GIT_AUTHOR_EMAIL=test@localhost GIT_COMMITTER_NAME=test \
	GIT_COMMITTER_EMAIL=test@localhost GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null

# "Built" is a script that hands everything to the real program, but for what a test overrides.
repository() {
	git init -q -b main repo
	mkdir -p repo/scripts/ci
	cd repo
	cp "$here/gate" scripts/
	cp "$here"/ci/*.sh scripts/ci/
	printf 'build/concbench: program ; mkdir -p build && cp program $@ && chmod +x $@\n' >Makefile
	printf '#!/bin/sh\nexport CONCBENCH_SELFTEST=1\nexec "%s" "$@"\n' "$CONCBENCH" >program
	printf '/out\n/err\n/build/\n/results/\n/gate-out/\n/nightly-out/\n' >.gitignore
	git add -A
	git commit -qm one
	git checkout -q -b change
}

gate_of_a_pull_request() {
	repository
	expect 0 scripts/ci/pr-gate.sh main
	has out 'nothing to gate'
	echo '# changed' >>program
	git commit -qam two
	# Others have gone on: that is not this change's doing.
	git checkout -q main && printf '#!/bin/sh\nexit 9\n' >program && git commit -qam three && git checkout -q change
	expect 0 scripts/ci/pr-gate.sh main --filter '^selftest/exact' --min-effect 20% --time-budget 60s
	verdict gate-out/gate.md same selftest/exact
	has gate-out/gate.xml testsuite
	python3 -m json.tool gate-out/gate.json >/dev/null
	# shellcheck disable=SC2016 # for the script to expand
	# Only in its own cells: head's program is also the one that runs the gate.
	printf '#!/bin/sh\nexport CONCBENCH_SELFTEST=1\n%s\nexec "%s" "$@"\n' \
		'[ "$1" != cell ] || export CONCBENCH_SELFTEST_SLOWDOWN_PCT=50' "$CONCBENCH" >program
	git commit -qam slow
	expect 1 scripts/ci/pr-gate.sh main --filter '^selftest/exact' --time-budget 60s
	verdict gate-out/gate.md worse selftest/exact
}

# A runner's temporary folder is thrown away: what explains a failure is among what is kept.
what_failed_cells_said_is_kept() {
	repository
	mkdir tmp
	# shellcheck disable=SC2016 # for the script to expand
	printf '#!/bin/sh\nexport CONCBENCH_SELFTEST=1\n%s\nexec "%s" "$@"\n' \
		'[ "$1" != cell ] || { echo "out of luck" >&2; export CONCBENCH_SELFTEST_CRASH=1; }' "$CONCBENCH" >program
	git commit -qam crash
	TMPDIR=$PWD/tmp expect 2 scripts/ci/pr-gate.sh main --filter '^selftest/crash_if' --no-noise
	has gate-out/gate.md failed
	has gate-out/cells.log 'out of luck'
	has out "is kept in $PWD/gate-out/cells.log"
	[ -z "$(ls -A tmp)" ] || fail "left: $(ls tmp)"
	# Of another gate there is nothing left.
	git checkout -q main -- program && echo '# changed' >>program && git commit -qam mended
	expect 0 scripts/ci/pr-gate.sh main --filter '^selftest/exact' --min-effect 20% --time-budget 60s --no-noise
	[ ! -e gate-out/cells.log ] || fail "$(cat gate-out/cells.log)"
}

gate_mistakes() {
	repository
	expect 2 scripts/ci/pr-gate.sh
	one_line err TARGET-BRANCH
	expect 2 scripts/ci/pr-gate.sh origin/main
	one_line err origin/main 'no such branch'
	git checkout -q --orphan other && git commit -qm alone
	expect 2 scripts/ci/pr-gate.sh main
	one_line err 'no common commit'
}

a_night() {
	repository
	for _ in 1 2; do
		expect 0 scripts/ci/nightly.sh --filter '^selftest/exact' --rounds 6 --no-charts --precision 0
	done
	[ -s nightly-out/changes.txt ] || fail "no changes.txt"
	python3 -m json.tool nightly-out/changes.json >/dev/null || fail "no changes.json"
	[ -d "$(cat nightly-out/run.txt)" ] || fail "no run: $(cat nightly-out/run.txt)"
	expect 0 "$CONCBENCH" history list
	[ "$(grep -c '20[0-9]*T' out)" -ge 2 ] || fail "$(cat out)"
	expect 2 scripts/ci/nightly.sh --filter nothing-at-all
	has err 'matches no case'
	# A failed case is in the history, and in the exit status.
	expect 1 scripts/ci/nightly.sh --filter '^selftest/(exact|segv)' --rounds 2 --no-charts
}

workflows_can_be_read() {
	python3 -c 'import yaml' 2>/dev/null || skip "no python3-yaml"
	python3 - "$here"/ci/g*.yml <<-'EOF'
		import sys, yaml
		for path in sys.argv[1:]:
		    top = yaml.safe_load(open(path))
		    if "jobs" in top:
		        steps = [s for j in top["jobs"].values() for s in j["steps"]]
		        scripts = [s["run"] for s in steps if "run" in s]
		        assert all("uses" in s or "run" in s for s in steps), path
		        night = top["jobs"]["nightly"]["steps"]
		        uses = [s.get("uses", "") for s in night]
		        # Not actions/cache: it saves nothing of a night with a case that failed.
		        assert not [u for u in uses if u.startswith("actions/cache@")], path
		        restore, save = (uses.index("actions/cache/%s@v4" % w) for w in ("restore", "save"))
		        runs = [i for i, s in enumerate(night) if "nightly.sh" in s.get("run", "")]
		        assert restore < runs[0] < save, path
		        assert "always()" in night[save]["if"], path
		        for what in "path", "key":
		            assert night[restore]["with"][what] == night[save]["with"][what], path
		        assert night[save]["with"]["key"].startswith(night[restore]["with"]["restore-keys"])
		        for name, job in top["jobs"].items():
		            assert job["concurrency"]["group"], (path, name)
		            # A night that has measured is not thrown away.
		            assert job["concurrency"]["cancel-in-progress"] == (name != "nightly"), path
		    else:
		        jobs = [j for j in top.values() if isinstance(j, dict) and "script" in j]
		        assert all(j["stage" if "stage" in j else "extends"] for j in jobs), path
		        assert all(j["resource_group"] for j in jobs), path
		        assert top["concbench-nightly"]["cache"]["when"] == "always", path
		        scripts = [c for j in jobs for c in j["script"]]
		    text = "\n".join(scripts)
		    for script in ("scripts/deps", "scripts/ci/pr-gate.sh", "scripts/ci/nightly.sh"):
		        assert script in text, (path, script)
	EOF
	# For repositories with kinds of their own: the same variables, defaults and script in both.
	python3 - "$here"/ci/own-kinds.git{hub,lab}.yml <<-'EOF'
		import sys, yaml
		hub, lab = (yaml.safe_load(open(path)) for path in sys.argv[1:])
		on = hub.get("on", hub.get(True)) # YAML 1.1 reads "on" as true
		assert "pull_request" in on
		inputs = on["workflow_call"]["inputs"]
		assert all(i["type"] == "string" and i["description"] for i in inputs.values()), inputs
		job, = hub["jobs"].values()
		assert job["concurrency"]["group"] and job["timeout-minutes"]
		assert job["steps"][0]["with"]["fetch-depth"] == 0
		gate, = (s for s in job["steps"] if "pr-gate.sh" in s.get("run", ""))
		other, = (j for j in lab.values() if "script" in j)
		assert other["resource_group"] and other["rules"] and other["variables"]["GIT_DEPTH"] == "0"
		for key, value in gate["env"].items():
		    name, default = value.strip("${} ").split(" || ")
		    assert name[len("inputs."):] in inputs, name
		    assert other["variables"][key] == default.strip("'"), key
		# What a user types is no part of a script's text.
		assert not [s for s in job["steps"] if "${{" in s.get("run", "")]
		for text in ("CONCBENCH_REPOSITORY", "scripts/ci/pr-gate.sh", "GATE_OPTIONS"):
		    for path in sys.argv[1:]:
		        assert text in open(path).read(), (path, text)
	EOF
	grep -oh 'scripts/[a-z/-]*[a-z]\(\.sh\)\?' "$here"/ci/*.yml | sort -u | while read -r script; do
		[ -x "$here/../$script" ] || fail "a workflow calls $script, which is no program"
	done
}

run gate_of_a_pull_request what_failed_cells_said_is_kept gate_mistakes a_night workflows_can_be_read
