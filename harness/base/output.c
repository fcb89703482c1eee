#include "harness/base/output.h"

#include "harness/base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int output_store(const char *path, const struct text_buffer *text)
{
	return text->failed ? -ENOMEM : file_write_whole(path, text_buffer_str(text), text->len);
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
