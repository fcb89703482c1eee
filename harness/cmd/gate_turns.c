#include "harness/cmd/gate_turns.h"

#include "harness/base/hash.h"
#include "harness/base/text.h"
#include "harness/cell/run_window.h"
#include "harness/cmd/cmd.h"
#include "harness/history/machine_class.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

char *gate_turns_say(const struct window_known *known, const struct run_figure *figure,
    uint64_t turn_ns, char *buf, size_t len)
{
	const struct run_window *w = &known->seen;
	char shorter[TEXT_FORMAT_MAX], longer[TEXT_FORMAT_MAX];
	const double turn_ms = (double)turn_ns / 1e6;

	buf[0] = '\0';
	if (w->how == WINDOW_SENSITIVE && turn_ns < w->longer_ns)
		(void)snprintf(buf, len,
		    "judged in turns of %.3g ms, not steady: runs saw %s in %.3g ms and %s in %.3g "
		    "ms",
		    turn_ms, run_figure_format(figure, w->shorter, shorter, sizeof(shorter)),
		    (double)w->shorter_ns / 1e6,
		    run_figure_format(figure, w->longer, longer, sizeof(longer)),
		    (double)w->longer_ns / 1e6);
	else if (w->how == WINDOW_STEADY && turn_ns < known->window_ns)
		(void)snprintf(buf, len,
		    "judged in turns of %.3g ms; steady from %.3g ms on, as runs saw", turn_ms,
		    (double)known->window_ns / 1e6);
	return buf;
}

/* What is not longer than the case's own windows is not known to be anything else. */
static bool is_told(const struct window_known *known, const struct bench_case *bc)
{
	return known->seen.how == WINDOW_SENSITIVE || known->window_ns > bc->window_ns;
}

static const char *case_name(const void *cases, size_t at)
{
	return ((const struct bench_case *)cases)[at].name;
}

/* Return: 0; -ENOMEM. */
static int note_rows(const struct gate_session *s, const struct windows *windows,
    const struct case_list *list, struct comparison_row *rows)
{
	struct hash_index by_name = {0};
	size_t at;
	int ret = 0;

	for (size_t k = 0; !ret && k < list->count; k++)
		ret = hash_index_add(&by_name, list->item[k].name, k);
	for (size_t i = 0; !ret && i < s->case_count; i++) {
		const struct catalogue_case *c = s->cases[i];
		const struct window_known *known;

		if (!hash_index_find(&by_name, c->name, case_name, list->item, &at))
			continue;
		known = run_window_known(windows, &list->item[at]);
		if (known && is_told(known, &list->item[at]))
			(void)gate_turns_say(known, &rows[i].figure,
			    gate_slot_ns(&s->plan, c->slot_ns), rows[i].turns,
			    sizeof(rows[i].turns));
	}
	hash_index_free(&by_name);
	return ret;
}

int gate_turns_note(const struct gate_session *s, const char *results_dir,
    const struct manifest *machine, struct comparison_row *rows)
{
	char path[GATE_PATH_MAX + sizeof(WINDOWS_FILE)], class[MACHINE_CLASS_LEN], err[400];
	struct selection what = s->what;
	struct catalogue_here here;
	struct selected chosen;
	struct windows windows = {0};
	int ret;

	machine_class(machine, class);
	(void)snprintf(path, sizeof(path), "%.*s/" WINDOWS_FILE, GATE_PATH_MAX - 1, results_dir);
	ret = windows_read(path, class, &windows, err, sizeof(err));
	/* One that cannot be read says nothing of a gate; a run complains of it. */
	if (ret || !windows.count) {
		windows_free(&windows);
		return ret == -ENOMEM ? ret : 0;
	}
	what.loads = s->request->loads[SIDE_HEAD].spec;
	what.load_count = s->request->loads[SIDE_HEAD].count;
	what.build_ids = NULL;
	ret = catalogue_here_open(&here, s->topo, &what, err, sizeof(err));
	if (!ret) {
		ret = selection_cases(&here, &what, &chosen, err, sizeof(err));
		if (!ret) {
			ret = note_rows(s, &windows, &chosen.cases, rows);
			selected_free(&chosen);
		}
		catalogue_here_close(&here);
	}
	windows_free(&windows);
	return ret == -ENOMEM ? ret : 0;
}
