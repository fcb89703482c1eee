#include "harness/machine/manifest.h"

#include "harness/base/file.h"
#include "harness/base/grow.h"
#include "harness/base/text.h"
#include "harness/machine/manifest_sources.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* /proc/cpuinfo of a machine with thousands of CPUs is the longest file read. */
#define SOURCE_MAX_BYTES ((size_t)16 * 1024 * 1024)

static struct manifest_item *find(const struct manifest *m, const char *key)
{
	for (size_t i = 0; i < m->count; i++)
		if (strcmp(m->items[i].key, key) == 0)
			return &m->items[i];
	return NULL;
}

int manifest_add(struct manifest *m, const char *key, const char *value)
{
	char *key_copy = strdup(key), *value_copy = strdup(value);
	struct manifest_item *item;
	int err = -ENOMEM;

	if (!key_copy || !value_copy)
		goto out_free;
	text_clean(key_copy);
	text_clean(value_copy);
	item = find(m, key_copy);
	if (item) {
		free(item->value);
		item->value = value_copy;
		free(key_copy);
		return 0;
	}
	err = grow(&m->items, m->count + 1, &m->capacity, sizeof(*item));
	if (err)
		goto out_free;
	m->items[m->count++] = (struct manifest_item){.key = key_copy, .value = value_copy};
	return 0;
out_free:
	free(key_copy);
	free(value_copy);
	return err;
}

int manifest_addf(struct manifest *m, const char *key, const char *format, ...)
{
	char *value = NULL;
	va_list args;
	int err;

	va_start(args, format);
	err = vasprintf(&value, format, args) < 0 ? -ENOMEM : 0;
	va_end(args);
	if (err)
		return err;
	err = manifest_add(m, key, value);
	free(value);
	return err;
}

const char *manifest_get(const struct manifest *m, const char *key)
{
	const struct manifest_item *item = find(m, key);

	return item ? item->value : NULL;
}

void manifest_free(struct manifest *m)
{
	for (size_t i = 0; i < m->count; i++) {
		free(m->items[i].key);
		free(m->items[i].value);
	}
	free(m->items);
	*m = (struct manifest){0};
}

/* ---- reading, shared by the collectors ---- */

static bool full_path(char out[PATH_MAX], const char *root, const char *path)
{
	const int n = snprintf(out, PATH_MAX, "%s%s", root, path);

	return n >= 0 && n < PATH_MAX;
}

bool manifest_read_line(const char *root, const char *path, char line[MANIFEST_LINE_MAX])
{
	char full[PATH_MAX];

	return full_path(full, root, path) && file_read_line(full, line, MANIFEST_LINE_MAX) == 0 &&
	       *text_clean(line) != '\0';
}

char *manifest_read_text(const char *root, const char *path)
{
	char full[PATH_MAX];
	char *text = NULL;

	if (!full_path(full, root, path) || file_read_all(full, SOURCE_MAX_BYTES, &text, NULL) != 0)
		return NULL;
	return text;
}

int manifest_add_found(struct manifest *m, const char *key, const char *value)
{
	char *copy = strdup(value);
	int err = 0;

	if (!copy)
		return -ENOMEM;
	if (*text_clean(copy) != '\0')
		err = manifest_add(m, key, copy);
	free(copy);
	return err;
}

int manifest_add_file(struct manifest *m, const char *root, const char *key, const char *path)
{
	char line[MANIFEST_LINE_MAX];

	return manifest_read_line(root, path, line) ? manifest_add(m, key, line) : 0;
}

char *manifest_next_line(char **text)
{
	char *line = *text;
	char *end;

	if (*line == '\0')
		return NULL;
	end = strchrnul(line, '\n');
	*text = *end ? end + 1 : end;
	*end = '\0';
	return line;
}

const char *manifest_field(const char *line, const char *name)
{
	const size_t len = strlen(name);

	if (strncmp(line, name, len) != 0)
		return NULL;
	line += len;
	line += strspn(line, " \t");
	if (*line != ':')
		return NULL;
	line++;
	return line + strspn(line, " \t");
}

bool manifest_has_word(const char *text, const char *word, const char *dividers)
{
	const size_t len = strlen(word);

	while (*text != '\0') {
		const size_t n = strcspn(text, dividers);

		if (n == len && memcmp(text, word, n) == 0)
			return true;
		text += n;
		text += strspn(text, dividers);
	}
	return false;
}

int manifest_list_dir(
    const char *root, const char *path, int (*keep)(const struct dirent *), struct dirent ***out)
{
	char full[PATH_MAX];
	int n;

	*out = NULL;
	if (!full_path(full, root, path))
		return 0;
	n = scandir(full, out, keep, versionsort);
	return n < 0 ? 0 : n;
}

void manifest_free_list(struct dirent **list, int n)
{
	for (int i = 0; i < n; i++)
		free(list[i]);
	free(list);
}
