#include "picture/format.h"

#include <string.h>

#include "picture/crc32.h"
#include "picture/picture.h"

static uint32_t big16(const uint8_t *p) {
	return (uint32_t)p[0] << 8 | p[1];
}
static uint32_t big32(const uint8_t *p) {
	return big16(p) << 16 | big16(p + 2);
}
static uint32_t little16(const uint8_t *p) {
	return (uint32_t)p[1] << 8 | p[0];
}
static uint32_t little32(const uint8_t *p) {
	return little16(p + 2) << 16 | little16(p);
}

static bool begins(const uint8_t *bytes, size_t size, const char *with, size_t length) {
	return size >= length && !memcmp(bytes, with, length);
}

static enum deblur_status refuse(struct format *f, const char *what) {
	f->unsupported = what;
	return DEBLUR_PICTURE_UNSUPPORTED;
}

static enum deblur_status check_size(const struct format *f) {
	if (!f->width || !f->height) return DEBLUR_PICTURE_DAMAGED;
	if (f->width > PICTURE_MAX_SIDE || f->height > PICTURE_MAX_SIDE) return DEBLUR_PICTURE_TOO_LARGE;
	return f->width > PICTURE_MAX_PIXELS / f->height ? DEBLUR_PICTURE_TOO_LARGE : DEBLUR_OK;
}

/* ---- EXIF ---- */

int format_exif_orientation(const uint8_t *tiff, size_t size) {
	if (size < 8 + 2 + 12) return 1; /* header, count, one entry */
	const bool little = begins(tiff, size, "II*\0", 4);
	if (!little && !begins(tiff, size, "MM\0*", 4)) return 1;
	uint32_t (*const u16)(const uint8_t *) = little ? little16 : big16;
	const size_t directory = little ? little32(tiff + 4) : big32(tiff + 4);
	if (directory > size - 2) return 1;
	const size_t count = u16(tiff + directory);
	for (size_t i = 0; i < count; i++) {
		const size_t entry = directory + 2 + 12 * i;
		if (entry > size - 12) return 1;
		if (u16(tiff + entry) != 0x0112) continue;
		const uint32_t value = u16(tiff + entry + 8);
		return value >= 1 && value <= 8 ? (int)value : 1;
	}
	return 1;
}

/* ---- JPEG (ITU-T T.81) ---- */

