/* placement_many.c - which pairs of PUs are tried where each of them, or each distance, is asked
 * for. */
#include "harness/machine/placement.h"
#include "harness/machine/placement_order.h"

#include "harness/base/grow.h"
#include "harness/base/one_line.h"
#include "harness/base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAIRS "pairs"
#define UNLIKE PAIRS ":unlike"

/* Those found so far. */
struct many {
	struct placement_policy *item;
	size_t count, capacity;
};

bool placement_is_many(const char *text)
{
	return strcmp(text, PAIRS) == 0 || strncmp(text, PAIRS ":", strlen(PAIRS ":")) == 0;
}

static int add(struct many *m, const struct topology_pu *a, const struct topology_pu *b)
{
	struct placement_policy *p;

	if (grow(&m->item, m->count + 1, &m->capacity, sizeof(*m->item)))
		return -ENOMEM;
	p = &m->item[m->count++];
	*p = (struct placement_policy){.kind = PLACEMENT_PAIR};
	(void)snprintf(
	    p->text, sizeof(p->text), PLACEMENT_PAIR_PREFIX "%u-%u", a->os_index, b->os_index);
	return 0;
}

/* Each two of @of usable PUs, evenly spread. */
static int add_pairs(struct many *m, const struct topology *topo, size_t of)
{
	const size_t pus = topo ? topology_pu_count(topo) : 0;
	int ret = 0;

	of = of < pus ? of : pus;
	for (size_t i = 0; i < of && !ret; i++)
		for (size_t k = i + 1; k < of && !ret; k++)
			ret = add(m, topology_pu(topo, (unsigned)(i * pus / of)),
			    topology_pu(topo, (unsigned)(k * pus / of)));
	return ret;
}

/* Two pairs are as far apart when they share as much, and are of the same kinds of cores. */
struct distance {
	unsigned shared;
	unsigned fast, slow;
};

static struct distance distance(const struct topology_pu *a, const struct topology_pu *b)
{
	return (struct distance){
	    .shared = a->core_id == b->core_id         ? 4
		      : a->llc_id == b->llc_id         ? 3
		      : a->package_id != b->package_id ? 0
		      : a->numa_id == b->numa_id       ? 2
						       : 1,
	    .fast = a->core_kind > b->core_kind ? a->core_kind : b->core_kind,
	    .slow = a->core_kind > b->core_kind ? b->core_kind : a->core_kind,
	};
}

static bool is_known(const struct distance *known, size_t count, const struct distance *d)
{
	for (size_t i = 0; i < count; i++)
		if (known[i].shared == d->shared && known[i].fast == d->fast &&
		    known[i].slow == d->slow)
			return true;
	return false;
}

static int add_unlike(struct many *m, const struct topology *topo)
{
	const unsigned pus = topo ? topology_pu_count(topo) : 0;
	struct distance *known = NULL;
	int ret = 0;

	for (unsigned i = 0; i < pus && !ret; i++) {
		for (unsigned k = i + 1; k < pus && !ret; k++) {
			const struct topology_pu *a = topology_pu(topo, i),
						 *b = topology_pu(topo, k);
			const struct distance d = distance(a, b);

			if (is_known(known, m->count, &d))
				continue;
			ret = grow_by_one(&known, m->count, sizeof(*known)) ? -ENOMEM : 0;
			if (!ret)
				known[m->count] = d;
			ret = ret ? ret : add(m, a, b);
		}
	}
	free(known);
	return ret;
}

int placement_many(const struct topology *topo, const char *text, struct placement_policy **out,
    size_t *count, char *err, size_t err_len)
{
	struct many m = {0};
	const bool unlike = strcmp(text, UNLIKE) == 0;
	uint64_t of = PLACEMENT_LIST_MAX;
	int ret;

	if (!unlike && strcmp(text, PAIRS) != 0 &&
	    text_parse_u64(text + strlen(PAIRS ":"), 2, PLACEMENT_LIST_MAX, &of) != 0) {
		one_line_format(err, err_len,
		    "'%.40s' is not known; accepted: pairs, pairs:N with N from 2 to %d, "
		    "pairs:unlike",
		    text, PLACEMENT_LIST_MAX);
		return -EINVAL;
	}
	ret = unlike ? add_unlike(&m, topo) : add_pairs(&m, topo, of);
	if (ret) {
		one_line_format(err, err_len, "out of memory");
		free(m.item);
		return ret;
	}
	*out = m.item;
	*count = m.count;
	return 0;
}
