#include "harness/work/bench_case.h"

#include "harness/base/clock.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* With a PU for every worker a window of a few milliseconds is the shortest that interrupts and
 * timer ticks (1-4 ms apart) do not make or break. (A gate has pairs of shorter ones: gate.h.) */
#define WINDOW_NS (3 * CLOCK_NS_PER_MS)
/* With more workers than PUs the scheduler's slices (about 3 ms each) have to average out. */
#define WINDOW_OVERSUBSCRIBED_NS (60 * CLOCK_NS_PER_MS)

const char *const cb_model_words[] = {"thread", "process", "coroutine", "callback", NULL};

const char *cb_model_name(enum cb_model m)
{
	return (unsigned)m < CB_MODEL_COUNT ? cb_model_words[m] : "unknown";
}

const char *cb_case_name(const struct cb_case *c)
{
	return case_of(c)->name;
}

int64_t cb_case_value(const struct cb_case *c, const char *key)
{
	const struct bench_case *bc = case_of(c);
	const int i = kind_param(bc->kind, key, strlen(key));

	assert(i >= 0);
	return i < 0 ? 0 : bc->value[i].n;
}

bool cb_case_on_one_pu(const struct cb_case *c)
{
	return case_of(c)->place.kind == PLACEMENT_SAME;
}

uint64_t case_window_ns(unsigned workers, unsigned pus)
{
	/* Coroutines need none of the long one, but what is compared has to be exposed to the same:
	 * a short window fits into a slice that a busy machine has just given, a long one does not.
	 */
	return workers > pus ? WINDOW_OVERSUBSCRIBED_NS : WINDOW_NS;
}

static const char *waits_in(const struct bench_case *bc)
{
	return bc->pub.model == CB_THREAD || bc->pub.model == CB_PROCESS
		   ? "thread,process"
		   : cb_model_name(bc->pub.model);
}

void case_window_group(const struct bench_case *bc, char out[CASE_WINDOW_GROUP_MAX])
{
	(void)snprintf(out, CASE_WINDOW_GROUP_MAX, "%s/%s version:%u %s %s %s first:%gms",
	    bc->kind->family->name, bc->kind->name, bc->kind->self->version, waits_in(bc),
	    placement_policy_of(bc->place.kind).text, bc->pub.workers == 1 ? "alone" : "together",
	    (double)bc->window_ns / 1e6);
}

const struct cb_workload *case_workload(const struct bench_case *bc)
{
	return bc->pub.model == CB_CALLBACK ? bc->kind->self->callback : bc->kind->self->work;
}

unsigned case_units(const struct bench_case *bc)
{
	if (case_workload(bc)->once)
		return 0;
	return bc->pub.model == CB_COROUTINE ? bc->pub.carriers : bc->pub.workers;
}

/* ---- from values ---- */

static int param_called(const struct kind *k, const char *key)
{
	return kind_param(k, key, strlen(key));
}

static unsigned value_of(const struct bench_case *bc, const char *key, unsigned otherwise)
{
	const int i = param_called(bc->kind, key);

	return i < 0 ? otherwise : (unsigned)bc->value[i].n;
}

static unsigned workers_of(const struct bench_case *bc)
{
	const struct kind *k = bc->kind;

	if (bc->pub.model == CB_CALLBACK)
		return 1;
	if (k->self->workers)
		return k->self->workers(&bc->pub);
	if (k->family->workers)
		return k->family->workers(&bc->pub);
	return value_of(bc, "workers", 1);
}

/* A base value of "carriers" that says so follows place and workers; it is 0 until then. */
static unsigned carriers_of(struct bench_case *bc, const struct host *h)
{
	const int i = param_called(bc->kind, "carriers");
	unsigned carriers = i < 0 ? 1 : (unsigned)bc->value[i].n;

	if (bc->pub.model != CB_COROUTINE)
		return 0;
	if (!carriers) {
		carriers = host_place_pus(h, &bc->place);
		carriers = carriers < bc->pub.workers ? carriers : bc->pub.workers;
		bc->value[i].n = carriers;
	}
	return carriers;
}

