/* comparison_json.c - all that a comparison knows, for programs. Numbers are finite or left out. */
#include "harness/compare/comparison_text.h"
#include "harness/base/output.h"
#include "harness/run/jsonio.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* Raised when a member changes its meaning or goes away; new members do not raise it. */
#define COMPARISON_SCHEMA 2

#define FIELD(kind, member) JSONIO_FIELD(kind, struct comparison_row, member)

static const struct jsonio_field row_fields[] = {
    FIELD(TEXT, name),
    JSONIO_FIELD_OF(WORD, struct comparison_row, verdict, verdict_names),
    FIELD(TEXT, reason),
    JSONIO_FIELD_OF(OBJECT, struct comparison_row, figure, jsonio_figure_fields),
    FIELD(UNSIGNED, base_launches),
    FIELD(UNSIGNED, head_launches),
    FIELD(UNSIGNED, slots),
    {"excluded_slots", JSONIO_UNSIGNED, offsetof(struct comparison_row, excluded), 0, NULL},
    FIELD(BOOL, confirmed),
    FIELD(BOOL, layout_sensitive),
    FIELD(REAL, spent_s),
    JSONIO_END,
};

static const struct jsonio_field figure_fields[] = {
    FIELD(REAL, base),
    FIELD(REAL, head),
    FIELD(REAL, head_alone),
    JSONIO_FIELD_OF(OBJECT, struct comparison_row, change, jsonio_interval_fields),
    FIELD(REAL, level),
    FIELD(REAL, p),
    JSONIO_END,
};

static int put_instructions(json_t *o, const struct comparison_row *r)
{
	int rc = jsonio_put_real(o, "instructions_user_change", r->instructions_change);

	rc |= jsonio_put_u64(o, "instructions_user_launches", r->instructions_launches);
	return rc | jsonio_put(o, "instructions_user_apart", json_boolean(r->instructions_apart));
}

static json_t *excluded(const struct comparison_row *r)
{
	json_t *o = json_object();
	int rc = jsonio_put_u64(o, "warm_up",
	    r->excluded - r->excluded_empty - r->excluded_regime - r->excluded_length);

	rc |= jsonio_put_u64(o, "no_operation_finished", r->excluded_empty);
	rc |= jsonio_put_u64(o, "other_regime", r->excluded_regime);
	rc |= jsonio_put_u64(o, "other_length", r->excluded_length);
	return jsonio_whole(o, rc);
}

static json_t *row(const struct comparison_row *r)
{
	json_t *o = json_object();
	int rc = jsonio_put_fields(o, row_fields, r);

	if (r->has_figure)
		rc |= jsonio_put_fields(o, figure_fields, r);
	for (unsigned side = 0; !r->has_figure && side < 2; side++)
		if (r->has_value[side])
			rc |= jsonio_put_real(o, side ? "head" : "base", side ? r->head : r->base);
	/* JSON has no number for "of any size": it is left out. */
	if (isfinite(comparison_may_hide(r)))
		rc |= jsonio_put_real(o, "may_hide", comparison_may_hide(r));
	if (r->visible > 0)
		rc |= jsonio_put_real(o, "visible", r->visible);
	if (r->status[0][0])
		rc |= jsonio_put_text(o, "base_status", r->status[0]);
	if (r->status[1][0])
		rc |= jsonio_put_text(o, "head_status", r->status[1]);
	if (r->turns[0])
		rc |= jsonio_put_text(o, "turns", r->turns);
	for (unsigned side = 0; side < 2; side++)
		if (r->given[side].of[0])
			rc |= jsonio_put(o, side ? "head_given" : "base_given",
			    jsonio_fields(jsonio_given_fields, &r->given[side]));
	if (r->has_figure && r->figure_launches)
		rc |= jsonio_put_u64(o, "figure_launches", r->figure_launches);
	if (r->has_figure && r->quickest_launches)
		rc |= jsonio_put_u64(o, "quickest_turns_launches", r->quickest_launches);
	if (r->has_figure && r->figure.scale == CB_OUTCOME) {
		rc |= jsonio_put(o, "base_outcomes", jsonio_outcomes(&r->figure, r->outcomes[0]));
		rc |= jsonio_put(o, "head_outcomes", jsonio_outcomes(&r->figure, r->outcomes[1]));
	}
	rc |= jsonio_put(o, "excluded_slots_by_reason", excluded(r));
	if (r->has_instructions)
		rc |= put_instructions(o, r);
	if (r->layout_ratio > 0)
		rc |= jsonio_put_real(o, "layout_ratio", r->layout_ratio);
	return jsonio_whole(o, rc);
}

