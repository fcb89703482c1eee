#include "harness/machine/topology_tree.h"

#include "harness/base/grow.h"
#include "harness/base/hash.h"

#include <errno.h>
#include <hwloc.h>
#include <hwloc/cpukinds.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct build {
	struct hwloc_topology *from;
	int core_kinds; /* 1 or less: all alike */
	hwloc_const_bitmap_t usable;
};

/* What is above the object being copied. */
struct above {
	bool cache;
	bool core;
};

/* The pointer is good until the next push to the same parent. */
static struct topology_node *push(
    struct topology_node *parent, enum topology_kind kind, unsigned index)
{
	struct topology_node *child;

	if (grow_by_one(&parent->children, parent->child_count, sizeof(*child)))
		return NULL;
	child = &parent->children[parent->child_count++];
	*child = (struct topology_node){.kind = kind, .index = index};
	return child;
}

static hwloc_obj_t first_numa(hwloc_obj_t obj)
{
	hwloc_obj_t memory = obj->memory_first_child;

	/* A memory-side cache stands between an object and its NUMA node. */
	while (memory && memory->type != HWLOC_OBJ_NUMANODE)
		memory = memory->memory_first_child;
	return memory;
}

static bool cache_matters(const struct build *b, hwloc_obj_t obj, struct above above)
{
	return !above.cache ||
	       hwloc_get_nbobjs_inside_cpuset_by_type(b->from, obj->cpuset, HWLOC_OBJ_CORE) >= 2;
}

/* hwloc has them from the slowest to the fastest. */
static unsigned core_kind_of(const struct build *b, hwloc_obj_t obj)
{
	const int kind =
	    b->core_kinds > 1 ? hwloc_cpukinds_get_by_cpuset(b->from, obj->cpuset, 0) : -1;

	return kind > 0 ? (unsigned)kind : 0;
}

/* The node that stands for @obj; @parent itself when the level is not shown; NULL: no memory. */
static struct topology_node *copy_object(
    const struct build *b, struct topology_node *parent, hwloc_obj_t obj, struct above *above)
{
	struct topology_node *node = parent;
	const char *model;

	switch (obj->type) {
	case HWLOC_OBJ_PACKAGE:
		node = push(parent, TOPOLOGY_PACKAGE, obj->logical_index);
		model = hwloc_obj_get_info_by_name(obj, "CPUModel");
		if (node && model) {
			node->model = strdup(model);
			if (!node->model)
				return NULL;
		}
		break;
	case HWLOC_OBJ_DIE:
		node = push(parent, TOPOLOGY_DIE, obj->logical_index);
		break;
	case HWLOC_OBJ_CORE:
		node = push(parent, TOPOLOGY_CORE, obj->logical_index);
		if (node)
			node->core_kind = core_kind_of(b, obj);
		above->core = true;
		break;
	case HWLOC_OBJ_PU:
		/* Where the firmware names no cores, a PU is a core of its own. */
		if (!above->core) {
			parent = push(parent, TOPOLOGY_CORE, obj->logical_index);
			if (!parent)
				return NULL;
			parent->core_kind = core_kind_of(b, obj);
		}
		node = push(parent, TOPOLOGY_PU, obj->os_index);
		if (!node)
			return NULL;
		node->core_kind = core_kind_of(b, obj);
		node->usable = hwloc_bitmap_isset(b->usable, obj->os_index);
		break;
	default:
		if (!hwloc_obj_type_is_dcache(obj->type) || !cache_matters(b, obj, *above))
			break;
		node = push(parent, TOPOLOGY_CACHE, obj->logical_index);
		if (node) {
			node->cache_level = obj->attr->cache.depth;
			node->size_bytes = obj->attr->cache.size;
		}
		above->cache = true;
	}
	return node;
}

static struct topology_node *copy_numa(struct topology_node *parent, hwloc_obj_t numa)
{
	struct topology_node *node = push(parent, TOPOLOGY_NUMA, numa->logical_index);

	if (node)
		node->size_bytes = numa->attr->numanode.local_memory;
	return node;
}

