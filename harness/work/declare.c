#include "harness/work/declare.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void copy(char *to, size_t len, const char *from)
{
	(void)snprintf(to, len, "%s", from ? from : "");
}

static int add_family(struct run *run, const struct cb_family *f)
{
	struct run_family out = {.shape = f->shape,
	    .kind_blocks = f->kind_blocks,
	    .rate = f->rate,
	    .contenders = f->contenders};
	int ret;

	copy(out.name, sizeof(out.name), f->name);
	copy(out.title, sizeof(out.title), f->title);
	copy(out.question, sizeof(out.question), f->question);
	copy(out.caption, sizeof(out.caption), f->caption);
	copy(out.axis, sizeof(out.axis), f->axis);
	ret = run_add_family(run, &out);
	return ret == -EEXIST ? 0 : ret;
}

static struct run_figure figure_of(const struct cb_figure *f)
{
	struct run_figure out = {.scale = f->scale, .better = f->better, .worth = f->worth};
	size_t used = 0;

	copy(out.metric, sizeof(out.metric), f->metric);
	copy(out.title, sizeof(out.title), f->title);
	copy(out.unit, sizeof(out.unit), f->unit);
	for (unsigned i = 0; f->outcomes && f->outcomes[i] && used < sizeof(out.outcomes); i++)
		used += (size_t)snprintf(out.outcomes + used, sizeof(out.outcomes) - used, "%s%s",
		    i ? " " : "", f->outcomes[i]);
	return out;
}

/* "PREFIX=FILE", as it was typed but for the whole path. Return: 0; -ENAMETOOLONG. */
static int note_load(const struct kind *k, char load[RUN_LOAD_MAX])
{
	const size_t prefix = strlen(k->name) - strlen(k->self->name);
	const int n =
	    !k->module ? 0
	    : prefix ? snprintf(load, RUN_LOAD_MAX, "%.*s=%s", (int)prefix - 1, k->name, k->module)
		     : snprintf(load, RUN_LOAD_MAX, "%s", k->module);

	return n < RUN_LOAD_MAX ? 0 : -ENAMETOOLONG;
}

static int add_series(struct run *run, const struct bench_case *bc, const struct cb_figure *figure,
    const char *part, const char *suffix)
{
	const struct cb_workload *work = case_workload(bc);
	char name[CASE_NAME_MAX];
	struct series *s;

	if (snprintf(name, sizeof(name), "%s%s%s", bc->name, part, suffix) >= (int)sizeof(name))
		return -ENAMETOOLONG;
	s = run_add_series(run, name);
	if (!s)
		return -ENOMEM;
	s->workers = bc->pub.workers;
	s->status = bc->unsupported[0] ? STATUS_UNSUPPORTED : STATUS_NOT_RUN;
	s->figure = figure_of(figure);
	s->reference = (bc->kind->self->flags & CB_REFERENCE) || bc->pub.model == CB_CALLBACK;
	copy(s->reason, sizeof(s->reason), bc->unsupported);
	copy(s->model, sizeof(s->model), cb_model_name(bc->pub.model));
	copy(s->place, sizeof(s->place), bc->place.text);
	case_hash(bc, s->hash);
	copy(s->op, sizeof(s->op), work ? work->op : "");
	copy(s->latency_of, sizeof(s->latency_of), work ? work->latency_of : "");
	return note_load(bc->kind, s->load);
}

int declare_case(struct run *run, const struct bench_case *bc, int figure, const char *suffix,
    size_t *first, unsigned *count)
{
	unsigned figures;
	const struct cb_figure *f = kind_figures(bc->kind, &figures);
	int ret = add_family(run, bc->kind->family);

	*first = run->series_count;
	*count = 0;
	for (unsigned i = 0; !ret && i < figures; i++) {
		char part[METRIC_NAME_MAX + 16] = "";

		if (figure >= 0 && (unsigned)figure != i)
			continue;
		/* The first is what the name alone stands for. */
		if (i > 0)
			(void)snprintf(part, sizeof(part), "/" CASE_FIGURE_KEY ":%s", f[i].metric);
		ret = add_series(run, bc, &f[i], part, suffix);
		*count += !ret;
	}
	return ret;
}
