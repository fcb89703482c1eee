#include "harness/work/sweep.h"

#include "harness/base/grow.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The values of one parameter in one sweep. */
struct axis {
	unsigned param;
	struct param_value *value;
	size_t count;
};

struct sweep {
	const struct kind *kind;
	const struct host *host;
	const struct sweep_request *request;
	struct axis axis[CASE_PARAMS_MAX];
	unsigned axes;
	bool asked;                /* by the user's own values */
	struct case_list own;      /* of one that is named: what the profile has without these */
	struct param_value *value; /* [points][CASE_PARAMS_MAX] of the cases to make */
	size_t points, capacity;
	char *why; /* the first that its kind declines, and the reason; "" none yet */
	size_t why_len;
};

int case_list_add(struct case_list *list, const struct bench_case *bc)
{
	if (grow(&list->item, list->count + 1, &list->capacity, sizeof(*bc)))
		return -ENOMEM;
	list->item[list->count++] = *bc;
	return 0;
}

const struct bench_case *case_list_find(const struct case_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->item[i].name, name) == 0)
			return &list->item[i];
	return NULL;
}

void case_list_free(struct case_list *list)
{
	free(list->item);
	memset(list, 0, sizeof(*list));
}

int sweep_set_parse(const char *text, struct sweep_set *out, char *err, size_t err_len)
{
	const char *equals = strchr(text, '=');

	if (!equals || equals == text || !equals[1]) {
		(void)snprintf(err, err_len,
		    "'%.80s' is not KEY=VALUE[,VALUE...]; accepted: such as hold=500ns,2us", text);
		return -EINVAL;
	}
	*out = (struct sweep_set){
	    .key = text, .key_len = (size_t)(equals - text), .values = equals + 1};
	return 0;
}

static void forget_axes(struct sweep *s)
{
	for (unsigned i = 0; i < s->axes; i++)
		free(s->axis[i].value);
	s->axes = 0;
}

/* Replaces the values that an earlier one gave. */
static int set_axis(struct sweep *s, unsigned param, const char *values, char *err, size_t err_len)
{
	struct param_value *value;
	size_t count;
	unsigned at = 0;
	int ret = param_parse_list(s->kind->param[param], s->host->pus, s->host->topology, values,
	    &value, &count, err, err_len);

	if (ret)
		return ret == -ENOMEM ? ret : -EINVAL;
	/* Of all lists only pairs may be empty. */
	if (!count && !s->why[0])
		(void)snprintf(s->why, s->why_len,
		    "%s=%s: the one usable PU here has no other beside it",
		    s->kind->param[param]->key, values);
	while (at < s->axes && s->axis[at].param != param)
		at++;
	if (at < s->axes)
		free(s->axis[at].value);
	else
		s->axes++;
	s->axis[at] = (struct axis){param, value, count};
	return 0;
}

/* "KEY=VALUES KEY=VALUES". Return: 0; 1 when a key means nothing to this kind; -errno. */
static int take_points(struct sweep *s, const char *points, char *err, size_t err_len)
{
	while (*points) {
		const size_t n = strcspn(points, " ");
		char word[256];
		struct sweep_set set;
		int param, ret;

		(void)snprintf(word, sizeof(word), "%.*s", (int)n, points);
		ret = sweep_set_parse(word, &set, err, err_len);
		if (ret)
			return ret;
		param = kind_param(s->kind, set.key, set.key_len);
		if (param < 0)
			return 1;
		ret = set_axis(s, (unsigned)param, set.values, err, err_len);
		if (ret)
			return ret;
		points += n + strspn(points + n, " ");
	}
	return 0;
}

static int take_sets(struct sweep *s, char *err, size_t err_len)
{
	const struct sweep_request *q = s->request;

	s->asked = false;
	for (size_t i = 0; i < q->sets; i++) {
		const int param = kind_param(s->kind, q->set[i].key, q->set[i].key_len);
		int ret;

		if (param < 0)
			continue;
		ret = set_axis(s, (unsigned)param, q->set[i].values, err, err_len);
		if (ret)
			return ret;
		s->asked = true;
	}
	return 0;
}

