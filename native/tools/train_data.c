#include "tools/train_data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char train_data_default[] = "data/photos";

/* Where the weight begins, after a last '='; NULL: there is none, or it belongs to the name of something that exists.
 */
static const char *find_weight(const char *value) {
	const char *equals = strrchr(value, '=');
	struct stat about;
	return equals && equals > value && stat(value, &about) ? equals + 1 : NULL;
}

static bool read_source(const struct command *command, const char *option, const char *value,
						struct dataset_source *out) {
	const char *weight = find_weight(value);
	char *end = NULL;
	*out = (struct dataset_source){.weight = weight ? strtod(weight, &end) : 0};
	if (weight && (*end || end == weight || !isfinite(out->weight) || out->weight <= 0)) {
		fprintf(stderr, "%s: %s %s: a weight is a number above 0, and there is no folder of this name\n", command->name,
				option, value);
		return false;
	}
	char *path = weight ? strndup(value, (size_t)(weight - 1 - value)) : strdup(value);
	if (!path) fprintf(stderr, "%s: not enough memory\n", command->name);
	out->path = path;
	return path != NULL;
}

static bool read_sources(const struct command *command, const struct option *option, struct train_data *data) {
	for (size_t i = 0; i < option->count; i++) {
		if (!read_source(command, option->name, option->values[i], &data->sources[data->count])) return false;
		data->count++;
	}
	return true;
}

static bool read_pairs(const struct command *command, struct train_data *data) {
	const struct option *pairs = option_find(command, "--pairs");
	if (!pairs) return true;
	struct dataset_options *o = &data->options;
	const char *variant = option_value(command, "--blur-variant", NULL);
	if (variant && (!*variant || strlen(variant) > 32 || strchr(variant, '/'))) {
		fprintf(stderr, "%s: --blur-variant is what follows blur_ in a folder's name, like gamma; not %s\n",
				command->name, variant);
		return false;
	}
	o->blur_variant = variant;
	o->pairs = data->sources + data->count;
	o->pairs_count = pairs->count;
	return read_sources(command, pairs, data) &&
		   option_number(command, "--pair-share", 0, 1, DATASET_PAIR_SHARE_PERCENT / 100.0, &o->pair_share);
}

bool train_data_read(const struct command *command, struct train_data *out) {
	const struct option *sharp = option_find(command, "--data"), *pairs = option_find(command, "--pairs");
	const struct option standard = {.name = "--data", .values = (char *[]){(char *)train_data_default}, .count = 1};
	double megabytes;
	out->has_default = !sharp->count;
	if (out->has_default) sharp = &standard;
	out->sources = calloc(sharp->count + (pairs ? pairs->count : 0), sizeof *out->sources);
	if (!out->sources) return fprintf(stderr, "%s: not enough memory\n", command->name), false;
	out->options.sharp = out->sources;
	out->options.sharp_count = sharp->count;
	if (!read_sources(command, sharp, out) || !read_pairs(command, out)) return false;
	if (!option_number(command, "--memory-mb", 1, 1e9, 0, &megabytes)) return false;
	out->options.memory_bytes = (size_t)(megabytes * (1 << 20));
	return true;
}

bool train_data_is_there(const struct command *command, const struct train_data *data) {
	struct stat about;
	if (!data->has_default || !stat(train_data_default, &about)) return true;
	fprintf(stderr, "%s: no --data, and there is no folder %s: run scripts/get-data to fetch free photographs\n",
			command->name, train_data_default);
	return false;
}

void train_data_release(struct train_data *data) {
	for (size_t i = 0; i < data->count; i++) free((char *)data->sources[i].path);
	free(data->sources);
	*data = (struct train_data){0};
}
