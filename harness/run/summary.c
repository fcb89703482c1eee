/* summary.c - from samples to figures, statuses and the verdict on the machine. */
#include "harness/base/text.h"
#include "harness/run/launch.h"
#include "harness/run/run_regimes.h"
#include "harness/stats/scale.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEVEL 0.95
#define VERDICT_MIN_SERIES 3

/* CPU time is charged in ticks by some machines, and a quota may be borrowed from. */
#define QUOTA_TOLERANCE 1.1

/* From these values on the cause of the noise is plain. */
#define CULPRIT_DELAY_PCT 5.0
#define CULPRIT_BUSY_PUS 0.5
#define CULPRIT_INTERRUPTS_PER_S 2000.0

/* Appends one clause to a reason. */
#define say(reason, ...) text_add_clause(reason, REASON_MAX, __VA_ARGS__)

/* Launches' values of one metric, of those launches that have a figure. Return: how many. */
static size_t collect(const struct launch_list *list, const char *name, double *x)
{
	size_t n = 0;

	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].has_figure)
			n += metric_get(&list->items[i].medians, name, &x[n]);
	return n;
}

static int medians(const struct launch_list *list, double *x, struct metric_set *out)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct metric_set *set = &list->items[i].medians;

		for (unsigned k = 0; k < set->count; k++) {
			const char *name = set->item[k].name;
			double middle;
			size_t n;
			int rc;

			/* Those are told of a typical launch, or not at all. */
			if (metric_get(out, name, &middle) || percentile_find(name) >= 0)
				continue;
			n = collect(list, name, x);
			if (!n)
				continue;
			rc = metric_middle(name, x, n, &middle);
			if (!rc)
				rc = metric_add(out, name, middle);
			if (rc && rc != -ENOSPC)
				return rc;
		}
	}
	return 0;
}

/* A run file keeps neither all launches' latencies nor their mixture: what was made of them stays.
 */
static int keep_merged(struct series *s, struct series_summary *sum)
{
	if (!s->folded) {
		sum->latency = s->summary.latency;
		s->summary.latency = NULL;
		return 0;
	}
	sum->latency = malloc(sizeof(*sum->latency));
	if (!sum->latency)
		return -ENOMEM;
	*sum->latency = *s->folded;
	return 0;
}

/*
 * The middle of the launches' own where all of them tell it. One that does not did less than the
 * others, and is not to be left out: then, as of all far tails, it is that of all launches
 * together, each with the same weight. The maximum is a fact, of all of them.
 * @alike: the launches' figures are.
 * @x:     room for the launches' values.
 * Return: 0; -ERANGE when the launches differ so much that no value is typical; -ENOMEM.
 */
static int percentile(const struct series *s, const struct launch_list *list, unsigned i,
    bool alike, double *x, struct percentile_figure *out)
{
	const double q = percentiles[i].q;
	const size_t n = collect(list, percentiles[i].key, x);
	double middle, covered;
	int rc;

	if (q >= 1 && n) {
		stats_sort(x, n);
		*out =
		    (struct percentile_figure){PERCENTILE_MERGED, {x[n - 1], x[n - 1], x[n - 1]}};
		return 0;
	}
	rc = n ? stats_median(x, n, &middle) : 0;
	if (rc)
		return rc;
	/* If half of the launches or fewer have this percentile, the others may still agree with
	 * it. */
	if (2 * n > list->count && !typical_is(x, n, middle))
		return -ERANGE;
	if (n && n == list->count) {
		*out = (struct percentile_figure){PERCENTILE_TYPICAL, {middle, middle, middle}};
		return n < 2 ? 0 : stats_median_ci(x, n, LEVEL, &out->ns, &covered);
	}
	if (!alike)
		return -ERANGE;
	if (!s->mixture) {
		*out = s->summary.latency_at[i];
	} else if (s->mixture->launches == list->count && mixture_tells_quantile(s->mixture, q)) {
		middle = mixture_quantile(s->mixture, q);
		*out = (struct percentile_figure){PERCENTILE_MERGED, {middle, middle, middle}};
	}
	return 0;
}

