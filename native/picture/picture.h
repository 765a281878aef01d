/* picture.h - pictures in memory and in files, and how to compare them. Shared by the tools and the trainer.
 *
 *     struct picture photo = {0};
 *     enum deblur_status status = picture_read("in.jpg", &photo);
 *     ...
 *     status = picture_write("out.png", &photo, 95);
 *     picture_release(&photo);
 *
 * Reads JPEG, PNG, BMP and TGA through stb_image, after walking the file's structure itself: a truncated file, an
 * animated PNG, a CMYK JPEG or a header that promises more pixels than the file can hold is refused, not half decoded.
 * EXIF orientation is applied. 16-bit PNGs are rounded to 8 bits, palettes and greys become RGB(A). No global state;
 * thread-safe. */
#ifndef PICTURE_H
#define PICTURE_H

#include "deblur.h"

/* Owned pixels, [height][width][channels], 8-bit sRGB, tightly packed. */
struct picture {
	uint8_t *pixels;
	size_t width, height;
	int channels; /* 3 or 4 */
};

enum { PICTURE_MAX_PIXELS = 200000000, PICTURE_MAX_SIDE = 1 << 20 };

void picture_release(struct picture *picture);                                                     /* zeroed is fine */
enum deblur_status picture_create(size_t width, size_t height, int channels, struct picture *out); /* black */
struct deblur_image picture_view(const struct picture *picture);

/* IO (errno says why), NOT_A_PICTURE, PICTURE_DAMAGED, PICTURE_UNSUPPORTED, PICTURE_TOO_LARGE, OUT_OF_MEMORY. */
enum deblur_status picture_read(const char *path, struct picture *out);
enum deblur_status picture_decode(const void *bytes, size_t size, struct picture *out);

/* By the extension: .png, .jpg or .jpeg (quality 1..100; alpha is laid over white). Written to a temporary file beside
 * it and renamed, so that a failure leaves what was there. BAD_ARGUMENT: another extension. PICTURE_TOO_LARGE: a side
 * of more than 65535 pixels, for a JPEG. IO, OUT_OF_MEMORY. */
enum deblur_status picture_write(const char *path, const struct picture *picture, int jpeg_quality);
/* To memory; *bytes is malloc'ed. PICTURE_TOO_LARGE: too many pixels, or too long a side. */
enum deblur_status picture_encode_png(const struct picture *picture, uint8_t **bytes, size_t *size);
enum deblur_status picture_encode_jpeg(const struct picture *picture, int quality, uint8_t **bytes, size_t *size);

/* Pillow's Image.resize(..., BICUBIC) with antialiasing and ImageFilter.GaussianBlur(radius), bit for bit (Pillow 9.4:
 * 8-bit fixed point; the blur is three extended box passes). out is created; in stays. RGB only: alpha is BAD_ARGUMENT.
 */
enum deblur_status picture_resize_bicubic(const struct picture *in, size_t width, size_t height, struct picture *out);
enum deblur_status picture_gaussian_blur_pillow(const struct picture *in, double radius, struct picture *out);

/* Comparisons of the RGB channels of two pictures of one size, as scikit-image 0.19 gives them (data_range 1, mean over
 * channels). BAD_ARGUMENT: sizes differ, or smaller than the window. */
enum picture_ssim_window { PICTURE_SSIM_UNIFORM5, PICTURE_SSIM_UNIFORM7, PICTURE_SSIM_GAUSS11 };
enum deblur_status picture_psnr_db(const struct picture *a, const struct picture *b,
								   double *out); /* infinite if equal */
/* The same where the pictures match best, up to most_px from each other in each direction (registration.h), and without
 * the edges that such a place may lack. Pictures too small for that are compared as they are. OUT_OF_MEMORY. */
enum deblur_status picture_psnr_registered_db(const struct picture *a, const struct picture *b, size_t most_px,
											  double *out);
enum deblur_status picture_ssim(const struct picture *a, const struct picture *b, enum picture_ssim_window window,
								double *out);

/* Luma (ITU-R BT.601, full range, rounded) in all three channels of a new RGB picture: comparing two of these compares
 * luma. */
enum deblur_status picture_luma(const struct picture *in, struct picture *out);

/* How sharp a picture looks, without a twin: 1 minus the blur metric of Crete et al. 2007 ("The blur effect: perception
 * and estimation with a new no-reference perceptual blur metric"), of luma. 0 (nothing to lose by blurring) .. 1. Noise
 * and halos count as sharp, too. BAD_ARGUMENT: smaller than 3 x 3. */
enum deblur_status picture_sharpness(const struct picture *picture, double *out);

#endif
