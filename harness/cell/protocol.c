#include "harness/cell/protocol.h"

#include "harness/run/jsonio.h"
#include "harness/run/result.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const type_names[MESSAGE_TYPES] = {
    [MESSAGE_READY] = "ready",
    [MESSAGE_GO] = "go",
    [MESSAGE_SAMPLE] = "sample",
    [MESSAGE_END] = "end",
    [MESSAGE_SUMMARY] = "summary",
    [MESSAGE_COUNTERS] = "counters",
    [MESSAGE_FAIL] = "fail",
    [MESSAGE_CASE] = "case",
};

const char *message_type_name(enum message_type t)
{
	return t < MESSAGE_TYPES ? type_names[t] : "unknown";
}

static json_t *metrics_to_json(const struct metric_set *set)
{
	json_t *o = json_object();

	for (unsigned i = 0; o && i < set->count; i++) {
		if (json_object_set_new(o, set->item[i].name, json_real(set->item[i].value)) < 0) {
			json_decref(o);
			return NULL;
		}
	}
	return o;
}

static json_t *case_of(const struct message *m)
{
	json_t *o = json_pack("{ss ss sI ss so}", "case", m->case_name, "hash", m->hash, "slot_ns",
	    (json_int_t)m->slot_ns, "status", status_name(m->status), "reason",
	    jsonio_text(m->reason));

	int rc = o ? 0 : -ENOMEM;

	if (!rc && m->figure.metric[0])
		rc = jsonio_put(o, "figure", jsonio_fields(jsonio_figure_fields, &m->figure));
	if (!rc && m->depends[0])
		rc = jsonio_put_text(o, "depends", m->depends);
	return jsonio_whole(o, rc);
}

static json_t *body_of(const struct message *m)
{
	switch (m->type) {
	case MESSAGE_READY:
		return json_pack("{ss ss ss sb sI}", "case", m->case_name, "hash", m->hash, "pus",
		    m->pus, "oversubscribed", m->oversubscribed, "slot_ns", (json_int_t)m->slot_ns);
	case MESSAGE_GO:
		return json_pack(
		    "{si sI}", "slot", (int)m->slot, "slot_ns", (json_int_t)m->slot_ns);
	case MESSAGE_SAMPLE:
		return json_pack("{so}", "sample", sample_to_json(&m->sample));
	case MESSAGE_SUMMARY:
		return json_pack(
		    "{si sf}", "rows", (int)m->rows, "real_time_sum_ns", m->real_time_sum_ns);
	case MESSAGE_COUNTERS:
		return json_pack("{so so}", "counters", metrics_to_json(&m->counters), "reason",
		    jsonio_text(m->reason));
	case MESSAGE_FAIL:
		return json_pack(
		    "{ss so}", "status", status_name(m->status), "reason", jsonio_text(m->reason));
	case MESSAGE_CASE:
		return case_of(m);
	case MESSAGE_END:
	case MESSAGE_TYPES:
		break;
	}
	return json_object();
}

static int send_all(int fd, const char *data, size_t len)
{
	while (len) {
		/* No SIGPIPE: the other side's death is an answer, not a reason to die. */
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int message_send(int fd, const struct message *m)
{
	json_t *o = body_of(m);
	char *text = NULL;
	int ret = -ENOMEM;
	size_t len;

	if (!o || json_object_set_new(o, "v", json_integer(PROTOCOL_VERSION)) < 0 ||
	    json_object_set_new(o, "type", json_string(message_type_name(m->type))) < 0)
		goto out;
	text = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(17));
	if (!text)
		goto out;
	/* One send for text and newline: the newline takes the terminator's place. */
	len = strlen(text);
	text[len] = '\n';
	ret = send_all(fd, text, len + 1);
out:
	free(text);
	json_decref(o);
	return ret;
}

static bool get_text(const json_t *o, const char *key, char *out, size_t len)
{
	const char *s = json_string_value(json_object_get(o, key));

	if (!s || strlen(s) >= len)
		return false;
	memcpy(out, s, strlen(s) + 1);
	return true;
}

static bool get_count(const json_t *o, const char *key, uint64_t max, uint64_t *out)
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_integer(v) || json_integer_value(v) < 0 ||
	    (uint64_t)json_integer_value(v) > max)
		return false;
	*out = (uint64_t)json_integer_value(v);
	return true;
}

static bool get_metrics(const json_t *o, struct metric_set *set)
{
	const char *name;
	json_t *v;

	if (!json_is_object(o))
		return false;
	json_object_foreach((json_t *)(uintptr_t)o, name, v)
	{
		if (!json_is_number(v) || metric_add(set, name, json_number_value(v)) != 0)
			return false;
	}
	return true;
}

/* Of a program that says none it is the time per operation. */
static bool get_figure(const json_t *o, struct message *m)
{
	char err[200];
	struct jsonio_reader r = {.err = err, .err_len = sizeof(err)};

	return !json_object_get(o, "figure") || jsonio_get_figure(&r, o, "figure", &m->figure) == 0;
}

static bool get_status(const json_t *o, struct message *m)
{
	char status[24];

	return get_text(o, "reason", m->reason, sizeof(m->reason)) &&
	       get_text(o, "status", status, sizeof(status)) &&
	       status_from_name(status, &m->status) == 0;
}

