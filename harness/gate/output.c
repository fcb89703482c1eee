#include "harness/gate/output.h"

#include "harness/base/file.h"

#include <errno.h>
#include <fcntl.h>
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

int output_store(const char *path, const struct text_buffer *text)
{
	if (text->failed)
		return -ENOMEM;
	if (is_special(path))
		return write_through(path, text);
	return file_write_whole(path, text_buffer_str(text), text->len);
}

/* A pipe is not opened: that would wait for who reads it. */
int output_check(const char *path)
{
	if (is_special(path))
		return access(path, W_OK) == 0 ? 0 : -errno;
	return file_check_whole(path);
}
