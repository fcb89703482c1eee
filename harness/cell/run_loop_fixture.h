/*
 * run_loop_fixture.h - rounds of cells that are shell scripts, for the tests of run_loop.h. Only
 * for
 * *_test.c.
 */
#ifndef CONCBENCH_RUN_LOOP_FIXTURE_H
#define CONCBENCH_RUN_LOOP_FIXTURE_H

#include "harness/cell/cell_fixture.h"
#include "harness/cell/run_loop.h"

#define ENTRIES_MAX 4
#define SLOTS 2u

extern const struct cb_family *const cb_families[];
const struct cb_family *const cb_families[] = {NULL};

/*
 * What a case does is in its name. Each cell knows its launch from a file beside the script; one of
 * the counters' pass is told so, and one of the displacing pass, which begins no launch. What it
 * was given is noted, with how often "peak" was launched.
 */
#define SUITE                                                                                      \
	"while [ $# -gt 0 ]; do case $1 in --case) name=$2;; --counters) counting=1;; "            \
	"--displacing) displacing=d;; "                                                            \
	"--given) given=$2;; esac; shift; done\n"                                                  \
	"mark=${0%/*}/launch.$name peak=0 launch=0\n"                                              \
	"[ -z \"$given\" ] || { read -r peak <\"${0%/*}/launch.peak\"; "                           \
	"echo \"$given $peak\" >>\"${0%/*}/given.$name\"; }\n"                                     \
	"[ -f \"$mark\" ] && read -r launch <\"$mark\"\n"                                          \
	"[ -n \"$displacing\" ] || echo $((launch + 1)) >\"$mark\"\n"                              \
	"rows=0 sum=0\n"                                                                           \
	"count() { say '{\"v\":1,\"type\":\"counters\",\"reason\":\"'$1'\",\"counters\":"          \
	"{\"instructions_user_per_op\":12.5}}'; }\n"                                               \
	"last_words() { case $counting$name in\n"                                                  \
	"1slow) sleep 0.7; count;;\n"                                                              \
	"1scaled) count scaled;;\n"                                                                \
	"1counts_then_dies) count; exit 9;;\n"                                                     \
	"1*) count;;\n"                                                                            \
	"miscounts) rows=$((rows + 1));;\n"                                                        \
	"misadds|mislooks) sum=$((sum + 1));;\n"                                                   \
	"esac; }\n"                                                                                \
	"before_sample() { case $displacing$counting$launch$name$slot in\n"                        \
	"d3displaces_nobody0) fail unsupported too_little; exit 1;;\n"                             \
	"d1displaces_never0) fail unsupported not_bound; exit 1;;\n"                               \
	"d3displaces_wrongly0) fail invalid lost_one; exit 1;;\n"                                  \
	"2breaks_late1) fail invalid lost_one; exit 1;;\n"                                         \
	"2dies_late1) exit 9;;\n"                                                                  \
	"1interrupts1) kill -INT $PPID; nap;;\n"                                                   \
	"1?broken1) fail invalid lost_one; exit 1;;\n"                                             \
	"1?dying1) kill -SEGV $$;;\n"                                                              \
	"1?hanging1) nap;;\n"                                                                      \
	"?contradicts1) fail ok why; exit 1;;\n"                                                   \
	"1?unable1) fail unsupported no_such_event; exit 1;;\n"                                    \
	"esac; }\n"                                                                                \
	"[ \"$counting$name\" != 1unsupported ] || { fail unsupported no_event; exit 1; }\n"       \
	"metrics() { length=$((100 + launch)) metrics='\"ns_per_op\":'$length\n"                   \
	"case $displacing$name in\n"                                                               \
	"d*) metrics=$metrics',\"displaced_ns_per_op\":'$((7000 + launch));;\n"                    \
	"steady|apart) metrics=$metrics',\"late_ns\":7,\"cold_bytes\":9';;\n"                      \
	"wobbly) metrics='\"ns_per_op\":100,\"late_ns\":'$((50 + launch % 2 * 50)) "               \
	"length=100;;\n"                                                                           \
	"peak) warm=$((launch * 10 + 500 * (slot == 0)))\n"                                        \
	"metrics=$metrics',\"ops_per_s\":'$((1000 + warm))',\"cold_bytes\":'$((3000 + warm));;\n"  \
	"long) [ $launch$slot != 10 ] || sleep 4;;\n"                                              \
	"nothing) metrics=$metrics',\"ops_per_s\":0';;\n"                                          \
	"ends) metrics=$metrics',\"outcome.well\":0,\"outcome.badly\":1';;\n"                      \
	"looks|mislooks) metrics='\"trial_ns\":'$length',\"cold_bytes\":9';;\n"                    \
	"esac; }\n"                                                                                \
	"pus=0; case $launch$name in 2strays) pus=1;; esac\n"                                      \
	"say '{\"v\":1,\"type\":\"ready\",\"case\":\"'$name'\",\"hash\":\"h\",\"pus\":\"'$pus'\"," \
	"\"oversubscribed\":false,\"slot_ns\":1000}'\n"                                            \
	"while hear; do case $heard in\n"                                                          \
	"*'\"end\"'*) last_words; say '{\"v\":1,\"type\":\"summary\",\"rows\":'$rows',"            \
	"\"real_time_sum_ns\":'$sum'}'; exit 0;;\n"                                                \
	"*) slot=${heard#*'\"slot\":'} slot=${slot%%[!0-9]*}\n"                                    \
	"  before_sample; metrics\n"                                                               \
	"  say '{\"v\":1,\"type\":\"sample\",\"sample\":{\"launch\":0,\"slot\":'$slot',"           \
	"\"warm_up\":false,\"metrics\":{'$metrics'},\"worker_ops\":[3]}}'\n"                       \
	"  rows=$((rows + 1)) sum=$((sum + length));;\n"                                           \
	"esac; done\n"