/* Return: 0; -ENOMEM. */
static int percentiles_of(
    const struct series *s, const struct launch_list *list, struct series_summary *sum)
{
	double *x = calloc(list->count + 1, sizeof(*x));
	size_t n = 0;
	bool alike;
	int rc = x ? 0 : -ENOMEM;

	for (size_t i = 0; !rc && i < list->count; i++)
		if (list->items[i].has_figure)
			x[n++] = list->items[i].figure;
	alike = !rc && (!run_figure_has_rate(&s->figure) || typical_is(x, n, sum->figure.estimate));
	for (unsigned i = 0; !rc && sum->latency && i < PERCENTILES; i++) {
		rc = percentile(s, list, i, alike, x, &sum->latency_at[i]);
		if (rc == -ERANGE) {
			sum->latency_differs = true;
			rc = 0;
		}
	}
	free(x);
	return rc;
}

static void count_samples(
    const struct series *s, const struct launch_list *list, struct series_summary *sum)
{
	for (size_t i = 0; i < s->sample_count; i++)
		sum->warm_up_samples += s->samples[i].warm_up;
	for (size_t i = 0; i < list->count; i++) {
		const struct launch *l = &list->items[i];

		sum->samples += l->samples;
		sum->empty_samples += l->empty_samples;
		*(l->has_figure ? &sum->launches : &sum->empty_launches) += 1;
		for (unsigned k = 0; k < RUN_OUTCOMES_MAX; k++)
			sum->outcomes[k] += l->outcomes[k];
	}
}

/* The rate of almost no time would be infinite: it is limited to what a file can hold. */
static double rate(double ns)
{
	return fmin(1e9 / ns, DBL_MAX);
}

static int figures(
    const struct run_figure *f, const struct launch_list *list, struct series_summary *sum)
{
	double *x = calloc(list->count + 1, sizeof(*x));
	const struct stats_interval *i = &sum->figure;
	size_t n = 0;
	double own;
	int rc;

	if (!x)
		return -ENOMEM;
	for (size_t k = 0; k < list->count; k++)
		if (list->items[k].has_figure)
			x[n++] = list->items[k].figure;
	rc = scale_interval(
	    f->scale, x, n, sum->samples - sum->empty_samples, LEVEL, &sum->figure, &sum->covered);
	if (!rc)
		rc = stats_mad(x, n, &sum->mad_figure);
	if (rc)
		goto out;
	sum->half_width_pct = scale_half_width(f->scale, f->worth, i) * 100;
	if (!isfinite(sum->half_width_pct))
		sum->half_width_pct = i->high > i->low ? 100 : 0;
	rc = medians(list, x, &sum->medians);
	if (!rc && metric_get(&sum->medians, f->metric, &own))
		rc = metric_add(&sum->medians, f->metric, i->estimate);
	if (rc || !run_figure_has_rate(f))
		goto out;
	/* The same figure the other way up: medians of reciprocals of their own would contradict it
	 * where launches differ. */
	sum->ops_per_s = (struct stats_interval){
	    .estimate = rate(i->estimate), .low = rate(i->high), .high = rate(i->low)};
	/* Left out when a set has no room for it, or when it is beyond what a metric may be. */
	(void)metric_add(&sum->medians, METRIC_OPS_PER_S, sum->ops_per_s.estimate);
out:
	free(x);
	return rc;
}

/* The number of different PUs in "0,1,0,1"; 0 when it is not known: the workers were not bound, or
 * the series had no room for all PUs. */
static unsigned distinct_pus(const char *pus)
{
	unsigned seen[PUS_TEXT_MAX / 2], count = 0;

	if (strlen(pus) >= PUS_TEXT_MAX - 1)
		return 0;

	while (*pus >= '0' && *pus <= '9') {
		char *end;
		const unsigned pu = (unsigned)strtoul(pus, &end, 10);
		bool known = false;

		for (unsigned i = 0; i < count; i++)
			known |= seen[i] == pu;
		if (!known && count < sizeof(seen) / sizeof(seen[0]))
			seen[count++] = pu;
		pus = *end == ',' ? end + 1 : end;
	}
	return count;
}

static void say_oversubscribed(const struct series *s, char *why)
{
	const unsigned pus = distinct_pus(s->pus);

	if (pus)
		say(why, "%u workers share %u PU%s", s->workers, pus, pus == 1 ? "" : "s");
	else
		say(why, "%u workers, more than there are PUs", s->workers);
}