static bool parse_body(const json_t *o, struct message *m, char *err, size_t err_len)
{
	uint64_t n;

	switch (m->type) {
	case MESSAGE_READY:
		m->oversubscribed = json_is_true(json_object_get(o, "oversubscribed"));
		return get_text(o, "case", m->case_name, sizeof(m->case_name)) &&
		       get_text(o, "hash", m->hash, sizeof(m->hash)) &&
		       get_text(o, "pus", m->pus, sizeof(m->pus)) &&
		       get_count(o, "slot_ns", INT64_MAX, &m->slot_ns);
	case MESSAGE_GO:
		if (!get_count(o, "slot", INT32_MAX, &n) ||
		    (json_object_get(o, "slot_ns") &&
			!get_count(o, "slot_ns", INT64_MAX, &m->slot_ns)))
			return false;
		m->slot = (unsigned)n;
		return true;
	case MESSAGE_SAMPLE:
		return sample_from_json(json_object_get(o, "sample"), &m->sample, err, err_len) ==
		       0;
	case MESSAGE_SUMMARY:
		if (!get_count(o, "rows", INT32_MAX, &n) ||
		    !json_is_number(json_object_get(o, "real_time_sum_ns")))
			return false;
		m->rows = (unsigned)n;
		m->real_time_sum_ns = json_number_value(json_object_get(o, "real_time_sum_ns"));
		return true;
	case MESSAGE_COUNTERS:
		return get_text(o, "reason", m->reason, sizeof(m->reason)) &&
		       get_metrics(json_object_get(o, "counters"), &m->counters);
	case MESSAGE_FAIL:
		/* Believed, a failure that is none would be tried again until the time is out. */
		return get_status(o, m) &&
		       (status_is_failure(m->status) || m->status == STATUS_UNSUPPORTED);
	case MESSAGE_CASE:
		return get_text(o, "case", m->case_name, sizeof(m->case_name)) &&
		       get_text(o, "hash", m->hash, sizeof(m->hash)) &&
		       get_count(o, "slot_ns", INT64_MAX, &m->slot_ns) && get_status(o, m) &&
		       get_figure(o, m) &&
		       (!json_object_get(o, "depends") ||
			   get_text(o, "depends", m->depends, sizeof(m->depends)));
	case MESSAGE_END:
		return true;
	case MESSAGE_TYPES:
		break;
	}
	return false;
}

static bool parse_type(const char *name, enum message_type *out)
{
	for (unsigned i = 0; name && i < MESSAGE_TYPES; i++) {
		if (strcmp(name, type_names[i]) == 0) {
			*out = (enum message_type)i;
			return true;
		}
	}
	return false;
}

/* The beginning of a line as it may be shown: printable, short. */
static void excerpt(const char *line, size_t len, char *out, size_t out_len)
{
	size_t n = len < out_len - 1 ? len : out_len - 1;

	for (size_t i = 0; i < n; i++)
		out[i] = line[i] >= ' ' && line[i] <= '~' ? line[i] : '?';
	out[n] = '\0';
}

int message_parse(const char *line, size_t len, struct message *out, char *err, size_t err_len)
{
	struct message m = {0};
	json_t *o = json_loadb(line, len, 0, NULL);
	const json_t *version = json_object_get(o, "v");
	char shown[64];
	char detail[128] = "";

	excerpt(line, len, shown, sizeof(shown));
	if (!json_is_object(o) || !json_is_integer(version)) {
		(void)snprintf(err, err_len, "not the cell protocol: \"%s\"", shown);
		goto out_bad;
	}
	if (json_integer_value(version) != PROTOCOL_VERSION) {
		(void)snprintf(err, err_len, "cell protocol version %lld, this program speaks %d",
		    (long long)json_integer_value(version), PROTOCOL_VERSION);
		goto out_bad;
	}
	if (!parse_type(json_string_value(json_object_get(o, "type")), &m.type) ||
	    !parse_body(o, &m, detail, sizeof(detail))) {
		(void)snprintf(err, err_len, "not a whole message: \"%s\"%s%s", shown,
		    detail[0] ? ": " : "", detail);
		goto out_bad;
	}
	json_decref(o);
	*out = m;
	return 0;

out_bad:
	json_decref(o);
	message_free(&m);
	return -EPROTO;
}

void message_free(struct message *m)
{
	sample_free(&m->sample);
	memset(m, 0, sizeof(*m));
}

long line_buffer_fill(struct line_buffer *b, int fd)
{
	ssize_t n;

	if (b->len == b->capacity) {
		size_t capacity = b->capacity ? b->capacity * 2 : 4096;
		char *grown;

		if (capacity > PROTOCOL_LINE_MAX)
			return -EMSGSIZE;
		grown = realloc(b->data, capacity);
		if (!grown)
			return -ENOMEM;
		b->data = grown;
		b->capacity = capacity;
	}
	do {
		n = read(fd, b->data + b->len, b->capacity - b->len);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	b->len += (size_t)n;
	return n;
}

bool line_buffer_next(struct line_buffer *b, const char **line, size_t *len)
{
	const char *end;

	/* What the last call handed out is dropped now, not then. */
	if (b->taken) {
		memmove(b->data, b->data + b->taken, b->len - b->taken);
		b->len -= b->taken;
		b->taken = 0;
	}
	end = b->len ? memchr(b->data, '\n', b->len) : NULL;
	if (!end)
		return false;
	*line = b->data;
	*len = (size_t)(end - b->data);
	b->taken = *len + 1;
	return true;
}

void line_buffer_free(struct line_buffer *b)
{
	free(b->data);
	memset(b, 0, sizeof(*b));
}
