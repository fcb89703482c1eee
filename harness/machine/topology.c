#include "harness/machine/topology.h"

#include "harness/base/file.h"
#include "harness/base/one_line.h"
#include "harness/machine/pu_list.h"
#include "harness/machine/topology_tree.h"

#include <errno.h>
#include <hwloc.h>
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where the supervisor's XML is, in a cell's environment. */
#define HANDED "CONCBENCH_TOPOLOGY"

#define VARIABLE_MAX 64

struct topology {
	hwloc_topology_t hwloc;
	bool loaded;
	bool real;
	struct topology_node *root;
	struct topology_pu *pus;
	unsigned pu_count;
	unsigned core_count;
	char *allowed_list;
	char *offline_list;
	char *limits;
	char *summary;
	char fingerprint[17];
	char origin[VARIABLE_MAX]; /* hwloc's variable that it is from; "" none */
};

/* hwloc writes the same form as pu_list_format(). */
static char *list_of(hwloc_const_bitmap_t set)
{
	char *text;

	return hwloc_bitmap_list_asprintf(&text, set) < 0 ? NULL : text;
}

/*
 * Take from @usable what @limit does not contain, and remember the limit if that took anything.
 * Only PUs of @machine count: an affinity of all of 0-1023 limits nothing on two PUs.
 */
static int restrict_to(hwloc_bitmap_t usable, hwloc_const_bitmap_t limit,
    hwloc_const_bitmap_t machine, const char *name, char **limits)
{
	hwloc_bitmap_t inside;
	char *list = NULL, *text = NULL;
	int ret = -ENOMEM;

	if (hwloc_bitmap_isincluded(machine, limit))
		return 0;
	inside = hwloc_bitmap_alloc();
	if (!inside || hwloc_bitmap_and(inside, machine, limit) ||
	    hwloc_bitmap_and(usable, usable, limit))
		goto out;
	list = list_of(inside);
	if (!list || asprintf(&text, "%s%s%s %s", *limits, **limits ? ", " : "", name,
			 *list ? list : "none") < 0)
		goto out;
	free(*limits);
	*limits = text;
	ret = 0;
out:
	free(list);
	hwloc_bitmap_free(inside);
	return ret;
}

static int restrict_to_affinity(struct topology *topo, hwloc_bitmap_t usable,
    hwloc_const_bitmap_t machine, char *err, size_t err_len)
{
	hwloc_bitmap_t affinity = hwloc_bitmap_alloc();
	int ret;

	if (!affinity)
		return -ENOMEM;
	/* On Linux this is inside the cgroup's cpuset already: the kernel keeps it so. */
	if (hwloc_get_cpubind(topo->hwloc, affinity, HWLOC_CPUBIND_THREAD) != 0) {
		ret = -errno;
		one_line_format(
		    err, err_len, "cannot read this thread's affinity: %s", strerror(-ret));
	} else {
		ret = restrict_to(usable, affinity, machine, "affinity", &topo->limits);
	}
	hwloc_bitmap_free(affinity);
	return ret;
}

static int restrict_to_list(struct topology *topo, hwloc_bitmap_t usable,
    hwloc_const_bitmap_t machine, const char *list, const char *name, char *err, size_t err_len)
{
	hwloc_bitmap_t set;
	unsigned *pus = NULL;
	size_t count = 0;
	char why[160];
	int ret;

	ret = pu_list_parse(list, PU_LIST_INDEX_MAX + 1, &pus, &count, why, sizeof(why));
	if (ret) {
		one_line_format(
		    err, err_len, "%s: %s", name, ret == -EINVAL ? why : strerror(-ret));
		return ret;
	}
	set = hwloc_bitmap_alloc();
	if (!set)
		ret = -ENOMEM;
	for (size_t i = 0; !ret && i < count; i++)
		if (hwloc_bitmap_set(set, pus[i]) < 0)
			ret = -ENOMEM;
	if (!ret)
		ret = restrict_to(usable, set, machine, name, &topo->limits);
	hwloc_bitmap_free(set);
	free(pus);
	return ret;
}

static int find_offline(struct topology *topo, hwloc_obj_t root)
{
	hwloc_bitmap_t offline = hwloc_bitmap_alloc();

	if (offline && hwloc_bitmap_andnot(offline, root->complete_cpuset, root->cpuset) == 0) {
		/* Where the platform does not know how many there are, the set has no end. */
		if (hwloc_bitmap_weight(offline) < 0)
			hwloc_bitmap_zero(offline);
		topo->offline_list = list_of(offline);
	}
	hwloc_bitmap_free(offline);
	return topo->offline_list ? 0 : -ENOMEM;
}