void series_note_stop(struct series *s, double half_width_pct, unsigned launches,
    double precision_pct, const char *why)
{
	char width[96] = "", of[80];
	const char *unit = run_figure_per_cent(&s->figure, of, sizeof(of));

	if (isfinite(half_width_pct))
		snprintf(width, sizeof(width), "at +-%.1f %s ", half_width_pct, unit);
	(void)snprintf(s->stopped, sizeof(s->stopped),
	    "stopped %safter %u launches: %s before +-%.3g %s", width, launches, why, precision_pct,
	    unit);
}

void series_note_cut(struct series *s, unsigned launches, unsigned asked, const char *why)
{
	(void)snprintf(s->stopped, sizeof(s->stopped), "stopped after %u of %u launches: %s",
	    launches, asked, why);
}

char *series_why(const struct series *s, char buf[SERIES_WHY_MAX])
{
	(void)snprintf(buf, SERIES_WHY_MAX, "%s%s%s", s->reason,
	    s->reason[0] && s->stopped[0] ? "; " : "", s->stopped);
	return buf;
}

/* The load generator at its limit sets the rate: then only the cost of a request is the server's.
 */
static void say_busy_client(const struct series_summary *sum, char *why)
{
	double busy_pct, pu;

	if (!metric_get(&sum->medians, METRIC_CLIENT_BUSY_PCT, &busy_pct))
		return;
	if (!metric_get(&sum->medians, METRIC_COMPANION_PU, &pu))
		say(why, "the load generator has no PU of its own");
	if (busy_pct >= CLIENT_BUSY_LIMIT_PCT)
		say(why, "the load generator was %.0f %% busy and set the rate: compare CPU/op",
		    busy_pct);
}

/* What an empty trial lacks. */
static const char *lacking(const struct run_figure *f, char buf[METRIC_NAME_MAX + 4])
{
	if (run_figure_has_rate(f))
		return "no operation finished inside the window";
	snprintf(buf, METRIC_NAME_MAX + 4, "no %s", f->metric);
	return buf;
}

/* What it was measured in matters, and how much. */
static void say_window(const struct series *s, char *why)
{
	const struct run_window *w = &s->window;
	char shorter[TEXT_FORMAT_MAX], longer[TEXT_FORMAT_MAX];
	const bool own = strcmp(w->of, s->name) == 0;

	if (w->how != WINDOW_SENSITIVE)
		return;
	say(why,
	    RUN_WINDOW_CLAUSE ": %s in windows of %.3g ms, %s in %.3g ms (%.2fx, %.2f to %.2f)%s%s",
	    run_figure_format(&s->figure, w->shorter, shorter, sizeof(shorter)),
	    (double)w->shorter_ns / 1e6,
	    run_figure_format(&s->figure, w->longer, longer, sizeof(longer)),
	    (double)w->longer_ns / 1e6, w->ratio.estimate, w->ratio.low, w->ratio.high,
	    own ? "" : " as seen of ", own ? "" : w->of);
}

static bool throttled(const struct series *s)
{
	double pct;

	return metric_get(&s->summary.medians, METRIC_THROTTLED_PCT, &pct) && pct > 0;
}

const char *const series_flag_names[SERIES_FLAGS] = {
    "noisy", "throttled", "2 regimes", RUN_WINDOW_CLAUSE};

bool series_flag(const struct series *s, unsigned flag)
{
	switch (status_has_figure(s->status) ? flag : SERIES_FLAGS) {
	case 0:
		return s->status == STATUS_OVERSUBSCRIBED &&
		       s->summary.half_width_pct > RUN_NOISY_HALF_WIDTH_PCT;
	case 1:
		return throttled(s);
	case 2:
		return strstr(s->reason, RUN_REGIMES_CLAUSE) != NULL;
	case 3:
		return s->window.how == WINDOW_SENSITIVE;
	default:
		return false;
	}
}

char *series_status(const struct series *s, char *buf, size_t len)
{
	size_t used = (size_t)snprintf(buf, len, "%s", status_name(s->status));

	for (unsigned i = 0; i < SERIES_FLAGS; i++)
		if (series_flag(s, i) && used < len)
			used +=
			    (size_t)snprintf(buf + used, len - used, ", %s", series_flag_names[i]);
	return buf;
}

