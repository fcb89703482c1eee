/*
 * param.h - values of parameters: from typed text to numbers, and to the text in names.
 *
 * "500", "2us", "1KiB", "pus", "2*pus", "thread", "list:0,2-3"; lists "1,2,8"; ranges by a factor
 * "1..64x2" (factor 2 when it is left out), with both ends in.
 */
#ifndef CONCBENCH_PARAM_H
#define CONCBENCH_PARAM_H

#include "harness/machine/placement.h"

#include <concbench/concbench.h>

#include <string.h>

struct param_value {
	int64_t n;        /* all but CB_PLACE */
	const char *text; /* CB_PLACE; lives as long as the program */
};

/**
 * param_parse() - one value.
 * @pus: usable PUs of this machine, what "pus" stands for.
 * @err: one line: what was typed, what is accepted.
 * Return: 0; -EINVAL; -ERANGE out of the parameter's bounds; -ENOMEM; @out untouched on error.
 */
int param_parse(const struct cb_param *p, unsigned pus, const char *text, struct param_value *out,
    char *err, size_t err_len);

/**
 * param_parse_list() - several, without doubles, in the order typed.
 * @topo: of placements, what "pairs" stands for; NULL: no machine is known, and they
 * stand for nothing.
 * @out: [*count] values; free() it. None, of a list that stands for nothing here.
 * Return: as param_parse(); -ENOMEM.
 */
int param_parse_list(const struct cb_param *p, unsigned pus, const struct topology *topo,
    const char *text, struct param_value **out, size_t *count, char *err, size_t err_len);

/* The base value of "carriers": one for each PU that the placement has, but no more than
 * workers. */
#define PARAM_BY_PLACE "place"

/** param_follows() - does its base value follow from others? It is 0 until then. */
static inline bool param_follows(const struct cb_param *p)
{
	return strcmp(p->key, "carriers") == 0 && strcmp(p->base, PARAM_BY_PLACE) == 0;
}

/** param_has_base() - is its base value valid? ("place" is special to carriers, see bench_case.h.)
 * @why: what is wrong with it. Assumes one PU: bounds that more PUs break show when cases are
 * made. */
bool param_has_base(const struct cb_param *p, char *why, size_t why_len);

#define PARAM_SPELL_LEN 32

/** param_spell() - a number as one would write it, by the greatest unit that divides it: "2us". Not
 * of CB_WORD nor CB_PLACE. Return: @buf. */
char *param_spell(const struct cb_param *p, int64_t n, char *buf, size_t len);

/** param_format() - as it stands in a name. Return: @buf. */
char *param_format(const struct cb_param *p, const struct param_value *v, char *buf, size_t len);

bool param_same(const struct cb_param *p, const struct param_value *a, const struct param_value *b);

/** param_is() - does @key mean this parameter? Its key, with or without its unit: "hold_ns",
 * "hold". */
bool param_is(const struct cb_param *p, const char *key, size_t len);

#endif
