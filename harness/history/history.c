#include "harness/history/history_private.h"
#include "harness/history/schema.h"

#include "harness/base/one_line.h"

#include <errno.h>
#include <stdlib.h>

int history_open(const char *where, enum history_mode mode, unsigned wait_ms, struct history **out,
    char *err, size_t err_len)
{
	const bool write = mode == HISTORY_WRITE;
	struct history *h = calloc(1, sizeof(*h));
	int rc;

	if (!h) {
		one_line_format(err, err_len, "out of memory");
		return -ENOMEM;
	}
	rc = store_open(
	    where, write ? STORE_CREATE : STORE_EXISTING, wait_ms, &h->store, err, err_len);
	if (!rc) {
		rc = schema_open(h->store, write);
		if (rc)
			one_line_format(err, err_len, "%s", store_error(h->store));
	}
	if (rc)
		history_close(h);
	else
		*out = h;
	return rc;
}

void history_close(struct history *h)
{
	if (h)
		store_close(h->store);
	free(h);
}

const char *history_error(const struct history *h)
{
	return store_error(h->store);
}

const char *history_name(const struct history *h)
{
	return store_name(h->store);
}
