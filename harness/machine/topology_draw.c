#include "harness/machine/topology_draw.h"

#include "harness/machine/pu_list.h"
#include "harness/machine/topology_tree.h"

#include <errno.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>

/* Lists longer than this are cut; only irregular sets of allowed PUs get there. */
#define LIST_COLUMNS 48

struct style {
	const char *branch, *last, *down, *blank; /* equally wide */
	const char *joint, *times, *cut;
	const char *on, *on_end, *off, *off_end; /* around a usable PU, and around another */
};

static const struct style utf8_style = {
    .branch = "├─ ",
    .last = "└─ ",
    .down = "│  ",
    .blank = "   ",
    .joint = " ─ ",
    .times = "×",
    .cut = "…",
    .on = "●",
    .on_end = "",
    .off = "○",
    .off_end = "",
};

static const struct style ascii_style = {
    .branch = "|- ",
    .last = "`- ",
    .down = "|  ",
    .blank = "   ",
    .joint = " - ",
    .times = "x",
    .cut = "...",
    .on = "[",
    .on_end = "]",
    .off = "(",
    .off_end = ")",
};

struct drawing {
	FILE *to;
	const struct style *style;
	unsigned core_limit;  /* more equal cores side by side than this are drawn as one */
	unsigned other_limit; /* and of everything else */
	int core_digits, pu_digits;
	unsigned core_kinds;
};

/* Nodes of one shape that share a line. */
struct group {
	const struct topology_node **nodes;
	unsigned count;
	unsigned per_parent;
};

static int draw_children(const struct drawing *d, const struct group *parents, const char *prefix);

/* Numbers may differ; memory sizes may, a little: the firmware takes its share of one node. */
static bool same_shape(const struct topology_node *a, const struct topology_node *b)
{
	if (a->kind != b->kind || a->cache_level != b->cache_level || a->usable != b->usable ||
	    a->child_count != b->child_count)
		return false;
	if (a->core_kind != b->core_kind)
		return false;
	if (a->kind == TOPOLOGY_CACHE && a->size_bytes != b->size_bytes)
		return false;
	for (unsigned i = 0; i < a->child_count; i++)
		if (!same_shape(&a->children[i], &b->children[i]))
			return false;
	return true;
}

static int digits_of(unsigned number)
{
	return snprintf(NULL, 0, "%u", number);
}

static unsigned greatest_index(const struct topology_node *node, enum topology_kind kind)
{
	unsigned greatest = node->kind == kind ? node->index : 0;

	for (unsigned i = 0; i < node->child_count; i++) {
		unsigned below = greatest_index(&node->children[i], kind);

		if (below > greatest)
			greatest = below;
	}
	return greatest;
}

static void print_size(FILE *to, uint64_t bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	unsigned unit = 0;
	double value = (double)bytes;

	while (value >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1024;
		unit++;
	}
	/* Caches are round numbers, memory never quite is. */
	fprintf(to, value == (double)(uint64_t)value ? "%.0f %s" : "%.1f %s", value, units[unit]);
}

static int compare_indexes(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return (x > y) - (x < y);
}

/* "0-3,8,…": sorted, since siblings of a core are numbered apart on most machines. */
static int print_indexes(const struct drawing *d, unsigned *indexes, size_t count)
{
	char *list, *end;

	qsort(indexes, count, sizeof(*indexes), compare_indexes);
	list = pu_list_format(indexes, count);
	if (!list)
		return -ENOMEM;
	if (strlen(list) > LIST_COLUMNS) {
		end = list + LIST_COLUMNS;
		while (*end != ',')
			end--;
		end[1] = '\0';
		fprintf(d->to, "%s%s", list, d->style->cut);
	} else {
		fputs(list, d->to);
	}
	free(list);
	return 0;
}