struct suite {
	char exe[96], journal_path[96];
	struct bench_case bc[ENTRIES_MAX];
	struct run_entry entry[ENTRIES_MAX];
	struct run run;
	struct run_loop loop;
};

static inline void note_path(char *out, size_t len, const char *what, const char *name)
{
	char file[40];

	assert_true(snprintf(file, sizeof(file), "%s.%s", what, name) < (int)sizeof(file));
	cell_path(out, len, file);
}

static inline void forget(const char *what, const char *name)
{
	char path[96];

	note_path(path, sizeof(path), what, name);
	(void)unlink(path);
}

static inline void begin(struct suite *s, const char *const *names)
{
	size_t n = 0;

	memset(s, 0, sizeof(*s));
	(void)cell_script(s->exe, sizeof(s->exe), SUITE);
	cell_path(s->journal_path, sizeof(s->journal_path), "journal.jsonl");
	(void)unlink(s->journal_path);
	for (; names[n]; n++) {
		forget("launch", names[n]);
		forget("given", names[n]);
		assert_true(n < ENTRIES_MAX);
		s->bc[n] = (struct bench_case){.pub.workers = 1, .window_ns = 1000};
		(void)snprintf(s->bc[n].name, sizeof(s->bc[n].name), "%s", names[n]);
		s->entry[n] = (struct run_entry){.bc = &s->bc[n], .series = n, .figures = 1};
		assert_non_null(run_add_series(&s->run, names[n]));
		s->run.series[n].status = STATUS_NOT_RUN;
	}
	s->loop = (struct run_loop){.exe = s->exe,
	    .rounds = 3,
	    .slots = SLOTS,
	    .budget_ns = CELL_PATIENCE_NS,
	    .cell_timeout_ns = CELL_PATIENCE_NS,
	    .seed = 7,
	    .stderr_fd = STDERR_FILENO,
	    .entries = s->entry,
	    .entry_count = n,
	    .run = &s->run};
	(void)snprintf(s->run.date, sizeof(s->run.date), "%s", "2026-01-02T03:04:05Z");
	assert_int_equal(journal_create(s->journal_path, &s->loop.journal), 0);
	assert_int_equal(journal_run(s->loop.journal, &s->run), 0);
}

static inline bool is_first(const struct suite *s, size_t series)
{
	for (size_t i = 0; i < s->loop.entry_count; i++)
		if (s->entry[i].series == series)
			return true;
	return false;
}

static inline void check_metrics(const struct metric_set *was, const struct metric_set *is)
{
	assert_int_equal(was->count, is->count);
	for (unsigned i = 0; i < is->count; i++) {
		double value;

		assert_true(metric_get(was, is->item[i].name, &value));
		assert_true(value == is->item[i].value);
	}
}

/* What the journal says is what is in memory: a run that is killed now would lose nothing. */
static inline void check_journal(const struct suite *s)
{
	struct run back = {.id = ""};
	char note[200] = "";

	assert_int_equal(journal_recover(s->journal_path, &back, note, sizeof(note)), 0);
	for (size_t i = 0; i < s->run.series_count; i++) {
		const struct series *is = &s->run.series[i];
		const struct series *was = run_find_series(&back, is->name);

		if (!was) {
			assert_int_equal(is->sample_count, 0);
			continue;
		}
		assert_int_equal(was->status, is->status);
		assert_string_equal(was->reason, is->reason);
		assert_string_equal(was->counters_note, is->counters_note);
		assert_int_equal(was->sample_count, is->sample_count);
		for (size_t k = 0; k < is->sample_count; k++) {
			assert_int_equal(was->samples[k].launch, is->samples[k].launch);
			assert_int_equal(was->samples[k].slot, is->samples[k].slot);
			assert_int_equal(was->samples[k].warm_up, is->samples[k].warm_up);
			check_metrics(&was->samples[k].metrics, &is->samples[k].metrics);
			/* These the journal alone keeps: they would fill the memory. Of several
			 * figures the first series has them. */
			assert_null(is->samples[k].worker_ops);
			if (!is_first(s, i) || run_figure_is_displaced(&is->figure)) {
				assert_null(was->samples[k].worker_ops);
				continue;
			}
			assert_non_null(was->samples[k].worker_ops);
			assert_int_equal(was->samples[k].worker_ops[0], 3);
		}
	}
	run_free(&back);
}

static inline void end(struct suite *s)
{
	check_journal(s);
	assert_int_equal(journal_close(s->loop.journal), 0);
	run_free(&s->run);
	assert_true(cell_none_left(CELL_PATIENCE_NS));
}

static inline unsigned launched(const char *name)
{
	char path[96];
	unsigned n = 0;
	FILE *f;

	note_path(path, sizeof(path), "launch", name);
	f = fopen(path, "re");
	if (!f)
		return 0;
	assert_int_equal(fscanf(f, "%u", &n), 1);
	assert_int_equal(fclose(f), 0);
	return n;
}

static inline void check_good(const struct suite *s, size_t i)
{
	const struct series *series = &s->run.series[i];

	assert_int_equal(series->status, STATUS_OK);
	assert_string_equal(series->reason, "");
	assert_int_equal(s->entry[i].launches, 3);
	assert_int_equal(series->sample_count, 3 * SLOTS);
	for (unsigned k = 0; k < 3 * SLOTS; k++) {
		double ns = 0.0;

		assert_int_equal(series->samples[k].launch, k / SLOTS);
		assert_int_equal(series->samples[k].slot, k % SLOTS);
		assert_true(metric_get(&series->samples[k].metrics, METRIC_NS_PER_OP, &ns));
		assert_true(ns == 100.0 + k / SLOTS);
	}
}

#endif
