/*
 * report.h - charts and the page of a run, as `concbench report` and the end of a run make them.
 */
#ifndef CONCBENCH_REPORT_H
#define CONCBENCH_REPORT_H

#include "harness/run/run.h"

struct report_options {
	const char *gnuplot; /* path, or name to be found in PATH; NULL: "gnuplot" */
	const char *scripts; /* folder of the gnuplot scripts; NULL: chart_find_scripts() */
	bool no_charts;
};

/**
 * report_write() - write <out_dir>/report.html and <out_dir>/charts/ from a summarised run.
 * @options: NULL for the defaults.
 * @err:     one line when the return value is not 0.
 *
 * A chart that fails costs this chart only, a missing gnuplot the charts only: the page tells why.
 * Return: 0; 1 when the page is complete but for charts; -errno when there is no page.
 */
int report_write(const struct run *run, const char *out_dir, const struct report_options *options,
    char *err, size_t err_len);

#endif