static void say_throttled(const struct series *s, char *why)
{
	size_t windows = 0, stopped = 0;
	double pct, mean = 0;

	for (size_t i = 0; i < s->sample_count; i++) {
		if (!series_uses(s, &s->samples[i]) ||
		    !metric_get(&s->samples[i].metrics, METRIC_THROTTLED_PCT, &pct))
			continue;
		windows++;
		stopped += pct > 0;
	}
	(void)metric_get(&s->summary.medians, METRIC_THROTTLED_PCT, &mean);
	say(why, "throttled by the CPU quota in %zu of %zu windows, for %.2g %% of the time",
	    stopped, windows, mean);
}

/* Work faster than the quota allows was done in bursts between pauses: that rate does not last.
 * Return: true with a clause in @why. */
static bool beyond_quota(const struct series *s, double limit_cpus, char *why)
{
	double cpu_ns, cpus;

	if (!run_figure_has_rate(&s->figure) ||
	    !metric_get(&s->summary.medians, METRIC_CPU_NS_PER_OP, &cpu_ns))
		return false;
	cpus = s->summary.ops_per_s.estimate * cpu_ns / 1e9;
	if (cpus <= limit_cpus * QUOTA_TOLERANCE)
		return false;
	say(why,
	    "in its windows it used %.2g CPUs, and the quota grants %.3g: not its lasting speed",
	    cpus, limit_cpus);
	return true;
}

/* What nobody is charged for, or what is charged and takes nothing from others. */
static void say_accounts(const struct series *s, char *why)
{
	const double taken = s->summary.figure.estimate;
	char text[TEXT_FORMAT_MAX];
	double charged;

	if (run_figure_is_displaced(&s->figure) &&
	    metric_get(&s->summary.medians, METRIC_CPU_NS_PER_OP, &charged) &&
	    fabs(charged / taken - 1) > RUN_ACCOUNTS_AGREE)
		say(why, "the kernel's accounts of the same windows charge %s, %.0f %% of it",
		    text_format_ns(charged, text, sizeof(text)), 100 * charged / taken);
}

/* ok, noisy or oversubscribed, and why. */
static void judge(
    struct series *s, bool pooled, const struct series_regimes *regimes, double limit_cpus)
{
	const struct series_summary *sum = &s->summary;
	char why[REASON_MAX] = "", mixed[REASON_MAX], what[METRIC_NAME_MAX + 4], of[80];
	const char *unit = run_figure_per_cent(&s->figure, of, sizeof(of));
	bool noisy = pooled;

	if (s->oversubscribed)
		say_oversubscribed(s, why);
	if (sum->launches < 2) {
		noisy = true;
		say(why, "%u launch: no interval", sum->launches);
	} else if (sum->launches < RUN_LAUNCHES_MIN && sum->covered < LEVEL) {
		noisy = true;
		say(why, "%u launches are too few: their interval covers %.0f %%", sum->launches,
		    sum->covered * 100);
	} else if (sum->launches < RUN_LAUNCHES_MIN) {
		/* Of a share: the interval is for tries that are as alike as these. */
		noisy = true;
		say(why,
		    "%u launches (%u trials) are too few to show how launches vary: %d are needed",
		    sum->launches, sum->samples - sum->empty_samples, RUN_LAUNCHES_MIN);
	} else if (s->figure.scale != CB_OUTCOME &&
		   sum->half_width_pct > RUN_NOISY_HALF_WIDTH_PCT) {
		noisy = true;
		say(why, "interval of +-%.1f %s over +-%.0f %s (%u launches)", sum->half_width_pct,
		    unit, RUN_NOISY_HALF_WIDTH_PCT, unit, sum->launches);
	}
	if (*series_regimes_say(regimes, &s->figure, mixed, sizeof(mixed)))
		say(why, RUN_REGIMES_CLAUSE "%s", mixed);
	say_window(s, why);
	noisy |= beyond_quota(s, limit_cpus, why);
	if (throttled(s))
		say_throttled(s, why);
	say_busy_client(sum, why);
	if (sum->latency_differs)
		say(why,
		    "some percentiles are left out because no launch is typical: a third or more "
		    "of the launches are over %g times off",
		    TYPICAL_FACTOR);
	say_accounts(s, why);
	if (sum->empty_samples)
		say(why, "%s in %u of %u trials%s", lacking(&s->figure, what), sum->empty_samples,
		    sum->samples, pooled ? ", so figures are whole time over all operations" : "");
	if (sum->empty_launches)
		say(why, "%u of %u launches %s none at all and are left out", sum->empty_launches,
		    sum->launches + sum->empty_launches,
		    run_figure_has_rate(&s->figure) ? "finished" : "gave");
	/* A reason that the supervisor gave an undisturbed series stays. */
	if (s->status != STATUS_OK || why[0])
		memcpy(s->reason, why, sizeof(why));
	if (s->oversubscribed)
		s->status = STATUS_OVERSUBSCRIBED;
	else
		s->status = noisy ? STATUS_NOISY : STATUS_OK;
}

