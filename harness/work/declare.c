#include "harness/work/declare.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void copy(char *to, size_t len, const char *from)
{
	(void)snprintf(to, len, "%s", from ? from : "");
}

static void add_params(struct run *run, const struct kind *k)
{
	for (unsigned i = 0; i < k->param_count; i++) {
		const struct cb_param *p = k->param[i];
		struct run_param out = {.unit = p->unit};

		copy(out.key, sizeof(out.key), p->key);
		copy(out.about, sizeof(out.about), p->about);
		run_add_param(run, k->family->name, &out);
	}
}

static int add_family(struct run *run, const struct kind *k)
{
	const struct cb_family *f = k->family;
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
	copy(out.floor, sizeof(out.floor), f->floor);
	copy(out.bound, sizeof(out.bound), f->bound);
	copy(out.load, sizeof(out.load), f->load);
	copy(out.size, sizeof(out.size), f->size);
	ret = run_add_family(run, &out);
	if (ret == 0 || ret == -EEXIST)
		add_params(run, k);
	return ret == -EEXIST ? 0 : ret;
}

struct run_figure declare_figure(const struct cb_figure *f)
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
	s->status = bc->status;
	s->figure = declare_figure(figure);
	copy(s->axis, sizeof(s->axis), bc->kind->self->axis);
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
	int ret = add_family(run, bc->kind);

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
