/* fuzz_model_file.c - anything at all as a model, with its checksum set right so that the rest is reached. `make fuzz`.
 */
#include <stdlib.h>
#include <string.h>

#include "core/sha256.h"
#include "deblur.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct deblur_model *model = NULL;
	uint8_t *copy = malloc(size + 1);
	if (!copy) return 0;
	memcpy(copy, data, size);
	if (size >= SHA256_BYTES) sha256(copy, size - SHA256_BYTES, copy + size - SHA256_BYTES);
	if (!deblur_model_open(copy, size, &model)) {
		uint8_t pixels[5 * 4 * 3] = {1, 2, 3};
		const struct deblur_image image = {pixels, 5, 4, 15, 3};
		struct deblur_model_info info;
		struct deblur_blur blur;
		deblur_model_info(model, &info);
		deblur_blur_describe(DEBLUR_BLUR_MOTION, 5, 20, NULL, &blur);
		if (info.restorer_macs_per_pixel < 1e7) deblur_restore(model, &image, &blur, NULL, &image);
	}
	deblur_model_destroy(model);
	free(copy);
	return 0;
}