static json_t *counts(const struct comparison *c)
{
	json_t *o = json_object();
	int rc = 0;

	for (int v = 0; v < VERDICT_COUNT; v++)
		rc |= jsonio_put_u64(
		    o, verdict_name((enum verdict)v), comparison_count(c, (enum verdict)v));
	return jsonio_whole(o, rc);
}

static int put_lists(json_t *o, const struct comparison *c)
{
	json_t *differences = json_array(), *cases = json_array();
	int rc = 0;

	for (size_t i = 0; i < c->difference_count; i++)
		rc |= jsonio_append(differences, jsonio_text(c->differences[i]));
	rc |= jsonio_put(o, "differences", differences);
	rc |= jsonio_put(o, "counts", counts(c));
	rc |= jsonio_put_u64(o, "unsure_without_figure", comparison_unseen(c));
	for (size_t i = 0; i < c->row_count; i++)
		rc |= jsonio_append(cases, row(&c->rows[i]));
	rc |= jsonio_put(o, "cases", cases);
	return rc;
}

/* All that one needs to repeat it, and to know whether that is possible. */
static int put_origin(json_t *o, const struct comparison *c)
{
	int rc = c->has_seed ? jsonio_put_u64(o, "seed", c->seed) : 0;

	if (c->build[0].count)
		rc |= jsonio_put(o, "base_build", jsonio_manifest(&c->build[0]));
	if (c->build[1].count)
		rc |= jsonio_put(o, "head_build", jsonio_manifest(&c->build[1]));
	if (c->base_machine.count)
		rc |= jsonio_put(o, "base_machine", jsonio_manifest(&c->base_machine));
	if (c->machine.count)
		rc |= jsonio_put(o, "machine", jsonio_manifest(&c->machine));
	return rc;
}

static const struct jsonio_field head_fields[] = {
    JSONIO_FIELD(TEXT, struct comparison, base),
    JSONIO_FIELD(TEXT, struct comparison, head),
    JSONIO_FIELD(TEXT, struct comparison, date),
    JSONIO_FIELD(REAL, struct comparison, min_effect),
    JSONIO_FIELD(BOOL, struct comparison, strict),
    JSONIO_FIELD(BOOL, struct comparison, interrupted),
    JSONIO_FIELD(BOOL, struct comparison, forced),
    JSONIO_FIELD(REAL, struct comparison, elapsed_s),
    JSONIO_END,
};

static int put_head(json_t *o, const struct comparison *c)
{
	struct text_buffer sentence = {0};
	int rc = jsonio_put_u64(o, "concbench_comparison", COMPARISON_SCHEMA);

	comparison_headline(c, &sentence);
	rc |= jsonio_put_text(o, "headline", text_buffer_str(&sentence));
	rc |= sentence.failed ? -ENOMEM : 0;
	text_buffer_free(&sentence);
	comparison_sentence(c, &sentence);
	rc |= jsonio_put_text(o, "noise", text_buffer_str(&c->noise));
	if (c->must_see > 0) {
		rc |= jsonio_put_real(o, "must_see", c->must_see);
		rc |= jsonio_put_u64(o, "must_see_missed", comparison_missed(c));
	}
	rc |= jsonio_put_text(o, "kind", comparison_kind_name(c->kind));
	rc |= jsonio_put_fields(o, head_fields, c);
	rc |= jsonio_put_real(o, "detect_floor", verdict_detect_floor(c->min_effect));
	if (c->budget_s > 0) {
		rc |= jsonio_put_real(o, "budget_s", c->budget_s);
		rc |= jsonio_put_real(o, "confirm_s", c->confirm_s);
	}
	rc |= jsonio_put_text(o, "summary", text_buffer_str(&sentence));
	rc |= jsonio_put_u64(o, "exit_status", (uint64_t)comparison_status(c));
	rc |= sentence.failed ? -ENOMEM : 0;
	text_buffer_free(&sentence);
	return rc;
}

int comparison_json(const struct comparison *c, const char *path)
{
	json_t *o = json_object();
	struct text_buffer to = {0};
	char *text = NULL;
	int rc = put_head(o, c);

	rc |= put_origin(o, c);
	rc |= put_lists(o, c);
	if (!rc)
		text = jsonio_lay_out(o);
	json_decref(o);
	if (!text)
		return -ENOMEM;
	text_buffer_add(&to, text);
	free(text);
	rc = output_store(path, &to);
	text_buffer_free(&to);
	return rc;
}
