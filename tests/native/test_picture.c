/* test_picture.c - every kind of picture file that is read, and every kind of wrong one. */
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "picture/file.h"
#include "picture/format.h"
#include "picture_files.h"

/* ---- what is read ---- */

/* wanted: the pixels as picture_decode gives them. Frees the file. */
static void check_reads(const char *what, struct bytes file, size_t width, size_t height, int channels,
						const uint8_t *wanted) {
	struct picture got = {0};
	const enum deblur_status status = picture_decode(file.data, file.size, &got);
	CHECK(!status, "%s: %s", what, deblur_status_message(status));
	const bool same_shape = got.width == width && got.height == height && got.channels == channels;
	CHECK(status || same_shape, "%s: %zu x %zu x %d", what, got.width, got.height, got.channels);
	for (size_t i = 0; same_shape && i < width * height * (size_t)channels; i++)
		if (got.pixels[i] != wanted[i]) {
			CHECK(false, "%s: number %zu is %d, not %d", what, i, got.pixels[i], wanted[i]);
			break;
		}
	picture_release(&got);
	free(file.data);
}

static void png_greys_become_rgb(void) {
	check_reads("1 bit", png_file(3, 1, 1, PNG_GREY, "\0\xa0", 2), 3, 1, 3,
				(uint8_t[]){255, 255, 255, 0, 0, 0, 255, 255, 255});
	check_reads("2 bits", png_file(2, 1, 2, PNG_GREY, "\0\x60", 2), 2, 1, 3, (uint8_t[]){85, 85, 85, 170, 170, 170});
	check_reads("4 bits", png_file(2, 1, 4, PNG_GREY, "\0\x1f", 2), 2, 1, 3, (uint8_t[]){17, 17, 17, 255, 255, 255});
	check_reads("8 bits", png_file(2, 1, 8, PNG_GREY, "\0\x07\xfe", 3), 2, 1, 3, (uint8_t[]){7, 7, 7, 254, 254, 254});
}

static void png_alpha_is_kept(void) {
	check_reads("grey, alpha", png_file(2, 1, 8, PNG_GREY_ALPHA, "\0\x09\x80\x0a\0", 5), 2, 1, 4,
				(uint8_t[]){9, 9, 9, 128, 10, 10, 10, 0});
	check_reads("RGBA", png_file(1, 2, 8, PNG_RGBA, "\0\1\2\3\4\0\5\6\7\x08", 10), 1, 2, 4,
				(uint8_t[]){1, 2, 3, 4, 5, 6, 7, 8});
}

static struct bytes png_with(int depth, int colour, const char *palette, size_t palette_size, const char *transparency,
							 size_t transparency_size, const char *rows, size_t size) {
	struct bytes b = png_begin(2, 1, depth, colour);
	if (palette) png_chunk(&b, "PLTE", palette, palette_size);
	if (transparency) png_chunk(&b, "tRNS", transparency, transparency_size);
	png_finish(&b, rows, size);
	return b;
}

static void png_palettes_become_colours(void) {
	static const char palette[] = "\1\2\3\4\5\6\7\x08\x09";
	check_reads("8 bits", png_with(8, PNG_PALETTE, palette, 9, NULL, 0, "\0\2\0", 3), 2, 1, 3,
				(uint8_t[]){7, 8, 9, 1, 2, 3});
	check_reads("2 bits", png_with(2, PNG_PALETTE, palette, 9, NULL, 0, "\0\x90", 2), 2, 1, 3,
				(uint8_t[]){7, 8, 9, 4, 5, 6});
	check_reads("with alpha", png_with(8, PNG_PALETTE, palette, 9, "\x40", 1, "\0\1\0", 3), 2, 1, 4,
				(uint8_t[]){4, 5, 6, 255, 1, 2, 3, 64});
}

static void png_colour_key_becomes_alpha(void) {
	check_reads("RGB", png_with(8, PNG_RGB, NULL, 0, "\0\1\0\2\0\3", 6, "\0\1\2\3\4\5\6", 7), 2, 1, 4,
				(uint8_t[]){1, 2, 3, 0, 4, 5, 6, 255});
	check_reads("grey", png_with(8, PNG_GREY, NULL, 0, "\0\x07", 2, "\0\x07\x09", 3), 2, 1, 4,
				(uint8_t[]){7, 7, 7, 0, 9, 9, 9, 255});
}