/* Does this parameter say anything in this case? */
static bool applies(const struct bench_case *bc, unsigned i)
{
	const struct cb_param *p = bc->kind->param[i];

	if (strcmp(p->key, "carriers") == 0)
		return bc->pub.model == CB_COROUTINE;
	return true;
}

static bool is_base(const struct cb_param *p, const struct param_value *v, unsigned pus)
{
	struct param_value base;
	char err[8];

	return param_parse(p, pus, p->base, &base, err, sizeof(err)) == 0 &&
	       param_same(p, &base, v);
}

static int write_name(struct bench_case *bc, const struct host *h)
{
	int used =
	    snprintf(bc->name, sizeof(bc->name), "%s/%s", bc->kind->family->name, bc->kind->name);

	for (unsigned i = 0; i < bc->kind->param_count; i++) {
		const struct cb_param *p = bc->kind->param[i];
		char text[PLACEMENT_TEXT_MAX];

		if (!applies(bc, i) || (p->sparse && is_base(p, &bc->value[i], h->pus)))
			continue;
		if (used < 0 || (size_t)used >= sizeof(bc->name))
			return -ENAMETOOLONG;
		used += snprintf(bc->name + used, sizeof(bc->name) - (size_t)used, "/%s:%s", p->key,
		    param_format(p, &bc->value[i], text, sizeof(text)));
	}
	return used < 0 || (size_t)used >= sizeof(bc->name) ? -ENAMETOOLONG : 0;
}

static int can_model(const struct bench_case *bc, char *why, size_t why_len)
{
	const struct cb_kind *self = bc->kind->self;

	if (self->models & CB_CAN(bc->pub.model))
		return 0;
	if (bc->pub.model == CB_CALLBACK)
		(void)snprintf(why, why_len, "it has no hand-written callbacks");
	else
		(void)snprintf(why, why_len, "%s", self->not_models);
	return -EINVAL;
}

static int can_place(const struct bench_case *bc, const struct host *h, char *why, size_t why_len)
{
	const unsigned units = case_units(bc);
	struct placement plan;
	int ret;

	if (!units)
		return 0;
	if (bc->pub.workers > h->max_workers && bc->pub.model != CB_COROUTINE) {
		(void)snprintf(why, why_len, "%u workers: limits here allow %u (%s)",
		    bc->pub.workers, h->max_workers,
		    h->max_workers_by ? h->max_workers_by : "not said which");
		return -ENOTSUP;
	}
	ret = placement_plan(h->topology, &bc->place, units, &plan, why, why_len);
	if (!ret)
		placement_free(&plan);
	return ret;
}

/* The first reason why not is in bc->unsupported. */
static void ask_can(struct bench_case *bc, const struct host *h)
{
	const struct kind *k = bc->kind;
	char *why = bc->unsupported;
	const size_t len = sizeof(bc->unsupported);
	int ret = can_model(bc, why, len);

	if (!ret && bc->pub.carriers > bc->pub.workers) {
		(void)snprintf(why, len, "%u carriers are more than %u workers", bc->pub.carriers,
		    bc->pub.workers);
		ret = -EINVAL;
	}
	if (!ret && k->self->can)
		ret = k->self->can(&bc->pub, why, len);
	if (!ret && k->family->can)
		ret = k->family->can(&bc->pub, why, len);
	bc->declined = ret == -EINVAL;
	if (!ret)
		ret = can_place(bc, h, why, len);
	if (!ret)
		why[0] = '\0';
	else if (!why[0])
		(void)snprintf(why, len, "%s", strerror(-ret));
}

static uint64_t window_of(const struct bench_case *bc, const struct host *h)
{
	const struct kind *k = bc->kind;
	uint64_t ns = k->self->window_ns ? k->self->window_ns(&bc->pub) : 0;

	if (!ns && k->family->window_ns)
		ns = k->family->window_ns(&bc->pub);
	return ns ? ns : case_window_ns(bc->pub.workers, h->pus);
}

int case_build(const struct kind *k, const struct host *h, const struct param_value *value,
    struct bench_case *out)
{
	const int model = param_called(k, "model"), place = param_called(k, "place");
	struct bench_case *bc = out;

