#include "harness/run/case_filter.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int case_filter_compile(struct case_filter *f, const char *pattern, char *err, size_t err_len)
{
	char why[128];
	int ret;

	memset(f, 0, sizeof(*f));
	/* "all" is Google Benchmark's word for it; no case is called that. */
	if (!pattern || pattern[0] == '\0' || strcmp(pattern, "all") == 0) {
		f->all = true;
		return 0;
	}
	f->negate = pattern[0] == '-';
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
