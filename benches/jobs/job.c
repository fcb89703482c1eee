#include "benches/jobs/job.h"

#include "benches/jobs/chase.h"
#include "benches/jobs/sieve.h"
#include "benches/jobs/tcp_echo.h"
#include "benches/jobs/timers.h"
#include "harness/base/clock.h"
#include "harness/work/machine.h"

#include <inttypes.h>
#include <stdio.h>

#define OWN_WORKERS_MAX 4
#define WORKERS_MAX 32 /* of a user's own sweep */

/* How one job is spread over models and workers. */
struct job {
	const struct workload *workload;
	/* list() - the job's cases of one model with @workers workers. */
	void (*list)(struct case_list *list, const struct machine *m, struct bench_case *bc);
	enum placement_kind place;
	bool by_pus;                /* workers are multiples of PUs, else powers of ten */
	unsigned process_quick_max; /* more processes than this only in the full profile */
};

static unsigned min_of(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* The part of a name that says how many: "workers:4", and for coroutines what carries them. */
static const char *spread(const struct bench_case *bc, char out[48])
{
	const int n = snprintf(out, 48, "workers:%u", bc->workers);

	if (bc->model == MODEL_COROUTINE)
		(void)snprintf(out + n, 48 - (size_t)n, "/carriers:%u", bc->carriers);
	return out;
}

static void list_sieve(struct case_list *list, const struct machine *m, struct bench_case *bc)
{
	char workers[48];

	case_add(list, m, bc, "job/sieve/model:%s/%s/place:%s", model_name(bc->model),
	    spread(bc, workers), bc->place.text);
}

/* What memory does is the same under every model: all of them only in the full profile. */
static void list_chase(struct case_list *list, const struct machine *m, struct bench_case *bc)
{
	static const int64_t kib[] = {256, 8192};
	char workers[48];

	for (size_t i = 0; i < sizeof(kib) / sizeof(kib[0]); i++) {
		if (m->profile != PROFILE_FULL && (i || bc->model != MODEL_THREAD))
			continue;
		bc->params[CHASE_BYTES] = kib[i] * 1024;
		bc->slot_ns = i ? 20 * CLOCK_NS_PER_MS : 0;
		case_add(list, m, bc, "job/chase/model:%s/%s/place:%s/kib:%" PRId64,
		    model_name(bc->model), spread(bc, workers), bc->place.text, kib[i]);
	}
}

static void list_timers(struct case_list *list, const struct machine *m, struct bench_case *bc)
{
	/*
	 * At most 50,000 wake-ups a second in all: a thread's costs about 10 µs, so two PUs keep
	 * up. Beyond what they can do only the length of the backlog would be measured.
	 */
	const int64_t period_us = bc->workers <= 10 ? 1000 : 20 * (int64_t)bc->workers;
	char workers[48];

	bc->params[TIMERS_PERIOD_US] = period_us;
	bc->slot_ns = (bc->workers < 1000 ? 50 : 100) * CLOCK_NS_PER_MS;
	case_add(list, m, bc, "job/timers/model:%s/%s/place:%s/period_us:%" PRId64,
	    model_name(bc->model), spread(bc, workers), bc->place.text, period_us);
}

/* A request takes longer the more connections there are: at least a few on each in a window. */
static uint64_t tcp_echo_slot_ns(int64_t connections)
{
	return (connections <= 10 ? 50 : connections <= 100 ? 100 : 200) * CLOCK_NS_PER_MS;
}

static void refuse_without_sockets(struct bench_case *bc)
{
	const unsigned limit = tcp_echo_sockets_limit(bc->carriers);

	if (bc->params[TCP_ECHO_CONNECTIONS] <= (int64_t)limit)
		return;
	(void)snprintf(bc->unsupported, sizeof(bc->unsupported),
	    "%" PRId64 " connections: the limit on open files allows %u (ulimit -Hn)",
	    bc->params[TCP_ECHO_CONNECTIONS], limit);
}

static void list_tcp_echo(struct case_list *list, const struct machine *m, struct bench_case *bc)
{
	char workers[48];

	bc->params[TCP_ECHO_BYTES] = 64;
	bc->params[TCP_ECHO_CONNECTIONS] = bc->workers;
	bc->slot_ns = tcp_echo_slot_ns(bc->workers);
	refuse_without_sockets(bc);
	case_add(list, m, bc, "job/tcp_echo/model:%s/%s/place:%s/bytes:%" PRId64,
	    model_name(bc->model), spread(bc, workers), bc->place.text, bc->params[TCP_ECHO_BYTES]);
}

/* One hand-written server for all connections: what a thousand coroutines are measured against. */
static void list_tcp_echo_callback(struct case_list *list, const struct machine *m)
{
	struct bench_case bc = {.workload = &tcp_echo_callback_workload,
	    .model = MODEL_THREAD,
	    .workers = 1,
	    .place = machine_place(m, PLACEMENT_SAME),
	    .version = 1};

	bc.params[TCP_ECHO_BYTES] = 64;
	bc.params[TCP_ECHO_CONNECTIONS] = m->profile == PROFILE_SMOKE ? 10 : 1000;
	bc.slot_ns = tcp_echo_slot_ns(bc.params[TCP_ECHO_CONNECTIONS]);
	refuse_without_sockets(&bc);
	case_add(list, m, &bc,
	    "job/tcp_echo/model:callback/workers:1/connections:%" PRId64 "/place:%s/bytes:%" PRId64,
	    bc.params[TCP_ECHO_CONNECTIONS], bc.place.text, bc.params[TCP_ECHO_BYTES]);
}

static const struct job jobs[] = {
    {&sieve_workload, list_sieve, PLACEMENT_SCATTER, true, UINT32_MAX},
    {&chase_workload, list_chase, PLACEMENT_SCATTER, true, UINT32_MAX},
    {&timers_workload, list_timers, PLACEMENT_SCATTER, false, 100},
    /* Servers on one PU and the client on another: the same for every model. */
    {&tcp_echo_workload, list_tcp_echo, PLACEMENT_SAME, false, 100},
};

/* Return: how many of @out are used; ascending, none twice. */
static unsigned own_workers(
    const struct job *job, const struct machine *m, unsigned out[OWN_WORKERS_MAX])
{
	unsigned count = 0;

	if (m->profile == PROFILE_SMOKE) {
		out[0] = job->by_pus ? m->pus : 10;
		return 1;
	}
	if (!job->by_pus) {
		for (unsigned n = 1; n <= 1000; n *= 10)
			out[count++] = n;
		return count;
	}
	out[count++] = 1;
	if (m->pus > 1)
		out[count++] = m->pus;
	out[count++] = 2 * m->pus;
	if (m->profile == PROFILE_FULL)
		out[count++] = 4 * m->pus;
	return count;
}

static void list_one(const struct job *job, struct case_list *list, const struct machine *m,
    enum model model, unsigned workers)
{
	struct bench_case bc = {.workload = job->workload,
	    .model = model,
	    .workers = workers,
	    .place = machine_place(m, job->place),
	    .version = 1};

	if (model == MODEL_PROCESS && m->profile != PROFILE_FULL && m->worker_counts == 0 &&
	    workers > job->process_quick_max)
		return;
	if (model == MODEL_COROUTINE)
		bc.carriers = min_of(workers, machine_place_pus(m, &bc.place));
	job->list(list, m, &bc);
}

void job_list(struct case_list *list, const struct machine *m)
{
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		unsigned own[OWN_WORKERS_MAX], workers[WORKERS_MAX];
		const unsigned count =
		    machine_workers(m, own, own_workers(&jobs[i], m, own), workers, WORKERS_MAX);

		for (int model = 0; model < MODEL_COUNT; model++)
			for (unsigned k = 0; k < count; k++)
				list_one(&jobs[i], list, m, (enum model)model, workers[k]);
	}
	list_tcp_echo_callback(list, m);
}