	memset(bc, 0, sizeof(*bc));
	bc->kind = k;
	bc->pub.kind = k->self;
	memcpy(bc->value, value, k->param_count * sizeof(*value));
	bc->pub.model = model < 0 ? CB_THREAD : (enum cb_model)value[model].n;
	bc->place = placement_policy_of(PLACEMENT_NONE);
	if (place >= 0) {
		char err[8];

		(void)placement_parse(value[place].text, &bc->place, err, sizeof(err));
	}
	bc->pub.workers = workers_of(bc);
	bc->pub.carriers = carriers_of(bc, h);
	if (write_name(bc, h) != 0)
		return -ENAMETOOLONG;
	/* Without its workload it can be asked nothing. */
	if (!case_workload(bc)) {
		(void)can_model(bc, bc->unsupported, sizeof(bc->unsupported));
		bc->declined = true;
		return 0;
	}
	bc->window_ns = case_workload(bc)->once ? 0 : window_of(bc, h);
	ask_can(bc, h);
	return 0;
}

int case_base(const struct kind *k, const struct host *h, struct param_value *value, char *err,
    size_t err_len)
{
	for (unsigned i = 0; i < k->param_count; i++) {
		const struct cb_param *p = k->param[i];
		int ret;

		if (param_follows(p)) {
			value[i] = (struct param_value){.n = 0};
			continue;
		}
		ret = param_parse(p, h->pus, p->base, &value[i], err, err_len);
		if (ret)
			return ret;
	}
	return 0;
}

/* ---- from a name ---- */

static void list_params(const struct kind *k, char *buf, size_t len)
{
	size_t used = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < k->param_count && used < len; i++)
		used += (size_t)snprintf(
		    buf + used, len - used, "%s%s", i ? ", " : "", k->param[i]->key);
}

static int find_kind(const struct registry *r, const char *name, const struct kind **out,
    const char **rest, char *err, size_t err_len)
{
	const size_t family_len = strcspn(name, "/");
	const char *kind_name = name + family_len + (name[family_len] == '/');
	const size_t kind_len = strcspn(kind_name, "/");
	const struct cb_family *family = registry_family(name, family_len);
	const struct kind *k =
	    family ? registry_find(r, family->name, strlen(family->name), kind_name, kind_len)
		   : NULL;
	size_t used;

	if (k) {
		*out = k;
		*rest = kind_name + kind_len;
		return 0;
	}
	used = (size_t)snprintf(err, err_len, "'%.80s': no %s '%.*s'; accepted:", name,
	    family ? family->name : "family", (int)(family ? kind_len : family_len),
	    family ? kind_name : name);
	for (unsigned i = 0; !family && cb_families[i] && used < err_len; i++)
		used += (size_t)snprintf(err + used, err_len - used, " %s", cb_families[i]->name);
	for (size_t i = 0; family && i < r->count && used < err_len; i++)
		if (r->item[i].family == family && kind_listed(&r->item[i]))
			used +=
			    (size_t)snprintf(err + used, err_len - used, " %s", r->item[i].name);
	return -ENOENT;
}

static int pick_figure(
    const struct kind *k, const char *text, size_t len, int *figure, char *err, size_t err_len)
{
	unsigned count;
	const struct cb_figure *f = kind_figures(k, &count);
	size_t used;

	for (unsigned i = 0; i < count; i++) {
		if (strlen(f[i].metric) == len && strncmp(f[i].metric, text, len) == 0) {
			if (figure)
				*figure = (int)i;
			return 0;
		}
	}
	used = (size_t)snprintf(
	    err, err_len, "figure '%.*s' is none of this kind's; accepted:", (int)len, text);
	for (unsigned i = 0; i < count && used < err_len; i++)
		used += (size_t)snprintf(err + used, err_len - used, " %s", f[i].metric);
	return -EINVAL;
}