/* Everything after hwloc has loaded: who may be used, then the figures drawn from that. */
static int finish(
    struct topology *topo, const char *allowed, const char *allowed_name, char *err, size_t err_len)
{
	hwloc_obj_t root = hwloc_get_root_obj(topo->hwloc);
	hwloc_bitmap_t usable = hwloc_bitmap_dup(root->cpuset);
	char *all;
	int ret = -ENOMEM;

	topo->limits = strdup("");
	if (!usable || !topo->limits)
		goto out;
	ret = restrict_to(usable, hwloc_topology_get_allowed_cpuset(topo->hwloc), root->cpuset,
	    "cpuset", &topo->limits);
	if (!ret && topo->real)
		ret = restrict_to_affinity(topo, usable, root->cpuset, err, err_len);
	if (!ret && allowed)
		ret = restrict_to_list(
		    topo, usable, root->cpuset, allowed, allowed_name, err, err_len);
	if (ret)
		goto out;
	if (hwloc_bitmap_iszero(usable)) {
		ret = -ENODEV;
		all = list_of(root->cpuset);
		one_line_format(err, err_len, "no PU of %s is left to use: %s", all ? all : "all",
		    topo->limits);
		free(all);
		goto out;
	}
	ret = topology_tree_build(topo->hwloc, usable, &topo->root);
	if (!ret)
		ret = topology_tree_pus(topo->root, &topo->pus, &topo->pu_count, &topo->core_count);
	if (!ret)
		ret = find_offline(topo, root);
	if (ret)
		goto out;
	topo->allowed_list = list_of(usable);
	topo->summary = topology_tree_summary(topo->root);
	if (!topo->allowed_list || !topo->summary)
		ret = -ENOMEM;
	snprintf(topo->fingerprint, sizeof(topo->fingerprint), "%016" PRIx64,
	    topology_tree_hash(topo->root));
out:
	hwloc_bitmap_free(usable);
	return ret;
}

static struct topology *topology_alloc(void)
{
	struct topology *topo = calloc(1, sizeof(*topo));

	if (topo && hwloc_topology_init(&topo->hwloc) != 0) {
		free(topo);
		return NULL;
	}
	return topo;
}

/* ---- what hwloc is told from outside ---- */

#define PREFIX "HWLOC_"

/* Only what hwloc prints. */
static bool shapes_nothing(const char *variable)
{
	return strncmp(variable, "HWLOC_HIDE_ERRORS=", 18) == 0;
}

/* hwloc's variable that makes the machine another one: of several the one that hwloc obeys. */
static const char *outside_variable(char name[VARIABLE_MAX])
{
	static const char *const first[] = {
	    "HWLOC_XMLFILE", "HWLOC_SYNTHETIC", "HWLOC_CPUID_PATH", "HWLOC_FSROOT"};

	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		const char *value = getenv(first[i]);

		if (value && *value)
			return strcpy(name, first[i]);
	}
	for (char **e = environ; e && *e; e++)
		if (!strncmp(*e, PREFIX, strlen(PREFIX)) && !shapes_nothing(*e) &&
		    strncmp(*e, "HWLOC_THISSYSTEM=", 17) != 0) {
			(void)snprintf(name, VARIABLE_MAX, "%.*s", (int)strcspn(*e, "="), *e);
			return name;
		}
	return NULL;
}

/* Which variables hwloc sees: the user's, or only ours. */
enum hears { HEARS_NOBODY, HEARS_OUTSIDE };

/* The environment for hwloc: whether the machine is this one is for us to say. */
static char **environment(enum hears hears, bool real)
{
	static char ours[] = "HWLOC_THISSYSTEM=1", foreign[] = "HWLOC_THISSYSTEM=0";
	size_t count = 0, n = 0;
	char **out;

	while (environ && environ[count])
		count++;
	out = calloc(count + 2, sizeof(*out));
	if (!out)
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (strncmp(environ[i], PREFIX, strlen(PREFIX)) != 0 ||
		    shapes_nothing(environ[i]) ||
		    (hears == HEARS_OUTSIDE && strncmp(environ[i], ours, 17) != 0))
			out[n++] = environ[i];
	out[n] = real ? ours : foreign;
	return out;
}

/* May the calling thread run on every PU that is switched on? */
static bool runs_everywhere(void)
{
	cpu_set_t set[PU_LIST_INDEX_MAX / CPU_SETSIZE + 1];
	const long online = sysconf(_SC_NPROCESSORS_ONLN);

	return sched_getaffinity(0, sizeof(set), set) == 0 &&
	       CPU_COUNT_S(sizeof(set), set) == online;
}

static int hand_out(
    struct topology *topo, int ret, struct topology **out, char *err, size_t err_len)
{
	if (ret == -ENOMEM)
		one_line_format(err, err_len, "out of memory");
	if (ret)
		topology_free(topo);
	else
		*out = topo;
	return ret;
}

