/*
 * html_style.c - the page's head and tail. How it looks, and its only script, are files of their
 * own beside this one.
 */
#include "harness/report/html.h"

#include "harness/base/embed.h"

EMBED(html_page_css, "harness/report/page.css")
EMBED(html_page_js, "harness/report/page.js")

void html_head(struct text_buffer *b, const char *title)
{
	text_buffer_add(b,
	    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width,"
	    "initial-scale=1\">\n"
	    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
	    "'none';style-src 'unsafe-inline';script-src 'unsafe-inline'\">\n<title>");
	html_text(b, title);
	text_buffer_add(b, "</title>\n<style>\n");
	text_buffer_add(b, html_page_css);
	text_buffer_add(b, "</style>\n</head>\n<body>\n<div class=\"page\">\n");
}

void html_tail(struct text_buffer *b)
{
	text_buffer_add(b, "</div>\n<script>\n");
	text_buffer_add(b, html_page_js);
	text_buffer_add(b, "</script>\n</body>\n</html>\n");
}
