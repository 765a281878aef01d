#include "tools/common.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "picture/file.h"
#include "picture/format.h"
#include "tools/utf8.h"

enum { PATH_BYTES = 4096 };

static const char *what_to_do(enum deblur_status status) {
	switch (status) {
	case DEBLUR_PICTURE_DAMAGED:
		return ": get the file again";
	case DEBLUR_PICTURE_TOO_LARGE:
		return ": make it smaller, 200 megapixels at most, or write a PNG if a side has more than 65535 pixels";
	case DEBLUR_NO_ESTIMATOR:
		return " with --blur KIND:SIZE_PX";
	default:
		return "";
	}
}

void common_fail(const struct command *command, const char *path, enum deblur_status status) {
	fprintf(stderr, "%s: %s: %s%s\n", command->name, path,
			status == DEBLUR_IO && errno ? strerror(errno) : deblur_status_message(status), what_to_do(status));
}

/* ../weights/student.dbm as seen from the program, wherever it is started from. */
static const char *default_model(char path[PATH_BYTES]) {
	const char *given = getenv("DEBLUR_MODEL");
	if (given && *given) return given;
	const ssize_t length = readlink("/proc/self/exe", path, PATH_BYTES - 32);
	if (length <= 0) return "weights/student.dbm";
	path[length] = 0;
	char *slash = strrchr(path, '/');
	strcpy(slash ? slash + 1 : path, "../weights/student.dbm");
	return path;
}

struct deblur_model *common_open_model(const struct command *command, const char *path) {
	char path_bytes[PATH_BYTES];
	if (!path) path = option_value(command, "--model", NULL);
	const bool chosen = path != NULL;
	if (!chosen) path = default_model(path_bytes);
	uint8_t *bytes = NULL;
	size_t size = 0;
	struct deblur_model *model = NULL;
	enum deblur_status status = file_read(path, &bytes, &size);
	if (!status) status = deblur_model_open(bytes, size, &model);
	free(bytes);
	if (status) common_fail(command, path, status);
	if (status == DEBLUR_IO && !chosen)
		fprintf(stderr, "%s: name a model with --model M.dbm, or in DEBLUR_MODEL\n", command->name);
	return model;
}

static enum deblur_status fill_transparent(struct picture *picture) {
	const struct deblur_image image = picture_view(picture);
	const enum deblur_status status = deblur_fill_transparent(&image);
	if (status) picture_release(picture);
	return status;
}

bool common_read_picture(const struct command *command, const char *path, struct picture *out) {
	uint8_t *bytes = NULL;
	size_t size = 0;
	struct format format;
	enum deblur_status status = file_read(path, &bytes, &size);
	if (!status) status = picture_decode(bytes, size, out);
	if (!status) status = fill_transparent(out);
	if (status == DEBLUR_PICTURE_UNSUPPORTED && format_check(bytes, size, &format) == status)
		fprintf(stderr, "%s: %s: this is %s, which is not supported: save it as an ordinary JPEG or PNG\n",
				command->name, path, format.unsupported);
	else if (status)
		common_fail(command, path, status);
	free(bytes);
	return !status;
}

/* ---- blur ---- */

static bool kind_from_name(const char *name, size_t length, enum deblur_blur_kind *out) {
	for (int kind = 0; kind < DEBLUR_BLUR_KIND_COUNT; kind++) {
		const char *known = deblur_blur_kind_name((enum deblur_blur_kind)kind);
		if (strlen(known) != length || strncmp(known, name, length)) continue;
		*out = (enum deblur_blur_kind)kind;
		return true;
	}
	return false;
}

/* ":NUMBER" at *text; moves on. */
static bool take_number(const char **text, float *out) {
	char *end;
	if (**text != ':') return false;
	*out = strtof(*text + 1, &end);
	const bool fine = end != *text + 1 && isfinite(*out);
	*text = end;
	return fine;
}

static bool parse_blur(const char *text, struct common_blur *out) {
	*out = (struct common_blur){.estimate = !strcmp(text, "auto")};
	if (out->estimate) return true;
	const size_t length = strcspn(text, ":");
	struct deblur_blur unused;
	if (!kind_from_name(text, length, &out->kind)) return false;
	const char *rest = text + length;
	if (out->kind != DEBLUR_BLUR_NONE && !take_number(&rest, &out->size_px)) return false;
	if (*rest && !take_number(&rest, &out->angle_deg)) return false;
	return !*rest && !deblur_blur_describe(out->kind, out->size_px, out->angle_deg, NULL, &unused);
}

bool common_read_blur(const struct command *command, struct common_blur *out) {
	const char *text = option_value(command, "--blur", "auto");
	const bool fine = parse_blur(text, out);
	out->uniform = option_given(command, "--uniform");
	if (!fine)
		fprintf(stderr,
				"%s: --blur %s makes no sense; write auto, none, gaussian:SIGMA (in pixels, 11.3 at most), "
				"defocus:RADIUS (22.6), shake:SPREAD[:ANGLE] (16) or motion:LENGTH:ANGLE (55.4; in degrees)\n",
				command->name, text);
	return fine;
}

