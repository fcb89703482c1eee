#include "harness/work/bench_case.h"

#include "harness/base/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* With a PU for every worker a window of a few milliseconds is the shortest that interrupts and
 * timer ticks (1-4 ms apart) do not make or break. (A gate has pairs of shorter ones: gate.h.) */
#define SLOT_NS (3 * CLOCK_NS_PER_MS)
/* With more workers than PUs the scheduler's slices (about 3 ms each) have to average out. */
#define SLOT_OVERSUBSCRIBED_NS (60 * CLOCK_NS_PER_MS)

static int reserve(struct case_list *list)
{
	size_t capacity = list->capacity ? list->capacity * 2 : 64;
	struct bench_case *grown;

	if (list->count < list->capacity)
		return 0;
	grown = realloc(list->item, capacity * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	list->item = grown;
	list->capacity = capacity;
	return 0;
}

static void check_placement(struct bench_case *bc, const struct machine *m)
{
	struct placement plan;
	unsigned units = bc->model == MODEL_COROUTINE ? bc->carriers : bc->workers;

	if (bc->unsupported[0])
		return;
	if (bc->workers > m->max_workers && bc->model != MODEL_COROUTINE) {
		(void)snprintf(bc->unsupported, sizeof(bc->unsupported),
		    "%u workers: limits here allow %u (%s)", bc->workers, m->max_workers,
		    m->max_workers_by ? m->max_workers_by : "not said which");
		return;
	}
	if (placement_plan(m->topology, &bc->place, units, &plan, bc->unsupported,
		sizeof(bc->unsupported)) == 0)
		placement_free(&plan);
}

void case_add(struct case_list *list, const struct machine *m, const struct bench_case *bc,
    const char *format, ...)
{
	struct bench_case copy = *bc;
	va_list args;
	int n;

	if (list->error)
		return;
	va_start(args, format);
	n = vsnprintf(copy.name, sizeof(copy.name), format, args);
	va_end(args);
	if (n <= 0 || (size_t)n >= sizeof(copy.name)) {
		list->error = -EINVAL;
		return;
	}
	if (case_find(list, copy.name)) {
		list->error = m->place ? 0 : -EINVAL;
		return;
	}
	check_placement(&copy, m);
	list->error = reserve(list);
	if (!list->error)
		list->item[list->count++] = copy;
}

void case_list_free(struct case_list *list)
{
	free(list->item);
	memset(list, 0, sizeof(*list));
}

const struct bench_case *case_find(const struct case_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->item[i].name, name) == 0)
			return &list->item[i];
	return NULL;
}

static uint64_t fnv1a(uint64_t hash, const void *data, size_t len)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/* With its terminator, so that "ab" and then "c" is not "a" and then "bc". */
static uint64_t fnv1a_text(uint64_t hash, const char *text)
{
	return fnv1a(hash, text, strlen(text) + 1);
}

void case_hash(const struct bench_case *bc, char out[17])
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	const unsigned version = bc->version;

	hash = fnv1a_text(hash, bc->name);
	if (bc->workload) {
		hash = fnv1a_text(hash, bc->workload->op);
		if (bc->workload->latency_of)
			hash = fnv1a_text(hash, bc->workload->latency_of);
	}
	hash = fnv1a(hash, bc->params, sizeof(bc->params));
	hash = fnv1a(hash, &version, sizeof(version));
	(void)snprintf(out, 17, "%016" PRIx64, hash);
}

uint64_t case_slot_ns(const struct bench_case *bc, unsigned pus)
{
	if (bc->slot_ns)
		return bc->slot_ns;
	/* Coroutines need none of it, but what is compared has to be exposed to the same: a short
	 * window fits into a slice that a busy machine has just given, a long one does not. */
	return bc->workers > pus ? SLOT_OVERSUBSCRIBED_NS : SLOT_NS;
}

int case_list_all(struct case_list *list, const struct machine *m)
{
	memset(list, 0, sizeof(*list));
	for (const struct family *f = bench_families; f->name && !list->error; f++)
		f->list(list, m);
	if (list->error) {
		int ret = list->error;

		case_list_free(list);
		return ret;
	}
	return 0;
}
