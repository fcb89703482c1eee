#include "harness/run/run_csv.h"

#include "harness/base/file.h"

#include <errno.h>
#include <stdlib.h>

/* RFC 4180: in quotes, quotes doubled. */
static void print_text(FILE *to, const char *text)
{
	(void)fputc('"', to);
	for (; *text; text++) {
		if (*text == '"')
			(void)fputc('"', to);
		(void)fputc(*text, to);
	}
	(void)fputc('"', to);
}

static void print_series(const struct series *s, FILE *to)
{
	double cpu;

	print_text(to, s->name);
	if (!status_has_figure(s->status)) {
		(void)fputs(",,,,,,,", to);
		print_text(to, status_name(s->status));
		(void)fputs(",true,", to);
		print_text(to, s->reason);
		(void)fputc('\n', to);
		return;
	}
	(void)fprintf(to, ",%u,%.17g,", s->summary.launches, s->summary.ns_per_op.estimate);
	if (metric_get(&s->summary.medians, METRIC_CPU_NS_PER_OP, &cpu))
		(void)fprintf(to, "%.17g", cpu);
	(void)fprintf(to, ",ns,,%.17g,", s->summary.ops_per_s.estimate);
	print_text(to, status_name(s->status));
	(void)fputs(",,\n", to);
}

int run_csv_print(const struct run *run, FILE *to)
{
	(void)fputs("name,iterations,real_time,cpu_time,time_unit,bytes_per_second,"
		    "items_per_second,label,error_occurred,error_message\n",
	    to);
	for (size_t i = 0; i < run->series_count; i++)
		print_series(&run->series[i], to);
	return ferror(to) ? -EIO : 0;
}

int run_csv_write(const struct run *run, const char *path)
{
	char *text = NULL;
	size_t len = 0;
	FILE *memory = open_memstream(&text, &len);
	int ret;

	if (!memory)
		return -errno;
	ret = run_csv_print(run, memory);
	if (fclose(memory) != 0 && !ret)
		ret = -ENOMEM;
	if (!ret)
		ret = file_write_whole(path, text, len);
	free(text);
	return ret;
}
