/* html_info.c - what machine it was, and how to read the page. */
#include "harness/report/html.h"

#include <stdio.h>
#include <string.h>

static size_t section_len(const char *key)
{
	const size_t n = strcspn(key, ".");

	return key[n] ? n : 0; /* without a dot: no section */
}

static bool same_section(const char *a, const char *b)
{
	const size_t n = section_len(a);

	return n == section_len(b) && !strncmp(a, b, n);
}

static void section(struct text_buffer *b, const struct manifest *m, size_t first)
{
	const char *name = m->items[first].key;
	const size_t n = section_len(name);

	text_buffer_add(b, "<tbody>\n<tr><th colspan=\"2\" scope=\"rowgroup\" class=\"soft\">");
	html_textf(b, "%.*s", n ? (int)n : 7, n ? name : "general");
	text_buffer_add(b, "</th></tr>\n");
	for (size_t i = first; i < m->count; i++) {
		if (!same_section(name, m->items[i].key))
			continue;
		text_buffer_add(b, "<tr><th scope=\"row\">");
		html_text(b, m->items[i].key + (n ? n + 1 : 0));
		text_buffer_add(b, "</th><td class=\"wrap\">");
		html_text(b, m->items[i].value);
		text_buffer_add(b, "</td></tr>\n");
	}
	text_buffer_add(b, "</tbody>\n");
}

void html_manifest(struct text_buffer *b, const struct manifest *m)
{
	if (!m->count) {
		text_buffer_add(b, "<p>The run file says nothing about its machine.</p>\n");
		return;
	}
	text_buffer_add(b, "<div class=\"scroll\"><table class=\"manifest\">\n");
	for (size_t i = 0; i < m->count; i++) {
		bool said = false;

		for (size_t k = 0; k < i && !said; k++)
			said = same_section(m->items[k].key, m->items[i].key);
		if (!said)
			section(b, m, i);
	}
	text_buffer_add(b, "</table></div>\n");
}

static void operations(struct text_buffer *b, const struct case_groups *groups)
{
	for (size_t i = 0; i < groups->count; i++) {
		const struct case_group *g = &groups->items[i];
		char text[1024];

		text_buffer_add(b, "<li><b>");
		html_text(b, g->title);
		text_buffer_add(b, "</b>: ");
		html_text(b, case_group_ops(g, text, sizeof(text)));
		if (*case_group_latencies(g, text, sizeof(text))) {
			text_buffer_add(b, ". Latency: ");
			html_text(b, text);
		}
		text_buffer_add(b, "</li>\n");
	}
}

static const struct {
	enum case_status status;
	const char *text;
} meanings[] = {
    {STATUS_OK, "measured, and its interval is narrow enough to build on"},
    {STATUS_NOISY, "measured, but the interval is so wide, or the launches so few, that small "
		   "differences mean nothing"},
    {STATUS_OVERSUBSCRIBED, "measured with more workers than processing units: a figure about the "
			    "scheduler as much as about the case"},
    {STATUS_UNSUPPORTED, "this machine or this combination cannot run it; it was not started"},
    {STATUS_INVALID, "it ran, but its own check of the work failed; its figure is thrown away"},
    {STATUS_CRASHED, "a process of it died, or said something that made no sense"},
    {STATUS_HUNG, "it overran its deadline and was killed, or its workers wait for each other"},
    {STATUS_NOT_RUN, "the run ended before its turn"},
};

static const char *const flags[SERIES_FLAGS] = {
    "its interval is as wide as that of a noisy one",
    "the CPU quota of the control group made its workers stand still in some windows",
    "the machine was in two regimes, as a cache line's way between two PUs shows; each has a "
    "figure "
    "of its own",
    "a shorter window says another figure, and that this one is long enough has not been shown",
};

void html_how_to_read(struct text_buffer *b, const struct case_groups *groups)
{
	text_buffer_add(b,
	    "<dl class=\"read\">\n"
	    "<dt>The figures</dt><dd>Each case was launched several times, in random order among "
	    "the others. The median of a launch\u2019s trials is one value; the figure is the "
	    "median of these values, and the interval behind \u00b1 covers it with 95\u00a0% "
	    "confidence (less when there were fewer than six launches). <b>Time / op</b> is the "
	    "time between two finished operations of all workers together, so with more workers "
	    "it falls; it is not the time one worker waits.</dd>\n"
	    "<dt>Differences</dt><dd>Where two intervals overlap, this run cannot tell the two "
	    "cases apart. With many comparisons a few will look clear by chance. Runs of "
	    "different days or machines must not be compared this way.</dd>\n"
	    "<dt>CPU / op</dt><dd>CPU time of all workers for one operation. Where the load "
	    "generator is at its limit, compare this and not the rate.</dd>\n"
	    "<dt>Fairness</dt><dd>Jain\u2019s index of what each worker got done: 1 is all the "
	    "same, 1/n is one worker doing everything.</dd>\n"
	    "<dt>Hardware counters</dt><dd>They slow down what they count, so they come from a "
	    "pass of their own and never from a timed trial.</dd>\n"
	    "<dt>One operation is</dt><dd><ul>\n");
	operations(b, groups);
	text_buffer_add(b, "</ul></dd>\n<dt>Statuses</dt><dd><ul>\n");
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		text_buffer_add(b, "<li>");
		html_badge(b, meanings[i].status);
		text_buffer_add(b, " ");
		html_text(b, meanings[i].text);
		text_buffer_add(b, "</li>\n");
	}
	for (unsigned i = 0; i < SERIES_FLAGS; i++)
		text_buffer_addf(b,
		    "<li><span class=\"badge flag\">%s</span> beside another: %s</li>\n",
		    series_flag_names[i], flags[i]);
	text_buffer_add(b, "</ul></dd>\n</dl>\n");
}
