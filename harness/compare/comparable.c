#include "harness/compare/comparable.h"

#include "harness/base/text.h"

#include <errno.h>
#include <string.h>

/* A newer kernel lists problems that an older one did not know: that changes nothing by itself. */
#define UNAFFECTED "Not affected"

static const struct comparable_fact facts[] = {
    {"topology.fingerprint", true, "another machine", NULL},
    {"topology.allowed_pus", true, "workers are put elsewhere", NULL},
    {"cpu.vendor", true, "another processor", NULL},
    {"cpu.family", true, "another processor", NULL},
    {"cpu.model_number", true, "another processor", NULL},
    {"cpu.model", true, "another processor", NULL},
    {"cpu.stepping", true, "another processor", NULL},
    {"hypervisor", true, "wake-ups and switches have another cost", "none"},
    {"kernel.mitigations.", true, "system calls and switches have another cost", UNAFFECTED},
    {"cpu.smt", true, "cores share their units or do not", "not recorded"},
    {"cpu.governor", true, "the clock runs at another speed", "not recorded"},
    {"cpu.turbo", true, "the clock runs at another speed", "not recorded"},
    {"clock.source", true, "reading the time has another cost", NULL},
    {"cgroup.cpu_limit_cpus", true, "workers are throttled differently", "none"},
    {"build.compiler", true, "other machine code", NULL},
    {"build.flags", true, "other machine code", NULL},
    {"build.sanitizer", true, "instrumented code", "none"},
    {"cpu.microcode", false, "may change what mitigations cost", "not recorded"},
    {"kernel.release", false, "may change what system calls cost", NULL},
    {"kernel.parameters", false, "may change how the kernel schedules", ""},
    {"os.name", false, "other libraries", "not recorded"},
    {"libc", false, "other locks and threads", "not recorded"},
    {"library.", false, "a library that is measured or measures has another version",
	"not recorded"},
    {"memory.transparent_hugepage", false, "page faults and TLB misses", "not recorded"},
    {"sysctl.kernel.randomize_va_space", false, "layout of the memory", "not recorded"},
    {"cgroup.memory_limit_bytes", false, "may reclaim memory", "none"},
    {"module.", false, "the file that is measured has another build", "none"},
    {"build.revision", false, "other code", "unknown"},
    {NULL, false, NULL, NULL},
};

const struct comparable_fact *comparable_facts(void)
{
	return facts;
}

static bool covers(const struct comparable_fact *f, const char *key)
{
	const size_t len = strlen(f->key);

	return f->key[len - 1] == '.' ? strncmp(f->key, key, len) == 0 : strcmp(f->key, key) == 0;
}

#define SHOWN_BYTES 70
/* How much is shown before the first difference, so that one sees where it is. */
#define CONTEXT_BYTES 20
#define ELLIPSIS "..."

/* Back to where the UTF-8 character at @at begins. */
static size_t character_start(const char *text, size_t at)
{
	for (unsigned i = 0; i < 3 && at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80; i++)
		at--;
	return at;
}

/* Where the excerpts of two long values begin: they may have a long common beginning. */
static size_t shown_from(const char *a, const char *b)
{
	size_t same = 0;

	if (strlen(a) <= SHOWN_BYTES && strlen(b) <= SHOWN_BYTES)
		return 0;
	while (a[same] && a[same] == b[same])
		same++;
	return same <= CONTEXT_BYTES ? 0 : character_start(a, same - CONTEXT_BYTES);
}

static const char *excerpt(
    const char *value, size_t from, char text[SHOWN_BYTES + 2 * sizeof(ELLIPSIS)])
{
	const size_t rest = strlen(value + from);
	const bool cut = rest > SHOWN_BYTES;
	const size_t shown = cut ? character_start(value + from, SHOWN_BYTES) : rest;

	(void)snprintf(text, SHOWN_BYTES + 2 * sizeof(ELLIPSIS), "%s%.*s%s", from ? ELLIPSIS : "",
	    (int)shown, value + from, cut ? ELLIPSIS : "");
	return text;
}

