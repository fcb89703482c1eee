/* gbench_fixture.h - what the shim's tests share: cases that take the time they are told, and rows
 * as they arrive. */
#ifndef CONCBENCH_GBENCH_FIXTURE_H
#define CONCBENCH_GBENCH_FIXTURE_H

#include <concbench/gbench.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ROWS_MAX 32

struct seen_row {
	char name[96];
	char run_name[96];
	char label[32];
	char error[64];
	char aggregate[16];
	int64_t repetition_index, repetitions, iterations, threads;
	double real_time;
	double cpu_time;
	double counter; /* the one named "c", NAN when it has none */
	enum gbench_unit unit;
};

struct seen {
	struct seen_row row[ROWS_MAX];
	size_t count;
};

static inline double counter_of(const struct gbench_row *row, const char *name)
{
	for (size_t i = 0; i < row->counter_count; i++)
		if (strcmp(row->counters[i].name, name) == 0)
			return row->counters[i].value;
	return (double)NAN;
}

static inline void see(const struct gbench_row *row, void *user)
{
	struct seen *seen = user;
	struct seen_row *r;

	assert_true(seen->count < ROWS_MAX);
	r = &seen->row[seen->count++];
	(void)snprintf(r->name, sizeof(r->name), "%s", row->name);
	(void)snprintf(r->run_name, sizeof(r->run_name), "%s", row->run_name);
	(void)snprintf(r->label, sizeof(r->label), "%s", row->label);
	(void)snprintf(r->error, sizeof(r->error), "%s", row->error ? row->error : "");
	(void)snprintf(
	    r->aggregate, sizeof(r->aggregate), "%s", row->aggregate ? row->aggregate : "");
	r->repetition_index = row->repetition_index;
	r->repetitions = row->repetitions;
	r->iterations = row->iterations;
	r->threads = row->threads;
	r->real_time = row->real_time;
	r->unit = row->unit;
	r->cpu_time = row->cpu_time;
	r->counter = counter_of(row, "c");
}

static inline void assert_close(double is, double should)
{
	if (!(fabs(is - should) <= 1e-9 * fabs(should) + 1e-15))
		fail_msg("%.17g instead of %.17g", is, should);
}

/* Runs what is registered and forgets it. */
static inline void run_all(struct seen *seen, size_t *matched)
{
	memset(seen, 0, sizeof(*seen));
	assert_int_equal(gbench_set_filter(NULL), 0);
	assert_int_equal(gbench_run_rows(see, seen, matched), 0);
	gbench_clear();
}

struct script {
	unsigned calls;   /* of the body */
	unsigned loops;   /* of the loop in it */
	double time_s[8]; /* manual time of each call */
	int64_t iterations_seen;
};

static inline void manual(struct gbench_state *state, void *user)
{
	struct script *s = user;

	while (gbench_keep_running_batch(state, gbench_max_iterations(state))) {
		s->loops++;
		gbench_set_iteration_time_s(state, s->time_s[s->calls % 8]);
	}
	s->iterations_seen = gbench_iterations(state);
	s->calls++;
}

#endif
