#include "harness/base/grow.h"
#include "harness/stats/rank.h"
#include "harness/stats/verdict.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* z = 3.29, 3.29, 2.81, 2.58: kept A/A at or below 0.2 % where naive peeking gave 12-14 %. */
static const struct look {
	unsigned launches;
	double z;
} looks[LOOKS] = {{11, 3.29}, {20, 3.29}, {40, 2.81}, {80, 2.58}};

unsigned looks_launches(unsigned look)
{
	return looks[look < LOOKS ? look : LOOKS - 1].launches;
}

double looks_alpha(unsigned look)
{
	return erfc(looks[look < LOOKS ? look : LOOKS - 1].z / sqrt(2.0));
}

void sequential_begin(struct sequential *s, double min_effect)
{
	memset(s, 0, sizeof(*s));
	s->min_effect = min_effect;
	s->verdict = s->flagged = VERDICT_UNSURE;
}

static void end(struct sequential *s, enum verdict v)
{
	s->ended = true;
	s->verdict = v;
}

/* What a look concludes. */
static void judge(struct sequential *s)
{
	const enum verdict v = verdict_of(&s->evidence[s->pass], s->min_effect);

	if (s->pass == 0 && verdict_is_change(v)) {
		s->flagged = v;
		s->pass = 1;
		s->first = s->count;
		s->look = 0;
	} else if (s->pass == 0) {
		if (v == VERDICT_SAME)
			end(s, v);
		else if (s->look >= LOOKS)
			end(s, VERDICT_UNSURE);
	} else if (v == s->flagged) {
		end(s, v);
	} else if (v != VERDICT_UNSURE || s->look >= LOOKS) {
		end(s, VERDICT_UNSURE);
	}
}

static int look(struct sequential *s)
{
	const double alpha = s->pass ? CONFIRM_ALPHA : looks_alpha(s->look);
	const int ret =
	    evidence_of(s->launch + s->first, s->count - s->first, alpha, &s->evidence[s->pass]);

	if (ret)
		return ret;
	s->look++;
	s->reopened = false;
	judge(s);
	return 0;
}

int sequential_add(struct sequential *s, const struct launch_ratio *launch)
{
	int ret;

	if (!isfinite(launch->log_ratio))
		return -EINVAL;
	if (s->ended)
		return 0;
	ret = grow(&s->launch, s->count + 1, &s->capacity, sizeof(*s->launch));
	if (ret)
		return ret;
	s->launch[s->count++] = *launch;
	/* Or more: a look that failed for want of memory is still due. */
	return s->count - s->first >= looks_launches(s->look) ? look(s) : 0;
}

int sequential_finish(struct sequential *s)
{
	const size_t n = s->count - s->first;
	int ret = 0;

	if (s->ended)
		return 0;
	/* Not at a look that has been taken already, and not with too few for an interval. */
	if (n >= (s->pass ? CONFIRM_LAUNCHES : looks_launches(0)) && s->look < LOOKS &&
	    n != s->evidence[s->pass].launches)
		ret = look(s);
	else if (s->reopened && n == s->evidence[s->pass].launches)
		end(s, s->flagged);
	return ret;
}

bool sequential_reopen(struct sequential *s)
{
	if (!s->ended || s->pass != 1 || !verdict_is_change(s->verdict) || s->look >= LOOKS)
		return false;
	/* A last look between two others has used up the price of the next, not its launches. */
	while (s->look < LOOKS && looks_launches(s->look) <= s->count - s->first)
		s->look++;
	if (s->look >= LOOKS)
		return false;
	s->reopened = true;
	s->ended = false;
	s->verdict = VERDICT_UNSURE;
	return true;
}

double sequential_p(const struct sequential *s)
{
	const struct evidence *e = s->evidence;
	double product;

	if (!e[0].launches)
		return 1.0;
	if (!e[1].launches)
		return e[0].p;
	/* Fisher's method: -2 log(p1 p2) is chi-squared with 4 degrees of freedom. */
	product = e[0].p * e[1].p;
	return product > 0.0 ? product * (1.0 - log(product)) : 0.0;
}

int sequential_estimate(const struct sequential *s, struct evidence *out)
{
	const struct evidence *last = &s->evidence[s->evidence[1].launches ? 1 : 0];

	if (!last->launches)
		return -EINVAL;
	*out = *last;
	return 0;
}

void sequential_free(struct sequential *s)
{
	free(s->launch);
	memset(s, 0, sizeof(*s));
}

int verdicts_control(enum verdict *verdict, const double *p, size_t n, double q)
{
	bool *reject = calloc(n ? n : 1, sizeof(*reject));
	int taken_back = 0, ret;

	if (!reject)
		return -ENOMEM;
	ret = rank_benjamini_hochberg(p, n, q, reject);
	for (size_t i = 0; ret >= 0 && i < n; i++) {
		if (verdict_is_change(verdict[i]) && !reject[i]) {
			verdict[i] = VERDICT_UNSURE;
			taken_back++;
		}
	}
	free(reject);
	return ret < 0 ? ret : taken_back;
}
