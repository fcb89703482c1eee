#include "harness/base/progress.h"

#include "harness/base/clock.h"
#include "harness/base/text.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define REDRAW_NS (100 * CLOCK_NS_PER_MS)

static unsigned terminal_columns(void)
{
	struct winsize ws;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &ws) < 0 || ws.ws_col < 20)
		return 80;
	return ws.ws_col;
}

void progress_begin(struct progress *p, bool quiet)
{
	memset(p, 0, sizeof(*p));
	p->shown = !quiet && isatty(STDERR_FILENO);
	p->begin_ns = clock_now_ns();
}

void progress_show(
    struct progress *p, size_t done, size_t total, uint64_t left_ns, const char *what)
{
	const uint64_t now_ns = clock_now_ns();
	char left[48] = "";
	char line[256];
	unsigned columns;

	if (!p->shown || (p->last_ns && now_ns - p->last_ns < REDRAW_NS))
		return;
	p->last_ns = now_ns;
	if (left_ns != UINT64_MAX) {
		char text[32];

		(void)snprintf(left, sizeof(left), ", %s left",
		    text_format_duration(left_ns, text, sizeof(text)));
	}
	(void)snprintf(line, sizeof(line), "[%zu/%zu%s] %s", done, total, left, what);
	/* Never into the last column: some terminals wrap there, and a wrapped line cannot be
	 * drawn over. */
	columns = terminal_columns() - 1;
	if (columns < sizeof(line))
		line[columns] = '\0';
	(void)fprintf(stderr, "\r%s\033[K", line);
	(void)fflush(stderr);
}

void progress_wipe(struct progress *p)
{
	if (!p->shown)
		return;
	(void)fputs("\r\033[K", stderr);
	(void)fflush(stderr);
	p->last_ns = 0;
}

void progress_end(struct progress *p)
{
	progress_wipe(p);
	p->shown = false;
}
