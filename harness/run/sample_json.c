/* sample_json.c - one sample as JSON: a line of the journal and of the cell protocol. */
#include "harness/run/jsonio.h"
#include "harness/run/result.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct json_t *sample_to_json(const struct sample *s)
{
	json_t *j = json_object();
	int rc = 0;

	rc |= jsonio_put_u64(j, "launch", s->launch);
	rc |= jsonio_put_u64(j, "slot", s->slot);
	rc |= jsonio_put(j, "warm_up", json_boolean(s->warm_up));
	rc |= jsonio_put(j, "metrics", jsonio_metrics(&s->metrics));
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
	if (rc) {
		json_decref(j);
		return NULL;
	}
	return j;
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
	int rc;

	if (!json_is_object(j))
		return jsonio_fail(&r, NULL, "not an object");
	if ((rc = jsonio_get_unsigned(&r, j, "launch", &s.launch)) ||
	    (rc = jsonio_get_unsigned(&r, j, "slot", &s.slot)) ||
	    (rc = jsonio_get_bool(&r, j, "warm_up", &s.warm_up)) ||
	    (rc = jsonio_get_metrics(&r, j, "metrics", &s.metrics)) ||
	    (rc = jsonio_check_length(&r, "metrics", &s.metrics)))
		return rc;
	if (json_object_get(j, "worker_ops"))
		rc = read_worker_ops(&r, j, &s);
	else
		rc = jsonio_get_unsigned(&r, j, "worker_count", &s.worker_count);
	if (!rc && json_object_get(j, "latency"))
		rc = jsonio_get_histogram(&r, j, "latency", &s.latency);
	if (rc)
		sample_free(&s);
	else
		*out = s;
	return rc;
}
