#include "core/buffer.h"

#include <stdlib.h>
#include <string.h>

void buffer_put(struct buffer *b, const void *from, size_t size) {
	if (b->failed || !size) return;
	if (b->size + size > b->room) {
		const size_t room = (b->size + size) * 2;
		uint8_t *grown = realloc(b->bytes, room);
		if (!grown) {
			b->failed = true;
			return;
		}
		b->bytes = grown;
		b->room = room;
	}
	memcpy(b->bytes + b->size, from, size);
	b->size += size;
}
