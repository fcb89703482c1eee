/* html.c - the page, section by section. */
#include "harness/report/html.h"

#include "harness/report/figure.h"
#include "harness/report/findings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void fact(struct text_buffer *b, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	text_buffer_add(b, "<div><dt>");
	html_text(b, name);
	text_buffer_add(b, "</dt><dd>");
	html_text(b, value);
	text_buffer_add(b, "</dd></div>\n");
}

/* The first of several keys that the manifest has. */
static const char *machine(const struct run *run, const char *const *keys)
{
	for (; *keys; keys++) {
		const char *value = manifest_get(&run->manifest, *keys);

		if (value && *value)
			return value;
	}
	return "";
}

static void counts(const struct run *run, char *buf, size_t len)
{
	size_t figures = 0, failed = 0, rest;

	for (size_t i = 0; i < run->series_count; i++) {
		figures += status_has_figure(run->series[i].status);
		failed += status_is_failure(run->series[i].status);
	}
	rest = run->series_count - figures - failed;
	snprintf(buf, len, "%zu: %zu measured, %zu failed, %zu not run or unsupported",
	    run->series_count, figures, failed, rest);
}

static void facts(struct text_buffer *b, const struct run *run)
{
	static const char *const cpu[] = {"cpu.model", "cpu.cb_model_name", NULL};
	static const char *const shape[] = {"topology.summary", "topology", NULL};
	static const char *const kernel[] = {"kernel.release", "kernel.version", "kernel", NULL};
	static const char *const hypervisor[] = {
	    "hypervisor", "cpu.hypervisor", "machine.hypervisor", "virtualization", NULL};
	char text[160], took[TEXT_FORMAT_MAX];

	text_buffer_add(b, "<dl class=\"facts\">\n");
	fact(b, "Processor", machine(run, cpu));
	fact(b, "Topology", machine(run, shape));
	fact(b, "Kernel", machine(run, kernel));
	fact(b, "Hypervisor", machine(run, hypervisor));
	counts(run, text, sizeof(text));
	fact(b, "Cases", text);
	/* Not known of a run that was killed when its journal is an older build's. */
	if (run->elapsed_s > 0 && run->elapsed_s < 1e9)
		snprintf(text, sizeof(text), "%s, took %s%s", run->profile,
		    text_format_duration((uint64_t)(run->elapsed_s * 1e9), took, sizeof(took)),
		    run->recovered ? " until it was killed" : "");
	else
		snprintf(text, sizeof(text), "%s", run->profile);
	fact(b, "Profile", text);
	text_buffer_add(b, "</dl>\n");
}

static const char *verdict_class(const char *word)
{
	if (!strcmp(word, "quiet"))
		return "quiet";
	if (!strcmp(word, "fair"))
		return "fair";
	return !strcmp(word, "noisy") ? "loud" : "unknown";
}

static void verdict(struct text_buffer *b, const struct run *run)
{
	text_buffer_addf(b, "<p class=\"verdict %s\" id=\"noise\"><strong>Noise of this machine: ",
	    verdict_class(run->noise.word));
	if (!strcmp(verdict_class(run->noise.word), "unknown"))
		text_buffer_add(b, "not known");
	else
		html_text(b, run->noise.word);
	text_buffer_add(b, "</strong> <span>");
	html_prose(b, run->noise.text);
	text_buffer_add(b, "</span></p>\n");
	if (run->interrupted)
		text_buffer_add(b, "<p class=\"verdict fair\"><strong>Cut short</strong> <span>The "
				   "run was interrupted or out of time; some cases may be missing "
				   "or have few launches.</span></p>\n");
	if (run->recovered)
		text_buffer_add(b,
		    "<p class=\"verdict fair\"><strong>Recovered</strong> <span>This run was "
		    "killed; its figures were rebuilt from its journal.</span></p>\n");
}

