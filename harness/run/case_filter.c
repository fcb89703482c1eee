#include "harness/run/case_filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* regcomp(3) goes down a level of its stack for each open bracket, and writes out what is repeated.
 */
#define BYTES_MAX ((size_t)16384)
#define NESTING_MAX 100
#define REPEATS_MAX 1000ul

/* Return: what of it is too much for regcomp(3); NULL. */
static const char *too_much(const char *pattern)
{
	unsigned long repeats = 1;
	unsigned open = 0;

	if (strlen(pattern) > BYTES_MAX)
		return "longer than 16384 bytes";
	for (; *pattern; pattern++) {
		if (*pattern == '\\' && pattern[1]) {
			pattern++;
		} else if (*pattern == '(') {
			if (++open > NESTING_MAX)
				return "more than 100 brackets in each other";
		} else if (*pattern == ')') {
			open -= open > 0;
		} else if (*pattern == '{') {
			const size_t digits = strspn(pattern + 1, "0123456789,");
			const char *comma = memchr(pattern + 1, ',', digits);
			unsigned long n = strtoul(pattern + 1, NULL, 10), most = n;

			if (comma)
				most = strtoul(comma + 1, NULL, 10);
			n = most > n ? most : n;
			if (n > REPEATS_MAX || (repeats *= n ? n : 1) > REPEATS_MAX)
				return "more than 1000 repetitions";
		}
	}
	return NULL;
}

int case_filter_compile(struct case_filter *f, const char *pattern, char *err, size_t err_len)
{
	const char *much;
	char why[128];
	int ret;

	memset(f, 0, sizeof(*f));
	/* "all" is Google Benchmark's word for it; no case is called that. */
	if (!pattern || pattern[0] == '\0' || strcmp(pattern, "all") == 0) {
		f->all = true;
		return 0;
	}
	f->negate = pattern[0] == '-';
	much = too_much(pattern);
	if (much) {
		(void)snprintf(
		    err, err_len, "'%.40s...' is not an expression for cases: %s", pattern, much);
		return -EINVAL;
	}
	ret = regcomp(&f->regex, pattern + f->negate, REG_EXTENDED | REG_NOSUB);
	if (ret) {
		(void)regerror(ret, &f->regex, why, sizeof(why));
		(void)snprintf(err, err_len, "'%s' is not a regular expression: %s", pattern, why);
		return -EINVAL;
	}
	return 0;
}

bool case_filter_matches(const struct case_filter *f, const char *name)
{
	if (f->all)
		return true;
	return (regexec(&f->regex, name, 0, NULL, 0) == 0) != f->negate;
}

void case_filter_free(struct case_filter *f)
{
	if (!f->all)
		regfree(&f->regex);
}