static void print_name(FILE *to, const struct topology_node *node, unsigned core_kinds)
{
	char name[24];

	switch (node->kind) {
	case TOPOLOGY_MACHINE:
		fputs("machine", to);
		break;
	case TOPOLOGY_PACKAGE:
		fputs("package", to);
		break;
	case TOPOLOGY_DIE:
		fputs("die", to);
		break;
	case TOPOLOGY_NUMA:
		fputs("NUMA node", to);
		break;
	case TOPOLOGY_CACHE:
		fprintf(to, "L%u", node->cache_level);
		break;
	case TOPOLOGY_CORE:
		topology_core_kind_name(node->core_kind, core_kinds, name, sizeof(name));
		fprintf(to, "%s%score", name, *name ? " " : "");
		break;
	case TOPOLOGY_PU:
		fputs("PU", to);
		break;
	}
}

static int print_label(const struct drawing *d, const struct group *g)
{
	const struct topology_node *first = g->nodes[0];
	bool alike = true;

	if (g->per_parent > 1)
		fprintf(d->to, "%u %s ", g->per_parent, d->style->times);
	print_name(d->to, first, d->core_kinds);
	if (g->count == 1 && first->kind == TOPOLOGY_CORE) {
		fprintf(d->to, " %-*u", d->core_digits, first->index);
	} else {
		unsigned *indexes = calloc(g->count, sizeof(*indexes));
		int ret;

		if (!indexes)
			return -ENOMEM;
		for (unsigned i = 0; i < g->count; i++) {
			indexes[i] = g->nodes[i]->index;
			alike = alike && g->nodes[i]->size_bytes == first->size_bytes;
		}
		fputc(' ', d->to);
		ret = print_indexes(d, indexes, g->count);
		free(indexes);
		if (ret)
			return ret;
	}
	if (first->model) {
		fprintf(d->to, " (%s)", first->model);
	} else if (first->size_bytes && alike) {
		fputs(" (", d->to);
		print_size(d->to, first->size_bytes);
		fputs(")", d->to);
	}
	return 0;
}

static int print_pus_of_state(const struct drawing *d, const struct group *cores, bool usable)
{
	const struct style *s = d->style;
	unsigned pus_per_core = cores->nodes[0]->child_count;
	size_t count = 0;
	unsigned *indexes = calloc((size_t)cores->count * pus_per_core, sizeof(*indexes));
	int ret = 0;

	if (!indexes)
		return -ENOMEM;
	for (unsigned c = 0; c < cores->count; c++)
		for (unsigned i = 0; i < pus_per_core; i++)
			if (cores->nodes[c]->children[i].usable == usable)
				indexes[count++] = cores->nodes[c]->children[i].index;
	if (count) {
		fprintf(d->to, "  %s", usable ? s->on : s->off);
		ret = print_indexes(d, indexes, count);
		fputs(usable ? s->on_end : s->off_end, d->to);
	}
	free(indexes);
	return ret;
}

static int print_pus(const struct drawing *d, const struct group *cores)
{
	const struct style *s = d->style;
	const struct topology_node *core = cores->nodes[0];
	int ret;

	if (cores->count > 1) {
		if (core->child_count > 1)
			fprintf(d->to, " %s %u PUs", s->times, core->child_count);
		ret = print_pus_of_state(d, cores, true);
		if (!ret)
			ret = print_pus_of_state(d, cores, false);
		return ret;
	}
	fputc(' ', d->to);
	for (unsigned i = 0; i < core->child_count; i++) {
		const struct topology_node *pu = &core->children[i];
		bool last = i + 1 == core->child_count;

		fprintf(d->to, " %s%u%s%*s", pu->usable ? s->on : s->off, pu->index,
		    pu->usable ? s->on_end : s->off_end,
		    last ? 0 : d->pu_digits - digits_of(pu->index), "");
	}
	return 0;
}

/* One line as long as everything has only one child; then the lines below. */
static int draw_group(const struct drawing *d, struct group *g, const char *prefix, bool last)
{
	const struct style *s = d->style;
	char *deeper = NULL;
	int ret;

	fprintf(d->to, "%s%s", prefix, last ? s->last : s->branch);
	for (;;) {
		ret = print_label(d, g);
		if (ret)
			return ret;
		if (g->nodes[0]->kind == TOPOLOGY_CORE) {
			ret = print_pus(d, g);
			fputc('\n', d->to);
			return ret;
		}
		if (g->nodes[0]->child_count != 1)
			break;
		for (unsigned i = 0; i < g->count; i++)
			g->nodes[i] = g->nodes[i]->children;
		g->per_parent = 1;
		fputs(s->joint, d->to);
	}
	fputc('\n', d->to);
	if (asprintf(&deeper, "%s%s", prefix, last ? s->blank : s->down) < 0)
		return -ENOMEM;
	ret = draw_children(d, g, deeper);
	free(deeper);
	return ret;
}

