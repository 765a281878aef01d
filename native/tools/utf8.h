/* utf8.h - what is a character and what is not. File names may be any bytes, JSON and HTML may not. */
#ifndef TOOLS_UTF8_H
#define TOOLS_UTF8_H

#include <stddef.h>

/* Bytes of the UTF-8 character at c (RFC 3629), which is terminated by a zero somewhere; 0 if it is none. */
size_t utf8_length(const unsigned char *c);

#endif
