#include "train/protobuf.h"

#include <stdlib.h>
#include <string.h>

enum wire_type { VARINT = 0, LENGTH_DELIMITED = 2 };

static void append(struct protobuf *m, const void *from, size_t size) {
	if (m->failed || !size) return;
	if (m->size + size > m->room) {
		const size_t room = (m->size + size) * 2;
		uint8_t *grown = realloc(m->bytes, room);
		if (!grown) {
			free(m->bytes);
			*m = (struct protobuf){.failed = true};
			return;
		}
		m->bytes = grown;
		m->room = room;
	}
	memcpy(m->bytes + m->size, from, size);
	m->size += size;
}

/* Seven bits a byte, the lowest first; the eighth says that more follow. */
static void append_varint(struct protobuf *m, uint64_t value) {
	uint8_t bytes[10];
	size_t count = 0;
	do {
		bytes[count] = (uint8_t)(value & 0x7f);
		value >>= 7;
		if (value) bytes[count] |= 0x80;
		count++;
	} while (value);
	append(m, bytes, count);
}

static void append_tag(struct protobuf *m, uint32_t field, enum wire_type type) {
	append_varint(m, (uint64_t)field << 3 | (uint64_t)type);
}

void protobuf_number(struct protobuf *message, uint32_t field, int64_t value) {
	append_tag(message, field, VARINT);
	append_varint(message, (uint64_t)value);
}

void protobuf_bytes(struct protobuf *message, uint32_t field, const void *bytes, size_t size) {
	append_tag(message, field, LENGTH_DELIMITED);
	append_varint(message, size);
	append(message, bytes, size);
}

void protobuf_text(struct protobuf *message, uint32_t field, const char *text) {
	protobuf_bytes(message, field, text, strlen(text));
}

void protobuf_message(struct protobuf *message, uint32_t field, struct protobuf *inner) {
	if (inner->failed) {
		free(message->bytes);
		*message = (struct protobuf){.failed = true};
	} else {
		protobuf_bytes(message, field, inner->bytes, inner->size);
	}
	free(inner->bytes);
	*inner = (struct protobuf){0};
}