static int check_key(const struct comparable_fact *f, const char *key, const char *base,
    const char *head, struct comparison *c, size_t *differences)
{
	char base_shown[SHOWN_BYTES + 2 * sizeof(ELLIPSIS)];
	char head_shown[SHOWN_BYTES + 2 * sizeof(ELLIPSIS)];
	size_t from;

	/* Neither says it: nothing can be said about it. */
	if ((!base && !head) || (base && head && strcmp(base, head) == 0))
		return 0;
	if (f->absent && strcmp(base ? base : f->absent, head ? head : f->absent) == 0)
		return 0;
	++*differences;
	base = base ? base : f->absent ? f->absent : "not recorded";
	head = head ? head : f->absent ? f->absent : "not recorded";
	from = shown_from(base, head);
	return comparison_add_difference(c, "%s: %s <> %s (%s)%s", key,
	    excerpt(base, from, base_shown), excerpt(head, from, head_shown), f->reason,
	    f->refuses ? "" : ", noted only");
}

/* A fact's keys in the order of base's manifest, then those that only head's has. */
static int check_fact(const struct comparable_fact *f, const struct manifest *base,
    const struct manifest *head, struct comparison *c, size_t *differences)
{
	int rc = 0;

	for (size_t i = 0; i < base->count && !rc; i++)
		if (covers(f, base->items[i].key))
			rc = check_key(f, base->items[i].key, base->items[i].value,
			    manifest_get(head, base->items[i].key), c, differences);
	for (size_t i = 0; i < head->count && !rc; i++)
		if (covers(f, head->items[i].key) && !manifest_get(base, head->items[i].key))
			rc = check_key(
			    f, head->items[i].key, NULL, head->items[i].value, c, differences);
	return rc;
}

/* Those of the facts that @wanted says; NULL: all. */
static int check(const struct manifest *base, const struct manifest *head,
    bool (*wanted)(const char *key), struct comparison *c, size_t *refusals)
{
	size_t refusing = 0, noted = 0;

	/* Nothing differs, and nothing is known: that is not the same. */
	if (!base->count && !head->count) {
		*refusals = 0;
		return comparison_add_difference(c,
		    "neither says what machine, system or build it was measured with: whether they "
		    "may be compared is not known, noted only");
	}
	for (int pass = 0; pass < 2; pass++) {
		for (const struct comparable_fact *f = facts; f->key; f++) {
			const bool refuses = pass == 0;
			int rc;

			if (f->refuses != refuses || (wanted && !wanted(f->key)))
				continue;
			rc = check_fact(f, base, head, c, refuses ? &refusing : &noted);
			if (rc)
				return rc;
		}
	}
	*refusals = refusing;
	return 0;
}

int comparable_check(const struct manifest *base, const struct manifest *head, struct comparison *c,
    size_t *refusals)
{
	return check(base, head, NULL, c, refusals);
}

static bool of_build(const char *key)
{
	return strcmp(key, "build.revision") != 0 &&
	       (strncmp(key, "build.", 6) == 0 || strncmp(key, "library.", 8) == 0);
}

int comparable_builds(const struct manifest *base, const struct manifest *head,
    struct comparison *c, size_t *refusals)
{
	*refusals = 0;
	/* An older program says its version at most. */
	if (!manifest_get(base, "build.compiler") || !manifest_get(head, "build.compiler"))
		return 0;
	return check(base, head, of_build, c, refusals);
}

bool comparable_series(
    const struct series *base, const struct series *head, char reason[REASON_MAX])
{
	char base_slot[TEXT_FORMAT_MAX], head_slot[TEXT_FORMAT_MAX];

	if (strcmp(base->hash, head->hash) != 0)
		(void)snprintf(reason, REASON_MAX,
		    "its definition has changed (hash %s <> %s): other work under the same name",
		    base->hash[0] ? base->hash : "none", head->hash[0] ? head->hash : "none");
	else if (strcmp(base->op, head->op) != 0)
		(void)snprintf(reason, REASON_MAX, "another operation is counted: %s <> %s",
		    base->op, head->op);
	else if (!run_figure_same(&base->figure, &head->figure))
		(void)snprintf(reason, REASON_MAX, "another figure: %s%s%s <> %s%s%s",
		    base->figure.metric, base->figure.unit[0] ? " in " : "", base->figure.unit,
		    head->figure.metric, head->figure.unit[0] ? " in " : "", head->figure.unit);
	else if (base->slot_ns != head->slot_ns)
		(void)snprintf(reason, REASON_MAX, "trials of another length: %s <> %s",
		    text_format_ns((double)base->slot_ns, base_slot, sizeof(base_slot)),
		    text_format_ns((double)head->slot_ns, head_slot, sizeof(head_slot)));
	else
		return true;
	return false;
}
