/* train_degrade.c - `deblur-train degrade`: what a training run would see, as pictures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/options.h"
#include "tools/train_commands.h"
#include "train/dataset.h"

enum { CROP = 128, SHEET_COLUMNS = 6, PATH_BYTES = 4096 };

static void to_pixels(const float *numbers, uint8_t *pixels, size_t count) {
	for (size_t i = 0; i < count; i++) pixels[i] = (uint8_t)(numbers[i] * 255 + 0.5f);
}

static void paste(const struct picture *tile, const struct picture *sheet, size_t x, size_t y) {
	for (size_t row = 0; row < tile->height; row++)
		memcpy(sheet->pixels + ((y + row) * sheet->width + x) * 3, tile->pixels + row * tile->width * 3,
			   tile->width * 3);
}

static enum deblur_status write_tile(const struct picture *tile, const char *folder, const char *side, size_t i) {
	char path[PATH_BYTES];
	snprintf(path, sizeof path, "%s/%s/%03zu.png", folder, side, i);
	return picture_write(path, tile, 95);
}

static void write_truth(FILE *to, const struct deblur_blur *b, size_t i, size_t count) {
	fprintf(
		to,
		"  {\"file\": \"%03zu.png\", \"kind\": \"%s\", \"spread_px\": %.3f, \"size_px\": %.3f, \"anisotropy\": %.3f, "
		"\"angle_deg\": %.1f, \"read_noise\": %.5f, \"shot_noise\": %.5f, \"jpeg_quality\": %.0f, \"in_srgb\": "
		"%.0f}%s\n",
		i, deblur_blur_kind_name(deblur_blur_kind(b)), (double)b->spread_px, (double)deblur_blur_size_px(b),
		(double)b->anisotropy, (double)b->angle_deg, (double)b->read_noise, (double)b->shot_noise,
		(double)b->jpeg_quality, (double)b->in_srgb, i + 1 < count ? "," : "");
}

/* Degraded beside sharp, row by row, and every sample as its own file. */
static enum deblur_status write_samples(const struct dataset *dataset, uint64_t seed, size_t count, const char *folder,
										FILE *truth, const struct picture *sheet) {
	static float numbers[2][CROP * CROP * 3];
	struct picture tile = {0};
	enum deblur_status status = picture_create(CROP, CROP, 3, &tile);
	for (size_t i = 0; i < count && !status; i++) {
		struct dataset_sample sample = {.degraded = numbers[0], .sharp = numbers[1]};
		status = dataset_sample(dataset, seed, i, 0, &sample);
		if (status) break;
		write_truth(truth, &sample.truth, i, count);
		for (int side = 0; side < 2 && !status; side++) {
			to_pixels(numbers[side], tile.pixels, CROP * CROP * 3);
			paste(&tile, sheet, (i % SHEET_COLUMNS * 2 + (size_t)side) * CROP, i / SHEET_COLUMNS * CROP);
			status = write_tile(&tile, folder, side ? "sharp" : "degraded", i);
		}
	}
	picture_release(&tile);
	return status;
}

static enum deblur_status make_folders(const char *folder) {
	static const char *const sides[] = {"", "/degraded", "/sharp"};
	for (int i = 0; i < 3; i++) {
		char path[PATH_BYTES];
		struct stat about;
		snprintf(path, sizeof path, "%s%s", folder, sides[i]);
		if (mkdir(path, 0777) && stat(path, &about)) return DEBLUR_IO;
	}
	return DEBLUR_OK;
}

static enum deblur_status degrade_all(const struct dataset_options *options, const char *folder, size_t count,
									  uint64_t seed) {
	struct dataset *dataset = NULL;
	struct picture sheet = {0};
	char path[PATH_BYTES];
	enum deblur_status status = dataset_open(options, &dataset, NULL);
	if (!status) status = make_folders(folder);
	if (!status)
		status =
			picture_create(SHEET_COLUMNS * 2 * CROP, (count + SHEET_COLUMNS - 1) / SHEET_COLUMNS * CROP, 3, &sheet);
	snprintf(path, sizeof path, "%s/truth.json", folder);
	FILE *truth = status ? NULL : fopen(path, "w");
	if (!status && !truth) status = DEBLUR_IO;
	if (!status) {
		fprintf(truth, "[\n");
		status = write_samples(dataset, seed, count, folder, truth, &sheet);
		fprintf(truth, "]\n");
		if (fclose(truth) && !status) status = DEBLUR_IO;
	}
	snprintf(path, sizeof path, "%s/sheet.png", folder);
	if (!status) status = picture_write(path, &sheet, 95);
	picture_release(&sheet);
	dataset_close(dataset);
	return status;
}

int train_degrade(int argc, char **argv) {
	struct option table[] = {
		{"--data", "DIR", "folders of sharp photographs (default: data/photos)", OPTION_MANY, NULL, 0},
		{"--degrade", "PRESET", "protocol or photo (default)", OPTION_ONE, NULL, 0},
		{"--count", "N", "samples (default: 48)", OPTION_ONE, NULL, 0},
		{"--seed", "N", "of all random numbers (default: 1)", OPTION_ONE, NULL, 0},
		{"--out", "DIR", "degraded/, sharp/, truth.json and sheet.png go there", OPTION_ONE, NULL, 0},
		{0}};
	struct command command = {.name = "deblur-train degrade",
							  .summary = "Writes degraded samples and a contact sheet: degraded beside sharp.",
							  .options = table};
	static const char *const default_data[] = {"data/photos"};
	double count, seed;
	int code;
	if (!options_parse(&command, argc, argv, &code)) {
		options_release(&command);
		return code;
	}
	const struct option *data = option_find(&command, "--data");
	const char *folder = option_value(&command, "--out", NULL), *preset = option_value(&command, "--degrade", "photo");
	struct dataset_options options = {.sharp_dirs = data->count ? (const char *const *)data->values : default_data,
									  .sharp_dir_count = data->count ? data->count : 1,
									  .crop_px = CROP};
	code = EXIT_USAGE;
	if (!folder)
		fprintf(stderr, "%s: --out says where the samples go; it is missing\n", command.name);
	else if (degrade_preset_from_name(preset, &options.preset))
		fprintf(stderr, "%s: --degrade %s is unknown; there are protocol and photo\n", command.name, preset);
	else if (option_number(&command, "--count", 1, 10000, 48, &count) &&
			 option_number(&command, "--seed", 0, 1e15, 1, &seed)) {
		const enum deblur_status status = degrade_all(&options, folder, (size_t)count, (uint64_t)seed);
		if (status == DEBLUR_IO)
			perror(command.name);
		else if (status)
			fprintf(stderr, "%s: %s\n", command.name, deblur_status_message(status));
		code = status != DEBLUR_OK;
	}
	options_release(&command);
	return code;
}