/* The cases there are, by name; the tree points to copies of its own, as the list moves. */
struct known {
	void *root;
	bool met; /* one of this sweep's is among them, new or not */
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Return: 1 new; 0 known; -ENOMEM. */
static int note_name(struct known *k, const char *name)
{
	char *copy = strdup(name);
	char **found = copy ? tsearch(copy, &k->root, compare_names) : NULL;

	if (!found) {
		free(copy);
		return -ENOMEM;
	}
	if (*found == copy)
		return 1;
	free(copy);
	return 0;
}

/* Cases of one kind are made together: its functions may be somebody else's (case_build_all()). */
static int note_point(struct sweep *s, const struct param_value *value)
{
	if (grow(&s->value, s->points + 1, &s->capacity, CASE_PARAMS_MAX * sizeof(*value)))
		return -ENOMEM;
	memcpy(
	    &s->value[s->points++ * CASE_PARAMS_MAX], value, s->kind->param_count * sizeof(*value));
	return 0;
}

/* Every combination, the first axis turning slowest. */
static int multiply(struct sweep *s, struct param_value *value, unsigned axis)
{
	int ret = 0;

	if (axis == s->axes)
		return note_point(s, value);
	for (size_t i = 0; !ret && i < s->axis[axis].count; i++) {
		value[s->axis[axis].param] = s->axis[axis].value[i];
		ret = multiply(s, value, axis + 1);
	}
	return ret;
}

/* Is there a case of the profile that the user's values have made this one of? Else it is the
 * profile's point that the kind declines, and nobody asked for that. */
static bool is_asked_for(const struct sweep *s, const struct bench_case *bc)
{
	const struct sweep_request *q = s->request;

	for (size_t i = 0; s->asked && i < s->own.count; i++) {
		bool same = true;

		for (unsigned p = 0; same && p < s->kind->param_count; p++) {
			bool set = false;

			for (size_t k = 0; k < q->sets && !set; k++)
				set =
				    kind_param(s->kind, q->set[k].key, q->set[k].key_len) == (int)p;
			same = set || param_same(s->kind->param[p], &bc->value[p],
					  &s->own.item[i].value[p]);
		}
		if (same)
			return true;
	}
	return false;
}

static int add_case(
    struct sweep *s, const struct bench_case *bc, struct known *known, struct case_list *out)
{
	int ret;

	if (bc->declined && !is_asked_for(s, bc)) {
		if (!s->why[0])
			(void)snprintf(s->why, s->why_len, "%s: %.200s", bc->name, bc->unsupported);
		return 0;
	}
	known->met = true;
	ret = note_name(known, bc->name);
	return ret > 0 ? case_list_add(out, bc) : ret;
}

static int make_cases(
    struct sweep *s, struct known *known, struct case_list *out, char *err, size_t err_len)
{
	struct bench_case *made = calloc(s->points + 1, sizeof(*made));
	int ret = made ? case_build_all(s->kind, s->host, s->value, s->points, made) : -ENOMEM;