static void header(struct text_buffer *b, const struct html_page *page)
{
	static const char *const host[] = {"host.name", "hostname", "host", "machine.name", NULL};
	const struct run *run = page->run;
	const char *name = machine(run, host);

	text_buffer_add(b, "<header>\n<h1>Threads, processes and coroutines");
	if (*name) {
		text_buffer_add(b, " on ");
		html_text(b, name);
	}
	text_buffer_add(b, "</h1>\n<div class=\"soft\">concbench run of ");
	html_text(b, run->date);
	text_buffer_add(b, " \u00b7 <span class=\"mono\">");
	html_text(b, run->id);
	text_buffer_add(b, "</span></div>\n");
	verdict(b, run);
	facts(b, run);
	text_buffer_add(b, "<nav aria-label=\"Contents\"><a href=\"#says\">What this says</a>");
	if (page->charts->count || *page->charts_note)
		text_buffer_add(b, "<a href=\"#charts\">Charts</a>");
	text_buffer_add(b, "<a href=\"#figures\">All figures</a><a href=\"#cases\">Every "
			   "case</a><a href=\"#machine\">Machine and build</a>"
			   "<a href=\"#how\">How to read this</a></nav>\n</header>\n<main>\n");
}

/* Few launches cannot give 95 %; then it has to be said what they do give. */
static void tell_coverage(struct text_buffer *b, const struct run *run)
{
	double least = 1;
	size_t few = 0;

	for (size_t i = 0; i < run->series_count; i++) {
		const struct series_summary *sum = &run->series[i].summary;

		if (!status_has_figure(run->series[i].status) ||
		    !(sum->covered < FIGURE_COVERED_MIN))
			continue;
		few++;
		least = sum->covered < least ? sum->covered : least;
	}
	if (few)
		html_textf(b,
		    " In this run %zu case%s had so few launches that the interval covers less: "
		    "%.0f %% at the least.",
		    few, few == 1 ? "" : "s", least * 100);
}

static int says(struct text_buffer *b, const struct html_page *page)
{
	struct findings f;
	int rc = findings_build(page->groups, &f);

	if (rc)
		return rc;
	text_buffer_add(b, "<section class=\"says\" id=\"says\">\n<h2>What this says</h2>\n");
	if (!f.count)
		text_buffer_add(b, "<p>Too little was measured to compare anything.</p>\n");
	else
		text_buffer_add(b,
		    "<p class=\"soft small\">Made from the figures. Something is "
		    "called quickest, cheapest, lowest and so on only where its 95\u00a0% "
		    "interval overlaps with no other.");
	if (f.count) {
		tell_coverage(b, page->run);
		text_buffer_add(b, "</p>\n");
	}
	for (size_t i = 0; i < f.count; i++) {
		const bool first = !i || strcmp(f.items[i].topic, f.items[i - 1].topic);
		const bool last =
		    i + 1 == f.count || strcmp(f.items[i].topic, f.items[i + 1].topic);

		if (first) {
			text_buffer_add(b, "<h3>");
			html_text(b, f.items[i].topic);
			text_buffer_add(b, "</h3>\n<ul>\n");
		}
		text_buffer_addf(b, "<li%s><b>", f.items[i].clear ? "" : " class=\"tie\"");
		html_text(b, f.items[i].where);
		text_buffer_add(b, "</b> <span>");
		html_text(b, f.items[i].text);
		text_buffer_add(b, "</span></li>\n");
		if (last)
			text_buffer_add(b, "</ul>\n");
	}
	text_buffer_add(b, "</section>\n");
	findings_free(&f);
	return 0;
}

static void left_out(struct text_buffer *b, const struct chart *c)
{
	if (!c->left_out_count)
		return;
	text_buffer_addf(b,
	    "<details class=\"left-out\"><summary>%zu case%s without a figure %s not in this "
	    "chart</summary>\n<ul>\n",
	    c->left_out_count, c->left_out_count == 1 ? "" : "s",
	    c->left_out_count == 1 ? "is" : "are");
	for (size_t i = 0; i < c->left_out_count; i++) {
		const struct series *s = c->left_out[i];

		text_buffer_add(b, "<li><span class=\"mono\">");
		html_text(b, s->name);
		text_buffer_add(b, "</span> ");
		html_badge(b, s->status);
		text_buffer_add(b, " ");
		html_prose(b, s->reason);
		text_buffer_add(b, "</li>\n");
	}
	text_buffer_add(b, "</ul></details>\n");
}

