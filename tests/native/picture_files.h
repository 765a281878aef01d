/* picture_files.h - writes picture files byte by byte, so that tests can make every kind, and every kind of wrong one.
 *
 *     struct bytes file = png_file(3, 2, 8, PNG_RGB, rows, sizeof rows);
 *     ... picture_decode(file.data, file.size, &picture) ...
 *     free(file.data);
 *
 * Running out of memory ends the program: these are tests. */
#ifndef PICTURE_FILES_H
#define PICTURE_FILES_H

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "picture/picture.h"

struct bytes {
	uint8_t *data;
	size_t size;
};

static inline void bytes_add(struct bytes *b, const void *data, size_t size) {
	uint8_t *grown = realloc(b->data, b->size + size + 1);
	if (!grown) abort();
	if (size) memcpy(grown + b->size, data, size);
	b->data = grown;
	b->size += size;
}

static inline void bytes_add_big(struct bytes *b, uint32_t value, int count) {
	for (int i = count; i-- > 0;) bytes_add(b, &(uint8_t){(uint8_t)(value >> 8 * i)}, 1);
}

static inline void bytes_add_little(struct bytes *b, uint32_t value, int count) {
	for (int i = 0; i < count; i++) bytes_add(b, &(uint8_t){(uint8_t)(value >> 8 * i)}, 1);
}

/* `count` bytes go in at `at`. */
static inline void bytes_insert(struct bytes *b, size_t at, const void *data, size_t count) {
	struct bytes whole = {0};
	bytes_add(&whole, b->data, at);
	bytes_add(&whole, data, count);
	bytes_add(&whole, b->data + at, b->size - at);
	free(b->data);
	*b = whole;
}

/* ---- PNG ---- */

enum { PNG_GREY = 0, PNG_RGB = 2, PNG_PALETTE = 3, PNG_GREY_ALPHA = 4, PNG_RGBA = 6 };

static inline void png_chunk(struct bytes *b, const char *type, const void *data, size_t size) {
	bytes_add_big(b, (uint32_t)size, 4);
	const size_t from = b->size;
	bytes_add(b, type, 4);
	bytes_add(b, data, size);
	bytes_add_big(b, (uint32_t)crc32(0, b->data + from, (uInt)(b->size - from)), 4);
}

/* A fuzzer does not guess checksums: with right ones, what lies behind them is reached too. */
static inline void png_mend_checksums(uint8_t *bytes, size_t size) {
	for (size_t at = 8; at + 12 <= size;) {
		const size_t length =
			(size_t)bytes[at] << 24 | (size_t)bytes[at + 1] << 16 | (size_t)bytes[at + 2] << 8 | bytes[at + 3];
		if (length > size - at - 12) return;
		const unsigned long sum = crc32(0, bytes + at + 4, (unsigned)length + 4);
		for (int i = 0; i < 4; i++) bytes[at + 8 + length + (size_t)i] = (uint8_t)(sum >> (24 - 8 * i));
		at += 12 + length;
	}
}

static inline struct bytes png_begin(uint32_t width, uint32_t height, int depth, int colour) {
	struct bytes b = {0}, header = {0};
	bytes_add(&b, "\x89PNG\r\n\x1a\n", 8);
	bytes_add_big(&header, width, 4);
	bytes_add_big(&header, height, 4);
	bytes_add(&header, (uint8_t[]){(uint8_t)depth, (uint8_t)colour, 0, 0, 0}, 5);
	png_chunk(&b, "IHDR", header.data, header.size);
	free(header.data);
	return b;
}

/* rows: as PNG stores them, each with its filter byte before it. */
static inline void png_finish(struct bytes *b, const void *rows, size_t size) {
	uLongf room = compressBound(size);
	uint8_t *packed = malloc(room);
	if (!packed || compress2(packed, &room, rows, size, 9) != Z_OK) abort();
	png_chunk(b, "IDAT", packed, room);
	png_chunk(b, "IEND", NULL, 0);
	free(packed);
}

static inline struct bytes png_file(uint32_t width, uint32_t height, int depth, int colour, const void *rows,
									size_t size) {
	struct bytes b = png_begin(width, height, depth, colour);
	png_finish(&b, rows, size);
	return b;
}

/* ---- JPEG and EXIF ---- */

static inline struct bytes jpeg_file(const struct picture *picture, int quality) {
	struct bytes b = {0};
	if (picture_encode_jpeg(picture, quality, &b.data, &b.size)) abort();
	return b;
}

/* Puts a segment right behind the start of the image. */
static inline void jpeg_insert(struct bytes *b, int marker, const void *data, size_t size) {
	struct bytes segment = {0};
	bytes_add(&segment, (uint8_t[]){0xff, (uint8_t)marker}, 2);
	bytes_add_big(&segment, (uint32_t)size + 2, 2);
	bytes_add(&segment, data, size);
	bytes_insert(b, 2, segment.data, segment.size);
	free(segment.data);
}

/* Where the baseline frame's segment begins: its length, and then precision, height, width, components. */
static inline size_t jpeg_frame_at(const struct bytes *b) {
	for (size_t at = 2; at + 4 < b->size && b->data[at] == 0xff; at += 2 + (b->data[at + 2] << 8 | b->data[at + 3]))
		if (b->data[at + 1] == 0xc0) return at + 2;
	abort();
}

/* A TIFF block with one entry: the orientation. */
static inline struct bytes exif_block(unsigned orientation, bool little) {
	void (*const add)(struct bytes *, uint32_t, int) = little ? bytes_add_little : bytes_add_big;
	struct bytes b = {0};
	bytes_add(&b, little ? "II" : "MM", 2);
	add(&b, 42, 2);
	add(&b, 8, 4); /* where the directory is */
	add(&b, 1, 2);
	add(&b, 0x0112, 2);
	add(&b, 3, 2); /* a 16-bit number */
	add(&b, 1, 4);
	add(&b, orientation, 2);
	add(&b, 0, 2);
	add(&b, 0, 4); /* no further directory */
	return b;
}

/* ---- BMP and TGA ---- */

/* 24 bits, bottom row first: B, G, R. Rows of the file are multiples of 4 bytes. */
static inline struct bytes bmp_file(uint32_t width, uint32_t height, const void *rows, size_t size) {
	struct bytes b = {0};
	bytes_add(&b, "BM", 2);
	bytes_add_little(&b, (uint32_t)(54 + size), 4);
	bytes_add_little(&b, 0, 4);
	bytes_add_little(&b, 54, 4);
	bytes_add_little(&b, 40, 4);
	bytes_add_little(&b, width, 4);
	bytes_add_little(&b, height, 4);
	bytes_add_little(&b, 1, 2);
	bytes_add_little(&b, 24, 2);
	for (int i = 0; i < 6; i++) bytes_add_little(&b, 0, 4);
	bytes_add(&b, rows, size);
	return b;
}

/* type 2: plain, 10: run lengths; top row first: B, G, R(, A). */
static inline struct bytes tga_file(int type, uint32_t width, uint32_t height, int bits, const void *data,
									size_t size) {
	struct bytes b = {0};
	bytes_add(&b, (uint8_t[]){0, 0, (uint8_t)type}, 3);
	for (int i = 0; i < 9; i++) bytes_add_little(&b, 0, 1);
	bytes_add_little(&b, width, 2);
	bytes_add_little(&b, height, 2);
	bytes_add(&b, (uint8_t[]){(uint8_t)bits, (uint8_t)(0x20 | (bits == 32 ? 8 : 0))}, 2);
	bytes_add(&b, data, size);
	return b;
}

#endif
