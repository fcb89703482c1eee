#include "benches/jobs/chase.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static size_t round_up(size_t n)
{
	return (n + CB_ALIGN - 1) / CB_ALIGN * CB_ALIGN;
}

static size_t header_bytes(unsigned workers)
{
	return round_up(sizeof(struct chase_state) + workers * sizeof(struct chase_worker));
}

static size_t buffer_bytes(const struct cb_case *c)
{
	return round_up((size_t)cb_case_value(c, "bytes") + CB_SHIFT_MAX);
}

static size_t chase_state_size(const struct cb_case *c)
{
	return header_bytes(c->workers) + c->workers * buffer_bytes(c);
}

static int chase_setup(struct cb_env *env, char *why, size_t why_len)
{
	struct chase_state *st = env->state;
	const int64_t lines = cb_case_value(env->c, "bytes") / CHASE_LINE_BYTES;

	if (lines < 2 || lines > UINT32_MAX) {
		(void)snprintf(why, why_len, "chase: %" PRId64 " lines are no chain", lines);
		return -EINVAL;
	}
	st->buffer_bytes = buffer_bytes(env->c);
	for (unsigned i = 0; i < env->workers; i++) {
		st->worker[i].lines = (uint32_t)lines;
		st->worker[i].offset = header_bytes(env->workers) + i * st->buffer_bytes;
	}
	return 0;
}

static struct chase_line *chain_of(struct chase_state *st, unsigned worker)
{
	const struct chase_worker *cw = &st->worker[worker];

	return (struct chase_line *)(void *)((unsigned char *)st + cw->offset + cw->shift);
}

struct chase_line *chase_line_at(struct chase_state *st, unsigned worker, uint32_t i)
{
	return &chain_of(st, worker)[i];
}

/* Sattolo's shuffle leaves one cycle over all lines. */
static void build(struct cb_worker *w, struct chase_line *chain, uint32_t lines)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < lines; i++)
		chain[i].next = i;
	for (uint32_t i = lines - 1; i > 0; i--) {
		const uint32_t j = (uint32_t)(cb_random(w) % i), next = chain[i].next;

		chain[i].next = chain[j].next;
		chain[j].next = next;
	}
	for (uint32_t rank = 0; rank < lines; rank++) {
		chain[at].rank = rank;
		at = chain[at].next;
	}
}

/* Every trial in another place: the chain goes along, only its addresses change. */
static void chase_enter(struct cb_worker *w, void *state)
{
	struct chase_state *st = state;
	struct chase_worker *cw = &st->worker[w->index];
	const struct chase_line *from = chain_of(st, w->index);

	cw->shift = cb_shift(w);
	if (cw->built) {
		memmove(chain_of(st, w->index), from, cw->lines * sizeof(*from));
		return;
	}
	build(w, chain_of(st, w->index), cw->lines);
	cw->built = true;
}

static uint64_t chase_batch(struct cb_worker *w, void *state, uint64_t n)
{
	struct chase_state *st = state;
	struct chase_worker *cw = &st->worker[w->index];
	const struct chase_line *chain = chain_of(st, w->index);
	uint32_t at = cw->at;

	for (uint64_t i = 0; i < n; i++)
		at = chain[at].next;
	cw->at = at;
	cw->steps += n;
	return n;
}

static int chase_check(const struct cb_env *env, char *why, size_t why_len)
{
	struct chase_state *st = env->state;

	for (unsigned i = 0; i < env->workers; i++) {
		const struct chase_worker *cw = &st->worker[i];
		const uint32_t rank = cw->at < cw->lines ? chase_line_at(st, i, cw->at)->rank : 0;

		if (cw->steps != env->done[i] || cw->at >= cw->lines ||
		    rank != cw->steps % cw->lines) {
			(void)snprintf(why, why_len,
			    "worker %u: after %" PRIu64 " of %" PRIu64
			    " steps on the line of step %u of %u",
			    i, cw->steps, env->done[i], rank, cw->lines);
			return -EBADMSG;
		}
	}
	return 0;
}

static const struct cb_workload chase_work = {
    .op = "load",
    .timed = "one load of a line whose address is what the load before it gave",
    .checked =
	"after so many steps each worker is on the line that so many steps along its chain lead to",
    .state_size = chase_state_size,
    .setup = chase_setup,
    .enter = chase_enter,
    .batch = chase_batch,
    .check = chase_check,
    .cooperative = true,
};

static const struct cb_param params[] = {
    CB_PARAM("bytes", CB_BYTES, "256KiB", 2 * CHASE_LINE_BYTES, INT64_C(1) << 34,
	"of each worker's chain"),
};

/* What memory does is the same under every model: all of them only in the full profile. */
static const struct cb_sweep sweeps[] = {
    {CB_SMOKE, "model=thread workers=pus"},
    {CB_QUICK, "model=thread workers=1,2*pus"},
    {CB_FULL, "model=thread,process,coroutine workers=1,pus,2*pus,4*pus bytes=256KiB,8MiB"},
    {CB_CHECK, "model=thread,process,coroutine workers=1,3 bytes=128,64KiB"},
};

static uint64_t window_ns(const struct cb_case *c)
{
	return cb_case_value(c, "bytes") > 1024 * 1024 ? 20 * CB_NS_PER_MS : 0;
}

static const struct cb_kind chase = {
    .family = "job",
    .name = "chase",
    .about = "memory-bound: a chain of dependent loads through a random cycle",
    .source = "Sattolo, Information Processing Letters 22(6), 1986",
    .from = CB_SMOKE,
    .version = 1,
    .models = CB_CAN_ALL,
    .work = &chase_work,
    .params = params,
    .param_count = 1,
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .window_ns = window_ns,
};

CB_REGISTER(chase)