static void charts(struct text_buffer *b, const struct html_page *page)
{
	if (!page->charts->count && !*page->charts_note)
		return;
	text_buffer_add(b, "<section id=\"charts\">\n<h2>Charts</h2>\n");
	if (*page->charts_note) {
		text_buffer_add(b, "<p>");
		html_text(b, page->charts_note);
		text_buffer_add(b, "</p>\n");
	}
	for (size_t i = 0; i < page->charts->count && !*page->charts_note; i++) {
		const struct chart *c = &page->charts->items[i];
		bool shown;

		text_buffer_addf(b, "<figure id=\"chart-%s\">\n<div class=\"plot\">\n", c->id);
		shown = c->svg && html_svg(b, c->svg, c->id, c->title);
		if (!shown) {
			text_buffer_add(b, "<p style=\"color:#222\">");
			html_textf(b, "%s: not drawn. %s", c->title, c->problem);
			text_buffer_add(b, "</p>");
		}
		text_buffer_add(b, "</div>\n<figcaption>");
		html_text(b, c->text);
		text_buffer_add(b, "</figcaption>\n");
		left_out(b, c);
		text_buffer_add(b, "</figure>\n");
	}
	text_buffer_add(b, "</section>\n");
}

static void figures(struct text_buffer *b, const struct html_page *page)
{
	text_buffer_add(b, "<section id=\"figures\">\n<h2>All figures</h2>\n<p class=\"soft "
			   "small\">With scripts on, a click on a column\u2019s head sorts by "
			   "it.</p>\n");
	for (size_t i = 0; i < page->groups->count; i++) {
		const struct case_group *g = &page->groups->items[i];

		text_buffer_addf(b, "<h3 id=\"figures-%s\">", g->id);
		html_text(b, g->title);
		text_buffer_add(b, "</h3>\n");
		html_group_table(b, page->run, g);
	}
	text_buffer_add(b, "</section>\n");
}

/* Most notes begin with these words, since elsewhere they stand alone. */
static const char *without_title(const char *note)
{
	static const char title[] = "hardware counters: ";

	return strncmp(note, title, sizeof(title) - 1) ? note : note + sizeof(title) - 1;
}

static void rest(struct text_buffer *b, const struct html_page *page)
{
	const struct run *run = page->run;

	text_buffer_add(b, "<section id=\"cases\">\n<h2>Every case</h2>\n<p class=\"soft "
			   "small\">Each by the command that measures it again; a click selects "
			   "all of it.</p>\n");
	html_case_table(b, run);
	text_buffer_add(b, "</section>\n<section id=\"machine\">\n<h2>Machine and build</h2>\n");
	if (run->counters_note[0]) {
		text_buffer_add(b, "<p>Hardware counters: ");
		html_text(b, without_title(run->counters_note));
		text_buffer_add(b, "</p>\n");
	}
	html_manifest(b, &run->manifest);
	text_buffer_add(b, "</section>\n<section id=\"how\">\n<h2>How to read this</h2>\n");
	html_how_to_read(b, page->groups);
	text_buffer_add(b, "</section>\n</main>\n<footer>Made by <code>");
	html_text(b, run->command);
	text_buffer_addf(b, "</code>, seed %llu. The raw samples are in <code>run.json</code>.",
	    (unsigned long long)run->seed);
	text_buffer_add(b, "</footer>\n");
}

int html_write_page(const struct html_page *page, struct text_buffer *out)
{
	char title[192];
	int rc;

	snprintf(title, sizeof(title), "concbench: %s", page->run->id);
	html_head(out, title);
	header(out, page);
	rc = says(out, page);
	if (rc)
		return rc;
	charts(out, page);
	figures(out, page);
	rest(out, page);
	html_tail(out);
	return out->failed ? -ENOMEM : 0;
}
