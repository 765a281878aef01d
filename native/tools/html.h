/* html.h - puts a page together in memory.
 *
 *     struct buffer page = {0};
 *     html_format(&page, "<p>%d runs of ", 3);
 *     html_text(&page, name);                  // whatever it holds, it is text
 *     if (!page.failed) file_write(path, page.bytes, page.size);
 *     free(page.bytes);
 *
 * What goes wrong is that memory runs out (core/buffer.h), or that markup is too long. */
#ifndef TOOLS_HTML_H
#define TOOLS_HTML_H

#include "core/buffer.h"
#include "picture/picture.h"

void html_add(struct buffer *page, const char *markup);
#ifdef __GNUC__
__attribute__((format(printf, 2, 3)))
#endif
void html_format(struct buffer *page, const char *format, ...); /* markup of at most HTML_FORMAT_BYTES */
enum { HTML_FORMAT_BYTES = 1024 };

/* As text or within a quoted attribute: what markup is made of is escaped, bytes that are no UTF-8 and control
 * characters become U+FFFD. */
void html_text(struct buffer *page, const char *text);

/* An <img> that holds its picture. alt: as html_text takes it. */
void html_png(struct buffer *page, const struct picture *picture, const char *alt);

#endif
