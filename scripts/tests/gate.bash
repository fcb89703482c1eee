# gate.bash - what the tests of gates share; sourced, not run.
# shellcheck shell=bash disable=SC2034 # used by those
# shellcheck source=scripts/tests/tap.bash
. "$(dirname "${BASH_SOURCE[0]}")/tap.bash"

export CONCBENCH_SELFTEST=1

# program NAME VARIABLE=VALUE... - a concbench with a knob turned: what a changed build would be.
program() {
	local name=$1
	shift
	printf '#!/bin/sh\nexport %s\nexec "%s" "$@"\n' "${*:-CONCBENCH_SELFTEST}" "$CONCBENCH" >"$name"
	chmod +x "$name"
}

sieve='--filter=^selftest/slow_sieve'
# Whose figure is counted, and so the same at all times: a gate ends with its first look. So its budget is for a
# machine that hardly gets to anything else.
exact='--filter=^selftest/exact'
gate() { "$CONCBENCH" gate "$@"; }

refuse() {
	local text=$1
	shift
	expect 2 gate "$@"
	one_line err "concbench gate:" "$text"
}

# row_is FILE EXPRESSION - of the only case: v is its verdict, c its change, p what there is besides.
row_is() {
	python3 - "$@" <<-'EOF' || fail "not so: $2"
		import json, sys
		p = json.load(open(sys.argv[1]))["cases"][0]
		v, c = p["verdict"], p.get("change", {})
		assert eval(sys.argv[2]), p
	EOF
}

# rebuilt NAME FLAGS - a concbench that says it was built with these.
rebuilt() {
	cat >"$1" <<-EOF
		#!/bin/sh
		if [ "\$1" = --version ]; then
			"$CONCBENCH" "\$@" | sed 's/^build.flags.*/build.flags	$2/'
		else
			exec "$CONCBENCH" "\$@"
		fi
	EOF
	chmod +x "$1"
}

left_behind() {
	local environ
	for environ in /proc/[0-9]*/environ; do
		if tr '\0' '\n' 2>/dev/null <"$environ" | grep -q "^CONCBENCH_TOPOLOGY=$TMPDIR"; then
			return 0
		fi
	done
	[ -n "$(ls -A "$TMPDIR")" ]
}