static unsigned shape_leader(const struct topology_node *parent, unsigned child)
{
	unsigned leader = 0;

	while (!same_shape(&parent->children[leader], &parent->children[child]))
		leader++;
	return leader;
}

/*
 * All parents have one shape, so their children pair up by place; children of one shape need not
 * stand side by side to share a line, or every second core allowed would fill pages.
 */
static int draw_children(const struct drawing *d, const struct group *parents, const char *prefix)
{
	const struct topology_node *parent = parents->nodes[0];
	const unsigned children = parent->child_count;
	struct group g = {.nodes = calloc((size_t)parents->count * children, sizeof(*g.nodes))};
	unsigned *leader = calloc(children, sizeof(*leader));
	unsigned *followers = calloc(children, sizeof(*followers));
	unsigned lines = 0;
	int ret = -ENOMEM;

	if (!g.nodes || !leader || !followers)
		goto out;
	for (unsigned i = 0; i < children; i++) {
		leader[i] = shape_leader(parent, i);
		followers[leader[i]]++;
	}
	for (unsigned i = 0; i < children; i++) {
		unsigned limit =
		    parent->children[i].kind == TOPOLOGY_CORE ? d->core_limit : d->other_limit;

		/* Too few to merge: each leads itself. */
		if (parents->count == 1 && followers[leader[i]] <= limit)
			leader[i] = i;
		lines += leader[i] == i;
	}
	ret = 0;
	for (unsigned i = 0; i < children && !ret; i++) {
		if (leader[i] != i)
			continue;
		g.count = 0;
		for (unsigned p = 0; p < parents->count; p++)
			for (unsigned j = i; j < children; j++)
				if (leader[j] == i)
					g.nodes[g.count++] = &parents->nodes[p]->children[j];
		g.per_parent = g.count / parents->count;
		ret = draw_group(d, &g, prefix, --lines == 0);
	}
out:
	free(g.nodes);
	free(leader);
	free(followers);
	return ret;
}

bool topology_draw_is_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

int topology_draw_tree(const struct topology *topo, FILE *to, bool utf8)
{
	const struct style *s = utf8 ? &utf8_style : &ascii_style;
	const struct topology_node *root = topology_root(topo);
	const unsigned cores = topology_tree_count(root, TOPOLOGY_CORE);
	const struct drawing d = {
	    .to = to,
	    .style = s,
	    .core_limit = cores <= 16 ? 8 : 1,
	    .other_limit = cores <= 32 ? 4 : 2,
	    .core_digits = digits_of(greatest_index(root, TOPOLOGY_CORE)),
	    .core_kinds = topology_tree_core_kinds(root),
	    .pu_digits = digits_of(greatest_index(root, TOPOLOGY_PU)),
	};
	const struct group machine = {.nodes = &root, .count = 1, .per_parent = 1};
	int ret;

	fprintf(to, "%s", topology_is_real(topo) ? "This machine" : "Another machine");
	if (*topology_origin(topo))
		fprintf(to, " (%s)", topology_origin(topo));
	fprintf(to, ": %s\n", topology_summary(topo));
	ret = draw_children(&d, &machine, "");
	if (ret)
		return ret;
	fprintf(to, "%sN%s usable PU", s->on, s->on_end);
	if (*topology_limits(topo))
		fprintf(to, "   %sN%s not usable here (limited by %s)", s->off, s->off_end,
		    topology_limits(topo));
	if (*topology_offline_list(topo))
		fprintf(to, "   switched off: %s", topology_offline_list(topo));
	fprintf(to, "\nfingerprint %s\n", topology_fingerprint(topo));
	return 0;
}