/* 0x0180 / 257 is 1.49 and 0x0182 / 257 is 1.502: dropping the low byte would give 1 for both. */
static void png_16_bits_are_rounded(void) {
	check_reads("grey", png_file(2, 1, 16, PNG_GREY, "\0\x01\x80\x01\x82", 5), 2, 1, 3, (uint8_t[]){1, 1, 1, 2, 2, 2});
	check_reads("RGBA", png_file(1, 1, 16, PNG_RGBA, "\0\x01\x82\0\0\xff\xff\x80\xff", 9), 1, 1, 4,
				(uint8_t[]){2, 0, 255, 128});
}

static void one_pixel_and_one_column_are_pictures(void) {
	check_reads("1 x 1", png_file(1, 1, 8, PNG_RGB, "\0\1\2\3", 4), 1, 1, 3, (uint8_t[]){1, 2, 3});
	static uint8_t rows[5000 * 4], wanted[5000 * 3];
	for (size_t y = 0; y < 5000; y++)
		for (size_t c = 0; c < 3; c++) rows[4 * y + 1 + c] = wanted[3 * y + c] = (uint8_t)(y * 7 + c);
	check_reads("1 x 5000", png_file(1, 5000, 8, PNG_RGB, rows, sizeof rows), 1, 5000, 3, wanted);
}

static void bmp_and_tga_are_read(void) {
	static const uint8_t top_down[] = {1, 2, 3, 4, 5, 6}; /* one column, two rows */
	check_reads("BMP", bmp_file(1, 2, "\6\5\4\0\3\2\1\0", 8), 1, 2, 3, top_down);
	check_reads("TGA", tga_file(2, 1, 2, 24, "\3\2\1\6\5\4", 6), 1, 2, 3, top_down);
	check_reads("TGA, alpha", tga_file(2, 1, 1, 32, "\3\2\1\x40", 4), 1, 1, 4, (uint8_t[]){1, 2, 3, 64});
	check_reads("TGA, runs", tga_file(10, 3, 1, 24, "\x81\3\2\1\0\6\5\4", 8), 3, 1, 3,
				(uint8_t[]){1, 2, 3, 1, 2, 3, 4, 5, 6});
}

/* ---- orientation ---- */

/* What a camera stored as abc/def, as it is to be seen (CIPA DC-008, tag 0x0112). */
static const struct {
	size_t width, height;
	const char *pixels;
} upright[9] = {{3, 2, "abcdef"}, {3, 2, "abcdef"}, {3, 2, "cbafed"}, {3, 2, "fedcba"}, {3, 2, "defabc"},
				{2, 3, "adbecf"}, {2, 3, "daebfc"}, {2, 3, "fcebda"}, {2, 3, "cfbead"}};

static void png_orientation_is_applied(void) {
	for (unsigned orientation = 0; orientation < 12; orientation++)
		for (int little = 0; little < 2; little++) {
			struct bytes file = png_begin(3, 2, 8, PNG_GREY), exif = exif_block(orientation, little);
			png_chunk(&file, "eXIf", exif.data, exif.size);
			png_finish(&file, "\0abc\0def", 8);
			const unsigned known = orientation <= 8 ? orientation : 0;
			uint8_t wanted[18];
			for (int i = 0; i < 18; i++) wanted[i] = (uint8_t)upright[known].pixels[i / 3];
			char what[32];
			snprintf(what, sizeof what, "orientation %u", orientation);
			check_reads(what, file, upright[known].width, upright[known].height, 3, wanted);
			free(exif.data);
		}
}

/* The same in a JPEG, with cells of 16 x 16 pixels, which its blocks leave apart. */
static struct bytes jpeg_of_cells(unsigned orientation) {
	struct picture picture = {0};
	if (picture_create(48, 32, 3, &picture)) abort();
	for (size_t i = 0; i < 48 * 32 * 3; i++)
		picture.pixels[i] = (uint8_t)(40 * (1 + i / 3 % 48 / 16 + 3 * (i / 3 / 48 / 16)));
	struct bytes file = jpeg_file(&picture, 95), exif = exif_block(orientation, true), segment = {0};
	bytes_add(&segment, "Exif\0", 6);
	bytes_add(&segment, exif.data, exif.size);
	jpeg_insert(&file, 0xe1, segment.data, segment.size);
	free(exif.data);
	free(segment.data);
	picture_release(&picture);
	return file;
}

