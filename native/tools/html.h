/* html.h - puts a page together in memory.
 *
 *     struct html page = {0};
 *     html_format(&page, "<p>%d runs of ", 3);
 *     html_text(&page, name);                  // whatever it holds, it is text
 *     if (!page.failed) file_write(path, page.bytes, page.size);
 *     free(page.bytes); */
#ifndef TOOLS_HTML_H
#define TOOLS_HTML_H

#include <stdbool.h>
#include <stddef.h>

#include "picture/picture.h"

/* A page that is being written; starts zeroed. */
struct html {
	char *bytes; /* owned, not terminated */
	size_t size, room;
	bool failed; /* out of memory: everything afterwards does nothing */
};

void html_add(struct html *page, const char *markup);
#ifdef __GNUC__
__attribute__((format(printf, 2, 3)))
#endif
void html_format(struct html *page, const char *format, ...); /* markup of at most HTML_FORMAT_BYTES */
enum { HTML_FORMAT_BYTES = 1024 };

/* As text or within a quoted attribute: what markup is made of is escaped, bytes that are no UTF-8 and control
 * characters become U+FFFD. */
void html_text(struct html *page, const char *text);

/* An <img> that holds its picture. alt: as html_text takes it. */
void html_png(struct html *page, const struct picture *picture, const char *alt);

#endif
