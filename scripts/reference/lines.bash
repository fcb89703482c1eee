# lines.bash - how long is a lock, a queue, a hand-off? Sourced by figures_to_reach and by the test of these bounds.
# shellcheck shell=bash

# code FILE - its lines that are neither blank, comment nor #include.
code() {
	"${CC:-cc}" -fpreprocessed -dD -E -P -w "$1" | grep -vE '^ *$|^#include'
}

# Hand-offs in files that are longer than 30 lines, and why.
LONGER_HANDOFFS='barrier: nobody can be called back from one, so both agree on their last round
call: two rows, none of which hands over to a worker
context: three rows, two ways of making a stack
generator: two rows, and a parameter
own_switch: a switch written in assembly, for two processors
umwait: what it takes to ask the processor, and a place of its own
yield: any number take part, and whose turn it is nobody knows'

# handoff_lines FOLDER - "LINES NAME" of each file of rows in it, "long LINES NAME" of those above.
handoff_lines() {
	local file name
	for file in "$1"/*.c; do
		name=$(basename "$file" .c)
		# What they share, and tests.
		case $name in *_test | family | turns | counted | refill | sequence) continue ;; esac
		! grep -q "^$name: " <<<"$LONGER_HANDOFFS" || printf 'long '
		echo "$(code "$file" | wc -l) $name"
	done
}

# statement_lines FORM FILE... - "LINES NAME" of each statement of the form, such as CB_LOCK.
statement_lines() {
	local form=$1
	shift
	awk -v form="$form" '
		index($0, form "(") == 1 { n = depth = 0; name = $0; sub(/^[^(]*\(/, "", name); sub(/,.*/, "", name); on = 1 }
		on { n++; depth += gsub(/\(/, "(") - gsub(/\)/, ")"); if (!depth) { print n, name; on = 0 } }' "$@"
}
