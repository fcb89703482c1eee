#include "harness/work/bench_case.h"

#include "harness/base/clock.h"
#include "harness/base/hash.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* With a PU for every worker a window needs a few milliseconds so that a single interrupt or timer
 * tick (1-4 ms apart) does not decide the figure. (A gate has pairs of shorter ones: gate.h.) */
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

bool case_displaces(const struct bench_case *bc)
{
	unsigned count;
	const struct cb_figure *f = kind_figures(bc->kind, &count);

	for (unsigned i = 0; i < count; i++)
		if (strcmp(f[i].metric, CB_DISPLACED_NS_PER_OP) == 0)
			return true;
	return false;
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

static unsigned workers_of(struct bench_case *bc)
{
	const struct kind *k = bc->kind;

	if (bc->pub.model == CB_CALLBACK)
		return 1;
	if (k->self->workers || k->family->workers) {
		bc->asked = "workers()";
		return (k->self->workers ? k->self->workers : k->family->workers)(&bc->pub);
	}
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

bool case_applies(const struct bench_case *bc, unsigned i)
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

		if (!case_applies(bc, i) || (p->sparse && is_base(p, &bc->value[i], h->pus)))
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

	if (units && bc->pub.workers > h->max_workers && bc->pub.model != CB_COROUTINE) {
		(void)snprintf(why, why_len, "%u workers: limits here allow %u (%s)",
		    bc->pub.workers, h->max_workers,
		    h->max_workers_by ? h->max_workers_by : "not said which");
		return -ENOTSUP;
	}
	/* A case without units still says where its workers would be. */
	ret = placement_plan(
	    h->topology, &bc->place, units ? units : bc->pub.workers, &plan, why, why_len);
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
	bc->asked = "can()";
	if (!ret && k->self->can)
		ret = k->self->can(&bc->pub, why, len);
	bc->asked = "what its family's can() calls of it";
	if (!ret && k->family->can)
		ret = k->family->can(&bc->pub, why, len);
	bc->declined = ret == -EINVAL;
	if (!ret)
		ret = can_place(bc, h, why, len);
	if (!ret)
		why[0] = '\0';
	else if (!why[0])
		(void)snprintf(why, len, "%s", strerror(-ret));
	bc->status = ret ? STATUS_UNSUPPORTED : STATUS_NOT_RUN;
}

static uint64_t window_of(struct bench_case *bc, const struct host *h)
{
	const struct kind *k = bc->kind;

	bc->asked = "window_ns()";
	uint64_t ns = k->self->window_ns ? k->self->window_ns(&bc->pub) : 0;

	if (!ns && k->family->window_ns)
		ns = k->family->window_ns(&bc->pub);
	return ns ? ns : case_window_ns(bc->pub.workers, h->pus);
}

static void ask_depends(struct bench_case *bc)
{
	const struct cb_kind *self = bc->kind->self;

	bc->asked = "depends()";
	if (bc->unsupported[0] || !self->depends ||
	    !self->depends(&bc->pub, bc->depends, sizeof(bc->depends)))
		bc->depends[0] = '\0';
}

/* @asks: false leaves out all that its kind would have to be asked. */
static int build(const struct kind *k, const struct host *h, const struct param_value *value,
    bool asks, struct bench_case *bc)
{
	const int model = param_called(k, "model"), place = param_called(k, "place");

	memset(bc, 0, sizeof(*bc));
	bc->status = STATUS_NOT_RUN;
	bc->kind = k;
	bc->pub.kind = k->self;
	memcpy(bc->value, value, k->param_count * sizeof(*value));
	bc->pub.model = model < 0 ? CB_THREAD : (enum cb_model)value[model].n;
	bc->place = placement_policy_of(PLACEMENT_NONE);
	if (place >= 0) {
		char err[8];

		(void)placement_parse(value[place].text, &bc->place, err, sizeof(err));
	}
	bc->pub.workers = asks ? workers_of(bc) : value_of(bc, "workers", 1);
	bc->pub.carriers = carriers_of(bc, h);
	if (write_name(bc, h) != 0)
		return -ENAMETOOLONG;
	/* Without its workload it can be asked nothing. */
	if (!case_workload(bc)) {
		(void)can_model(bc, bc->unsupported, sizeof(bc->unsupported));
		bc->declined = true;
		bc->status = STATUS_UNSUPPORTED;
		return 0;
	}
	if (!asks)
		return 0;
	bc->window_ns = case_workload(bc)->once ? 0 : window_of(bc, h);
	ask_can(bc, h);
	ask_depends(bc);
	return 0;
}

/* ---- in a process of their own ---- */

/* A function that is asked answers from what it is given, in microseconds. */
#define ASK_WITHIN_S 5u

/* Between the two processes. */
struct apart {
	const struct kind *kind;
	const struct host *host;
	const struct param_value *value;
	size_t count;
	size_t at; /* the one that is being made */
	int ret;
	struct bench_case made[];
};

/* Killed by the alarm when it takes too long. */
static void build_apart(void *arg)
{
	struct apart *a = arg;
	sigset_t wakes;

	(void)sigemptyset(&wakes);
	(void)sigaddset(&wakes, SIGALRM);
	(void)signal(SIGALRM, SIG_DFL);
	(void)sigprocmask(SIG_UNBLOCK, &wakes, NULL);
	for (; !a->ret && a->at < a->count; a->at++) {
		(void)alarm(ASK_WITHIN_S);
		a->ret = build(
		    a->kind, a->host, &a->value[a->at * CASE_PARAMS_MAX], true, &a->made[a->at]);
	}
}

/* The one that the process ended at, or one behind a hang: made without asking. */
static int blame(const struct apart *a, size_t i, const struct cb_fate *fate, bool hung,
    const char *asked, struct bench_case *out)
{
	const int ret = build(a->kind, a->host, &a->value[i * CASE_PARAMS_MAX], false, out);
	char *why = out->unsupported;

	if (ret || out->status == STATUS_UNSUPPORTED)
		return ret;
	out->status = hung ? STATUS_HUNG : STATUS_CRASHED;
	if (hung)
		(void)snprintf(why, sizeof(out->unsupported), "%s did not return within %u s",
		    asked, ASK_WITHIN_S);
	else if (fate->signal)
		(void)snprintf(why, sizeof(out->unsupported),
		    "%s crashed: killed by signal %d (%s)", asked, fate->signal,
		    strsignal(fate->signal));
	else
		(void)snprintf(why, sizeof(out->unsupported),
		    "%s ended the program: exited with status %d", asked, fate->status);
	return 0;
}

static int build_all_apart(struct apart *a, struct bench_case *out)
{
	int ret = 0;

	while (!ret && !a->ret && a->at < a->count) {
		const size_t from = a->at;
		const char *asked;
		struct cb_fate fate;
		bool hung;

		ret = cb_sacrifice(
		    build_apart, a, (a->count - from + 1) * ASK_WITHIN_S * CLOCK_NS_PER_S, &fate);
		if (ret || a->ret)
			break;
		memcpy(&out[from], &a->made[from], (a->at - from) * sizeof(*out));
		if (a->at == a->count)
			break;
		asked = a->made[a->at].asked ? a->made[a->at].asked : "its kind";
		hung = fate.hung || fate.signal == SIGALRM;
		do {
			ret = blame(a, a->at, &fate, hung, asked, &out[a->at]);
			a->at++;
			/* The others would hang as long, one after the other. */
		} while (!ret && hung && a->at < a->count);
	}
	return ret ? ret : a->ret;
}

int case_build_all(const struct kind *k, const struct host *h, const struct param_value *value,
    size_t n, struct bench_case *out)
{
	const size_t bytes = sizeof(struct apart) + n * sizeof(*out);
	struct apart *a;
	int ret = 0;

	if (!k->apart) {
		for (size_t i = 0; !ret && i < n; i++)
			ret = build(k, h, &value[i * CASE_PARAMS_MAX], true, &out[i]);
		return ret;
	}
	a = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (a == MAP_FAILED)
		return -ENOMEM;
	a->kind = k;
	a->host = h;
	a->value = value;
	a->count = n;
	ret = build_all_apart(a, out);
	(void)munmap(a, bytes);
	return ret;
}

int case_build(const struct kind *k, const struct host *h, const struct param_value *value,
    struct bench_case *out)
{
	return case_build_all(k, h, value, 1, out);
}

const char *case_base_text(const struct kind *k, unsigned param)
{
	const struct cb_param *p = k->param[param];
	const unsigned models = k->self->models;
	const char *claimed = NULL;

	for (unsigned i = 0; strcmp(p->key, "model") == 0 && p->words[i]; i++) {
		if (!(models & CB_CAN(i)))
			continue;
		if (strcmp(p->words[i], p->base) == 0)
			return p->base;
		if (!claimed)
			claimed = p->words[i];
	}
	return claimed ? claimed : p->base;
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
		ret = param_parse(p, h->pus, case_base_text(k, i), &value[i], err, err_len);
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

/* Families for tests are none that anybody asks for. */
static bool has_listed(const struct registry *r, const struct cb_family *f)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->item[i].family == f && kind_listed(&r->item[i]))
			return true;
	return false;
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
		if (has_listed(r, cb_families[i]))
			used += (size_t)snprintf(
			    err + used, err_len - used, " %s", cb_families[i]->name);
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
	    err, err_len, "figure '%.*s' is not a figure of this kind; accepted:", (int)len, text);
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
	if (!ret) {
		ret = case_build(k, h, value, out);
		if (ret)
			(void)snprintf(err, err_len, "'%.80s': %s", name,
			    ret == -ENAMETOOLONG ? "its whole name is too long" : strerror(-ret));
		ret = ret == -ENAMETOOLONG ? -EINVAL : ret;
	}
	/* Left out of its name, it would be another case than the one that was asked for. */
	for (unsigned i = 0; !ret && i < k->param_count; i++) {
		if (!(typed & 1u << i) || case_applies(out, i))
			continue;
		(void)snprintf(err, err_len,
		    "part '%s' means nothing with model:%s; accepted: with model:coroutine",
		    k->param[i]->key, cb_model_name(out->pub.model));
		ret = -EINVAL;
	}
	return ret;
}

/* ---- hash ---- */

void case_hash(const struct bench_case *bc, char out[17])
{
	const struct cb_workload *work = case_workload(bc);
	const char *parts = strchr(bc->name + strlen(bc->kind->family->name) + 1, '/');
	uint64_t hash = HASH_START;
	const unsigned version = bc->kind->self->version;

	/* Of the name all but a prefix. */
	hash = hash_text(hash, bc->kind->family->name);
	hash = hash_text(hash, bc->kind->self->name);
	hash = hash_text(hash, parts ? parts : "");
	if (work) {
		hash = hash_text(hash, work->op);
		if (work->latency_of)
			hash = hash_text(hash, work->latency_of);
	}
	hash = hash_bytes(hash, &version, sizeof(version));
	(void)snprintf(out, 17, "%016" PRIx64, hash);
}
