#include "harness/base/output.h"

#include "harness/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A device or a pipe cannot be written whole or not at all, and must not be renamed over. */
static bool is_special(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

static int write_through(const char *path, const struct text_buffer *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return -errno;
	rc = file_append_all(fd, text_buffer_str(text), text->len);
	if (close(fd) < 0 && !rc)
		rc = -errno;
	return rc;
}

/* What a rename may replace: the link's target, so that the link stays. To be freed.
 * Return: 0; -errno. */
static int target_of(const char *path, char **out)
{
	struct stat st;

	*out = lstat(path, &st) == 0 && S_ISLNK(st.st_mode) ? realpath(path, NULL) : strdup(path);
	return *out ? 0 : -errno;
}

int output_store(const char *path, const struct text_buffer *text)
{
	char *target;
	int rc;

	if (text->failed)
		return -ENOMEM;
	if (is_special(path))
		return write_through(path, text);
	rc = target_of(path, &target);
	if (!rc)
		rc = file_write_whole(target, text_buffer_str(text), text->len);
	free(target);
	return rc;
}

int output_store_or_print(const char *path, const struct text_buffer *text)
{
	if (strcmp(path, "-") != 0)
		return output_store(path, text);
	if (text->failed)
		return -ENOMEM;
	if (fflush(stdout))
		return -errno;
	return file_append_all(STDOUT_FILENO, text_buffer_str(text), text->len);
}

/* A pipe is not opened: that would wait for who reads it. */
int output_check(const char *path)
{
	char *target;
	int rc;

	if (is_special(path))
		return access(path, W_OK) == 0 ? 0 : -errno;
	rc = target_of(path, &target);
	if (!rc)
		rc = file_check_whole(target);
	free(target);
	return rc;
}
