/*
 * bench_case.h - one fully parameterised benchmark: made from its name, or from values.
 *
 * Names are Google Benchmark names: "family/kind/key:value/...", keys in the order that family and
 * kind declare them. A name is a program: parts left out take their base values, and any name
 * within the bounds can be run, whether or not a profile lists it.
 */
#ifndef CONCBENCH_BENCH_CASE_H
#define CONCBENCH_BENCH_CASE_H

#include "harness/run/run.h"
#include "harness/work/host.h"
#include "harness/work/param.h"
#include "harness/work/registry.h"

struct bench_case {
	struct cb_case pub; /* what its kind sees; first */
	const struct kind *kind;
	char name[CASE_NAME_MAX];
	struct param_value value[CASE_PARAMS_MAX]; /* of kind->param[] */
	struct placement_policy place;
	uint64_t window_ns; /* of a trial; 0: of one without a window */
	/* Not run: it can be run. Unsupported, crashed or hung: it cannot, and @unsupported has the
	 * reason; the last two are the fault of a function of its kind. */
	enum case_status status;
	char unsupported[REASON_MAX]; /* why it cannot run here; "" when it can */
	bool declined;                /* by its kind: other values could, on this very machine */
	char depends[CASE_NAME_MAX];  /* on the figure of this case; "" on none */
	const char *asked;            /* the function of its kind's that was called last */
};

/* The part of a name that picks one figure when its kind gives several. */
#define CASE_FIGURE_KEY "figure"

/**
 * case_parse() - a case from its name. @figure: the index of the figure that the name asks for; -1:
 * it does not say. May be NULL.
 * @err: one line: which part, what is accepted.
 *
 * A case that this machine or this kind cannot run is still made, with the reason in unsupported.
 * Return: 0; -ENOENT no such family or kind; -EINVAL a part that is unknown, there twice or out of
 * order, or a value that is not one.
 */
int case_parse(const struct registry *r, const struct host *h, const char *name,
    struct bench_case *out, int *figure, char *err, size_t err_len);

/** case_base_text() - a parameter's base value as it is typed: the family's, but of "model", where
 * the kind does not claim that one, the first that it does. */
const char *case_base_text(const struct kind *k, unsigned param);

/** case_base() - fill @value with the base values of a kind. Return: 0; -EINVAL (a fault of the
 * kind's). */
int case_base(const struct kind *k, const struct host *h, struct param_value *value, char *err,
    size_t err_len);

/**
 * case_build() - a case from values. Works out what depends on them: workers, carriers, window, and
 * whether it can run.
 * Return: 0; -ENAMETOOLONG.
 */
int case_build(const struct kind *k, const struct host *h, const struct param_value *value,
    struct bench_case *out);

/**
 * case_build_all() - the same, of many.
 * @value: [n][CASE_PARAMS_MAX]
 * @out: [n]
 *
 * The functions of a loaded kind are foreign code: they are called in a separate process. A case
 * whose functions crash or hang is made without them and has that status; after one that hangs, no
 * further case is asked. Return: 0; -ENAMETOOLONG; -errno.
 */
int case_build_all(const struct kind *k, const struct host *h, const struct param_value *value,
    size_t n, struct bench_case *out);

/** case_hash() - 16 hex digits of everything that defines what is measured; neither the build nor a
 * module's prefix counts. */
void case_hash(const struct bench_case *bc, char out[17]);

/** case_workload() - its kind's, or the one of callbacks. */
const struct cb_workload *case_workload(const struct bench_case *bc);

#define CASE_WINDOW_GROUP_MAX 256

/** case_window_group() - cases with the same text share the length of their windows: those with the
 * same kind, placement and first window that both have one worker or both have several. Threads and
 * processes, which wait in the same kernel, count as one model. */
void case_window_group(const struct bench_case *bc, char out[CASE_WINDOW_GROUP_MAX]);

/** case_window_ns() - the default for a number of workers. */
uint64_t case_window_ns(unsigned workers, unsigned pus);

/** case_applies() - does its kind's parameter @i mean anything in this case? Carriers do for
 * coroutines only. */
bool case_applies(const struct bench_case *bc, unsigned i);

/** case_displaces() - is one of its figures what its workers take from others (team_displace())? */
bool case_displaces(const struct bench_case *bc);

/** case_units() - OS threads or processes that carry its workers. */
unsigned case_units(const struct bench_case *bc);

static inline const struct bench_case *case_of(const struct cb_case *c)
{
	return (const struct bench_case *)(const void *)c;
}

#endif