	if (ret && ret != -ENOMEM) {
		(void)snprintf(err, err_len, "%s/%s: %s", s->kind->family->name, s->kind->name,
		    ret == -ENAMETOOLONG ? "a case's name is too long" : strerror(-ret));
		ret = -EINVAL;
	}
	for (size_t i = 0; !ret && i < s->points; i++)
		ret = add_case(s, &made[i], known, out);
	free(made);
	return ret;
}

static bool in_profile(enum cb_profile profile, enum cb_profile from)
{
	return profile == CB_CHECK ? from == CB_CHECK : from <= profile;
}

static int one_sweep(struct sweep *s, const char *points, char *err, size_t err_len)
{
	struct param_value value[CASE_PARAMS_MAX];
	int ret = case_base(s->kind, s->host, value, err, err_len);

	if (!ret)
		ret = take_points(s, points, err, err_len);
	if (!ret)
		ret = take_sets(s, err, err_len);
	if (!ret)
		ret = multiply(s, value, 0);
	forget_axes(s);
	return ret > 0 ? 0 : ret;
}

/* In the order of their names: by the first parameter, then by the next. */
static int compare_cases(const void *left, const void *right)
{
	const struct bench_case *a = left, *b = right;

	for (unsigned i = 0; i < a->kind->param_count; i++) {
		const struct param_value *x = &a->value[i], *y = &b->value[i];

		if (x->n != y->n)
			return x->n < y->n ? -1 : 1;
		/* By its numbers: "pair:0-2" before "pair:0-10". */
		if (a->kind->param[i]->unit == CB_PLACE && strcmp(x->text, y->text) != 0)
			return strverscmp(x->text, y->text);
	}
	return 0;
}

static int one_kind(const struct kind *k, const struct host *h, const struct sweep_request *q,
    struct known *known, struct case_list *out, char *why, size_t why_len, char *err,
    size_t err_len)
{
	const struct cb_sweep *sweep = k->self->sweeps ? k->self->sweeps : k->family->sweeps;
	const unsigned count = k->self->sweeps ? k->self->sweep_count : k->family->sweep_count;
	struct sweep s = {.kind = k, .host = h, .request = q, .why = why, .why_len = why_len};
	const size_t first = out->count;
	int ret = 0;

	if (q->kind && q->sets) {
		struct sweep_request plain = *q;
		struct known apart = {0};
		char nobody_asks[1] = "";

		plain.sets = 0;
		ret = one_kind(
		    k, h, &plain, &apart, &s.own, nobody_asks, sizeof(nobody_asks), err, err_len);
		tdestroy(apart.root, free);
	}
	for (unsigned i = 0; !ret && i < count; i++)
		if (in_profile(q->profile, sweep[i].from))
			ret = one_sweep(&s, sweep[i].points, err, err_len);
	if (!ret)
		ret = make_cases(&s, known, out, err, err_len);
	free(s.value);
	case_list_free(&s.own);
	if (out->count > first)
		qsort(&out->item[first], out->count - first, sizeof(*out->item), compare_cases);
	return ret;
}

static bool wanted(const struct kind *k, const struct sweep_request *q)
{
	if (q->family && k->family != q->family)
		return false;
	/* A kind that is named is there, whatever it is. */
	if (q->kind)
		return strcmp(k->name, q->kind) == 0;
	return kind_listed(k) && (q->every_kind || q->profile == CB_CHECK || k->module ||
				     k->self->from <= q->profile);
}

/* Every key that the user set has to mean something somewhere. */
static int check_keys(
    const struct registry *r, const struct sweep_request *q, char *err, size_t err_len)
{
	for (size_t i = 0; i < q->sets; i++) {
		const struct sweep_set *set = &q->set[i];
		const char *said[64];
		unsigned known = 0;
		bool found = false;
		size_t used;

		for (size_t k = 0; k < r->count && !found; k++)
			found = wanted(&r->item[k], q) &&
				kind_param(&r->item[k], set->key, set->key_len) >= 0;
		if (found)
			continue;
		used = (size_t)snprintf(err, err_len,
		    "'%.*s' is not a parameter%s%s; accepted:", (int)set->key_len, set->key,
		    q->family ? " of " : "", q->family ? q->family->plural : "");
		for (size_t k = 0; k < r->count; k++) {
			if (!wanted(&r->item[k], q))
				continue;
			for (unsigned p = 0; p < r->item[k].param_count; p++) {
				const char *key = r->item[k].param[p]->key;
				bool again = known == 64;

				for (unsigned s = 0; s < known && !again; s++)
					again = strcmp(said[s], key) == 0;
				if (again || used >= err_len)
					continue;
				said[known++] = key;
				used += (size_t)snprintf(err + used, err_len - used, " %s", key);
			}
		}
		return -EINVAL;
	}
	return 0;
}

int sweep_cases(const struct registry *r, const struct host *h, const struct sweep_request *q,
    struct case_list *out, char *err, size_t err_len)
{
	struct known known = {0};
	char why[400] = "";
	int ret = check_keys(r, q, err, err_len);

	for (size_t i = 0; !ret && i < out->count; i++) {
		ret = note_name(&known, out->item[i].name);
		ret = ret < 0 ? ret : 0;
	}
	for (size_t i = 0; !ret && i < r->count; i++)
		if (wanted(&r->item[i], q))
			ret = one_kind(
			    &r->item[i], h, q, &known, out, why, sizeof(why), err, err_len);
	if (!ret && !known.met && why[0]) {
		(void)snprintf(err, err_len, "nothing of it can be run: %s", why);
		ret = -EINVAL;
	}
	tdestroy(known.root, free);
	if (ret == -ENOMEM)
		(void)snprintf(err, err_len, "out of memory");
	return ret;
}
