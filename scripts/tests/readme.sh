#!/usr/bin/env bash
# readme.sh - what the README says is there: each kind is in its table of what is measured, and the other
# way round; and the files that README and CONTRIBUTING name are there.
# shellcheck disable=SC2016 # backticks as they stand in Markdown
# shellcheck source=scripts/tests/tap.bash
. "$(dirname "$0")/tap.bash"
tree=$(cd "$(dirname "$0")/../.." && pwd)

# in_table FILE - family/kind of each name in its table: the first column has families and kinds, and a
# plain word in backticks in the others is a kind of the row's family.
in_table() {
	sed -n '/^## What is measured/,/^Every case/s/^| `\(.*\)/\1/p' "$1" | while IFS='|' read -r first rest; do
		first=${first%%\`*} family=${first%%/*}
		[ "$first" = "$family" ] || echo "$first"
		grep -o '`[a-z_]*`' <<<"$rest" | tr -d '`' | sed "s|^|$family/|" || true
	done | sort -u
}

# Of the queues that are kinds of "loss" as well only the first needs its place.
listed() {
	"$CONCBENCH" list | sed -n 's|^  \([a-z_]*/[a-z_]*\) .*|\1|p' | sort -u >kinds
	grep -v '^loss/' kinds
	sed -n 's|^loss/|queue/|p' kinds | grep -vxFf kinds | sed 's|^queue/|loss/|' || true
}

differences() {
	comm -3 <(in_table "$1") <(listed)
}

every_kind_is_in_the_table() {
	[ "$(listed | wc -l)" -gt 20 ] || fail "hardly a kind is listed: $(listed)"
	[ -z "$(differences "$tree/README.md")" ] || fail "left: in the README only; right: a kind that it lacks
$(differences "$tree/README.md")"
}

# Negative controls: one that is forgotten, and one that is gone.
a_difference_is_seen() {
	sed 's/`ck_fas`, //' "$tree/README.md" >lacks
	[ "$(differences lacks | tr -d '\t')" = lock/ck_fas ] || fail "$(differences lacks)"
	sed 's/`ck_fas`/& `ck_gone`/' "$tree/README.md" >longer
	[ "$(differences longer)" = lock/ck_gone ] || fail "$(differences longer)"
}

# named FILE - paths of this tree in backticks, and of public headers.
named() {
	{
		grep -oE '`(harness|benches|scripts|results/sample)/[A-Za-z0-9_./-]+`' "$1"
		grep -oE '<concbench/[a-z]+\.h>' "$1" | sed 's|<|harness/include/|'
	} | tr -d '`>' | sort -u
}

not_there() {
	local path
	named "$1" | while read -r path; do
		[ -e "$tree/$path" ] || echo "$path"
	done
}

what_is_named_is_there() {
	local file
	for file in README.md CONTRIBUTING.md; do
		[ "$(named "$tree/$file" | wc -l)" -gt 1 ] || fail "$file names no files"
		[ -z "$(not_there "$tree/$file")" ] || fail "$file names what is not there: $(not_there "$tree/$file")"
	done
	printf '%s\n' '`harness/gbench.h`' '`harness/gbench.cc`' '<concbench/no.h>' >names
	[ "$(not_there names | paste -sd' ')" = 'harness/gbench.h harness/include/concbench/no.h' ] || fail "$(not_there names)"
}

run every_kind_is_in_the_table a_difference_is_seen what_is_named_is_there