static void jpeg_orientation_is_applied(void) {
	for (unsigned orientation = 1; orientation <= 8; orientation++) {
		struct bytes file = jpeg_of_cells(orientation);
		struct picture got = {0};
		const enum deblur_status status = picture_decode(file.data, file.size, &got);
		const size_t width = upright[orientation].width, height = upright[orientation].height;
		CHECK(!status && got.width == 16 * width && got.height == 16 * height, "orientation %u: %s, %zu x %zu",
			  orientation, deblur_status_message(status), got.width, got.height);
		for (size_t cell = 0; !status && got.width == 16 * width && cell < 6; cell++) {
			const size_t x = cell % width * 16 + 8, y = cell / width * 16 + 8;
			const int value = got.pixels[(y * got.width + x) * 3];
			const int wanted = 40 * (upright[orientation].pixels[cell] - 'a' + 1);
			CHECK(abs(value - wanted) < 4, "orientation %u, cell %zu: %d, not %d", orientation, cell, value, wanted);
		}
		picture_release(&got);
		free(file.data);
	}
}

/* Blocks of exactly the bytes there are, so that AddressSanitizer sees a step beyond. */
static void broken_exif_means_upright(void) {
	struct bytes exif = exif_block(6, true);
	CHECK(format_exif_orientation(exif.data, exif.size) == 6, "whole");
	for (size_t size = 0; size < 22; size++) {
		uint8_t *part = malloc(size ? size : 1);
		if (!part) return;
		memcpy(part, exif.data, size);
		CHECK(format_exif_orientation(part, size) == 1, "%zu bytes", size);
		if (size >= 5) part[4] = 0; /* a directory that begins at the header, and has 18761 entries */
		CHECK(format_exif_orientation(part, size) == 1, "%zu bytes, directory at 0", size);
		free(part);
	}
	memset(exif.data + 4, 0xff, 4);
	CHECK(format_exif_orientation(exif.data, exif.size) == 1, "a directory beyond the end");
	free(exif.data);
}

/* ---- what is refused ---- */

static void check_refused(const char *what, const uint8_t *bytes, size_t size, enum deblur_status wanted) {
	struct picture got = {0};
	const enum deblur_status status = picture_decode(bytes, size, &got);
	CHECK(status == wanted, "%s: %s", what, deblur_status_message(status));
	CHECK(!got.pixels, "%s: gave a picture", what);
	picture_release(&got);
}

static struct picture noise(size_t width, size_t height) {
	struct picture picture = {0};
	if (picture_create(width, height, 3, &picture)) abort();
	for (size_t i = 0, seed = 1; i < width * height * 3; i++)
		picture.pixels[i] = (uint8_t)((seed = seed * 1103515245 + 12345) >> 16);
	return picture;
}

enum { KIND_COUNT = 5 };
static const char *const kind_names[KIND_COUNT] = {"PNG", "JPEG", "BMP", "TGA", "TGA with runs"};

static struct bytes small_file(int kind) {
	struct picture picture = noise(4, 4);
	uint8_t rows[4 * 13] = {0};
	for (size_t y = 0; y < 4; y++) memcpy(rows + 13 * y + 1, picture.pixels + 12 * y, 12);
	struct bytes file = kind == 0   ? png_file(4, 4, 8, PNG_RGB, rows, sizeof rows)
						: kind == 1 ? jpeg_file(&picture, 90)
						: kind == 2 ? bmp_file(4, 4, picture.pixels, 48)
						: kind == 3 ? tga_file(2, 4, 4, 24, picture.pixels, 48)
									: tga_file(10, 4, 4, 24, "\x8b\1\2\3\3abcdefghijkl", 17);
	picture_release(&picture);
	return file;
}

static void files_cut_short_anywhere_are_refused(void) {
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		struct bytes file = small_file(kind);
		struct picture got = {0};
		CHECK(!picture_decode(file.data, file.size, &got), "%s: whole", kind_names[kind]);
		picture_release(&got);
		for (size_t size = 0; size < file.size; size++) {
			uint8_t *part = malloc(size ? size : 1);
			if (!part) return;
			memcpy(part, file.data, size);
			const enum deblur_status status = picture_decode(part, size, &got);
			CHECK(status == DEBLUR_PICTURE_DAMAGED || (size < 26 && status == DEBLUR_NOT_A_PICTURE),
				  "%s: %zu of %zu bytes: %s", kind_names[kind], size, file.size, deblur_status_message(status));
			picture_release(&got);
			free(part);
		}
		free(file.data);
	}
}

