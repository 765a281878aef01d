#include "core/image.h"

bool image_is_valid(const struct deblur_image *image) {
	if (!image || !image->pixels || !image->width || !image->height) return false;
	if (image->channels != 3 && image->channels != 4) return false;
	const size_t channels = (size_t)image->channels;
	return image->width <= SIZE_MAX / channels && image->stride >= image->width * channels &&
		   image->stride <= SIZE_MAX / image->height;
}

static uint8_t *pixel(const struct deblur_image *image, size_t x, size_t y) {
	return image->pixels + y * image->stride + x * (size_t)image->channels;
}

void image_to_map(const struct deblur_image *image, size_t x, size_t y, const struct map *map) {
	for (size_t row = 0; row < map->height; row++) {
		const size_t from_y = y + row < image->height ? y + row : image->height - 1;
		float *to = map->data + row * map->row_stride;
		for (size_t column = 0; column < map->width; column++, to += 3) {
			const size_t from_x = x + column < image->width ? x + column : image->width - 1;
			const uint8_t *from = pixel(image, from_x, from_y);
			for (int c = 0; c < 3; c++) to[c] = (float)from[c] * (1 / 255.0f);
		}
	}
}

/* 0..255 */
static float mixed(uint8_t src, float restored, float strength) {
	if (strength <= 0) return src; /* whatever the net said: NaN times zero is NaN */
	const float value = (float)src + strength * (restored * 255 - (float)src);
	return value > 0 ? value < 255 ? value : 255 : 0; /* NaN becomes 0 */
}

static uint8_t rounded(float value) {
	return value < 254.5f ? (uint8_t)(value + 0.5f) : 255;
}

void image_from_map(const struct map *restored, const struct deblur_image *src, float strength, size_t x, size_t y,
					size_t width, size_t height, const struct deblur_image *dst) {
	for (size_t row = 0; row < height; row++) {
		const float *from = restored->data + row * restored->row_stride;
		const uint8_t *old = pixel(src, x, y + row);
		uint8_t *to = pixel(dst, x, y + row);
		for (size_t column = 0; column < width; column++, from += 3, old += src->channels, to += dst->channels) {
			const uint8_t alpha = src->channels == 4 ? old[3] : 255;
			for (int c = 0; c < 3; c++) to[c] = rounded(mixed(old[c], from[c], strength));
			if (dst->channels == 4) to[3] = alpha;
		}
	}
}

void image_add_map(const struct map *restored, const struct deblur_image *src, float strength, size_t x, size_t y,
				   size_t width, size_t height, const struct image_sums *sums) {
	for (size_t row = 0; row < height; row++) {
		const float *from = restored->data + row * restored->row_stride, down = sums->down[y + row - sums->y];
		const uint8_t *old = pixel(src, x, y + row);
		float *to = sums->data + ((y + row - sums->y) * sums->width + x - sums->x) * 3;
		for (size_t column = 0; column < width; column++, from += 3, old += src->channels, to += 3) {
			const float weight = down * sums->across[x + column - sums->x];
			for (int c = 0; c < 3; c++) to[c] += weight * mixed(old[c], from[c], strength);
		}
	}
}

void image_from_sums(const struct image_sums *sums, size_t height, const struct deblur_image *src,
					 const struct deblur_image *dst) {
	for (size_t row = 0; row < height; row++) {
		const float *from = sums->data + row * sums->width * 3;
		const uint8_t *old = pixel(src, sums->x, sums->y + row);
		uint8_t *to = pixel(dst, sums->x, sums->y + row);
		for (size_t column = 0; column < sums->width; column++, from += 3, old += src->channels, to += dst->channels) {
			const uint8_t alpha = src->channels == 4 ? old[3] : 255;
			for (int c = 0; c < 3; c++) to[c] = rounded(from[c]);
			if (dst->channels == 4) to[3] = alpha;
		}
	}
}

enum { STEP = 3 }; /* of the grid on which pictures are looked at */

double image_opaque_share(const struct deblur_image *image, size_t x, size_t y, size_t width, size_t height) {
	size_t seen = 0, count = 0;
	if (image->channels < 4) return 1;
	for (size_t row = y; row < y + height; row += STEP)
		for (size_t column = x; column < x + width; column += STEP, count++) seen += pixel(image, column, row)[3] > 0;
	return (double)seen / (double)count;
}

double image_gradient_energy(const struct deblur_image *image, size_t x, size_t y, size_t width, size_t height) {
	double sum = 0;
	size_t count = 0;
	for (size_t row = y; row + 1 < y + height; row += STEP)
		for (size_t column = x; column + 1 < x + width; column += STEP, count++) {
			const uint8_t *at = pixel(image, column, row);
			if (image->channels == 4 && !at[3]) continue;
			const int dx = at[image->channels + 1] - at[1], dy = at[image->stride + 1] - at[1];
			sum += dx * dx + dy * dy;
		}
	return count ? sum / (double)count : 0;
}
