#include "harness/report/again.h"

#include <string.h>

/* In single quotes, where only the quote itself means anything. */
static void add_word(struct text_buffer *b, const char *option, const char *text, size_t len)
{
	text_buffer_addf(b, " %s'", option);
	while (len) {
		const char *quote = memchr(text, '\'', len);
		const size_t plain = quote ? (size_t)(quote - text) : len;

		text_buffer_add_bytes(b, text, plain);
		if (!quote)
			break;
		text_buffer_add(b, "'\\''");
		text += plain + 1;
		len -= plain + 1;
	}
	text_buffer_add(b, "'");
}

void again_command(struct text_buffer *b, const struct run *run, const struct series *s)
{
	const char *slot_ns = manifest_get(&run->manifest, AGAIN_SLOT_KEY);
	const char *pair = strstr(s->name, RUN_PAIR_PART);

	text_buffer_add(b, "concbench run");
	if (s->load[0])
		add_word(b, "--load ", s->load, strlen(s->load));
	if (slot_ns)
		text_buffer_addf(b, " --slot-time %sns", slot_ns);
	if (pair)
		text_buffer_add(b, " --aa");
	add_word(b, "", s->name, pair ? (size_t)(pair - s->name) : strlen(s->name));
}
