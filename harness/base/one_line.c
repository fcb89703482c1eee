#include "harness/base/one_line.h"

#include "harness/base/text.h"

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
	(void)text_show(to);
}