/* No figure can be given: says so instead of giving one of the few trials that got through. */
static bool without_figure(struct series *s, const struct series_summary *sum)
{
	char what[METRIC_NAME_MAX + 4];

	if (!sum->samples) {
		s->status = STATUS_NOT_RUN;
		if (!s->reason[0])
			say(s->reason, "no trial was measured%s",
			    sum->warm_up_samples == s->sample_count && s->sample_count
				? ", only warm-up"
			    : s->sample_count ? " in windows as long as it turned out to need"
					      : "");
		return true;
	}
	if (sum->empty_launches > sum->launches) {
		s->status = STATUS_INVALID;
		s->reason[0] = '\0';
		say(s->reason, "%s in %u of %u trials, and in %u of %u launches none at all",
		    lacking(&s->figure, what), sum->empty_samples, sum->samples,
		    sum->empty_launches, sum->launches + sum->empty_launches);
		return true;
	}
	return false;
}

/* What others did to it is no fault of its. */
static bool others_were_robbed(struct series *s, const struct series_summary *sum)
{
	double soaked_pct;

	if (!run_figure_is_displaced(&s->figure) ||
	    !metric_get(&sum->medians, METRIC_SOAKED_PCT, &soaked_pct) ||
	    soaked_pct >= RUN_SOAKED_LEAST_PCT)
		return false;
	s->status = STATUS_UNSUPPORTED;
	s->reason[0] = '\0';
	say(s->reason,
	    "others took %.0f %% of its PUs while its workers were parked: what the workers took "
	    "from them is not known",
	    100 - soaked_pct);
	return true;
}

static void drop_summary(struct series *s)
{
	free(s->summary.latency);
	memset(&s->summary, 0, sizeof(s->summary));
}

static int series_summarise(struct series *s, double limit_cpus)
{
	struct series_summary sum = {0};
	struct series_regimes regimes = {0};
	struct launch_list list = {0};
	int rc;

	if (!status_has_figure(s->status)) {
		drop_summary(s);
		return 0;
	}
	rc = series_fold_latency(s);
	if (!rc)
		rc = launch_list_build(s, &list);
	if (rc)
		return rc;
	count_samples(s, &list, &sum);
	if (without_figure(s, &sum)) {
		drop_summary(s);
		goto out;
	}
	rc = figures(&s->figure, &list, &sum);
	if (rc)
		goto out;
	if (others_were_robbed(s, &sum)) {
		drop_summary(s);
		goto out;
	}
	rc = keep_merged(s, &sum);
	if (!rc)
		rc = percentiles_of(s, &list, &sum);
	if (!rc)
		rc = launch_list_regimes(&list, &s->figure, &regimes);
	if (rc) {
		free(sum.latency);
		goto out;
	}
	drop_summary(s);
	s->summary = sum;
	judge(s, list.pooled, &regimes, limit_cpus);
out:
	launch_list_free(&list);
	return rc;
}

/* A metric about the machine: its mean over all trials, and in how many it is above 0. */
struct disturbance {
	double mean;
	size_t trials, hit;
};

/* Workers that share a PU wait for each other: that is no disturbance. */
static struct disturbance disturbance_of(const struct run *run, const char *metric, bool alone)
{
	struct disturbance d = {0};
	double sum = 0, value;

	for (size_t i = 0; i < run->series_count; i++) {
		const struct series *s = &run->series[i];

		if (alone && (s->oversubscribed || distinct_pus(s->pus) != s->workers))
			continue;
		for (size_t k = 0; k < s->sample_count; k++) {
			if (!metric_get(&s->samples[k].metrics, metric, &value))
				continue;
			sum += value;
			d.trials++;
			d.hit += value > 0;
		}
	}
	d.mean = d.trials ? sum / (double)d.trials : 0;
	return d;
}

/* What else was plainly at work beside the run, the likeliest cause first; there may be several. A
 * few per cent are normal on any machine. */