static void png_with_any_byte_changed_is_refused(void) {
	struct bytes file = small_file(0);
	for (size_t i = 0; i < file.size * 8; i++) {
		struct picture got = {0};
		file.data[i / 8] ^= (uint8_t)(1 << i % 8);
		CHECK(picture_decode(file.data, file.size, &got), "bit %zu of byte %zu", i % 8, i / 8);
		file.data[i / 8] ^= (uint8_t)(1 << i % 8);
		picture_release(&got);
	}
	free(file.data);
}

/* Told by format_check, which allocates nothing: a header alone does not cost the memory that it promises. */
static void check_header_refused(const char *what, struct bytes file, enum deblur_status wanted) {
	struct format format;
	const enum deblur_status status = format_check(file.data, file.size, &format);
	CHECK(status == wanted, "%s: %s", what, deblur_status_message(status));
	check_refused(what, file.data, file.size, wanted);
	free(file.data);
}

static struct bytes jpeg_that_says(uint32_t width, uint32_t height) {
	struct bytes file = small_file(1);
	uint8_t *frame = file.data + jpeg_frame_at(&file);
	for (int i = 0; i < 2; i++) {
		frame[3 + i] = (uint8_t)(height >> 8 * (1 - i));
		frame[5 + i] = (uint8_t)(width >> 8 * (1 - i));
	}
	return file;
}

static void headers_without_their_pixels_are_refused(void) {
	check_header_refused("PNG", png_file(10000, 10000, 8, PNG_RGB, "\0", 1), DEBLUR_PICTURE_DAMAGED);
	check_header_refused("JPEG", jpeg_that_says(10000, 10000), DEBLUR_PICTURE_DAMAGED);
	check_header_refused("BMP", bmp_file(10000, 10000, "", 0), DEBLUR_PICTURE_DAMAGED);
	check_header_refused("TGA", tga_file(2, 10000, 10000, 24, "", 0), DEBLUR_PICTURE_DAMAGED);
	check_header_refused("TGA, runs", tga_file(10, 10000, 10000, 24, "\xff\1\2\3", 4), DEBLUR_PICTURE_DAMAGED);
}

/* stb_image 2.27 would write beyond its tables: 2 symbols too many of 16 bits, or one that its quick look-up lacks. */
static void jpeg_with_oversized_tables_is_refused(void) {
	for (int i = 0; i < 3; i++) {
		uint8_t table[17 + 512] = {0};
		table[8] = i == 0 ? 200 : 0;
		table[9] = i == 0 ? 55 : 0;
		table[15] = table[16] = i == 1 ? 129 : 0;
		table[0] = i == 2 ? 4 : 0; /* there are tables 0..3 */
		struct bytes file = small_file(1);
		jpeg_insert(&file, 0xc4, table, 17 + (i == 0 ? 255 : i == 1 ? 258 : 0));
		check_header_refused("table", file, DEBLUR_PICTURE_DAMAGED);
	}
}

static void empty_pictures_are_refused(void) {
	check_header_refused("PNG", png_file(0, 0, 8, PNG_RGB, "", 0), DEBLUR_PICTURE_DAMAGED);
	check_header_refused("JPEG, no width", jpeg_that_says(0, 9), DEBLUR_PICTURE_DAMAGED);
	check_header_refused("JPEG, no height", jpeg_that_says(9, 0), DEBLUR_PICTURE_DAMAGED);
	check_header_refused("BMP", bmp_file(0, 0, "", 0), DEBLUR_PICTURE_DAMAGED);
	check_header_refused("TGA", tga_file(2, 0, 0, 24, "", 0), DEBLUR_PICTURE_DAMAGED);
}

static void pictures_beyond_the_limit_are_refused(void) {
	check_header_refused("PNG", png_file(20000, 20000, 8, PNG_RGB, "\0", 1), DEBLUR_PICTURE_TOO_LARGE);
	check_header_refused("PNG, wide", png_file(0xffffffff, 1, 8, PNG_GREY, "\0", 1), DEBLUR_PICTURE_TOO_LARGE);
	check_header_refused("BMP", bmp_file(0x7fffffff, 0x80000000, "", 0), DEBLUR_PICTURE_TOO_LARGE);
}

