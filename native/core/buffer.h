/* buffer.h - bytes that grow as they are written.
 *
 *     struct buffer b = {0};
 *     buffer_put(&b, bytes, size);
 *     if (b.failed) ...     // out of memory, at any point; what was put afterwards is not there
 *     free(b.bytes); */
#ifndef BUFFER_H
#define BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Starts zeroed. */
struct buffer {
	uint8_t *bytes; /* owned */
	size_t size, room;
	bool failed; /* everything afterwards does nothing */
};

void buffer_put(struct buffer *buffer, const void *from, size_t size); /* 0 bytes may be at NULL */

#endif
