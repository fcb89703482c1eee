#include "harness/cell/catalogue.h"

#include "harness/cell/cell_process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Return: one more item, not filled; NULL: out of memory. */
static struct catalogue_case *make_room(struct catalogue *c)
{
	if (c->count == c->capacity) {
		const size_t capacity = c->capacity ? c->capacity * 2 : 64;
		struct catalogue_case *item = realloc(c->item, capacity * sizeof(*item));

		if (!item)
			return NULL;
		c->item = item;
		c->capacity = capacity;
	}
	return &c->item[c->count++];
}

static int add(struct catalogue *c, const struct message *m)
{
	struct catalogue_case *item = make_room(c);

	if (!item)
		return -ENOMEM;
	*item = (struct catalogue_case){
	    .slot_ns = m->slot_ns, .supported = m->status != STATUS_UNSUPPORTED};
	(void)snprintf(item->name, sizeof(item->name), "%s", m->case_name);
	(void)snprintf(item->hash, sizeof(item->hash), "%s", m->hash);
	(void)snprintf(item->reason, sizeof(item->reason), "%s", m->reason);
	return 0;
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
			ret = add(c, &m);
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
	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->item[i].name, name) == 0)
			return &c->item[i];
	return NULL;
}

int catalogue_join(struct catalogue *c, const struct catalogue *more)
{
	for (size_t i = 0; i < more->count; i++) {
		struct catalogue_case *item;

		if (catalogue_find(c, more->item[i].name))
			continue;
		item = make_room(c);
		if (!item)
			return -ENOMEM;
		*item = more->item[i];
	}
	return 0;
}

void catalogue_free(struct catalogue *c)
{
	free(c->item);
	memset(c, 0, sizeof(*c));
}

int catalogue_tell(const struct case_list *list, uint64_t slot_ns, int fd)
{
	const struct message end = {.type = MESSAGE_END};

	for (size_t i = 0; i < list->count; i++) {
		const struct bench_case *bc = &list->item[i];
		const bool here = !bc->unsupported[0];
		struct message m = {
		    .type = MESSAGE_CASE, .status = here ? STATUS_NOT_RUN : STATUS_UNSUPPORTED};
		int ret;

		m.slot_ns = slot_ns ? slot_ns : bc->window_ns;
		(void)snprintf(m.case_name, sizeof(m.case_name), "%s", bc->name);
		(void)snprintf(m.reason, sizeof(m.reason), "%s", bc->unsupported);
		case_hash(bc, m.hash);
		ret = message_send(fd, &m);
		if (ret)
			return ret;
	}
	return message_send(fd, &end);
}
