#include "harness/machine/pu_list.h"

#include "harness/base/grow.h"
#include "harness/base/one_line.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How much of a bad text a message repeats; the whole could be any length. */
#define QUOTE_CHARS 48

struct growing {
	unsigned *items;
	size_t count;
	size_t capacity;
};

static int append(struct growing *g, unsigned value)
{
	if (grow(&g->items, g->count + 1, &g->capacity, sizeof(value)))
		return -ENOMEM;
	g->items[g->count++] = value;
	return 0;
}

static int complain(char *err, size_t err_len, const char *text, const char *what)
{
	one_line_format(err, err_len, "'%.*s%s' is not a list of PUs such as 0-3,8: %s",
	    QUOTE_CHARS, text, strlen(text) > QUOTE_CHARS ? "..." : "", what);
	return -EINVAL;
}

/* By hand and not with strtoul(3), which accepts blanks and signs. */
static bool read_number(const char **at, unsigned *out)
{
	const char *c = *at;
	unsigned value = 0;

	while (*c >= '0' && *c <= '9' && value <= PU_LIST_INDEX_MAX)
		value = 10 * value + (unsigned)(*c++ - '0');
	if (c == *at || value > PU_LIST_INDEX_MAX)
		return false;
	*at = c;
	*out = value;
	return true;
}

int pu_list_parse(
    const char *text, size_t max, unsigned **out, size_t *count, char *err, size_t err_len)
{
	struct growing g = {0};
	const char *at = text;
	char what[64];
	int ret;

	if (!*text)
		return complain(err, err_len, text, "it is empty");
	for (;;) {
		unsigned first, last;

		if (!read_number(&at, &first))
			goto out_number;
		last = first;
		if (*at == '-') {
			at++;
			if (!read_number(&at, &last))
				goto out_number;
		}
		if (last < first) {
			snprintf(what, sizeof(what), "%u-%u runs backwards", first, last);
			goto out_invalid;
		}
		if (last - first >= max - g.count) {
			snprintf(what, sizeof(what), "more than %zu entries", max);
			goto out_invalid;
		}
		for (unsigned pu = first; pu <= last; pu++) {
			ret = append(&g, pu);
			if (ret)
				goto out_free;
		}
		if (!*at)
			break;
		if (*at++ != ',') {
			snprintf(what, sizeof(what), "a comma is missing after %u", last);
			goto out_invalid;
		}
	}
	*out = g.items;
	*count = g.count;
	return 0;

out_number:
	snprintf(what, sizeof(what), "no number from 0 to %d at '%.8s'", PU_LIST_INDEX_MAX, at);
out_invalid:
	ret = complain(err, err_len, text, what);
out_free:
	free(g.items);
	return ret;
}

char *pu_list_format(const unsigned *pus, size_t count)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return NULL;
	for (size_t i = 0; i < count;) {
		size_t end = i;

		while (end + 1 < count && pus[end + 1] == pus[end] + 1)
			end++;
		fprintf(to, "%s%u", i ? "," : "", pus[i]);
		if (end > i)
			fprintf(to, "-%u", pus[end]);
		i = end + 1;
	}
	if (fclose(to) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
