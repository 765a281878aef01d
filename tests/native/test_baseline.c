/* test_baseline.c - the Fourier transform against its definition; classical methods on blur that is known; figures that
 * need no twin. */
#include "baseline/baseline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/fft.h"
#include "degrade/psf.h"
#include "degrade/random.h"
#include "degrade/srgb.h"

static const double pi = 3.14159265358979323846;

static void transforms_are_as_defined(void) {
	enum { WIDTH = 3 };
	for (size_t n = 2; n <= 64; n *= 2) {
		struct random random = random_seeded(n, 0, 0);
		struct fft *fft = fft_create(n);
		float real[64 * WIDTH], imag[64 * WIDTH], was_real[64 * WIDTH], was_imag[64 * WIDTH];
		for (size_t i = 0; i < n * WIDTH; i++) {
			was_real[i] = real[i] = (float)random_normal(&random);
			was_imag[i] = imag[i] = (float)random_normal(&random);
		}
		fft_columns(fft, real, imag, WIDTH);
		for (size_t k = 0; k < n; k++)
			for (size_t x = 0; x < WIDTH; x++) {
				double re = 0, im = 0;
				for (size_t j = 0; j < n; j++) {
					const double turn = -2 * pi * (double)(j * k) / (double)n;
					const double a = (double)was_real[j * WIDTH + x], b = (double)was_imag[j * WIDTH + x];
					re += a * cos(turn) - b * sin(turn);
					im += a * sin(turn) + b * cos(turn);
				}
				CHECK(fabs(re - (double)real[k * WIDTH + x]) < 1e-4 && fabs(im - (double)imag[k * WIDTH + x]) < 1e-4,
					  "size %zu, frequency %zu", n, k);
			}
		fft_columns(fft, imag, real, WIDTH);
		for (size_t i = 0; i < n * WIDTH; i++)
			CHECK(fabsf(real[i] / (float)n - was_real[i]) < 1e-5f, "size %zu: not what it was", n);
		fft_destroy(fft);
	}
	const size_t bad[] = {0, 1, 3, 48};
	for (size_t i = 0; i < 4; i++) CHECK(!fft_create(bad[i]), "size %zu", bad[i]);
}

static struct picture golden(const char *name) {
	struct picture p = {0};
	char path[128];
	snprintf(path, sizeof path, "tests/golden/%s", name);
	CHECK(!picture_read(path, &p), "%s", path);
	return p;
}

static size_t reflected(size_t i, size_t margin, size_t size) {
	return i < margin ? margin - 1 - i : i - margin < size ? i - margin : 2 * size - 1 - (i - margin);
}

/* In linear light, the border mirrored. */
static struct picture blurred(const struct picture *sharp, const struct psf *psf) {
	struct picture out = {0};
	const size_t m = PSF_MAX_RADIUS, width = sharp->width + 2 * m, height = sharp->height + 2 * m;
	float *light = malloc(width * height * 3 * sizeof *light);
	float *soft = malloc(sharp->width * sharp->height * 3 * sizeof *soft);
	if (!light || !soft || picture_create(sharp->width, sharp->height, 3, &out)) exit(1);
	for (size_t y = 0; y < height; y++)
		for (size_t x = 0; x < width; x++) {
			const size_t from_y = reflected(y, m, sharp->height);
			const size_t from_x = reflected(x, m, sharp->width);
			for (size_t c = 0; c < 3; c++)
				light[(y * width + x) * 3 + c] =
					srgb_to_linear(sharp->pixels[(from_y * sharp->width + from_x) * 3 + c]);
		}
	psf_convolve(psf, light, sharp->width, sharp->height, m, soft);
	for (size_t i = 0; i < sharp->width * sharp->height * 3; i++) out.pixels[i] = srgb_from_linear(soft[i]);
	free(light);
	free(soft);
	return out;
}

/* How many decibels a method gains where the blur is known exactly. */
static double gain(enum baseline method, const struct psf *psf, enum deblur_blur_kind kind) {
	struct picture sharp = golden("a.resize256.png"), soft = blurred(&sharp, psf);
	struct deblur_blur blur = {.kind = {0}, .jpeg_quality = 100};
	double before = 0, after = 0;
	blur.kind[kind] = 1;
	psf_measure(psf, &blur);
	CHECK(!picture_psnr_db(&soft, &sharp, &before), "psnr");
	CHECK(!baseline_restore(method, &soft, &blur, &soft), "%s", baseline_name(method));
	CHECK(!picture_psnr_db(&soft, &sharp, &after), "psnr");
	picture_release(&sharp);
	picture_release(&soft);
	return after - before;
}

