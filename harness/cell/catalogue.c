#include "harness/cell/catalogue.h"

#include "harness/base/grow.h"
#include "harness/cell/cell_process.h"
#include "harness/work/declare.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *case_name(const void *array, size_t at)
{
	return ((const struct catalogue_case *)array)[at].name;
}

/* Unless there is one of its name. Return: 0; -ENOMEM. */
static int add(struct catalogue *c, const struct catalogue_case *one)
{
	if (catalogue_find(c, one->name))
		return 0;
	if (grow(&c->item, c->count + 1, &c->capacity, sizeof(*c->item)) ||
	    hash_index_add(&c->by_name, one->name, c->count))
		return -ENOMEM;
	c->item[c->count++] = *one;
	return 0;
}

static int add_told(struct catalogue *c, const struct message *m)
{
	struct catalogue_case one = {.slot_ns = m->slot_ns,
	    .figure = m->figure,
	    .supported = m->status == STATUS_NOT_RUN,
	    .failed = status_is_failure(m->status)};

	(void)snprintf(one.name, sizeof(one.name), "%s", m->case_name);
	(void)snprintf(one.hash, sizeof(one.hash), "%s", m->hash);
	(void)snprintf(one.reason, sizeof(one.reason), "%s", m->reason);
	(void)snprintf(one.depends, sizeof(one.depends), "%s", m->depends);
	return add(c, &one);
}

static int listen_to(
    struct cell_process *p, uint64_t within_ns, struct catalogue *c, char *why, size_t why_len)
{
	for (;;) {
		struct message m;
		int ret = cell_process_receive(p, within_ns, &m, why, why_len);

		if (ret)
			return ret;
		if (m.type == MESSAGE_CASE) {
			ret = add_told(c, &m);
		} else if (m.type != MESSAGE_END) {
			(void)snprintf(why, why_len, "said \"%s\" when asked for its cases",
			    message_type_name(m.type));
			ret = -EPROTO;
		}
		const bool ended = m.type == MESSAGE_END;

		message_free(&m);
		if (ret || ended)
			return ret;
	}
}

int catalogue_ask(const struct cell_spec *spec, struct catalogue *out, char *why, size_t why_len)
{
	struct cell_process *p = calloc(1, sizeof(*p));
	struct catalogue c = {0};
	int ret;

	if (!p)
		return -ENOMEM;
	p->socket = p->pidfd = -1;
	ret = cell_process_spawn(spec, p);
	if (ret)
		(void)snprintf(why, why_len, "starting it: %s", strerror(-ret));
	else
		ret = listen_to(p, spec->ready_within_ns, &c, why, why_len);
	if (ret == -ECHILD && strcmp(p->fate, "exited with status 2") == 0) {
		/* What every command says to a flag that it does not know. */
		(void)snprintf(why, why_len,
		    "cannot list its cases: no concbench, or one older than the gate");
		ret = -EPROTO;
	}
	cell_kill(p);
	if (ret) {
		catalogue_free(&c);
		return ret;
	}
	*out = c;
	return 0;
}

const struct catalogue_case *catalogue_find(const struct catalogue *c, const char *name)
{
	size_t at;

	return hash_index_find(&c->by_name, name, case_name, c->item, &at) ? &c->item[at] : NULL;
}

int catalogue_join(struct catalogue *c, const struct catalogue *more)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < more->count; i++)
		ret = add(c, &more->item[i]);
	return ret;
}

void catalogue_free(struct catalogue *c)
{
	free(c->item);
	hash_index_free(&c->by_name);
	memset(c, 0, sizeof(*c));
}

/* @named: by index; -1: the first. @metric: NULL, or it wins where it is declared. */
static struct run_figure figure_of(const struct bench_case *bc, int named, const char *metric)
{
	unsigned figures;
	const struct cb_figure *f = kind_figures(bc->kind, &figures);

	for (unsigned i = 0; metric && i < figures; i++)
		if (strcmp(f[i].metric, metric) == 0)
			return declare_figure(&f[i]);
	return declare_figure(&f[named > 0 ? named : 0]);
}

int catalogue_tell(
    const struct case_list *list, const int *named, const char *figure, uint64_t slot_ns, int fd)
{
	const struct message end = {.type = MESSAGE_END};

	for (size_t i = 0; i < list->count; i++) {
		const struct bench_case *bc = &list->item[i];
		struct message m = {.type = MESSAGE_CASE,
		    .status = bc->status,
		    .figure = figure_of(bc, named ? named[i] : -1, figure)};
		int ret;

		m.slot_ns = slot_ns ? slot_ns : bc->window_ns;
		(void)snprintf(m.case_name, sizeof(m.case_name), "%s", bc->name);
		(void)snprintf(m.reason, sizeof(m.reason), "%s", bc->unsupported);
		(void)snprintf(m.depends, sizeof(m.depends), "%s", bc->depends);
		case_hash(bc, m.hash);
		ret = message_send(fd, &m);
		if (ret)
			return ret;
	}
	return message_send(fd, &end);
}