static int copy(
    const struct build *b, struct topology_node *parent, hwloc_obj_t obj, struct above above)
{
	/* Memory of a core or cache goes above it: nothing but PUs may stand below a core. */
	bool numa_outside = obj->type == HWLOC_OBJ_CORE || obj->type == HWLOC_OBJ_PU ||
			    hwloc_obj_type_is_cache(obj->type);
	hwloc_obj_t numa = first_numa(obj);
	struct topology_node *outer = parent, *node;

	if (numa && numa_outside) {
		outer = copy_numa(parent, numa);
		if (!outer)
			return -ENOMEM;
	}
	node = copy_object(b, outer, obj, &above);
	if (!node)
		return -ENOMEM;
	if (numa && !numa_outside) {
		node = copy_numa(node, numa);
		if (!node)
			return -ENOMEM;
	}
	for (hwloc_obj_t child = obj->first_child; child; child = child->next_sibling) {
		int ret = copy(b, node, child, above);

		if (ret)
			return ret;
	}
	return 0;
}

/* A level is usable when something below it is. */
static bool mark_usable(struct topology_node *node)
{
	for (unsigned i = 0; i < node->child_count; i++)
		if (mark_usable(&node->children[i]))
			node->usable = true;
	return node->usable;
}

int topology_tree_build(
    struct hwloc_topology *from, const struct hwloc_bitmap_s *usable, struct topology_node **out)
{
	struct build b = {
	    .from = from, .usable = usable, .core_kinds = hwloc_cpukinds_get_nr(from, 0)};
	struct topology_node *root = calloc(1, sizeof(*root));
	int ret;

	if (!root)
		return -ENOMEM;
	root->kind = TOPOLOGY_MACHINE;
	ret = copy(&b, root, hwloc_get_root_obj(from), (struct above){0});
	if (ret) {
		topology_tree_free(root);
		return ret;
	}
	mark_usable(root);
	*out = root;
	return 0;
}

static void release(struct topology_node *node)
{
	for (unsigned i = 0; i < node->child_count; i++)
		release(&node->children[i]);
	free(node->children);
	free(node->model);
}

void topology_tree_free(struct topology_node *root)
{
	if (!root)
		return;
	release(root);
	free(root);
}

unsigned topology_tree_count(const struct topology_node *node, enum topology_kind kind)
{
	unsigned count = node->kind == kind;

	for (unsigned i = 0; i < node->child_count; i++)
		count += topology_tree_count(&node->children[i], kind);
	return count;
}

/* Where a usable PU stands, while the tree is walked. */
struct path {
	const struct topology_node *package, *numa, *llc, *core;
};

/* Things seen so far; a thing's number is its place here. */
struct seen {
	const struct topology_node **things;
	unsigned count;
};

struct census {
	struct topology_pu *pus;
	unsigned pu_count;
	unsigned core_pus;  /* usable PUs seen of the current core */
	unsigned core_kind; /* that is looked for */
	struct seen packages, numas, llcs, cores;
};

/* Backwards, because the tree is walked in order and the last thing seen is the likely one. */
static unsigned number_of(struct seen *seen, const struct topology_node *thing)
{
	for (unsigned i = seen->count; i > 0; i--)
		if (seen->things[i - 1] == thing)
			return i - 1;
	seen->things[seen->count] = thing;
	return seen->count++;
}

static void visit(struct census *c, const struct topology_node *node, struct path path)
{
	struct topology_pu *pu;

	if (!node->usable)
		return;
	switch (node->kind) {
	case TOPOLOGY_MACHINE:
	case TOPOLOGY_DIE:
		break;
	case TOPOLOGY_PACKAGE:
		path.package = node;
		break;
	case TOPOLOGY_NUMA: /* the nearest is the deepest */
		path.numa = node;
		break;
	case TOPOLOGY_CACHE: /* the last level is the outermost */
		if (!path.llc)
			path.llc = node;
		break;
	case TOPOLOGY_CORE:
		path.core = node;
		c->core_pus = 0;
		break;
	case TOPOLOGY_PU:
		if (node->core_kind != c->core_kind)
			return;
		pu = &c->pus[c->pu_count++];
		pu->os_index = node->index;
		pu->core_kind = node->core_kind;
		pu->core_id = number_of(&c->cores, path.core);
		pu->smt_rank = c->core_pus++;
		pu->llc_id = number_of(&c->llcs, path.llc ? path.llc : path.core);
		pu->numa_id = number_of(&c->numas, path.numa);
		pu->package_id = number_of(&c->packages, path.package);
		return;
	}
	for (unsigned i = 0; i < node->child_count; i++)
		visit(c, &node->children[i], path);
}

unsigned topology_tree_core_kinds(const struct topology_node *node)
{
	unsigned kinds = node->core_kind + 1;

	for (unsigned i = 0; i < node->child_count; i++) {
		const unsigned below = topology_tree_core_kinds(&node->children[i]);

		kinds = below > kinds ? below : kinds;
	}
	return kinds;
}