static enum deblur_status estimate(const struct deblur_model *model, const struct deblur_image *image,
								   const struct common_blur *wanted, struct common_found *out) {
	const enum deblur_status status = deblur_estimate(model, image, &out->blur);
	if (status || !wanted->estimate || wanted->uniform) return status;
	return deblur_estimate_map(model, image, &out->blur, &out->map);
}

enum deblur_status common_find_blur(const struct deblur_model *model, const struct deblur_image *image,
									const struct common_blur *wanted, struct common_found *out) {
	struct deblur_model_info info;
	deblur_model_info(model, &info);
	*out = (struct common_found){0};
	if (!info.is_adaptive && wanted->estimate) return DEBLUR_OK; /* a blind net works as it is */
	if (!info.has_estimator && wanted->estimate) return DEBLUR_NO_ESTIMATOR;
	enum deblur_status status = info.has_estimator ? estimate(model, image, wanted, out) : DEBLUR_OK;
	if (!status && !wanted->estimate)
		status = deblur_blur_describe(wanted->kind, wanted->size_px, wanted->angle_deg,
									  info.has_estimator ? &out->blur : NULL, &out->blur);
	out->known = !status;
	return status;
}

/* What a person would measure of each kind. */
static int describe_kind(const struct deblur_blur *blur, char *text, size_t size) {
	const double size_px = (double)deblur_blur_size_px(blur), angle_deg = (double)blur->angle_deg;
	switch (deblur_blur_kind(blur)) {
	case DEBLUR_BLUR_GAUSSIAN:
		return snprintf(text, size, "Gaussian blur, standard deviation %.1f px", size_px);
	case DEBLUR_BLUR_SHAKE:
		return snprintf(text, size, "camera shake, spread %.1f px, mostly at %.0f degrees", size_px, angle_deg);
	case DEBLUR_BLUR_MOTION:
		return snprintf(text, size, "motion, %.1f px at %.0f degrees", size_px, angle_deg);
	case DEBLUR_BLUR_DEFOCUS:
		return snprintf(text, size, "out of focus, radius %.1f px", size_px);
	default:
		return snprintf(text, size, "not blurred");
	}
}

void common_describe(const struct deblur_blur *blur, char *text, size_t size) {
	char kind[96], sure[24] = "", noise[32] = "", jpeg[40] = "";
	const float probability = blur->kind[deblur_blur_kind(blur)];
	describe_kind(blur, kind, sizeof kind);
	if (probability < 1) /* estimated, and not what somebody said */
		snprintf(sure, sizeof sure, " (%.0f%% sure)", (double)probability * 100);
	if (blur->read_noise > 0.003f) snprintf(noise, sizeof noise, "; noise %.3f", (double)blur->read_noise);
	if (blur->jpeg_quality < 95) snprintf(jpeg, sizeof jpeg, "; JPEG quality about %.0f", (double)blur->jpeg_quality);
	snprintf(text, size, "%s%s%s%s", kind, sure, noise, jpeg);
}

void common_describe_found(const struct common_found *found, char *text, size_t size) {
	char whole[224] = "";
	if (found->known) common_describe(&found->blur, whole, sizeof whole);
	snprintf(text, size, "%s%s", whole, found->map.columns ? "; differs from place to place" : "");
}

void common_print_blur_json(const struct deblur_blur *b) {
	printf(
		"{\"kind\": \"%s\", \"size_px\": %.4f, \"spread_px\": %.4f, \"anisotropy\": %.4f, \"angle_deg\": %.2f, "
		"\"read_noise\": %.5f, \"shot_noise\": %.6f, \"jpeg_quality\": %.1f, \"in_srgb\": %.4f, \"probabilities\": {",
		deblur_blur_kind_name(deblur_blur_kind(b)), (double)deblur_blur_size_px(b), (double)b->spread_px,
		(double)b->anisotropy, (double)b->angle_deg, (double)b->read_noise, (double)b->shot_noise,
		(double)b->jpeg_quality, (double)b->in_srgb);
	for (int kind = 0; kind < DEBLUR_BLUR_KIND_COUNT; kind++)
		printf("%s\"%s\": %.4f", kind ? ", " : "", deblur_blur_kind_name((enum deblur_blur_kind)kind),
			   (double)b->kind[kind]);
	printf("}}");
}

void common_print_map_json(const struct deblur_blur_map *map) {
	if (!map->columns) {
		printf("null");
		return;
	}
	printf("{\"columns\": %u, \"rows\": %u, \"blurs\": [", map->columns, map->rows);
	for (uint32_t i = 0; i < map->columns * map->rows; i++) {
		printf("%s", i ? ", " : "");
		common_print_blur_json(&map->blurs[i]);
	}
	printf("]}");
}

void common_write_json_string(FILE *to, const char *text) {
	fputc('"', to);
	for (const unsigned char *c = (const unsigned char *)text; *c;) {
		const size_t length = utf8_length(c);
		if (*c == '"' || *c == '\\')
			fprintf(to, "\\%c", *c);
		else if (*c == '\n')
			fprintf(to, "\\n");
		else if (*c < ' ')
			fprintf(to, "\\u%04x", *c);
		else if (length)
			fwrite(c, 1, length, to);
		else
			fprintf(to, "\\ufffd");
		c += length ? length : 1;
	}
	fputc('"', to);
}

void common_print_json_string(const char *text) {
	common_write_json_string(stdout, text);
}