static bool is_frame(int marker) {
	return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

/* From inside entropy-coded data to the next marker that is not a restart or a stuffed 0xff; `size` if there is none.
 */
static size_t skip_scan(const uint8_t *bytes, size_t size, size_t at) {
	while (at + 1 < size) {
		const uint8_t *ff = memchr(bytes + at, 0xff, size - 1 - at);
		if (!ff) return size;
		at = (size_t)(ff - bytes);
		const int marker = bytes[at + 1];
		if (marker && marker != 0xff && !(marker >= 0xd0 && marker <= 0xd7)) return at;
		at += marker == 0xff ? 1 : 2;
	}
	return size;
}

static enum deblur_status read_frame(int marker, const uint8_t *segment, size_t length, struct format *out) {
	if (length < 6) return DEBLUR_PICTURE_DAMAGED;
	out->height = big16(segment + 1);
	out->width = big16(segment + 3);
	if (marker > 0xc2) return refuse(out, "a lossless, hierarchical or arithmetic-coded JPEG");
	if (segment[0] != 8) return refuse(out, "a 12-bit JPEG");
	if (segment[5] == 4) return refuse(out, "a CMYK JPEG, made for print");
	return check_size(out);
}

/* Each 8 x 8 block takes a bit at least, in one scan at least: with less, the picture's header is all there is. */
static bool has_enough_scans(const struct format *f, size_t scan_bytes) {
	return (uint64_t)scan_bytes * 8 * 64 >= (uint64_t)(f->width / 8 * 8) * (f->height / 8 * 8);
}

/* Huffman tables: a class and a number, how many symbols have 1..16 bits, the symbols. stb_image up to 2.27 (Debian 12)
 * writes beyond its own for more than 256 symbols, and looks up beyond them for more than 254 of at most 9 bits. No
 * picture of 8 bits needs more than 176. */
static bool has_sound_tables(const uint8_t *segment, size_t length) {
	while (length) {
		size_t symbols = 0;
		if (length < 17 || segment[0] >> 4 > 1 || (segment[0] & 15) > 3) return false;
		for (size_t i = 1; i <= 16; i++) symbols += segment[i];
		if (symbols > 254 || symbols > length - 17) return false;
		segment += 17 + symbols;
		length -= 17 + symbols;
	}
	return true;
}

static enum deblur_status check_jpeg(const uint8_t *bytes, size_t size, struct format *out) {
	bool has_frame = false;
	size_t scan_bytes = 0;
	for (size_t at = 2; at + 2 <= size;) {
		if (bytes[at] != 0xff) return DEBLUR_PICTURE_DAMAGED;
		const int marker = bytes[at + 1];
		if (marker == 0xff) { /* fill */
			at++;
			continue;
		}
		if (marker == 0xd9)
			return has_frame && scan_bytes && has_enough_scans(out, scan_bytes) ? DEBLUR_OK : DEBLUR_PICTURE_DAMAGED;
		if (at + 4 > size) break;
		const size_t length = big16(bytes + at + 2);
		if (length < 2 || length > size - at - 2) break;
		const uint8_t *segment = bytes + at + 4;
		if (is_frame(marker)) {
			const enum deblur_status status = read_frame(marker, segment, length - 2, out);
			if (status) return status;
			has_frame = true;
		}
		if (marker == 0xc4 && !has_sound_tables(segment, length - 2)) return DEBLUR_PICTURE_DAMAGED;
		if (marker == 0xe1 && length >= 8 && !memcmp(segment, "Exif\0", 6))
			out->orientation = format_exif_orientation(segment + 6, length - 8);
		at += 2 + length;
		if (marker == 0xda) {
			const size_t end = skip_scan(bytes, size, at);
			scan_bytes += end - at;
			at = end;
		}
	}
	return DEBLUR_PICTURE_DAMAGED; /* it ended without saying so */
}

/* ---- PNG (W3C, ISO/IEC 15948) ---- */

static enum deblur_status check_png(const uint8_t *bytes, size_t size, struct format *out) {
	uint64_t data_bytes = 0;
	for (size_t at = 8; size >= 12 && at <= size - 12;) {
		const size_t length = big32(bytes + at);
		const uint8_t *chunk = bytes + at + 8;
		if (length > size - at - 12) break;
		if (crc32_of(bytes + at + 4, (size_t)length + 4) != big32(chunk + length)) return DEBLUR_PICTURE_DAMAGED;
		const char *type = (const char *)bytes + at + 4;
		if (at == 8) {
			if (memcmp(type, "IHDR", 4) || length != 13) return DEBLUR_PICTURE_DAMAGED;
			out->width = big32(chunk);
			out->height = big32(chunk + 4);
			const enum deblur_status status = check_size(out);
			if (status) return status;
		}
		if (!memcmp(type, "acTL", 4)) return refuse(out, "an animated PNG");
		if (!memcmp(type, "tRNS", 4)) out->has_colour_key = true;
		if (!memcmp(type, "eXIf", 4)) out->orientation = format_exif_orientation(chunk, length);
		if (!memcmp(type, "IDAT", 4)) data_bytes += length;
		if (!memcmp(type, "IEND", 4)) /* deflate gains at most 1032 to 1, and a row takes a byte at least */
			return data_bytes && data_bytes * 1032 * 8 >= (uint64_t)out->width * out->height ? DEBLUR_OK
																							 : DEBLUR_PICTURE_DAMAGED;
		at += 12 + length;
	}
	return DEBLUR_PICTURE_DAMAGED;
}

/* ---- BMP and TGA: a header that says how much has to follow ---- */

static enum deblur_status check_bmp(const uint8_t *bytes, size_t size, struct format *out) {
	if (size < 54) return DEBLUR_PICTURE_DAMAGED;
	const size_t offset = little32(bytes + 10), header = little32(bytes + 14);
	if (header < 40) return refuse(out, "a BMP of OS/2");
	const int32_t height = (int32_t)little32(bytes + 22);
	const size_t bits = little16(bytes + 28), compression = little32(bytes + 30);
	out->width = little32(bytes + 18);
	out->height = (size_t)(height < 0 ? -(int64_t)height : height);
	const enum deblur_status status = check_size(out);
	if (status) return status;
	if (compression != 0 && compression != 3) return refuse(out, "a compressed BMP");
	const size_t row = (out->width * bits + 31) / 32 * 4;
	return offset > size || row * out->height > size - offset ? DEBLUR_PICTURE_DAMAGED : DEBLUR_OK;
}

/* TGA's packets: a count, and then one pixel to repeat or as many as it says. */
static bool has_all_runs(const uint8_t *bytes, size_t size, size_t pixels, size_t pixel_bytes) {
	size_t at = 0, done = 0;
	while (done < pixels && at < size) {
		const size_t count = (bytes[at] & 127u) + 1, stored = bytes[at] & 128 ? 1 : count;
		if (stored * pixel_bytes > size - at - 1) return false;
		at += 1 + stored * pixel_bytes;
		done += count;
	}
	return done >= pixels;
}

/* TGA has no magic: its header has to make sense in every field. */
static enum deblur_status check_tga(const uint8_t *bytes, size_t size, struct format *out) {
	if (size < 18) return DEBLUR_NOT_A_PICTURE;
	const int map = bytes[1], type = bytes[2], bits = bytes[16];
	const bool known = type == 1 || type == 2 || type == 3 || type == 9 || type == 10 || type == 11;
	const bool depth = bits == 8 || bits == 15 || bits == 16 || bits == 24 || bits == 32;
	if (map > 1 || !known || !depth || (map == 1) != (type == 1 || type == 9)) return DEBLUR_NOT_A_PICTURE;
	out->width = little16(bytes + 12);
	out->height = little16(bytes + 14);
	const enum deblur_status status = check_size(out);
	if (status) return status;
	const size_t before = 18 + bytes[0] + little16(bytes + 5) * (bytes[7] + 7u) / 8 * (size_t)map;
	const size_t pixel_bytes = (size_t)(bits + 7) / 8, pixels = out->width * out->height;
	const bool whole = before <= size && (type < 8 ? pixels * pixel_bytes <= size - before
												   : has_all_runs(bytes + before, size - before, pixels, pixel_bytes));
	return whole ? DEBLUR_OK : DEBLUR_PICTURE_DAMAGED;
}

/* Other kinds of pictures, by their first bytes; NULL for what is none of them. */
static const char *name_other_kind(const uint8_t *bytes, size_t size) {
	static const struct {
		const char *name, *magic;
		size_t at, length;
	} kinds[] = {{"a GIF", "GIF8", 0, 4},
				 {"a WebP", "WEBP", 8, 4},
				 {"an AVIF", "ftypavif", 4, 8},
				 {"a HEIC", "ftyphei", 4, 7},
				 {"a HEIC", "ftypmif1", 4, 8},
				 {"a camera's raw file", "ftypcrx ", 4, 8},
				 {"a film", "ftyp", 4, 4},
				 {"a TIFF or a camera's raw file", "II*\0", 0, 4},
				 {"a TIFF or a camera's raw file", "MM\0*", 0, 4},
				 {"a JPEG XL", "\xff\x0a", 0, 2},
				 {"a JPEG XL", "\0\0\0\x0cJXL ", 0, 8},
				 {"a JPEG 2000", "\0\0\0\x0cjP  ", 0, 8},
				 {"a Photoshop document", "8BPS", 0, 4},
				 {"a PDF", "%PDF", 0, 4}};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (size > kinds[i].at && begins(bytes + kinds[i].at, size - kinds[i].at, kinds[i].magic, kinds[i].length))
			return kinds[i].name;
	return NULL;
}

enum deblur_status format_check(const uint8_t *bytes, size_t size, struct format *out) {
	*out = (struct format){.orientation = 1};
	if (begins(bytes, size, "\xff\xd8\xff", 3)) return check_jpeg(bytes, size, out);
	if (begins(bytes, size, "\x89PNG\r\n\x1a\n", 8)) return check_png(bytes, size, out);
	if (begins(bytes, size, "BM", 2)) return check_bmp(bytes, size, out);
	const char *other = name_other_kind(bytes, size);
	if (other) return refuse(out, other);
	return check_tga(bytes, size, out);
}
