/* fuzz_picture.c - any bytes, as a picture file: refused, or a picture whose pixels are all there. `make fuzz`. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "picture/format.h"
#include "picture/picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A fuzzer does not guess checksums: with right ones, what lies behind them is reached too. */
static void mend_png_checksums(uint8_t *bytes, size_t size) {
	for (size_t at = 8; at + 12 <= size;) {
		const size_t length =
			(size_t)bytes[at] << 24 | (size_t)bytes[at + 1] << 16 | (size_t)bytes[at + 2] << 8 | bytes[at + 3];
		if (length > size - at - 12) return;
		const unsigned long sum = crc32(0, bytes + at + 4, (unsigned)length + 4);
		for (int i = 0; i < 4; i++) bytes[at + 8 + length + (size_t)i] = (uint8_t)(sum >> (24 - 8 * i));
		at += 12 + length;
	}
}

static void try_to_decode(const uint8_t *bytes, size_t size) {
	struct format format;
	/* Large pictures find nothing that small ones do not, and take their time. */
	if (!format_check(bytes, size, &format) && format.width > (1 << 20) / format.height) return;
	struct picture picture = {0};
	if (picture_decode(bytes, size, &picture)) {
		if (picture.pixels) abort();
		return;
	}
	const size_t count = picture.width * picture.height * (size_t)picture.channels;
	unsigned sum = 0;
	for (size_t i = 0; i < count; i++) sum += picture.pixels[i];
	if (sum > 255 * count) abort();
	picture_release(&picture);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	try_to_decode(data, size);
	if (size < 8 || memcmp(data, "\x89PNG", 4)) return 0;
	uint8_t *mended = malloc(size);
	if (!mended) return 0;
	memcpy(mended, data, size);
	mend_png_checksums(mended, size);
	try_to_decode(mended, size);
	free(mended);
	return 0;
}
