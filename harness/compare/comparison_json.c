/* comparison_json.c - all that a comparison knows, for programs. Numbers are finite or left out. */
#include "harness/compare/comparison_text.h"
#include "harness/base/output.h"
#include "harness/run/jsonio.h"

#include <errno.h>
#include <stdlib.h>

/* Raised when a member changes its meaning or goes away; new members do not raise it. */
#define COMPARISON_SCHEMA 1

static int put_bool(json_t *o, const char *key, bool value)
{
	return jsonio_put(o, key, json_boolean(value));
}

static int put_figures(json_t *o, const struct comparison_row *r)
{
	json_t *change = json_object();
	int rc = 0;

	rc |= jsonio_put_real(change, "estimate", r->change.estimate);
	rc |= jsonio_put_real(change, "low", r->change.low);
	rc |= jsonio_put_real(change, "high", r->change.high);
	rc |= jsonio_put_real(o, "base_ns_per_op", r->base_ns_per_op);
	rc |= jsonio_put_real(o, "head_ns_per_op", r->head_ns_per_op);
	rc |= jsonio_put(o, "change", change);
	rc |= jsonio_put_real(o, "level", r->level);
	rc |= jsonio_put_real(o, "p", r->p);
	if (r->figure_launches)
		rc |= jsonio_put_u64(o, "figure_launches", r->figure_launches);
	if (r->quickest_launches)
		rc |= jsonio_put_u64(o, "quickest_turns_launches", r->quickest_launches);
	return rc;
}

static json_t *excluded(const struct comparison_row *r)
{
	json_t *o = json_object();

	if (jsonio_put_u64(o, "warm_up", r->excluded - r->excluded_empty) ||
	    jsonio_put_u64(o, "no_operation_finished", r->excluded_empty)) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static json_t *row(const struct comparison_row *r)
{
	json_t *o = json_object();
	int rc = 0;

	rc |= jsonio_put_text(o, "name", r->name);
	rc |= jsonio_put_text(o, "verdict", verdict_name(r->verdict));
	rc |= jsonio_put_text(o, "reason", r->reason);
	if (r->has_figure)
		rc |= put_figures(o, r);
	rc |= jsonio_put_u64(o, "base_launches", r->base_launches);
	rc |= jsonio_put_u64(o, "head_launches", r->head_launches);
	rc |= jsonio_put_u64(o, "slots", r->slots);
	rc |= jsonio_put_u64(o, "excluded_slots", r->excluded);
	rc |= jsonio_put(o, "excluded_slots_by_reason", excluded(r));
	rc |= put_bool(o, "confirmed", r->confirmed);
	rc |= put_bool(o, "layout_sensitive", r->layout_sensitive);
	if (r->has_instructions) {
		rc |= jsonio_put_real(o, "instructions_user_change", r->instructions_change);
		rc |= jsonio_put_u64(o, "instructions_user_launches", r->instructions_launches);
		rc |= put_bool(o, "instructions_user_apart", r->instructions_apart);
	}
	if (r->layout_ratio > 0)
		rc |= jsonio_put_real(o, "layout_ratio", r->layout_ratio);
	rc |= jsonio_put_real(o, "spent_s", r->spent_s);
	if (rc) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static json_t *counts(const struct comparison *c)
{
	json_t *o = json_object();
	int rc = 0;

	for (int v = 0; v < VERDICT_COUNT; v++)
		rc |= jsonio_put_u64(
		    o, verdict_name((enum verdict)v), comparison_count(c, (enum verdict)v));
	if (rc) {
		json_decref(o);
		return NULL;
	}
	return o;
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

/* What it takes to do it again, and to know whether it can be. */
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

static int put_head(json_t *o, const struct comparison *c)
{
	struct text_buffer sentence = {0};
	int rc = 0;

	comparison_sentence(c, &sentence);
	rc |= jsonio_put_u64(o, "concbench_comparison", COMPARISON_SCHEMA);
	rc |= jsonio_put_text(o, "kind", comparison_kind_name(c->kind));
	rc |= jsonio_put_text(o, "base", c->base);
	rc |= jsonio_put_text(o, "head", c->head);
	rc |= jsonio_put_text(o, "date", c->date);
	rc |= jsonio_put_real(o, "min_effect", c->min_effect);
	rc |= jsonio_put_real(o, "detect_floor", verdict_detect_floor(c->min_effect));
	rc |= put_bool(o, "strict", c->strict);
	rc |= put_bool(o, "interrupted", c->interrupted);
	rc |= put_bool(o, "forced", c->forced);
	rc |= jsonio_put_real(o, "elapsed_s", c->elapsed_s);
	if (c->budget_s > 0) {
		rc |= jsonio_put_real(o, "budget_s", c->budget_s);
		rc |= jsonio_put_real(o, "confirm_s", c->confirm_s);
	}
	rc |= jsonio_put_text(o, "noise", c->noise);
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