/*
 * @xml: read this instead of looking; called @name in messages.
 *
 * Disallowed PUs are kept so that they can be drawn as such; the cgroup is asked even when the tree
 * comes from XML, which may have been written outside of it. hwloc's discovery by CPUID, which in
 * virtual machines knows more about caches than the kernel, visits every PU in turn; it is switched
 * off if one of them is not ours.
 */
static int look(enum hears hears, bool real, const char *xml, const char *name,
    struct topology **out, char *err, size_t err_len)
{
	const unsigned long flags =
	    HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED |
	    HWLOC_TOPOLOGY_FLAG_THISSYSTEM_ALLOWED_RESOURCES |
	    (runs_everywhere() ? 0 : HWLOC_TOPOLOGY_FLAG_DONT_CHANGE_BINDING);
	char **const outside = environ, **heard = environment(hears, real);
	struct topology *topo = NULL;
	int ret = -ENOMEM;

	if (!heard)
		goto out;
	environ = heard;
	topo = topology_alloc();
	if (!topo)
		goto out;
	ret = -EINVAL;
	/* Set here, since hwloc falls back on the real machine when it cannot read its variable. */
	if (xml && hwloc_topology_set_xml(topo->hwloc, xml) != 0) {
		one_line_format(
		    err, err_len, "%s: cannot read '%s': %s", name, xml, strerror(errno));
		goto out;
	}
	if (hwloc_topology_set_flags(topo->hwloc, flags) != 0 ||
	    hwloc_topology_load(topo->hwloc) != 0) {
		if (xml)
			one_line_format(err, err_len, "%s: '%s' is not a topology", name, xml);
		else
			one_line_format(err, err_len, "hwloc cannot load: %s", strerror(errno));
		goto out;
	}
	topo->real = hwloc_topology_is_thissystem(topo->hwloc) != 0;
	ret = finish(topo, getenv("CONCBENCH_ALLOWED"), "CONCBENCH_ALLOWED", err, err_len);
out:
	environ = outside;
	free(heard);
	return hand_out(topo, ret, out, err, err_len);
}

/* As hwloc's variables have it. */
static int look_outside(
    const char *variable, bool real, struct topology **out, char *err, size_t err_len)
{
	const char *xml = getenv("HWLOC_XMLFILE");
	int ret =
	    look(HEARS_OUTSIDE, real, xml && *xml ? xml : NULL, "HWLOC_XMLFILE", out, err, err_len);

	if (!ret && !real)
		(void)snprintf((*out)->origin, sizeof((*out)->origin), "%s", variable);
	return ret;
}

/*
 * This machine; @foreign: set, with a line in @err, when the variable's is another one. By what is
 * counted: of caches and processors' names more is known from one place than from another, and
 * nothing of the variable's is used.
 */
static int look_here(
    struct topology **out, const char *variable, bool *foreign, char *err, size_t err_len)
{
	struct topology *topo = NULL, *other = NULL;
	int ret = look(HEARS_NOBODY, true, NULL, NULL, &topo, err, err_len);

	*foreign = false;
	if (ret)
		return ret;
	if (variable) {
		/* Treated as this machine; otherwise neither the cgroup nor the affinity would
		 * count. */
		ret = look_outside(variable, true, &other, err, err_len);
		*foreign = ret == -ENODEV || (!ret && strcmp(topo->summary, other->summary) != 0);
		if (*foreign)
			one_line_format(err, err_len,
			    "%s is of another machine (%s; this one: %s): unset it", variable,
			    ret ? "with none of our PUs" : other->summary, topo->summary);
		if (ret == -ENODEV)
			ret = 0;
		topology_free(other);
	}
	if (ret)
		topology_free(topo);
	else
		*out = topo;
	return ret;
}

int topology_discover(struct topology **out, char *err, size_t err_len)
{
	struct topology *topo = NULL;
	char variable[VARIABLE_MAX];
	bool foreign;
	int ret = look_here(&topo, outside_variable(variable), &foreign, err, err_len);

	if (!ret && foreign) {
		topology_free(topo);
		ret = -EINVAL;
	}
	if (!ret)
		*out = topo;
	return ret;
}

int topology_any(struct topology **out, char *err, size_t err_len)
{
	char name[VARIABLE_MAX];
	const char *variable = outside_variable(name);

	return variable ? look_outside(variable, false, out, err, err_len)
			: look(HEARS_NOBODY, true, NULL, NULL, out, err, err_len);
}

int topology_handed(struct topology **out, char *err, size_t err_len)
{
	const char *xml = getenv(HANDED);

	return look(HEARS_NOBODY, true, xml && *xml ? xml : NULL, HANDED, out, err, err_len);
}

