#include "tools/html.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/utf8.h"

void html_add(struct buffer *page, const char *markup) {
	buffer_put(page, markup, strlen(markup));
}

void html_format(struct buffer *page, const char *format, ...) {
	char markup[HTML_FORMAT_BYTES];
	va_list arguments;
	va_start(arguments, format);
	const int length = vsnprintf(markup, sizeof markup, format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= sizeof markup)
		page->failed = true;
	else
		buffer_put(page, markup, (size_t)length);
}

static const char *entity(unsigned char c) {
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return c == 127 || (c < ' ' && c != '\n' && c != '\t') ? "\xef\xbf\xbd" : NULL;
	}
}

void html_text(struct buffer *page, const char *text) {
	for (const unsigned char *c = (const unsigned char *)text; *c;) {
		const size_t length = utf8_length(c);
		const char *instead = length ? entity(*c) : "\xef\xbf\xbd";
		if (instead)
			html_add(page, instead);
		else
			buffer_put(page, c, length);
		c += length ? length : 1;
	}
}

/* RFC 4648. */
static void append_base64(struct buffer *page, const uint8_t *bytes, size_t size) {
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < size; i += 3) {
		const size_t left = size - i;
		const uint32_t three =
			(uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) | (left > 2 ? bytes[i + 2] : 0);
		const char four[] = {digits[three >> 18], digits[three >> 12 & 63], left > 1 ? digits[three >> 6 & 63] : '=',
							 left > 2 ? digits[three & 63] : '='};
		buffer_put(page, four, sizeof four);
	}
}

void html_png(struct buffer *page, const struct picture *picture, const char *alt) {
	uint8_t *bytes = NULL;
	size_t size = 0;
	if (picture_encode_png(picture, &bytes, &size)) {
		page->failed = true;
		return;
	}
	html_format(page, "<img width=\"%zu\" height=\"%zu\" alt=\"", picture->width, picture->height);
	html_text(page, alt);
	html_add(page, "\" src=\"data:image/png;base64,");
	append_base64(page, bytes, size);
	html_add(page, "\">");
	free(bytes);
}
