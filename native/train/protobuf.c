#include "train/protobuf.h"

#include <stdlib.h>
#include <string.h>

enum wire_type { VARINT = 0, LENGTH_DELIMITED = 2 };

/* Seven bits a byte, the lowest first; the eighth says that more follow. */
static void append_varint(struct buffer *m, uint64_t value) {
	uint8_t bytes[10];
	size_t count = 0;
	do {
		bytes[count] = (uint8_t)(value & 0x7f);
		value >>= 7;
		if (value) bytes[count] |= 0x80;
		count++;
	} while (value);
	buffer_put(m, bytes, count);
}

static void append_tag(struct buffer *m, uint32_t field, enum wire_type type) {
	append_varint(m, (uint64_t)field << 3 | (uint64_t)type);
}

void protobuf_number(struct buffer *message, uint32_t field, int64_t value) {
	append_tag(message, field, VARINT);
	append_varint(message, (uint64_t)value);
}

void protobuf_bytes(struct buffer *message, uint32_t field, const void *bytes, size_t size) {
	append_tag(message, field, LENGTH_DELIMITED);
	append_varint(message, size);
	buffer_put(message, bytes, size);
}

void protobuf_text(struct buffer *message, uint32_t field, const char *text) {
	protobuf_bytes(message, field, text, strlen(text));
}

void protobuf_message(struct buffer *message, uint32_t field, struct buffer *inner) {
	protobuf_bytes(message, field, inner->bytes, inner->size);
	if (inner->failed) message->failed = true;
	free(inner->bytes);
	*inner = (struct buffer){0};
}