int topology_hand_over(const char *xml, const char *allowed)
{
	char name[VARIABLE_MAX];

	for (char **e = environ; e && *e;) {
		if (strncmp(*e, PREFIX, strlen(PREFIX)) != 0) {
			e++;
			continue;
		}
		/* Moves the rest up. One with a name that is too long is not of hwloc's. */
		(void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(*e, "="), *e);
		if (strlen(name) == sizeof(name) - 1)
			e++;
		else if (unsetenv(name) != 0)
			return -errno;
	}
	if (xml ? setenv(HANDED, xml, 1) != 0 : unsetenv(HANDED) != 0)
		return -errno;
	return allowed && setenv("CONCBENCH_ALLOWED", allowed, 1) != 0 ? -errno : 0;
}

int topology_synthetic(
    const char *description, const char *allowed, struct topology **out, char *err, size_t err_len)
{
	char **const outside = environ, **heard = environment(HEARS_NOBODY, false);
	struct topology *topo = NULL;
	int ret = -ENOMEM;

	if (!heard)
		goto out;
	environ = heard;
	topo = topology_alloc();
	if (!topo)
		goto out;
	if (hwloc_topology_set_synthetic(topo->hwloc, description) != 0 ||
	    hwloc_topology_set_flags(topo->hwloc, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED) != 0 ||
	    hwloc_topology_load(topo->hwloc) != 0) {
		ret = -EINVAL;
		one_line_format(err, err_len,
		    "'%.60s' is not an hwloc synthetic description such as "
		    "'pack:2 numa:1 l3:1 core:4 pu:2'",
		    description);
		goto out;
	}
	ret = finish(topo, allowed, "allowed", err, err_len);
out:
	environ = outside;
	free(heard);
	return hand_out(topo, ret, out, err, err_len);
}

void topology_free(struct topology *topo)
{
	if (!topo)
		return;
	topology_tree_free(topo->root);
	free(topo->pus);
	free(topo->allowed_list);
	free(topo->offline_list);
	free(topo->limits);
	free(topo->summary);
	hwloc_topology_destroy(topo->hwloc);
	free(topo);
}

bool topology_is_real(const struct topology *topo)
{
	return topo->real;
}

const char *topology_origin(const struct topology *topo)
{
	return topo->origin;
}

unsigned topology_pu_count(const struct topology *topo)
{
	return topo->pu_count;
}

const struct topology_pu *topology_pu(const struct topology *topo, unsigned i)
{
	return i < topo->pu_count ? &topo->pus[i] : NULL;
}

unsigned topology_core_count(const struct topology *topo)
{
	return topo->core_count;
}

const char *topology_allowed_list(const struct topology *topo)
{
	return topo->allowed_list;
}

const char *topology_offline_list(const struct topology *topo)
{
	return topo->offline_list;
}

const char *topology_limits(const struct topology *topo)
{
	return topo->limits;
}

const struct topology_node *topology_root(const struct topology *topo)
{
	return topo->root;
}

const char *topology_summary(const struct topology *topo)
{
	return topo->summary;
}

const char *topology_fingerprint(const struct topology *topo)
{
	return topo->fingerprint;
}

int topology_write_xml(const struct topology *topo, const char *path)
{
	char *xml = NULL;
	int len = 0, ret;

	if (hwloc_topology_export_xmlbuffer(topo->hwloc, &xml, &len, 0) != 0)
		return errno ? -errno : -EIO;
	/* hwloc counts the terminating zero. */
	ret = file_write_whole(path, xml, strlen(xml));
	hwloc_free_xmlbuffer(topo->hwloc, xml);
	return ret;
}

int topology_bind_self(const struct topology *topo, unsigned os_index)
{
	const int how = HWLOC_CPUBIND_THREAD | HWLOC_CPUBIND_STRICT;
	hwloc_bitmap_t wanted, got;
	bool usable = false;
	int ret = -ENOMEM;

	if (!topo->real)
		return -ENOTSUP;
	for (unsigned i = 0; i < topo->pu_count && !usable; i++)
		usable = topo->pus[i].os_index == os_index;
	if (!usable)
		return -EPERM;
	wanted = hwloc_bitmap_alloc();
	got = hwloc_bitmap_alloc();
	if (!wanted || !got || hwloc_bitmap_only(wanted, os_index) < 0)
		goto out;
	if (hwloc_set_cpubind(topo->hwloc, wanted, how) != 0 ||
	    hwloc_get_cpubind(topo->hwloc, got, how) != 0) {
		ret = -errno;
		goto out;
	}
	/* The mask is what the kernel promises, sched_getcpu(3) what it does. */
	ret = hwloc_bitmap_isequal(wanted, got) && sched_getcpu() == (int)os_index ? 0 : -EIO;
out:
	hwloc_bitmap_free(wanted);
	hwloc_bitmap_free(got);
	return ret;
}