/* One "key:value". @typed: the parameters that have come, a bit each. */
static int take_part(const struct kind *k, const struct host *h, const char *part, size_t len,
    unsigned *typed, struct param_value *value, char *err, size_t err_len)
{
	const char *colon = memchr(part, ':', len);
	char text[PLACEMENT_TEXT_MAX], keys[200];
	const size_t key_len = colon ? (size_t)(colon - part) : len;
	const int at = colon ? kind_param(k, part, key_len) : -1;

	if (at < 0) {
		list_params(k, keys, sizeof(keys));
		(void)snprintf(err, err_len,
		    "part '%.*s' is not a parameter of %s/%s; accepted: %s", (int)len, part,
		    k->family->name, k->name, keys);
		return -EINVAL;
	}
	/* This one, or one behind it. */
	if (*typed >> at) {
		list_params(k, keys, sizeof(keys));
		(void)snprintf(err, err_len, "part '%.*s' is %s; accepted: %s%s", (int)len, part,
		    *typed & 1u << at ? "the second of its key" : "out of order",
		    *typed & 1u << at ? "each once, " : "in this order, ", keys);
		return -EINVAL;
	}
	/* Cut off, it would be another value. */
	if (len - key_len > sizeof(text)) {
		(void)snprintf(err, err_len, "%s: '%.40s...' is longer than %d characters",
		    k->param[at]->key, colon + 1, PLACEMENT_TEXT_MAX - 1);
		return -EINVAL;
	}
	*typed |= 1u << at;
	(void)snprintf(text, sizeof(text), "%.*s", (int)(len - key_len - 1), colon + 1);
	return param_parse(k->param[at], h->pus, text, &value[at], err, err_len);
}

int case_parse(const struct registry *r, const struct host *h, const char *name,
    struct bench_case *out, int *figure, char *err, size_t err_len)
{
	static const char figure_part[] = CASE_FIGURE_KEY ":";
	struct param_value value[CASE_PARAMS_MAX];
	const struct kind *k;
	const char *at;
	unsigned typed = 0;
	int ret = find_kind(r, name, &k, &at, err, err_len);

	if (figure)
		*figure = -1;
	if (!ret)
		ret = case_base(k, h, value, err, err_len);
	while (!ret && *at == '/') {
		const char *part = at + 1;
		const size_t len = strcspn(part, "/"), skip = sizeof(figure_part) - 1;

		if (len > skip && strncmp(part, figure_part, skip) == 0 && !part[len])
			ret = pick_figure(k, part + skip, len - skip, figure, err, err_len);
		else
			ret = take_part(k, h, part, len, &typed, value, err, err_len);
		at = part + len;
	}
	if (!ret && case_build(k, h, value, out) != 0) {
		(void)snprintf(err, err_len, "'%.80s': its whole name is too long", name);
		ret = -EINVAL;
	}
	/* Left out of its name, it would be another case than the one that was asked for. */
	for (unsigned i = 0; !ret && i < k->param_count; i++) {
		if (!(typed & 1u << i) || applies(out, i))
			continue;
		(void)snprintf(err, err_len,
		    "part '%s' says nothing with model:%s; accepted: with model:coroutine",
		    k->param[i]->key, cb_model_name(out->pub.model));
		ret = -EINVAL;
	}
	return ret;
}

/* ---- hash ---- */

static uint64_t fnv1a(uint64_t hash, const void *data, size_t len)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/* With its terminator, so that "ab" and then "c" is not "a" and then "bc". */
static uint64_t fnv1a_text(uint64_t hash, const char *text)
{
	return text ? fnv1a(hash, text, strlen(text) + 1) : hash;
}

void case_hash(const struct bench_case *bc, char out[17])
{
	const struct cb_workload *work = case_workload(bc);
	const char *parts = strchr(bc->name + strlen(bc->kind->family->name) + 1, '/');
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	const unsigned version = bc->kind->self->version;

	/* Of the name all but a prefix. */
	hash = fnv1a_text(hash, bc->kind->family->name);
	hash = fnv1a_text(hash, bc->kind->self->name);
	hash = fnv1a_text(hash, parts ? parts : "");
	if (work) {
		hash = fnv1a_text(hash, work->op);
		hash = fnv1a_text(hash, work->latency_of);
	}
	hash = fnv1a(hash, &version, sizeof(version));
	(void)snprintf(out, 17, "%016" PRIx64, hash);
}
