#include "harness/machine/placement_draw.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Rows of about 80 columns: a plan of 256 workers shows how it begins, not all of it. */
#define PUS_COLUMNS 44

struct row {
	const char *policy;
	unsigned workers; /* 0: whatever their number */
	char *pus;
	bool oversubscribed;
	bool mixed_cores;
	char unsupported[160]; /* "" when there is a plan */
};

/* One step of a plan's shorthand: a run "4-7", a repetition "0×4", or a single PU. */
static void print_step(FILE *to, const int *pu, unsigned *at, unsigned count, const char *times)
{
	unsigned first = *at, end = first;

	while (end + 1 < count && pu[end + 1] == pu[first])
		end++;
	if (end > first) {
		fprintf(to, "%d%s%u", pu[first], times, end - first + 1);
		*at = end + 1;
		return;
	}
	while (end + 1 < count && pu[end + 1] == pu[end] + 1)
		end++;
	/* "0-1" would be no shorter, and hide the order. */
	if (end - first < 2)
		end = first;
	fprintf(to, "%d", pu[first]);
	if (end > first)
		fprintf(to, "-%d", pu[end]);
	*at = end + 1;
}

static char *format_pus(const struct placement *p, bool utf8)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to;

	if (p->pus_used == 0)
		return strdup("unbound");
	to = open_memstream(&text, &size);
	if (!to)
		return NULL;
	for (unsigned at = 0; at < p->count;) {
		if (at && (fputc(',', to) == EOF || fflush(to) != 0))
			break;
		if (size > PUS_COLUMNS) {
			fputs(utf8 ? "…" : "...", to);
			break;
		}
		print_step(to, p->pu, &at, p->count, utf8 ? "×" : "*");
	}
	if (fclose(to) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static int make_row(const struct topology *topo, const struct placement_policy *policy,
    unsigned workers, bool utf8, struct row *row)
{
	struct placement plan;
	int ret;

	row->policy = policy->text;
	row->workers = workers;
	ret = placement_plan(
	    topo, policy, workers, &plan, row->unsupported, sizeof(row->unsupported));
	if (ret == -ENOMEM)
		return ret;
	if (ret)
		return 0;
	row->pus = format_pus(&plan, utf8);
	row->oversubscribed = plan.oversubscribed;
	row->mixed_cores = plan.mixed_cores;
	placement_free(&plan);
	return row->pus ? 0 : -ENOMEM;
}

static int columns_of(const char *text)
{
	int columns = 0;

	/* UTF-8 continuation bytes take no column. */
	for (; *text; text++)
		columns += (*text & 0xc0) != 0x80;
	return columns;
}

static void print_row(FILE *to, const struct row *row, int policy_columns, int pus_columns)
{
	fprintf(to, "%-*s  ", policy_columns, row->policy);
	if (row->workers)
		fprintf(to, "%7u  ", row->workers);
	else
		fprintf(to, "%7s  ", "any");
	if (*row->unsupported)
		fprintf(to, "unsupported: %s\n", row->unsupported);
	else if (row->oversubscribed || row->mixed_cores)
		fprintf(to, "%s%*s  %s%s%s\n", row->pus, pus_columns - columns_of(row->pus), "",
		    row->oversubscribed ? "oversubscribed" : "",
		    row->oversubscribed && row->mixed_cores ? ", " : "",
		    row->mixed_cores ? "several kinds of cores" : "");
	else
		fprintf(to, "%s\n", row->pus);
}

int placement_draw_table(const struct topology *topo, const struct placement_policy *policies,
    size_t policy_count, const unsigned *workers, size_t worker_count, FILE *to, bool utf8)
{
	struct row *rows = calloc(policy_count * worker_count + 1, sizeof(*rows));
	int policy_columns = (int)strlen("policy"), pus_columns = 0, ret = -ENOMEM;
	size_t count = 0;

	if (!rows)
		return ret;
	for (size_t p = 0; p < policy_count; p++) {
		for (size_t w = 0; w < worker_count; w++) {
			struct row *row = &rows[count++];

			ret = make_row(topo, &policies[p], workers[w], utf8, row);
			if (ret)
				goto out;
			/* Whether a machine can offer a policy does not depend on the number of
			 * workers. */
			if (*row->unsupported) {
				row->workers = 0;
				break;
			}
			if ((row->oversubscribed || row->mixed_cores) &&
			    columns_of(row->pus) > pus_columns)
				pus_columns = columns_of(row->pus);
		}
		if ((int)strlen(policies[p].text) > policy_columns)
			policy_columns = (int)strlen(policies[p].text);
	}
	fprintf(to, "%-*s  workers  PU of each worker, in order\n", policy_columns, "policy");
	for (size_t i = 0; i < count; i++)
		print_row(to, &rows[i], policy_columns, pus_columns);
	ret = 0;
out:
	for (size_t i = 0; i < count; i++)
		free(rows[i].pus);
	free(rows);
	return ret;
}
