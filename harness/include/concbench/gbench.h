/*
 * gbench.h - Google Benchmark from C.
 *
 * A thin C shim over Google Benchmark (tested with 1.7.1 to 1.9): this header is all a C program
 * needs, and gbench.cc the only C++ file. They stand alone, without the rest of concbench, and are
 * built by whoever uses them, against the Google Benchmark that is there:
 *
 *	c++ -c $(pkg-config --cflags concbench) $(pkg-config --variable=gbench concbench)
 *	cc $(pkg-config --cflags concbench) my.c gbench.o -lbenchmark -lstdc++ -lm -lpthread
 *
 * Not thread-safe: register, initialise and run from one thread. No C++ exception leaves the shim.
 */
#ifndef CONCBENCH_GBENCH_H
#define CONCBENCH_GBENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The state of a running case; only valid inside its function. */
struct gbench_state;

/* A case's body. It has to run a loop over gbench_keep_running*() to its end, or skip. */
typedef void (*gbench_fn)(struct gbench_state *state, void *user);

/* DEFAULT is what --benchmark_time_unit says, else nanoseconds; a row's is always one of the
 * others. */
enum gbench_unit { GBENCH_UNIT_DEFAULT, GBENCH_NS, GBENCH_US, GBENCH_MS, GBENCH_S };

/* What an iteration's time is: the loop's CPU time, its wall time, or what the body says. */
enum gbench_clock { GBENCH_CPU_TIME, GBENCH_REAL_TIME, GBENCH_MANUAL_TIME };

/* Flags of a counter; may be or-ed. The meaning is Google Benchmark's (Counter::Flags). */
enum gbench_counter_flags {
	GBENCH_COUNTER_PLAIN = 0,
	GBENCH_COUNTER_RATE = 1 << 0,                /* divide by the elapsed time */
	GBENCH_COUNTER_AVG_THREADS = 1 << 1,         /* divide by the threads */
	GBENCH_COUNTER_ITERATION_INVARIANT = 1 << 2, /* multiply by the iterations */
	GBENCH_COUNTER_AVG_ITERATIONS = 1 << 3,      /* divide by the iterations */
	GBENCH_COUNTER_INVERT = 1 << 4,              /* 1 / value, last of all */
};

/* What to register. Zeroed fields mean Google Benchmark's default. */
struct gbench_case {
	const char *name; /* copied; "family/kind/key:value" */
	gbench_fn fn;
	void *user;          /* handed to @fn; must outlive the run */
	const int64_t *args; /* copied; appended to the name as /arg */
	size_t arg_count;
	enum gbench_unit unit;
	enum gbench_clock clock;
	int64_t iterations; /* 0: found by running for @min_time_s */
	int repetitions;    /* 0: --benchmark_repetitions, else 1 */
	double min_time_s;  /* 0: --benchmark_min_time; ignored when @iterations is set */
	double warmup_s;    /* 0: --benchmark_min_warmup_time */
	int threads;        /* 0 or 1: one */
};

/* One row of the outcome, as Google Benchmark's reporters get it. Texts live for the call. */
struct gbench_counter_value {
	const char *name;
	double value;
};

struct gbench_row {
	const char *name;         /* with /iterations:n/manual_time and the aggregate's name */
	const char *run_name;     /* without the aggregate's name */
	const char *label;        /* "" when none */
	const char *error;        /* NULL when the case ran; why it was skipped otherwise */
	const char *aggregate;    /* NULL for a repetition; "mean", "median", "stddev", "cv" */
	int64_t repetition_index; /* -1 for an aggregate */
	int64_t repetitions;
	int64_t threads;
	int64_t iterations;
	double real_time; /* per iteration, in @unit; manual time when that is the clock */
	double cpu_time;
	enum gbench_unit unit;
	const struct gbench_counter_value *counters;
	size_t counter_count;
};

typedef void (*gbench_row_fn)(const struct gbench_row *row, void *user);

/**
 * gbench_initialize() - take Google Benchmark's own flags (--benchmark_*) out of argv.
 *
 * A flag with a bad value makes Google Benchmark exit the process with status 1 after a message:
 * check what can be checked before. Call before gbench_run*(). Return: 0; -ENOMEM; -EIO.
 */
int gbench_initialize(int *argc, char **argv);

/** gbench_register() - Return: 0; -EINVAL bad name, body, unit, clock or threads; -ENOMEM. */
int gbench_register(const struct gbench_case *c);

/** gbench_clear() - forget all registered cases. */
void gbench_clear(void);

/** gbench_add_context() - a key and value for the JSON's "context". Return: 0; -EINVAL; -ENOMEM. */
int gbench_add_context(const char *key, const char *value);

/** gbench_set_filter() - regular expression (as --benchmark_filter); NULL or "" for all. */
int gbench_set_filter(const char *regex);

/** gbench_library_build_type() - "debug" or "release", how the library itself was compiled; this
 * touches only the loop, not what is timed manually. */
const char *gbench_library_build_type(void);

/**
 * gbench_run() - run what is registered and passes the filter, with the console (or the flags')
 * reporter on stdout and --benchmark_out's file.
 * @matched: number of cases that ran; may be NULL. Return: 0; -EINVAL bad filter; -ENOMEM; -EIO.
 */
int gbench_run(size_t *matched);

/** gbench_run_rows() - the same, silent; each row goes to @row. */
int gbench_run_rows(gbench_row_fn row, void *user, size_t *matched);

/** gbench_run_json() - the same, silent; @json is the JSON reporter's text; free() it. */
int gbench_run_json(char **json, size_t *matched);

/* ---- inside a case's body ---- */

/** gbench_keep_running() - true while another iteration is wanted. */
bool gbench_keep_running(struct gbench_state *state);

/**
 * gbench_keep_running_batch() - true while another batch of @n iterations is wanted. With
 * n = gbench_max_iterations() the loop's body runs exactly once a repetition.
 */
bool gbench_keep_running_batch(struct gbench_state *state, int64_t n);

int64_t gbench_max_iterations(const struct gbench_state *state);
int64_t gbench_iterations(const struct gbench_state *state);    /* done so far */
int64_t gbench_arg(const struct gbench_state *state, size_t i); /* 0 beyond the last */
int gbench_thread_index(const struct gbench_state *state);
void gbench_pause_timing(struct gbench_state *state);
void gbench_resume_timing(struct gbench_state *state);

/** gbench_set_iteration_time_s() - manual time of the iterations since the last call, seconds. */
void gbench_set_iteration_time_s(struct gbench_state *state, double seconds);

/** gbench_skip_with_error() - give up this case with a message; leave the loop afterwards. */
void gbench_skip_with_error(struct gbench_state *state, const char *message);

/** gbench_set_label() - free text beside the row. */
void gbench_set_label(struct gbench_state *state, const char *text);

/**
 * gbench_set_counter() - user counter; @flags of enum gbench_counter_flags.
 * Return: 0; -EINVAL no name, or not finite (it would make the JSON invalid); -ENOMEM.
 */
int gbench_set_counter(struct gbench_state *state, const char *name, double value, unsigned flags);

#ifdef __cplusplus
}
#endif

#endif
