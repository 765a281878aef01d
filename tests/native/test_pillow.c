/* test_pillow.c - resizing, blurring and measuring against what Pillow and scikit-image gave (tests/golden). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "picture/picture.h"

static const char *const names[] = {"a", "b", "c"};

/* tests/golden/NAME.what.png */
static bool load(const char *name, const char *what, struct picture *out) {
	char path[256];
	snprintf(path, sizeof path, "tests/golden/%s%s.png", name, what);
	const enum deblur_status status = picture_read(path, out);
	CHECK(!status, "%s: %s", path, deblur_status_message(status));
	return !status;
}

static void check_equal(const struct picture *got, const struct picture *wanted, const char *what) {
	CHECK(got->width == wanted->width && got->height == wanted->height && got->channels == wanted->channels, "%s: size",
		  what);
	if (got->width != wanted->width || got->height != wanted->height) return;
	size_t different = 0, first = 0;
	for (size_t i = got->width * got->height * 3; i-- > 0;)
		if (got->pixels[i] != wanted->pixels[i]) different++, first = i;
	CHECK(!different, "%s: %zu numbers differ, the first at %zu: %d, not %d", what, different, first,
		  got->pixels[first], wanted->pixels[first]);
}

static void resize_equals_pillow(void) {
	for (int i = 0; i < 3; i++) {
		struct picture in = {0}, wanted = {0}, got = {0};
		if (!load(names[i], "", &in) || !load(names[i], ".resize256", &wanted)) return;
		CHECK(!picture_resize_bicubic(&in, 256, 256, &got), "resize");
		check_equal(&got, &wanted, names[i]);
		picture_release(&in);
		picture_release(&wanted);
		picture_release(&got);
	}
}

static void gaussian_blur_equals_pillow(void) {
	static const char *const radii[] = {".blur0.5", ".blur1.0", ".blur1.5", ".blur2.0", ".blur3.0"};
	for (int i = 0; i < 15; i++) {
		struct picture in = {0}, wanted = {0}, got = {0};
		if (!load(names[i / 5], ".resize256", &in) || !load(names[i / 5], radii[i % 5], &wanted)) return;
		CHECK(!picture_gaussian_blur_pillow(&in, atof(radii[i % 5] + strlen(".blur")), &got), "blur");
		check_equal(&got, &wanted, radii[i % 5]);
		picture_release(&in);
		picture_release(&wanted);
		picture_release(&got);
	}
}

static void check_golden_line(const char *line) {
	char name[16], radius[16];
	double wanted[4], got[4];
	CHECK(sscanf(line, "%15s %15s %lf %lf %lf %lf", name, radius, &wanted[0], &wanted[1], &wanted[2], &wanted[3]) == 6,
		  "%s", line);
	struct picture a = {0}, b = {0};
	char blur[32];
	snprintf(blur, sizeof blur, ".blur%s", radius);
	if (!load(name, ".resize256", &a) || !load(name, blur, &b)) return;
	CHECK(!picture_psnr_db(&a, &b, &got[0]), "psnr");
	for (int w = 0; w < 3; w++) CHECK(!picture_ssim(&a, &b, (enum picture_ssim_window)w, &got[1 + w]), "ssim");
	for (int i = 0; i < 4; i++)
		CHECK(fabs(got[i] - wanted[i]) < 1e-4, "%s %s: figure %d is %.6f, not %.6f", name, radius, i, got[i],
			  wanted[i]);
	picture_release(&a);
	picture_release(&b);
}

static void metrics_equal_scikit_image(void) {
	char line[256];
	size_t count = 0;
	FILE *file = fopen("tests/golden/golden.txt", "r");
	CHECK(file, "tests/golden/golden.txt is missing; run from the repository's root");
	while (file && fgets(line, sizeof line, file))
		if (*line != '#') check_golden_line(line), count++;
	if (file) fclose(file);
	CHECK(count == 15, "%zu cases", count);
}

static void metrics_refuse_what_cannot_be_compared(void) {
	struct picture a = {0}, b = {0};
	double out;
	if (picture_create(6, 6, 3, &a) || picture_create(7, 6, 3, &b)) return;
	CHECK(picture_psnr_db(&a, &b, &out) == DEBLUR_BAD_ARGUMENT, "sizes differ");
	CHECK(picture_ssim(&a, &a, PICTURE_SSIM_UNIFORM7, &out) == DEBLUR_BAD_ARGUMENT, "smaller than the window");
	CHECK(!picture_psnr_db(&a, &a, &out) && isinf(out), "equal pictures");
	picture_release(&a);
	picture_release(&b);
}

int main(void) {
	RUN(resize_equals_pillow);
	RUN(gaussian_blur_equals_pillow);
	RUN(metrics_equal_scikit_image);
	RUN(metrics_refuse_what_cannot_be_compared);
	return check_summary();
}
