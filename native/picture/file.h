/* file.h - whole files, read and written safely. Returns IO with errno set, OUT_OF_MEMORY. Thread-safe on different
 * paths. */
#ifndef PICTURE_FILE_H
#define PICTURE_FILE_H

#include "deblur.h"

/* *bytes is malloc'ed and the caller's. */
enum deblur_status file_read(const char *path, uint8_t **bytes, size_t *size);
/* To PATH.part, flushed to the disk, then renamed: PATH is the old file or the whole new one, never half of it. */
enum deblur_status file_write(const char *path, const void *bytes, size_t size);

#endif