static void check_named(const char *wanted, struct bytes file) {
	struct format format;
	const enum deblur_status status = format_check(file.data, file.size, &format);
	CHECK(status == DEBLUR_PICTURE_UNSUPPORTED, "%s: %s", wanted, deblur_status_message(status));
	if (status == DEBLUR_PICTURE_UNSUPPORTED)
		CHECK(!strcmp(format.unsupported, wanted), "%s, not %s", format.unsupported, wanted);
	free(file.data);
}

static struct bytes plain(const void *data, size_t size) {
	struct bytes b = {0};
	bytes_add(&b, data, size);
	return b;
}

static void other_formats_are_named(void) {
	check_named("a GIF", plain("GIF89a\1\0\1\0\0\0\0;", 14));
	check_named("a WebP", plain("RIFF\x1a\0\0\0WEBPVP8L", 16));
	check_named("a HEIC", plain("\0\0\0\x18"
								"ftypheic\0\0\0\0",
								16));
	check_named("an AVIF", plain("\0\0\0\x18"
								 "ftypavif\0\0\0\0",
								 16));
	check_named("a TIFF or a camera's raw file", plain("II*\0\x08\0\0\0", 8));
	check_named("a TIFF or a camera's raw file", plain("MM\0*\0\0\0\x08", 8));
	struct bytes animated = png_begin(1, 1, 8, PNG_RGB);
	png_chunk(&animated, "acTL", "\0\0\0\2\0\0\0\0", 8);
	png_finish(&animated, "\0\1\2\3", 4);
	check_named("an animated PNG", animated);
	struct bytes jpeg = small_file(1);
	jpeg.data[jpeg_frame_at(&jpeg) + 7] = 4;
	check_named("a CMYK JPEG, made for print", jpeg);
	jpeg = small_file(1);
	jpeg.data[jpeg_frame_at(&jpeg) + 2] = 12;
	check_named("a 12-bit JPEG", jpeg);
}

static void what_is_no_picture_is_refused(void) {
	check_refused("empty", (const uint8_t *)"", 0, DEBLUR_NOT_A_PICTURE);
	check_refused("text", (const uint8_t *)"Dear reader, this is a letter.", 30, DEBLUR_NOT_A_PICTURE);
	static const uint8_t zeros[4096];
	check_refused("zeros", zeros, sizeof zeros, DEBLUR_NOT_A_PICTURE);
}

static void unreadable_files_say_why(void) {
	struct picture got = {0};
	CHECK(picture_read("/nowhere/at/all.png", &got) == DEBLUR_IO && errno == ENOENT, "missing: errno %d", errno);
	CHECK(picture_read("/", &got) == DEBLUR_IO && errno == EISDIR, "a folder: errno %d", errno);
}

/* ---- writing ---- */

static char folder[] = "/tmp/test_picture.XXXXXX";

