/* displaced.c - what workers take from whoever else has work for their PUs: team_displace(). */
#include "harness/work/soak.h"
#include "harness/work/team.h"

#include "harness/base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Windows of work in a turn, at least so many and of so much time; before, between and after them
 * are parked ones. */
#define WINDOWS_MIN 2u
#define AT_WORK_NS (96 * CLOCK_NS_PER_MS)
/* What a soaker does alone is so even that longer ones would tell no more. */
#define PARKED_NS (12 * CLOCK_NS_PER_MS)
/* Between two windows: whoever was at work is parked, and the soaker has its whole PU again. */
#define SETTLE_NS CLOCK_NS_PER_MS

static uint64_t parked_ns(uint64_t window_ns)
{
	return window_ns < PARKED_NS ? window_ns : PARKED_NS;
}

static unsigned windows_of(uint64_t window_ns)
{
	const uint64_t n = (AT_WORK_NS + window_ns - 1) / window_ns;

	return n > WINDOWS_MIN ? (unsigned)n : WINDOWS_MIN;
}

uint64_t team_displace_ns(uint64_t window_ns, unsigned units)
{
	const unsigned n = windows_of(window_ns);

	return n * (window_ns + team_beside_ns(window_ns, units)) +
	       (n + 1) * (parked_ns(window_ns) + SETTLE_NS);
}

/* What the windows of work come to. */
struct work {
	double ops;
	double ns;
	double cpu_ns;
};

/* The line has a window that no worker takes part in. */
static int parked(struct team *t, uint64_t ns, struct soaked *out, char *why, size_t why_len)
{
	const uint64_t open_ns = clock_now_ns() + SETTLE_NS;

	atomic_store_explicit(&t->line->close_ns, open_ns + ns, memory_order_relaxed);
	atomic_store_explicit(&t->line->open_ns, open_ns, memory_order_release);
	clock_sleep_until_ns(open_ns + ns);
	return soakers_read(t, out, why, why_len);
}

static int at_work(struct team *t, uint64_t window_ns, struct work *w, struct soaked *out,
    char *why, size_t why_len)
{
	struct sample sample;
	double ops = 0.0, cpu = 0.0;
	int ret = team_trial(t, window_ns, &sample, why, why_len);

	if (ret)
		return ret;
	(void)metric_get(&sample.metrics, METRIC_OPS, &ops);
	(void)metric_get(&sample.metrics, METRIC_CPU_NS_PER_OP, &cpu);
	sample_free(&sample);
	w->ops += ops;
	w->ns += (double)window_ns;
	w->cpu_ns += ops * cpu;
	return soakers_read(t, out, why, why_len);
}

/* The part of a window that it had. Of one in which something came into every turn: as before. */
static double had_ns(struct displaced_books *b, const struct soaked *in)
{
	if (in->turn_ns > 0)
		b->turn_ns = in->turn_ns;
	return in->turns * b->turn_ns;
}

void displaced_parked(
    struct displaced_books *b, const struct soaked *in, double parked_ns, double work_ns)
{
	const double had = had_ns(b, in), share = had / parked_ns;

	/* The window of work lies between this one and the one before. */
	b->lost_ns += work_ns * (b->share + share) / 2;
	b->share = share;
	b->had_ns += had;
	b->parked_ns += parked_ns;
}

void displaced_worked(struct displaced_books *b, const struct soaked *in)
{
	b->lost_ns -= had_ns(b, in);
}

double displaced_sum(const struct displaced_books *b, unsigned soakers, double *soaked_pct)
{
	double lost_ns = 0.0;

	*soaked_pct = 0.0;
	for (unsigned i = 0; i < soakers; i++) {
		lost_ns += b[i].lost_ns;
		*soaked_pct += 100.0 * b[i].had_ns / (b[i].parked_ns * soakers);
	}
	return lost_ns;
}

static int measure(struct team *t, uint64_t window_ns, struct work *w, struct displaced_books *b,
    struct soaked *in, char *why, size_t why_len)
{
	const uint64_t ns = parked_ns(window_ns);
	int ret = parked(t, ns, in, why, why_len);

	for (unsigned i = 0; !ret && i < t->soakers; i++)
		displaced_parked(&b[i], &in[i], (double)ns, 0.0);
	for (unsigned k = 0; !ret && k < windows_of(window_ns); k++) {
		ret = at_work(t, window_ns, w, in, why, why_len);
		for (unsigned i = 0; !ret && i < t->soakers; i++)
			displaced_worked(&b[i], &in[i]);
		if (!ret)
			ret = parked(t, ns, in, why, why_len);
		for (unsigned i = 0; !ret && i < t->soakers; i++)
			displaced_parked(&b[i], &in[i], (double)ns, (double)window_ns);
	}
	return ret;
}

static int sum_up(const struct team *t, uint64_t window_ns, const struct work *w,
    const struct displaced_books *b, struct sample *out, char *why, size_t why_len)
{
	double soaked_pct;
	const double lost_ns = displaced_sum(b, t->soakers, &soaked_pct);
	struct metric_set *m = &out->metrics;

	/* Below nothing in one launch and above it in the next: it is not known, and a mean of
	 * those above would be too high. */
	if (w->ops > 0 && lost_ns <= 0) {
		(void)snprintf(why, why_len,
		    "it takes too little to be told: in %.0f ms of %u PU%s a task beside it lost "
		    "nothing",
		    w->ns / 1e6, t->soakers, t->soakers == 1 ? "" : "s");
		return -ENOTSUP;
	}
	*out = (struct sample){0};
	(void)metric_add(m, METRIC_WINDOW_NS, (double)window_ns);
	(void)metric_add(m, METRIC_OPS_PER_S, w->ops / w->ns * 1e9);
	/* Refused when nothing was done: infinity is no figure. */
	(void)metric_add(m, METRIC_NS_PER_OP, w->ns / w->ops);
	(void)metric_add(m, METRIC_CPU_NS_PER_OP, w->cpu_ns / w->ops);
	(void)metric_add(m, METRIC_DISPLACED, lost_ns / w->ops);
	(void)metric_add(m, METRIC_SOAKED_PCT, soaked_pct);
	return 0;
}

int team_displace(struct team *t, uint64_t window_ns, struct sample *out, char *why, size_t why_len)
{
	struct displaced_books *b = calloc(t->soakers + 1, sizeof(*b));
	struct soaked *in = calloc(t->soakers + 1, sizeof(*in));
	struct work w = {0};
	bool soaking = false;
	int ret = -ENOMEM;

	(void)snprintf(why, why_len, "out of memory for a sample");
	if (b && in) {
		ret = soakers_soak(t, why, why_len);
		soaking = true;
	}
	if (!ret)
		ret = measure(t, window_ns, &w, b, in, why, why_len);
	if (!ret)
		ret = sum_up(t, window_ns, &w, b, out, why, why_len);
	if (soaking)
		soakers_rest(t);
	free(b);
	free(in);
	return ret;
}