static void known_blur_is_undone(void) {
	struct psf psf;
	psf_gaussian(&psf, 1.5, 1.5, 0);
	CHECK(gain(BASELINE_WIENER, &psf, DEBLUR_BLUR_GAUSSIAN) > 1, "Wiener, Gaussian: %+.2f dB",
		  gain(BASELINE_WIENER, &psf, DEBLUR_BLUR_GAUSSIAN));
	CHECK(gain(BASELINE_UNSHARP, &psf, DEBLUR_BLUR_GAUSSIAN) > 0.5, "unsharp, Gaussian: %+.2f dB",
		  gain(BASELINE_UNSHARP, &psf, DEBLUR_BLUR_GAUSSIAN));
	psf_motion(&psf, 9, 20);
	CHECK(gain(BASELINE_WIENER, &psf, DEBLUR_BLUR_MOTION) > 1, "Wiener, motion: %+.2f dB",
		  gain(BASELINE_WIENER, &psf, DEBLUR_BLUR_MOTION));
	psf_defocus(&psf, 2.5, 0, 0);
	CHECK(gain(BASELINE_WIENER, &psf, DEBLUR_BLUR_DEFOCUS) > 3, "Wiener, defocus: %+.2f dB",
		  gain(BASELINE_WIENER, &psf, DEBLUR_BLUR_DEFOCUS));
	psf_gaussian(&psf, 1, 1, 0);
	CHECK(gain(BASELINE_POLYBLUR, &psf, DEBLUR_BLUR_GAUSSIAN) > 0.5, "Polyblur, Gaussian: %+.2f dB",
		  gain(BASELINE_POLYBLUR, &psf, DEBLUR_BLUR_GAUSSIAN));
}

static void any_size_is_restored_and_alpha_stays(void) {
	const size_t sizes[][2] = {{1, 1}, {1, 300}, {7, 2}, {33, 31}};
	struct deblur_blur blur;
	deblur_blur_describe(DEBLUR_BLUR_MOTION, 12, 30, NULL, &blur);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		for (int method = 0; method < BASELINE_COUNT; method++) {
			struct random random = random_seeded(i, 0, 0);
			struct picture p = {0};
			if (picture_create(sizes[i][0], sizes[i][1], 4, &p)) exit(1);
			for (size_t j = 0; j < p.width * p.height * 4; j++)
				p.pixels[j] = j % 4 == 3 ? 77 : (uint8_t)random_below(&random, 256);
			CHECK(!baseline_restore((enum baseline)method, &p, &blur, &p), "%zu x %zu", p.width, p.height);
			for (size_t j = 3; j < p.width * p.height * 4; j += 4) CHECK(p.pixels[j] == 77, "alpha");
			picture_release(&p);
		}
	enum baseline method;
	CHECK(baseline_from_name("wiener", &method) && method == BASELINE_WIENER, "by name");
	CHECK(!baseline_from_name("magic", &method), "an unknown name");
}

static void a_flat_picture_stays_flat(void) {
	struct deblur_blur blur;
	deblur_blur_describe(DEBLUR_BLUR_GAUSSIAN, 2, 0, NULL, &blur);
	for (int method = 0; method < BASELINE_COUNT; method++) {
		struct picture p = {0};
		if (picture_create(40, 30, 3, &p)) exit(1);
		memset(p.pixels, 130, 40 * 30 * 3);
		CHECK(!baseline_restore((enum baseline)method, &p, &blur, &p), "restore");
		int worst = 0;
		for (size_t i = 0; i < 40 * 30 * 3; i++)
			worst = abs(p.pixels[i] - 130) > worst ? abs(p.pixels[i] - 130) : worst;
		CHECK(worst <= 1, "%s: off by %d", baseline_name((enum baseline)method), worst);
		picture_release(&p);
	}
}

static void sharpness_falls_with_blur(void) {
	struct picture sharp = golden("a.resize256.png");
	double last;
	CHECK(!picture_sharpness(&sharp, &last), "sharpness");
	for (double sigma = 0.5; sigma < 4; sigma *= 1.5) {
		struct picture soft = {0};
		double now;
		CHECK(!picture_gaussian_blur_pillow(&sharp, sigma, &soft) && !picture_sharpness(&soft, &now), "sharpness");
		CHECK(now < last, "sigma %g: %g after %g", sigma, now, last);
		last = now;
		picture_release(&soft);
	}
	memset(sharp.pixels, 9, sharp.width * sharp.height * 3);
	CHECK(!picture_sharpness(&sharp, &last) && last == 0, "flat: %g", last);
	picture_release(&sharp);
	struct picture small = {0};
	if (picture_create(2, 9, 3, &small)) exit(1);
	CHECK(picture_sharpness(&small, &last) == DEBLUR_BAD_ARGUMENT, "two pixels wide");
	picture_release(&small);
}

static void luma_is_as_in_the_standard(void) {
	struct picture p = {0}, luma = {0};
	if (picture_create(4, 1, 4, &p)) exit(1);
	memcpy(p.pixels, (uint8_t[16]){255, 0, 0, 9, 0, 255, 0, 9, 0, 0, 255, 9, 255, 255, 255, 9}, 16);
	CHECK(!picture_luma(&p, &luma) && luma.channels == 3, "luma");
	const uint8_t wanted[4] = {76, 150, 29, 255};
	for (size_t i = 0; i < 12; i++) CHECK(luma.pixels[i] == wanted[i / 3], "%zu: %d", i, luma.pixels[i]);
	picture_release(&p);
	picture_release(&luma);
}

int main(void) {
	RUN(transforms_are_as_defined);
	RUN(known_blur_is_undone);
	RUN(any_size_is_restored_and_alpha_stays);
	RUN(a_flat_picture_stays_flat);
	RUN(sharpness_falls_with_blur);
	RUN(luma_is_as_in_the_standard);
	return check_summary();
}
