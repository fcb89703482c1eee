#include "benches/locks/locks.h"

#include "benches/locks/contention.h"
#include "harness/work/machine.h"

#include <inttypes.h>
#include <stdio.h>

#define OWN_WORKERS_MAX 24 /* powers of two up to four times any number of PUs */
#define WORKERS_MAX 32     /* of a user's own sweep */

static const struct lock_library *const libraries[] = {
    &lock_library_builtin,
    &lock_library_pthread,
    &lock_library_ck,
};

/* How long the lock is held and left alone, and where that is worth a row. */
static const struct pace {
	int64_t hold_ns;
	int64_t think_ns;
	enum profile from;
	bool every_count; /* else only with as many workers as PUs, and twice as many */
} paces[] = {
    {0, 0, PROFILE_SMOKE, true},
    {100, 100, PROFILE_QUICK, false},
    {0, 1000, PROFILE_FULL, false},
    {1000, 0, PROFILE_FULL, false},
    {1000, 10000, PROFILE_FULL, false},
};

/* Ascending; doubles are dropped by machine_workers(). Return: how many of @out are used. */
static unsigned own_workers(const struct machine *m, unsigned out[OWN_WORKERS_MAX])
{
	unsigned count = 0;

	if (m->profile == PROFILE_SMOKE) {
		/* One alone would not contend. */
		out[count++] = m->pus > 1 ? m->pus : 2;
		return count;
	}
	if (m->profile == PROFILE_QUICK) {
		out[count++] = 1;
		out[count++] = m->pus;
		out[count++] = 2 * m->pus;
		return count;
	}
	/* Powers of two, and the PUs' own multiples between them. */
	for (unsigned n = 1; n <= 4 * m->pus && count + 3 < OWN_WORKERS_MAX; n *= 2) {
		for (unsigned k = 1; k <= 4; k *= 2)
			if (k * m->pus < n && k * m->pus > n / 2)
				out[count++] = k * m->pus;
		out[count++] = n;
	}
	if (out[count - 1] < 4 * m->pus)
		out[count++] = 4 * m->pus;
	return count;
}

static void add(struct case_list *list, const struct machine *m, const struct bench_case *bc)
{
	const struct lock_kind *kind = bc->kind;

	case_add(list, m, bc,
	    "lock/%s/model:%s/workers:%u/place:%s/hold_ns:%" PRId64 "/think_ns:%" PRId64,
	    kind->name, model_name(bc->model), bc->workers, bc->place.text,
	    bc->params[CONTENTION_HOLD_NS], bc->params[CONTENTION_THINK_NS]);
}

static bool wanted(const struct machine *m, const struct lock_kind *kind, const struct pace *pace,
    unsigned workers)
{
	if (m->profile < pace->from || (kind->no_section && pace->hold_ns))
		return false;
	if (pace->every_count || m->worker_counts)
		return true;
	return workers == m->pus || (m->profile == PROFILE_FULL && workers == 2 * m->pus);
}

static void list_model(
    struct case_list *list, const struct machine *m, const struct lock_kind *kind, enum model model)
{
	unsigned own[OWN_WORKERS_MAX], workers[WORKERS_MAX];
	const unsigned count = machine_workers(m, own, own_workers(m, own), workers, WORKERS_MAX);
	struct bench_case bc = {.workload = &kind->workload,
	    .kind = kind,
	    .model = model,
	    .place = machine_place(m, PLACEMENT_SCATTER),
	    .version = 1};

	for (size_t p = 0; p < sizeof(paces) / sizeof(paces[0]); p++) {
		bc.params[CONTENTION_HOLD_NS] = paces[p].hold_ns;
		bc.params[CONTENTION_THINK_NS] = paces[p].think_ns;
		for (unsigned i = 0; i < count; i++) {
			bc.workers = workers[i];
			if (wanted(m, kind, &paces[p], bc.workers))
				add(list, m, &bc);
		}
	}
}

/* One row that says why there are no others. */
static void list_coroutines(
    struct case_list *list, const struct machine *m, const struct lock_kind *kind)
{
	struct bench_case bc = {.kind = kind,
	    .model = MODEL_COROUTINE,
	    .workers = 2,
	    .carriers = 1,
	    .place = machine_place(m, PLACEMENT_SCATTER),
	    .version = 1};

	(void)snprintf(bc.unsupported, sizeof(bc.unsupported), "%s", kind->coroutines);
	add(list, m, &bc);
}

static void list_kind(struct case_list *list, const struct machine *m, const struct lock_kind *kind)
{
	if (m->profile != PROFILE_FULL && !kind->quick)
		return;
	list_model(list, m, kind, MODEL_THREAD);
	list_model(list, m, kind, MODEL_PROCESS);
	if (kind->coroutines)
		list_coroutines(list, m, kind);
}

void lock_list(struct case_list *list, const struct machine *m)
{
	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++)
		for (size_t k = 0; k < libraries[i]->count; k++)
			list_kind(list, m, &libraries[i]->kinds[k]);
}
