/* sample_json.c - one sample as JSON: a line of the journal and of the cell protocol. */
#include "harness/run/jsonio.h"
#include "harness/run/result.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const struct jsonio_field fields[] = {
    JSONIO_FIELD(UNSIGNED, struct sample, launch),
    JSONIO_FIELD(UNSIGNED, struct sample, slot),
    JSONIO_FIELD(BOOL, struct sample, warm_up),
    JSONIO_FIELD(METRICS, struct sample, metrics),
    JSONIO_END,
};

struct json_t *sample_to_json(const struct sample *s)
{
	json_t *j = json_object();
	int rc = jsonio_put_fields(j, fields, s);

	if (s->worker_ops && s->worker_count) {
		json_t *ops = json_array();

		for (uint32_t i = 0; i < s->worker_count; i++)
			rc |= jsonio_append(ops, jsonio_u64(s->worker_ops[i]));
		rc |= jsonio_put(j, "worker_ops", ops);
	} else {
		rc |= jsonio_put_u64(j, "worker_count", s->worker_count);
	}
	if (s->latency)
		rc |= jsonio_put(j, "latency", jsonio_histogram(s->latency));
	return jsonio_whole(j, rc);
}

static int read_worker_ops(struct jsonio_reader *r, const json_t *j, struct sample *s)
{
	json_t *ops;
	size_t n;
	int rc = jsonio_get_array(r, j, "worker_ops", &ops);

	if (rc)
		return rc;
	n = json_array_size(ops);
	if (!n || n > UINT32_MAX)
		return jsonio_fail(r, "worker_ops", "empty or too long");
	s->worker_ops = calloc(n, sizeof(*s->worker_ops));
	if (!s->worker_ops)
		return -ENOMEM;
	s->worker_count = (uint32_t)n;
	for (size_t i = 0; i < n; i++) {
		if (!jsonio_value_u64(json_array_get(ops, i), UINT64_MAX, &s->worker_ops[i]))
			return jsonio_fail(r, "worker_ops", "not whole numbers");
	}
	return 0;
}

int sample_from_json(const struct json_t *j, struct sample *out, char *err, size_t err_len)
{
	struct jsonio_reader r = {.err = err, .err_len = err_len, .where = "sample"};
	struct sample s = {0};
	uint64_t workers;
	int rc;

	if (!json_is_object(j))
		return jsonio_fail(&r, NULL, "not an object");
	if ((rc = jsonio_get_fields(&r, j, fields, &s)) ||
	    (rc = jsonio_check_length(&r, "metrics", &s.metrics)))
		return rc;
	if (json_object_get(j, "worker_ops"))
		rc = read_worker_ops(&r, j, &s);
	else if (!(rc = jsonio_get_u64(&r, j, "worker_count", UINT32_MAX, &workers)))
		s.worker_count = (uint32_t)workers;
	if (!rc && json_object_get(j, "latency"))
		rc = jsonio_get_histogram(&r, j, "latency", &s.latency);
	if (rc)
		sample_free(&s);
	else
		*out = s;
	return rc;
}
