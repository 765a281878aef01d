/* train_degrade.c - `deblur-train degrade`: what a training run would see, as pictures. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "data/dataset.h"
#include "tools/options.h"
#include "tools/train_commands.h"
#include "tools/train_data.h"

enum { SHEET_WIDTH_PX = 1536, PATH_BYTES = 4096 };

/* What is asked for. */
struct order {
	struct dataset_options data;
	const char *folder;
	size_t count;
	uint64_t seed;
};

/* Pairs beside each other on the sheet. */
static size_t sheet_columns(const struct order *o) {
	const size_t columns = SHEET_WIDTH_PX / (2 * o->data.crop_px);
	return columns ? columns : 1;
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

static void write_truth(FILE *to, const struct dataset_sample *sample, size_t i, size_t count) {
	const struct deblur_blur *b = &sample->truth;
	if (!sample->has_truth) { /* of pairs nobody knows it */
		fprintf(to, "  {\"file\": \"%03zu.png\", \"kind\": \"unknown\"}%s\n", i, i + 1 < count ? "," : "");
		return;
	}
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
static enum deblur_status write_samples(const struct dataset *dataset, const struct order *o, FILE *truth,
										const struct picture *sheet) {
	const size_t crop = o->data.crop_px, numbers = crop * crop * 3, columns = sheet_columns(o);
	struct dataset_sample sample = {.degraded = malloc(numbers * sizeof(float)),
									.sharp = malloc(numbers * sizeof(float))};
	struct picture tile = {0};
	enum deblur_status status = sample.degraded && sample.sharp ? DEBLUR_OK : DEBLUR_OUT_OF_MEMORY;
	if (!status) status = picture_create(crop, crop, 3, &tile);
	for (size_t i = 0; i < o->count && !status; i++) {
		status = dataset_sample(dataset, crop, o->seed, i, 0, &sample);
		if (status) break;
		write_truth(truth, &sample, i, o->count);
		for (int side = 0; side < 2 && !status; side++) {
			dataset_to_pixels(side ? sample.sharp : sample.degraded, crop, tile.pixels);
			paste(&tile, sheet, (i % columns * 2 + (size_t)side) * crop, i / columns * crop);
			status = write_tile(&tile, o->folder, side ? "sharp" : "degraded", i);
		}
	}
	picture_release(&tile);
	free(sample.degraded);
	free(sample.sharp);
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

static enum deblur_status degrade_all(const struct order *o) {
	const size_t crop = o->data.crop_px, columns = sheet_columns(o);
	struct dataset *dataset = NULL;
	struct picture sheet = {0};
	char path[PATH_BYTES];
	char *log = NULL;
	enum deblur_status status = dataset_open(&o->data, &dataset, &log);
	const int reason = errno;
	if (log) fputs(log, stderr);
	free(log);
	errno = reason;
	if (!status) status = make_folders(o->folder);
	if (!status) status = picture_create(columns * 2 * crop, (o->count + columns - 1) / columns * crop, 3, &sheet);
	snprintf(path, sizeof path, "%s/truth.json", o->folder);
	FILE *truth = status ? NULL : fopen(path, "w");
	if (!status && !truth) status = DEBLUR_IO;
	if (!status) {
		fprintf(truth, "[\n");
		status = write_samples(dataset, o, truth, &sheet);
		fprintf(truth, "]\n");
		if (fclose(truth) && !status) status = DEBLUR_IO;
	}
	snprintf(path, sizeof path, "%s/sheet.png", o->folder);
	if (!status) status = picture_write(path, &sheet, 95);
	picture_release(&sheet);
	dataset_close(dataset);
	return status;
}

static int show(const struct recipe *recipe) {
	char *text = recipe_text(recipe);
	if (text) fputs(text, stdout);
	free(text);
	return text == NULL;
}

int train_degrade(int argc, char **argv) {
	struct option table[] = {
		TRAIN_DATA_OPTIONS,
		TRAIN_PAIR_OPTIONS,
		{"--degrade", "PRESET|FILE", "protocol, photo (default), or a recipe", OPTION_ONE, NULL, 0},
		{"--show", NULL, "print the recipe, and do nothing: a beginning for a file of your own", OPTION_FLAG, NULL, 0},
		{"--count", "N", "samples (default: 48)", OPTION_ONE, NULL, 0},
		{"--crop", "PX", "side of a sample, a multiple of 16 (default: 128)", OPTION_ONE, NULL, 0},
		{"--seed", "N", "of all random numbers (default: 1)", OPTION_ONE, NULL, 0},
		{"--out", "DIR", "degraded/, sharp/, truth.json and sheet.png go there", OPTION_ONE, NULL, 0},
		{0}};
	struct command command = {.name = "deblur-train degrade",
							  .summary = "Writes degraded samples and a contact sheet: degraded beside sharp.",
							  .options = table};
	double count, seed;
	int code;
	if (!options_parse(&command, argc, argv, &code)) {
		options_release(&command);
		return code;
	}
	struct train_data data = {0};
	struct order order = {.folder = option_value(&command, "--out", NULL)};
	const bool has_data = train_data_read(&command, &data);
	order.data = data.options;
	code = EXIT_USAGE;
	if (!has_data || !train_read_recipe(&command, &order.data.recipe))
		;
	else if (option_given(&command, "--show"))
		code = show(&order.data.recipe);
	else if (!order.folder)
		fprintf(stderr, "%s: --out says where the samples go; it is missing\n", command.name);
	else if (option_number(&command, "--count", 1, 10000, 48, &count) &&
			 train_read_crop(&command, "--crop", 128, &order.data.crop_px) &&
			 option_number(&command, "--seed", 0, 1e15, 1, &seed)) {
		order.count = (size_t)count;
		order.seed = (uint64_t)seed;
		const enum deblur_status status = degrade_all(&order);
		if (status == DEBLUR_IO)
			perror(command.name);
		else if (status)
			fprintf(stderr, "%s: %s\n", command.name, deblur_status_message(status));
		code = status != DEBLUR_OK;
	}
	train_data_release(&data);
	options_release(&command);
	return code;
}
