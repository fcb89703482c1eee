#include "harness/run/sample.h"

#include "harness/stats/stats.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const status_names[STATUS_COUNT + 1] = {
    [STATUS_OK] = "ok",
    [STATUS_NOISY] = "noisy",
    [STATUS_OVERSUBSCRIBED] = "oversubscribed",
    [STATUS_UNSUPPORTED] = "unsupported",
    [STATUS_INVALID] = "invalid",
    [STATUS_CRASHED] = "crashed",
    [STATUS_HUNG] = "hung",
    [STATUS_NOT_RUN] = "not_run",
};

const char *status_name(enum case_status s)
{
	return (unsigned)s < STATUS_COUNT ? status_names[s] : "unknown";
}

int status_from_name(const char *name, enum case_status *out)
{
	for (unsigned i = 0; i < STATUS_COUNT; i++) {
		if (!strcmp(name, status_names[i])) {
			*out = (enum case_status)i;
			return 0;
		}
	}
	return -EINVAL;
}

bool status_has_figure(enum case_status s)
{
	return s == STATUS_OK || s == STATUS_NOISY || s == STATUS_OVERSUBSCRIBED;
}

bool status_is_failure(enum case_status s)
{
	return s == STATUS_INVALID || s == STATUS_CRASHED || s == STATUS_HUNG;
}

static bool name_character_ok(char c)
{
	return (c >= 'a' && c <= 'z') || c == '_' || (c >= '0' && c <= '9') ||
	       (c >= 'A' && c <= 'Z') || c == '.' || c == ':' || c == '-';
}

/* A name becomes a JSON key, a column title and a gnuplot label: nothing that needs quoting. */
static bool metric_name_ok(const char *name)
{
	size_t len = 0;

	while (len < METRIC_NAME_MAX && name_character_ok(name[len]))
		len++;
	return len > 0 && len < METRIC_NAME_MAX && !name[len];
}

int metric_add(struct metric_set *set, const char *name, double value)
{
	struct metric *m;

	if (!(fabs(value) <= METRIC_ABS_MAX) || !metric_name_ok(name))
		return -EINVAL;
	for (unsigned i = 0; i < set->count; i++) {
		if (!strcmp(set->item[i].name, name)) {
			set->item[i].value = value;
			return 0;
		}
	}
	if (set->count >= METRICS_MAX)
		return -ENOSPC;
	m = &set->item[set->count++];
	memset(m->name, 0, sizeof(m->name));
	memcpy(m->name, name, strlen(name));
	m->value = value;
	return 0;
}

int metric_middle(const char *name, const double *x, size_t n, double *out)
{
	static const char *const rare[] = {METRIC_STEAL_PCT, METRIC_MIGRATIONS, METRIC_INVOLUNTARY,
	    METRIC_OUTCOME, METRIC_THROTTLED_PCT, METRIC_OTHER_BUSY_PUS, METRIC_INTERRUPTS_PER_S};
	double deviation;

	for (size_t i = 0; i < sizeof(rare) / sizeof(rare[0]); i++)
		if (!strncmp(name, rare[i], strlen(rare[i])))
			return stats_mean_stddev(x, n, out, &deviation);
	return stats_median(x, n, out);
}

bool metric_get(const struct metric_set *set, const char *name, double *value)
{
	for (unsigned i = 0; i < set->count; i++) {
		if (!strcmp(set->item[i].name, name)) {
			*value = set->item[i].value;
			return true;
		}
	}
	return false;
}

void sample_free(struct sample *s)
{
	free(s->worker_ops);
	free(s->latency);
	memset(s, 0, sizeof(*s));
}

double sample_length_ns(const struct sample *s)
{
	double ns = 0.0;

	if (!metric_get(&s->metrics, METRIC_NS_PER_OP, &ns))
		(void)metric_get(&s->metrics, METRIC_TRIAL_NS, &ns);
	return ns;
}
