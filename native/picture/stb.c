/* stb.c - the one place that compiles stb's code (Debian's libstb-dev; public domain). */
#include <stdbool.h>
#include <stdlib.h>

/* zlib compresses better than the writer's own deflate, and is everywhere but in browsers, where no PNG is written
 * here. */
#if !defined(__EMSCRIPTEN__)
#include <zlib.h>

#define STBIW_ZLIB_COMPRESS compress_with_zlib
static unsigned char *compress_with_zlib(unsigned char *data, int size, int *out_size, int quality) {
	uLongf room = compressBound((uLong)size);
	unsigned char *out = malloc(room);
	(void)quality;
	if (!out) return NULL;
	if (compress2(out, &room, data, (uLong)size, 6) != Z_OK) {
		free(out);
		return NULL;
	}
	*out_size = (int)room;
	return out;
}
#endif

/* stb_image does not always say that it was memory that it lacked. */
static _Thread_local bool lacked_memory;
bool stb_lacked_memory(void); /* as in stb.h, which needs what is defined below */

bool stb_lacked_memory(void) {
	const bool lacked = lacked_memory;
	lacked_memory = false;
	return lacked;
}

static void *noted(void *memory) {
	if (!memory) lacked_memory = true;
	return memory;
}

/* stb_image up to 2.27 uses a JPEG's tables even where the file defines none. Zeros make that harmless, and the same on
 * every run. */
#define STBI_MALLOC(size) noted(calloc(1, size))
#define STBI_REALLOC(block, size) noted(realloc(block, size))
#define STBI_FREE(block) free(block)
#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_WRITE_IMPLEMENTATION
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wdouble-promotion"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#include "picture/stb.h"
