#include "harness/work/companion.h"

#include "harness/base/child.h"
#include "harness/base/clock.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Connecting and preparing a thousand connections takes well under a second. */
#define READY_WITHIN_NS (20 * CLOCK_NS_PER_S)
#define END_GRACE_MS 2000

struct companion_shared {
	_Alignas(ARENA_ALIGN) atomic_uint quit;
	_Alignas(ARENA_ALIGN) atomic_uint ready;
	int begin_error; /* of binding, or of asking for less than others get */
};

/* What a companion has in hand; in its own process. */
struct cb_companion {
	struct companion_shared *shared;
	const struct trial_line *line;
	struct histogram *latency; /* NULL: it measures none */
};

void cb_companion_ready(struct cb_companion *c)
{
	atomic_store_explicit(&c->shared->ready, 1, memory_order_release);
}

bool cb_companion_quitting(const struct cb_companion *c)
{
	return atomic_load_explicit(&c->shared->quit, memory_order_relaxed) != 0;
}

bool cb_companion_recording(const struct cb_companion *c)
{
	return atomic_load_explicit(&c->line->recording, memory_order_acquire) != 0;
}

uint64_t cb_companion_trial_ns(const struct cb_companion *c)
{
	return atomic_load_explicit(&c->line->start_ns, memory_order_relaxed);
}

void cb_companion_record_ns(struct cb_companion *c, uint64_t ns)
{
	if (c->latency)
		histogram_record(c->latency, ns);
}

size_t companion_shared_bytes(void)
{
	return sizeof(struct companion_shared);
}

static int yield_to_all(void)
{
	const struct sched_param param = {.sched_priority = 0};

	return sched_setscheduler(0, SCHED_IDLE, &param) == 0 ? 0 : -errno;
}

static void run(struct team *t, const struct companion_process *p)
{
	struct cb_companion c = {
	    .shared = p->shared,
	    .line = t->line,
	    .latency = p->spec->measures ? t->latency : NULL,
	};

	if (p->pu >= 0)
		p->shared->begin_error = topology_bind_self(t->topo, (unsigned)p->pu);
	if (!p->shared->begin_error && p->spec->idle)
		p->shared->begin_error = yield_to_all();
	p->spec->run(&c, &t->env);
}

/* Those that take only what is left over sit where the workers are. */
static int pu_of(const struct team *t, unsigned i, unsigned before)
{
	if (t->load->companions[i].idle)
		return t->placement.count ? t->placement.pu[i % t->placement.count] : -1;
	return placement_spare_pu(t->topo, &t->placement, before);
}

static int start_one(struct team *t, struct companion_process *p, char *why, size_t why_len)
{
	const char *role = p->spec->role;
	const pid_t parent = getpid();
	const uint64_t until_ns = clock_now_ns() + READY_WITHIN_NS;
	pid_t pid = fork();
	int error;

	if (pid < 0) {
		error = errno; /* strerror() may change it */
		(void)snprintf(why, why_len, "%s: fork: %s", role, strerror(error));
		return -error;
	}
	if (pid == 0) {
		child_die_with(parent);
		run(t, p);
		_exit(0);
	}
	p->pid = pid;
	while (!atomic_load_explicit(&p->shared->ready, memory_order_acquire)) {
		error = companions_alive(t, why, why_len);
		if (error)
			return error;
		if (clock_now_ns() > until_ns) {
			(void)snprintf(why, why_len, "the %s never became ready", role);
			return -ETIMEDOUT;
		}
		clock_sleep_until_ns(clock_now_ns() + 100 * CLOCK_NS_PER_US);
	}
	error = p->shared->begin_error;
	if (error)
		(void)snprintf(why, why_len, "%s: PU %d: %s", role, p->pu, strerror(-error));
	return error;
}

int companions_start(struct team *t, char *why, size_t why_len)
{
	unsigned with_own_pu = 0;
	int ret = 0;

	for (unsigned i = 0; !ret && i < t->load->companion_count; i++) {
		struct companion_process *p = &t->companions[i];

		p->spec = &t->load->companions[i];
		p->pu = pu_of(t, i, with_own_pu);
		with_own_pu += p->pu >= 0 && !p->spec->idle;
		t->usage[i] = (struct cb_usage){.role = p->spec->role, .pu = p->pu};
		ret = start_one(t, p, why, why_len);
	}
	if (ret)
		companions_stop(t);
	return ret;
}

int companions_alive(struct team *t, char *why, size_t why_len)
{
	for (unsigned i = 0; i < t->load->companion_count; i++) {
		struct companion_process *p = &t->companions[i];
		char how[96];

		if (p->pid <= 0 || !child_gone(p->pid, how, sizeof(how)))
			continue;
		p->pid = 0;
		if (t->death[0])
			continue;
		t->companion_left = strcmp(how, CHILD_ENDED_WELL) == 0;
		(void)snprintf(t->death, sizeof(t->death), "the %s ended: %s", p->spec->role, how);
	}
	return team_death(t, why, why_len);
}

/* 0 when it cannot be read. */
static uint64_t cpu_ns(const struct companion_process *p)
{
	clockid_t id;

	if (p->pid <= 0 || clock_getcpuclockid(p->pid, &id) != 0)
		return 0;
	return clock_of_ns(id);
}

static uint64_t resident_bytes(const struct companion_process *p)
{
	char path[48];
	unsigned long pages = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%ld/statm", (long)p->pid);
	f = p->pid > 0 ? fopen(path, "re") : NULL;
	if (!f)
		return 0;
	if (fscanf(f, "%*u %lu", &pages) != 1)
		pages = 0;
	(void)fclose(f);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

void companions_window_opens(struct team *t)
{
	for (unsigned i = 0; i < t->load->companion_count; i++) {
		t->companions[i].open_ns = clock_now_ns();
		t->companions[i].cpu_ns = cpu_ns(&t->companions[i]);
	}
}

void companions_window_closes(struct team *t)
{
	for (unsigned i = 0; i < t->load->companion_count; i++) {
		const struct companion_process *p = &t->companions[i];

		t->usage[i].cpu_ns = cpu_ns(p) - p->cpu_ns;
		t->usage[i].wall_ns = clock_now_ns() - p->open_ns;
		t->usage[i].resident_bytes = resident_bytes(p);
	}
}

void companions_stop(struct team *t)
{
	for (unsigned i = 0; i < t->load->companion_count; i++)
		if (t->companions[i].pid > 0)
			atomic_store(&t->companions[i].shared->quit, 1);
	for (unsigned i = 0; i < t->load->companion_count; i++) {
		if (t->companions[i].pid > 0)
			child_end(t->companions[i].pid, END_GRACE_MS);
		t->companions[i].pid = 0;
	}
}