static const char *in_folder(const char *name) {
	static char path[256];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static bool exists(const char *name) {
	return !access(in_folder(name), F_OK);
}

static void written_pngs_are_read_as_they_were(void) {
	static const size_t sizes[][2] = {{1, 1}, {1, 5000}, {37, 23}};
	for (int i = 0; i < 6; i++) {
		struct picture in = {0}, got = {0};
		if (picture_create(sizes[i / 2][0], sizes[i / 2][1], 3 + i % 2, &in)) return;
		for (size_t at = 0; at < in.width * in.height * (size_t)in.channels; at++) in.pixels[at] = (uint8_t)(at * 11);
		enum deblur_status status = picture_write(in_folder("a.PNG"), &in, 95);
		if (!status) status = picture_read(in_folder("a.PNG"), &got);
		CHECK(!status && got.width == in.width && got.height == in.height && got.channels == in.channels,
			  "%zu x %zu: %s", in.width, in.height, deblur_status_message(status));
		CHECK(status || !memcmp(got.pixels, in.pixels, in.width * in.height * (size_t)in.channels), "pixels");
		picture_release(&in);
		picture_release(&got);
	}
	remove(in_folder("a.PNG"));
}

static void jpegs_lay_alpha_over_white(void) {
	struct picture in = {0}, got = {0};
	if (picture_create(16, 16, 4, &in)) return;
	for (size_t i = 0; i < 256; i++) in.pixels[4 * i + 3] = 51; /* black, a fifth of it */
	enum deblur_status status = picture_write(in_folder("a.jpg"), &in, 95);
	if (!status) status = picture_read(in_folder("a.jpg"), &got);
	CHECK(!status && got.channels == 3 && abs(got.pixels[100] - 204) < 3, "%s: %d", deblur_status_message(status),
		  status ? 0 : got.pixels[100]);
	picture_release(&in);
	picture_release(&got);
	remove(in_folder("a.jpg"));
}

static void what_cannot_be_written_is_refused(void) {
	struct picture small = noise(2, 2), tall = noise(1, 70000);
	CHECK(picture_write(in_folder("a.gif"), &small, 95) == DEBLUR_BAD_ARGUMENT, "GIF");
	CHECK(picture_write(in_folder("a"), &small, 95) == DEBLUR_BAD_ARGUMENT, "no extension");
	CHECK(picture_write(in_folder("a.jpg"), &small, 0) == DEBLUR_BAD_ARGUMENT, "quality 0");
	CHECK(picture_write(in_folder("a.jpg"), &tall, 95) == DEBLUR_PICTURE_TOO_LARGE, "too tall for a JPEG");
	CHECK(picture_write("/nowhere/a.png", &small, 95) == DEBLUR_IO && errno == ENOENT, "no folder: errno %d", errno);
	CHECK(!exists("a") && !exists("a.gif") && !exists("a.jpg"), "something was written");
	picture_release(&small);
	picture_release(&tall);
}

/* A file may not grow beyond a few bytes: as on a full disk, writing begins and then fails. */
static void full_disk_leaves_the_old_file(void) {
	struct picture small = noise(2, 2), large = noise(100, 100), got = {0};
	struct rlimit before, tight;
	CHECK(!picture_write(in_folder("old.png"), &small, 95), "the old file");
	getrlimit(RLIMIT_FSIZE, &before);
	tight = before;
	tight.rlim_cur = 512;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &tight);
	const enum deblur_status over = picture_write(in_folder("old.png"), &large, 95), reason = errno;
	const enum deblur_status fresh = picture_write(in_folder("new.png"), &large, 95);
	setrlimit(RLIMIT_FSIZE, &before);
	signal(SIGXFSZ, SIG_DFL);
	CHECK(over == DEBLUR_IO && (int)reason == EFBIG && fresh == DEBLUR_IO, "%d %d %d", over, reason, fresh);
	CHECK(!picture_read(in_folder("old.png"), &got) && got.width == 2, "the old file is not what it was");
	CHECK(!exists("old.png.part") && !exists("new.png") && !exists("new.png.part"), "something was left");
	remove(in_folder("old.png"));
	picture_release(&small);
	picture_release(&large);
	picture_release(&got);
}

static void a_folder_in_the_way_leaves_nothing(void) {
	struct picture small = noise(2, 2);
	CHECK(!mkdir(in_folder("d.png"), 0777), "mkdir");
	CHECK(picture_write(in_folder("d.png"), &small, 95) == DEBLUR_IO && errno == EISDIR, "errno %d", errno);
	CHECK(!exists("d.png.part"), "a part was left");
	remove(in_folder("d.png"));
	picture_release(&small);
}

int main(void) {
	RUN(png_greys_become_rgb);
	RUN(png_alpha_is_kept);
	RUN(png_palettes_become_colours);
	RUN(png_colour_key_becomes_alpha);
	RUN(png_16_bits_are_rounded);
	RUN(one_pixel_and_one_column_are_pictures);
	RUN(bmp_and_tga_are_read);
	RUN(png_orientation_is_applied);
	RUN(jpeg_orientation_is_applied);
	RUN(broken_exif_means_upright);
	RUN(files_cut_short_anywhere_are_refused);
	RUN(png_with_any_byte_changed_is_refused);
	RUN(headers_without_their_pixels_are_refused);
	RUN(jpeg_with_oversized_tables_is_refused);
	RUN(empty_pictures_are_refused);
	RUN(pictures_beyond_the_limit_are_refused);
	RUN(other_formats_are_named);
	RUN(what_is_no_picture_is_refused);
	RUN(unreadable_files_say_why);
	if (!mkdtemp(folder)) return perror(folder), 1;
	RUN(written_pngs_are_read_as_they_were);
	RUN(jpegs_lay_alpha_over_white);
	RUN(what_cannot_be_written_is_refused);
	RUN(full_disk_leaves_the_old_file);
	RUN(a_folder_in_the_way_leaves_nothing);
	CHECK(!rmdir(folder), "%s is not empty", folder);
	return check_summary();
}
