# history.bash - what the tests of `concbench history` share; sourced, not run.
# shellcheck shell=bash disable=SC2034 # used by those
# shellcheck source=scripts/tests/tap.bash
. "$(dirname "${BASH_SOURCE[0]}")/tap.bash"
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
		            case["summary"]["figure"][key] *= scale
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

# refused TEXT... - exit 2, nothing on stdout, one line with every text on stderr. It begins with the
# command, or with the action too where the words typed were wrong.
refused() {
	one_line err "$@"
	grep -qE '^concbench history( (add|list|show|changes|export))?: ' err || fail "whose? $(cat err)"
	[ ! -s out ] || fail "stdout: $(cat out)"
}

# sql STATEMENT - on h.db.
sql() {
	"$python" -c 'import sqlite3, sys
c = sqlite3.connect("h.db", isolation_level=None)
for row in c.execute(sys.argv[1]): print(*row)' "$1"
}
