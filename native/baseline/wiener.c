/* wiener.c - the filter of least squared error for a known kernel H: conj(H) / (|H|^2 + N / S), where photographs'
 * power S falls with the square of the frequency, and N is the noise's. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "baseline/method.h"
#include "core/fft.h"
#include "core/size.h"

/* Besides what the camera adds: rounding to 8 bits, and that the kernel is never quite right. */
static const double least_noise = 0.01;

/* A padded channel in the frequency domain, [width][height]: the transform exchanges rows and columns. */
struct field {
	float *real, *imag, *turned; /* [height * width] each */
	size_t width, height;        /* powers of two */
	struct fft *across, *down;
};

static size_t power_of_two(size_t least) {
	size_t size = 2;
	while (size < least) size *= 2;
	return size;
}

static void field_release(struct field *f) {
	free(f->real);
	free(f->imag);
	free(f->turned);
	fft_destroy(f->across);
	fft_destroy(f->down);
}

static bool field_create(const struct picture *picture, struct field *f) {
	*f = (struct field){.width = power_of_two(picture->width + 2 * (size_t)PSF_MAX_RADIUS),
						.height = power_of_two(picture->height + 2 * (size_t)PSF_MAX_RADIUS)};
	const size_t count = f->width * f->height;
	f->real = calloc(count, sizeof(float));
	f->imag = calloc(count, sizeof(float));
	f->turned = calloc(count, sizeof(float));
	f->across = fft_create(f->width);
	f->down = fft_create(f->height);
	return f->real && f->imag && f->turned && f->across && f->down;
}

static void turn(struct field *f, float *values, size_t height, size_t width) {
	fft_transpose(values, height, width, f->turned);
	memcpy(values, f->turned, height * width * sizeof *values);
}

static void forward(struct field *f) {
	fft_columns(f->down, f->real, f->imag, f->width);
	turn(f, f->real, f->height, f->width);
	turn(f, f->imag, f->height, f->width);
	fft_columns(f->across, f->real, f->imag, f->height);
}

/* The inverse is the transform with real and imag exchanged. */
static void backward(struct field *f) {
	fft_columns(f->across, f->imag, f->real, f->height);
	turn(f, f->real, f->width, f->height);
	turn(f, f->imag, f->width, f->height);
	fft_columns(f->down, f->imag, f->real, f->width);
	const float scale = 1 / (float)(f->width * f->height);
	for (size_t i = 0; i < f->width * f->height; i++) f->real[i] *= scale;
}

/* One channel, mirrored all around: half of what the padding is wider by goes to the left, so that it meets itself. */
static void fill_channel(struct field *f, const struct pixels *pixels, size_t channel) {
	const long left = (long)(f->width - pixels->width) / 2, top = (long)(f->height - pixels->height) / 2;
	memset(f->imag, 0, f->width * f->height * sizeof(float));
	for (size_t y = 0; y < f->height; y++)
		for (size_t x = 0; x < f->width; x++) {
			const size_t from_y = mirrored((long)y - top, pixels->height);
			const size_t from_x = mirrored((long)x - left, pixels->width);
			f->real[y * f->width + x] = pixels->values[(from_y * pixels->width + from_x) * 3 + channel];
		}
}

static void take_channel(const struct field *f, size_t channel, const struct pixels *pixels) {
	const size_t left = (f->width - pixels->width) / 2, top = (f->height - pixels->height) / 2;
	for (size_t y = 0; y < pixels->height; y++)
		for (size_t x = 0; x < pixels->width; x++)
			pixels->values[(y * pixels->width + x) * 3 + channel] = f->real[(y + top) * f->width + left + x];
}

/* Its middle at the origin, the rest around the corners. */
static void fill_kernel(struct field *f, const struct psf *psf) {
	memset(f->real, 0, f->width * f->height * sizeof(float));
	memset(f->imag, 0, f->width * f->height * sizeof(float));
	for (int y = -psf->radius; y <= psf->radius; y++)
		for (int x = -psf->radius; x <= psf->radius; x++)
			f->real[((size_t)y + f->height) % f->height * f->width + ((size_t)x + f->width) % f->width] =
				psf->weights[PSF_MAX_RADIUS + y][PSF_MAX_RADIUS + x];
}

/* Squared frequency of a bin, in cycles per pixel; 0 only for the mean. */
static double squared_frequency(const struct field *f, size_t kx, size_t ky) {
	const double x = (double)(kx < f->width - kx ? kx : f->width - kx) / (double)f->width;
	const double y = (double)(ky < f->height - ky ? ky : f->height - ky) / (double)f->height;
	return x * x + y * y;
}

/* S = s / frequency^2, with the power that the picture has. */
static double signal_scale(const struct field *f) {
	double power = 0, shape = 0;
	for (size_t kx = 0; kx < f->width; kx++)
		for (size_t ky = 0; ky < f->height; ky++) {
			const size_t i = kx * f->height + ky;
			if (!i) continue;
			power += (double)f->real[i] * (double)f->real[i] + (double)f->imag[i] * (double)f->imag[i];
			shape += 1 / squared_frequency(f, kx, ky);
		}
	return power / shape;
}

static void apply(struct field *f, const struct field *kernel, double noise) {
	const double noise_power = noise * noise * (double)(f->width * f->height), scale = signal_scale(f);
	for (size_t kx = 0; kx < f->width; kx++)
		for (size_t ky = 0; ky < f->height; ky++) {
			const size_t i = kx * f->height + ky;
			const double hr = (double)kernel->real[i], hi = (double)kernel->imag[i];
			const double ratio = !i ? 0 : scale > 0 ? noise_power * squared_frequency(f, kx, ky) / scale : 1;
			const double gain = 1 / (hr * hr + hi * hi + ratio), gr = (double)f->real[i], gi = (double)f->imag[i];
			f->real[i] = (float)(gain * (hr * gr + hi * gi));
			f->imag[i] = (float)(gain * (hr * gi - hi * gr));
		}
}

static double mean_of(const struct pixels *pixels, size_t channel) {
	const size_t count = pixels->width * pixels->height;
	double sum = 0;
	for (size_t i = 0; i < count; i++) sum += (double)pixels->values[3 * i + channel];
	return sum / (double)count;
}

static void restore_channel(const struct pixels *pixels, size_t channel, const struct field *kernel,
							const struct deblur_blur *blur, struct field *f) {
	const double read = (double)blur->read_noise, shot = (double)blur->shot_noise;
	const double noise = sqrt(read * read + shot * mean_of(pixels, channel));
	fill_channel(f, pixels, channel);
	forward(f);
	apply(f, kernel, fmax(noise, least_noise));
	backward(f);
	take_channel(f, channel, pixels);
}

enum deblur_status wiener_restore(const struct picture *in, const struct deblur_blur *blur, const struct picture *out) {
	const bool in_light = blur->in_srgb < 0.5f;
	struct field kernel = {0}, f = {0};
	struct pixels pixels = {0};
	struct psf psf;
	const bool fine =
		field_create(in, &kernel) && field_create(in, &f) && pixels_create(in->width, in->height, &pixels);
	if (fine) {
		psf_of_blur(blur, &psf);
		fill_kernel(&kernel, &psf);
		forward(&kernel);
		pixels_read(in, in_light, &pixels);
		for (size_t c = 0; c < 3; c++) restore_channel(&pixels, c, &kernel, blur, &f);
		pixels_write(&pixels, in_light, out);
	}
	field_release(&kernel);
	field_release(&f);
	pixels_release(&pixels);
	return fine ? DEBLUR_OK : DEBLUR_OUT_OF_MEMORY;
}
