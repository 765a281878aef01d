/* protobuf.h - writing Protocol Buffers' wire format: numbers as varints, everything else with its length before it.
 *
 *     struct protobuf inner = {0}, outer = {0};
 *     protobuf_text(&inner, 1, "name");
 *     protobuf_message(&outer, 7, &inner);     // takes inner's bytes over, and releases it
 *     if (outer.failed) ...                    // out of memory, at any point; bytes are released
 *     free(outer.bytes); */
#ifndef TRAIN_PROTOBUF_H
#define TRAIN_PROTOBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A message that is being written; starts zeroed. */
struct protobuf {
	uint8_t *bytes; /* owned */
	size_t size, room;
	bool failed; /* everything afterwards does nothing */
};

void protobuf_number(struct protobuf *message, uint32_t field, int64_t value);
void protobuf_bytes(struct protobuf *message, uint32_t field, const void *bytes, size_t size);
void protobuf_text(struct protobuf *message, uint32_t field, const char *text);
void protobuf_message(struct protobuf *message, uint32_t field, struct protobuf *inner);

#endif