char *topology_core_kind_name(unsigned kind, unsigned kinds, char *buf, size_t len)
{
	if (kinds == 2)
		(void)snprintf(buf, len, "%s", kind ? "performance" : "efficiency");
	else if (kinds > 2)
		(void)snprintf(buf, len, "kind %u", kind);
	else
		buf[0] = '\0';
	return buf;
}

int topology_tree_pus(
    const struct topology_node *root, struct topology_pu **pus, unsigned *count, unsigned *cores)
{
	size_t max = topology_tree_count(root, TOPOLOGY_PU);
	const struct topology_node **things = calloc(4 * max, sizeof(*things));
	struct census c = {.pus = calloc(max, sizeof(*c.pus))};

	if (!things || !c.pus) {
		free(things);
		free(c.pus);
		return -ENOMEM;
	}
	c.packages.things = things;
	c.numas.things = things + max;
	c.llcs.things = things + 2 * max;
	c.cores.things = things + 3 * max;
	/* The fastest kind first, so that a few workers, in whatever order, are on cores alike. */
	c.core_kind = topology_tree_core_kinds(root);
	while (c.core_kind-- > 0)
		visit(&c, root, (struct path){0});
	free(things);
	*pus = c.pus;
	*count = c.pu_count;
	*cores = c.cores.count;
	return 0;
}

static unsigned count_usable_pus(const struct topology_node *node)
{
	unsigned count = node->kind == TOPOLOGY_PU && node->usable;

	for (unsigned i = 0; i < node->child_count; i++)
		count += count_usable_pus(&node->children[i]);
	return count;
}

static unsigned count_of_kind(const struct topology_node *node, unsigned kind)
{
	unsigned count = node->kind == TOPOLOGY_CORE && node->core_kind == kind;

	for (unsigned i = 0; i < node->child_count; i++)
		count += count_of_kind(&node->children[i], kind);
	return count;
}

/* "8 cores (4 performance, 4 efficiency), " */
static void print_cores(FILE *to, const struct topology_node *root)
{
	const unsigned count = topology_tree_count(root, TOPOLOGY_CORE);
	const unsigned kinds = topology_tree_core_kinds(root);
	char name[24];

	fprintf(to, "%u core%s", count, count == 1 ? "" : "s");
	for (unsigned kind = kinds; kinds > 1 && kind-- > 0;)
		fprintf(to, "%s%u %s%s", kind + 1 == kinds ? " (" : ", ", count_of_kind(root, kind),
		    topology_core_kind_name(kind, kinds, name, sizeof(name)), kind ? "" : ")");
	fputs(", ", to);
}

static void print_count(
    FILE *to, const struct topology_node *root, enum topology_kind kind, const char *name)
{
	unsigned count = topology_tree_count(root, kind);

	if (count)
		fprintf(to, "%u %s%s, ", count, name, count == 1 ? "" : "s");
}

char *topology_tree_summary(const struct topology_node *root)
{
	unsigned pus = topology_tree_count(root, TOPOLOGY_PU);
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return NULL;
	print_count(to, root, TOPOLOGY_PACKAGE, "package");
	print_count(to, root, TOPOLOGY_NUMA, "NUMA node");
	print_cores(to, root);
	fprintf(to, "%u PU%s (%u usable)", pus, pus == 1 ? "" : "s", count_usable_pus(root));
	if (fclose(to) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* No secret to keep, and 16 digits are enough to tell machines apart. */
static uint64_t hash_number(uint64_t hash, uint64_t value)
{
	return hash_bytes(hash, &value, sizeof(value));
}

static uint64_t hash_node(uint64_t hash, const struct topology_node *node)
{
	hash = hash_number(hash, node->kind);
	hash = hash_number(hash, node->index);
	hash = hash_number(hash, node->cache_level);
	hash = hash_number(hash, node->kind == TOPOLOGY_CACHE ? node->size_bytes : 0);
	hash = hash_number(hash, node->usable);
	/* Machines whose cores are all alike keep the fingerprint that they have. */
	if (node->core_kind)
		hash = hash_number(hash, node->core_kind);
	if (node->model)
		hash = hash_text(hash, node->model);
	hash = hash_number(hash, node->child_count);
	for (unsigned i = 0; i < node->child_count; i++)
		hash = hash_node(hash, &node->children[i]);
	return hash;
}

uint64_t topology_tree_hash(const struct topology_node *root)
{
	return hash_node(HASH_START, root);
}
