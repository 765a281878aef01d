/* protobuf.h - writing Protocol Buffers' wire format: numbers as varints, everything else with its length before it. A
 * message is a buffer; an empty one is a message, too.
 *
 *     struct buffer inner = {0}, outer = {0};
 *     protobuf_text(&inner, 1, "name");
 *     protobuf_message(&outer, 7, &inner);     // takes inner's bytes over; if inner failed, so has outer */
#ifndef TRAIN_PROTOBUF_H
#define TRAIN_PROTOBUF_H

#include "core/buffer.h"

void protobuf_number(struct buffer *message, uint32_t field, int64_t value);
void protobuf_bytes(struct buffer *message, uint32_t field, const void *bytes, size_t size);
void protobuf_text(struct buffer *message, uint32_t field, const char *text);
void protobuf_message(struct buffer *message, uint32_t field, struct buffer *inner);

#endif