static void say_culprits(const struct run *run, char *text)
{
	const struct disturbance quota = disturbance_of(run, METRIC_THROTTLED_PCT, false),
				 delay = disturbance_of(run, METRIC_RUN_DELAY_PCT, true),
				 busy = disturbance_of(run, METRIC_OTHER_BUSY_PUS, false),
				 interrupts = disturbance_of(run, METRIC_INTERRUPTS_PER_S, false);

	if (quota.hit)
		say(text, "the CPU quota stopped it in %zu of %zu windows", quota.hit,
		    quota.trials);
	else if (delay.mean > CULPRIT_DELAY_PCT) /* standing still counts as waiting, too */
		say(text, "others ran on the workers' PUs, which waited %.0f %% of the time",
		    delay.mean);
	if (busy.mean > CULPRIT_BUSY_PUS)
		say(text, "%.2g other PUs were busy", busy.mean);
	if (interrupts.mean > CULPRIT_INTERRUPTS_PER_S)
		say(text, "%.0f device interrupts/s on the workers' PUs", interrupts.mean);
}

static const char *noise_word(const struct noise_verdict *v, bool culprits)
{
	if (v->median_half_width_pct > 5 || v->noisy_share_pct > 33 || v->steal_pct > 5)
		return "noisy";
	if (!culprits && v->median_half_width_pct <= 2 && v->noisy_share_pct <= 10 &&
	    v->steal_pct <= 1)
		return "quiet";
	return "fair";
}

static int judge_machine(struct run *run)
{
	struct noise_verdict v = {0};
	const char *word = "unknown";
	double *x = calloc(run->series_count + 1, sizeof(*x));
	char steal[48] = "steal time not known", regimes[160], culprits[REASON_MAX] = "";
	struct disturbance stolen;
	size_t n = 0, wide = 0;
	int rc = 0;

	if (!x)
		return -ENOMEM;
	for (size_t i = 0; i < run->series_count; i++) {
		const struct series *s = &run->series[i];

		/* One launch has no interval, two have one that covers 50 %: they would make the
		 * machine look quiet, and so would bytes. */
		if (!status_has_figure(s->status) || s->summary.launches < RUN_LAUNCHES_MIN ||
		    !run_figure_has_rate(&s->figure))
			continue;
		wide += s->summary.half_width_pct > RUN_NOISY_HALF_WIDTH_PCT;
		x[n++] = s->summary.half_width_pct;
	}
	stolen = disturbance_of(run, METRIC_STEAL_PCT, false);
	v.steal_pct = stolen.mean;
	if (stolen.trials)
		snprintf(steal, sizeof(steal), "%.1f %% of the CPU time stolen", v.steal_pct);
	if (n) {
		rc = stats_median(x, n, &v.median_half_width_pct);
		if (rc)
			goto out;
		v.noisy_share_pct = (double)wide / (double)n * 100;
	}
	say_culprits(run, culprits);
	if (n < VERDICT_MIN_SERIES) {
		snprintf(v.text, sizeof(v.text),
		    "%zu case%s with an interval, too few to judge; %s", n, n == 1 ? "" : "s",
		    steal);
	} else {
		word = noise_word(&v, culprits[0] != '\0');
		snprintf(v.text, sizeof(v.text),
		    "median interval of %zu cases +-%.1f %%, %zu of them (%.0f %%) over +-%.0f %%; "
		    "%s",
		    n, v.median_half_width_pct, wide, v.noisy_share_pct, RUN_NOISY_HALF_WIDTH_PCT,
		    steal);
	}
	rc = run_regimes_note(run, regimes, sizeof(regimes));
	if (rc)
		goto out;
	if (culprits[0])
		say(v.text, "%s", culprits);
	if (regimes[0]) {
		word = "noisy";
		say(v.text, "%s", regimes);
	}
	snprintf(v.word, sizeof(v.word), "%s", word);
	run->noise = v;
out:
	free(x);
	return rc;
}

int run_summarise(struct run *run)
{
	const char *limit = manifest_get(&run->manifest, MANIFEST_CPU_LIMIT);
	double limit_cpus = INFINITY;

	if (limit && text_parse_double(limit, 0, HUGE_VAL, &limit_cpus) != 0)
		limit_cpus = INFINITY; /* "none" */
	for (size_t i = 0; i < run->series_count; i++) {
		int rc = series_summarise(&run->series[i], limit_cpus);

		if (rc)
			return rc;
	}
	return judge_machine(run);
}
