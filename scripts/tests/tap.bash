# tap.bash - what the command-line tests share; sourced, not run.
#
# Each test is a function; `run NAME...` runs them in a fresh temporary folder and says how they
# ended in the Test Anything Protocol, for prove(1). A test fails when one of its commands does, and
# says why with `fail`; it is skipped with `skip REASON`.
# shellcheck shell=bash

CONCBENCH=${CONCBENCH:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/build/concbench}
[ -x "$CONCBENCH" ] || {
	echo "Bail out! $CONCBENCH is not there; build it with make"
	exit 1
}
export CONCBENCH

readonly TAP_SKIP=77

fail() {
	echo "$*" >&2
	exit 1
}

skip() {
	echo "$*"
	exit $TAP_SKIP
}

# expect STATUS COMMAND... - run it; stdout goes to ./out, stderr to ./err.
expect() {
	local want=$1 got=0
	shift
	"$@" >out 2>err </dev/null || got=$?
	[ "$got" -eq "$want" ] || fail "exit status $got instead of $want: $*
$(head -c 2000 out err)"
}

# one_line FILE TEXT... - the file is one line, and every text is in it.
one_line() {
	local file=$1 text
	shift
	[ "$(wc -l <"$file")" -eq 1 ] || fail "not one line: $(cat "$file")"
	for text; do
		grep -qF -- "$text" "$file" || fail "no '$text' in: $(cat "$file")"
	done
}

# has FILE TEXT... - every text is in the file.
has() {
	local file=$1 text
	shift
	for text; do
		grep -qF -- "$text" "$file" || fail "no '$text' in $file:
$(head -c 3000 "$file")"
	done
}

# verdict FILE WORD FAMILY/KIND - its row in a table of verdicts, for people or of Markdown, says so. A name may
# have a verdict's word in it ("place:same"), as may the lines around the table.
verdict() {
	sed 's/^| \*\*\([a-z]*\)\*\*/| \1/; s/^| \([a-z]* \)/\1/' "$1" | grep -qE -- "^$2 ([^/]|/s )*[ \`]$3([/ \`]|$)" ||
		fail "$3 is not $2 in $1:
$(head -c 3000 "$1")"
}

# wait_for SECONDS COMMAND... - until it succeeds.
wait_for() {
	local tries=$(($1 * 20))
	shift
	until "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || fail "waited in vain for: $*"
		sleep 0.05
	done
}

# The names and hashes of a run file's cases, which say all of what is measured.
cases_of() {
	sed -n '/"cases": \[/,$p' "$1" | grep -o '"\(name\|hash\)": "[^"]*"' | sed '/"name"/{h;d};H;g;s/\n/ /' | sort
}

# same_again COMMANDS FILE - every line of COMMANDS, given to a shell, measures its row of the run file again.
same_again() {
	local line
	mkdir -p bin && ln -sf "$CONCBENCH" bin/concbench
	: >cases.again
	while read -r line; do
		rm -rf res.again
		PATH=$PWD/bin:$PATH expect 0 sh -c "$line --rounds 2 --slots 2 --results res.again --no-charts"
		cases_of res.again/2*/run.json >>cases.again
	done <"$1"
	cases_of "$2" | diff - <(sort -u cases.again) >&2 || fail "the commands make other cases"
}

run() {
	local n=0 name status why bad=0 dir
	echo "1..$#"
	for name; do
		n=$((n + 1))
		dir=$(mktemp -d)
		# Neither `|| status=$?` nor `if` around it: bash ignores set -e, also inside the
		# substitution, wherever the status is looked at. Then only `fail` could fail a test.
		set +e
		why=$(
			set -eu
			cd "$dir"
			"$name" 2>&1
		)
		status=$?
		if [ $status -eq 0 ]; then
			echo "ok $n - $name"
		elif [ $status -eq $TAP_SKIP ]; then
			echo "ok $n - $name # SKIP $why"
		else
			bad=1
			echo "not ok $n - $name"
			printf '%s\n' "${why:-failed without a word}" | sed 's/^/# /'
		fi
		rm -rf "$dir"
	done
	return $bad
}
