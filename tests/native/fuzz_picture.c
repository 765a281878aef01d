/* fuzz_picture.c - any bytes, as a picture file: refused, or a picture whose pixels are all there. `make fuzz`. */
#include <stdlib.h>
#include <string.h>

#include "picture/format.h"
#include "picture/picture.h"
#include "picture_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
	png_mend_checksums(mended, size);
	try_to_decode(mended, size);
	free(mended);
	return 0;
}
