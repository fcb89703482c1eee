#include "benches/queues/queues.h"

#include "benches/queues/transfer.h"
#include "harness/base/clock.h"
#include "harness/work/machine.h"

#include <inttypes.h>

static const struct queue_library *const libraries[] = {
    &queue_library_ring,
    &queue_library_ck,
};

/* Who passes items to whom, where, and in which profile that is worth a row. */
static const struct shape {
	unsigned producers;
	unsigned consumers;
	unsigned capacity;
	enum placement_kind place;
	enum profile from;
} shapes[] = {
    {1, 1, 256, PLACEMENT_SCATTER, PROFILE_SMOKE},
    /* One PU for all: the only place where the three models can be compared with each other. */
    {1, 1, 256, PLACEMENT_SAME, PROFILE_SMOKE},
    {2, 2, 256, PLACEMENT_SCATTER, PROFILE_QUICK},
    {1, 1, 16, PLACEMENT_SCATTER, PROFILE_FULL},
    {1, 1, 16, PLACEMENT_SAME, PROFILE_FULL},
    {1, 1, 4096, PLACEMENT_SCATTER, PROFILE_FULL},
    {1, 1, 4096, PLACEMENT_SAME, PROFILE_FULL},
    {4, 1, 256, PLACEMENT_SCATTER, PROFILE_FULL},
    {1, 4, 256, PLACEMENT_SCATTER, PROFILE_FULL},
    {4, 4, 256, PLACEMENT_SCATTER, PROFILE_FULL},
};

static void add(struct case_list *list, const struct machine *m, const struct bench_case *bc)
{
	const struct queue_kind *kind = bc->kind;
	const int64_t *params = bc->params;

	if (bc->model == MODEL_COROUTINE)
		case_add(list, m, bc,
		    "queue/%s/model:%s/producers:%" PRId64 "/consumers:%" PRId64
		    "/carriers:%u/place:%s/capacity:%" PRId64 "/bytes:%" PRId64,
		    kind->name, model_name(bc->model), params[TRANSFER_PRODUCERS],
		    params[TRANSFER_CONSUMERS], bc->carriers, bc->place.text,
		    params[TRANSFER_CAPACITY], params[TRANSFER_BYTES]);
	else
		case_add(list, m, bc,
		    "queue/%s/model:%s/producers:%" PRId64 "/consumers:%" PRId64
		    "/place:%s/capacity:%" PRId64 "/bytes:%" PRId64,
		    kind->name, model_name(bc->model), params[TRANSFER_PRODUCERS],
		    params[TRANSFER_CONSUMERS], bc->place.text, params[TRANSFER_CAPACITY],
		    params[TRANSFER_BYTES]);
}

static void list_shape(struct case_list *list, const struct machine *m,
    const struct queue_kind *kind, const struct shape *s, enum model model)
{
	struct bench_case bc = {.workload = &kind->workload,
	    .kind = kind,
	    .model = model,
	    .workers = s->producers + s->consumers,
	    .carriers = model == MODEL_COROUTINE ? 1 : 0,
	    .place = machine_place(m, s->place),
	    .params = {[TRANSFER_PRODUCERS] = s->producers,
		[TRANSFER_CONSUMERS] = s->consumers,
		[TRANSFER_CAPACITY] = s->capacity,
		[TRANSFER_BYTES] = TRANSFER_ITEM_BYTES},
	    .version = 1};

	/* Waking somebody takes tens of microseconds, taking turns on one PU up to a slice of the
	 * scheduler's: a short window would hold too few of either. The same for coroutines, which
	 * are compared with them. */
	if (kind->sleeps || s->place == PLACEMENT_SAME)
		bc.slot_ns = 20 * CLOCK_NS_PER_MS;
	add(list, m, &bc);
}

static void list_kind(
    struct case_list *list, const struct machine *m, const struct queue_kind *kind)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		const struct shape *s = &shapes[i];

		if (m->profile < s->from || (!kind->many && s->producers + s->consumers > 2))
			continue;
		list_shape(list, m, kind, s, MODEL_THREAD);
		list_shape(list, m, kind, s, MODEL_PROCESS);
		/* One carrier is one PU: what suspends its coroutines is not seen by others. */
		if (s->place == PLACEMENT_SAME)
			list_shape(list, m, kind, s, MODEL_COROUTINE);
	}
}

void queue_list(struct case_list *list, const struct machine *m)
{
	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++)
		for (size_t k = 0; k < libraries[i]->count; k++)
			list_kind(list, m, &libraries[i]->kinds[k]);
}
