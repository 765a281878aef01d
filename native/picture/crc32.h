/* crc32.h - the checksum of PNG's chunks (ISO/IEC 15948, annex D; also of zip and gzip). */
#ifndef PICTURE_CRC32_H
#define PICTURE_CRC32_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32_of(const uint8_t *bytes, size_t size);

#endif
