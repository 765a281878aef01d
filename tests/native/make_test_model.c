/* make_test_model.c - writes a small model with random weights.
 *
 *     build/tests/make_test_model OUT.dbm [SEED] */
#include <stdio.h>
#include <stdlib.h>

#include "picture/file.h"
#include "small_model.h"

int main(int argc, char **argv) {
	if (argc < 2) return fprintf(stderr, "usage: make_test_model OUT.dbm [SEED]\n"), 2;
	uint8_t *bytes = NULL;
	size_t size = 0;
	const uint64_t seed = argc > 2 ? (uint64_t)atoll(argv[2]) : 1;
	enum deblur_status status = small_model(seed, 0.02, true, MODEL_FILE_FLOAT16, &bytes, &size);
	if (!status) status = file_write(argv[1], bytes, size);
	if (status) fprintf(stderr, "%s: %s\n", argv[1], deblur_status_message(status));
	free(bytes);
	return status != DEBLUR_OK;
}
