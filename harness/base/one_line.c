#include "harness/base/one_line.h"

#include <stdarg.h>
#include <stdio.h>

void one_line_format(char *to, size_t len, const char *format, ...)
{
	va_list ap;

	if (!len)
		return;
	va_start(ap, format);
	vsnprintf(to, len, format, ap);
	va_end(ap);
	for (char *c = to; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
}
