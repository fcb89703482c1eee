#include "harness/history/sparkline.h"

#include <math.h>
#include <string.h>

#define HEIGHTS 8
/* As a fraction of the smallest value; smaller differences are drawn flat. */
#define FLAT 0.001

static const char *const blocks[HEIGHTS] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const ascii[HEIGHTS] = {"_", ".", ":", "-", "=", "+", "*", "#"};

static unsigned height_of(double x, double low, double high)
{
	unsigned height;

	if (high - low <= FLAT * fabs(low))
		return 0;
	height = (unsigned)((x - low) / (high - low) * HEIGHTS);
	return height < HEIGHTS ? height : HEIGHTS - 1;
}

char *sparkline_draw(const double *x, size_t n, unsigned width, bool plain, char *buf, size_t len)
{
	double low = INFINITY, high = -INFINITY;
	size_t at = 0;

	if (width > SPARKLINE_WIDTH)
		width = SPARKLINE_WIDTH;
	if (n > width) {
		x += n - width;
		n = width;
	}
	for (size_t i = 0; i < n; i++) {
		if (!isfinite(x[i]))
			continue;
		low = fmin(low, x[i]);
		high = fmax(high, x[i]);
	}
	for (size_t i = 0; i < n; i++) {
		const char *mark = "?";
		size_t bytes;

		if (isfinite(x[i]))
			mark = (plain ? ascii : blocks)[height_of(x[i], low, high)];
		bytes = strlen(mark);
		if (at + bytes >= len)
			break;
		memcpy(buf + at, mark, bytes);
		at += bytes;
	}
	if (len)
		buf[at] = '\0';
	return buf;
}
