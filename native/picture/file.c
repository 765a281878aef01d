#include "picture/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum deblur_status file_read(const char *path, uint8_t **bytes, size_t *size) {
	FILE *file = fopen(path, "rb");
	if (!file) return DEBLUR_IO;
	uint8_t *buffer = NULL;
	size_t length = 0, room = 0, got;
	do {
		if (length == room) {
			uint8_t *grown = realloc(buffer, room = room ? room * 2 : 1 << 16);
			if (!grown) {
				free(buffer);
				fclose(file);
				return DEBLUR_OUT_OF_MEMORY;
			}
			buffer = grown;
		}
		length += got = fread(buffer + length, 1, room - length, file);
	} while (got);
	const bool failed = ferror(file);
	const int reason = errno;
	fclose(file);
	if (failed) {
		free(buffer);
		errno = reason;
		return DEBLUR_IO;
	}
	*bytes = buffer;
	*size = length;
	return DEBLUR_OK;
}

enum deblur_status file_write(const char *path, const void *bytes, size_t size) {
	const size_t length = strlen(path);
	char *part = malloc(length + sizeof ".part");
	if (!part) return DEBLUR_OUT_OF_MEMORY;
	memcpy(part, path, length);
	memcpy(part + length, ".part", sizeof ".part");
	FILE *file = fopen(part, "wb");
	bool done = file && fwrite(bytes, 1, size, file) == size && !fflush(file) && !fsync(fileno(file));
	if (file && fclose(file)) done = false;
	done = done && !rename(part, path);
	if (!done && file) {
		const int reason = errno;
		remove(part);
		errno = reason;
	}
	free(part);
	return done ? DEBLUR_OK : DEBLUR_IO;
}
