#include "tools/train_options.h"

#include <errno.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "picture/file.h"
#include "tools/train_commands.h"
#include "train/reparam.h"

static bool read_data_options(const struct command *command, struct train_data *data, struct trainer_options *o) {
	if (!train_data_read(command, data) || !train_data_is_there(command, data)) return false;
	o->data = data->options;
	return train_read_recipe(command, &o->data.recipe);
}

/* A file's text, malloc'ed. NULL after a message. */
static char *read_recipe_file(const struct command *command, const char *name) {
	uint8_t *bytes = NULL;
	size_t size = 0;
	if (file_read(name, &bytes, &size)) {
		fprintf(stderr, "%s: --degrade %s is neither protocol nor photo, nor a file that can be read: %s\n",
				command->name, name, strerror(errno));
		return NULL;
	}
	if (memchr(bytes, 0, size)) {
		fprintf(stderr, "%s: %s: a recipe is text, and this is not\n", command->name, name);
		free(bytes);
		return NULL;
	}
	char *text = realloc(bytes, size + 1);
	if (!text) {
		free(bytes);
		fprintf(stderr, "%s: out of memory\n", command->name);
		return NULL;
	}
	text[size] = 0;
	return text;
}

bool train_read_recipe(const struct command *command, struct recipe *recipe) {
	const char *name = option_value(command, "--degrade", "photo");
	const char *preset = recipe_preset(name);
	char complaint[256], *text = preset ? NULL : read_recipe_file(command, name);
	if (!preset && !text) return false;
	const bool fine = recipe_parse(preset ? preset : text, recipe, complaint, sizeof complaint);
	if (!fine) fprintf(stderr, "%s: %s: %s\n", command->name, name, complaint);
	free(text);
	return fine;
}

bool train_read_crop(const struct command *command, const char *name, size_t fallback, size_t *crop_px) {
	double crop;
	if (!option_number(command, name, 32, 2048, (double)fallback, &crop)) return false;
	*crop_px = (size_t)crop;
	if (*crop_px % 16 == 0) return true;
	fprintf(stderr, "%s: %s has to be a multiple of 16\n", command->name, name);
	return false;
}

/* --crop: a side, or several with the shares of the run that they are for. */
static bool read_crops(const struct command *command, struct crop_schedule *crops) {
	struct option_weight stages[CROP_STAGES_AT_MOST];
	if (!option_weights(command, "--crop", "128", stages, CROP_STAGES_AT_MOST, &crops->count)) return false;
	for (size_t i = 0; i < crops->count; i++) {
		char *end;
		const unsigned long px = strtoul(stages[i].word, &end, 10);
		if (*end || px < 32 || px > 2048 || px % 16 || stages[i].weight <= 0) {
			fprintf(stderr,
					"%s: --crop %s: a side has to be a multiple of 16 from 32 to 2048, for a share of the run\n",
					command->name, stages[i].word);
			return false;
		}
		crops->stages[i].px = px;
		crops->stages[i].share = stages[i].weight;
	}
	return true;
}

/* What the estimator sees beside the restorer's crops. */
static bool read_context(const struct command *command, struct trainer_options *o) {
	if (!option_given(command, "--context")) return true;
	if (!train_read_crop(command, "--context", 0, &o->context_px)) return false;
	if (o->context_px >= crop_schedule_largest_px(&o->crops)) return true;
	fprintf(stderr, "%s: --context is what the estimator sees around a crop: it has to be as large as --crop\n",
			command->name);
	return false;
}

static bool read_numbers(const struct command *command, struct trainer_options *o) {
	double steps, seed, threads, batch, validate, checkpoint, registered;
	const bool fine = option_number(command, "--minutes", 0.01, 1e6, 0, &o->minutes) &&
					  option_number(command, "--steps", 1, 1e9, 10000, &steps) &&
					  option_number(command, "--seed", 0, 1e15, 1, &seed) &&
					  option_number(command, "--threads", 1, 1024, omp_get_num_procs(), &threads) &&
					  option_number(command, "--batch", 1, 256, 8, &batch) && read_crops(command, &o->crops) &&
					  train_read_crop(command, "--estimator-crop", 2 * o->crops.stages[0].px, &o->estimator_crop_px) &&
					  read_context(command, o) && option_number(command, "--rate", 1e-8, 1, 1e-3, &o->learning_rate) &&
					  option_number(command, "--validate-every", 1, 1e9, 2000, &validate) &&
					  option_number(command, "--checkpoint-every", 1, 1e9, 0, &checkpoint) &&
					  option_number(command, "--told-estimate", 0, 1, 0.5, &o->estimate_share) &&
					  option_number(command, "--estimator-first", 0, 0.9, 0.2, &o->estimator_first) &&
					  option_number(command, "--register", 0, 8, 0, &registered) &&
					  option_number(command, "--joint", 0, 10, 0, &o->joint_weight);
	if (!fine) return false;
	if (o->minutes > 0 && option_given(command, "--steps")) {
		fprintf(stderr, "%s: --minutes and --steps exclude each other\n", command->name);
		return false;
	}
	o->steps = (uint64_t)steps;
	o->seed = (uint64_t)seed;
	o->batch = (size_t)batch;
	o->register_px = (size_t)registered;
	o->data.validation_every = 16;
	o->validate_every = (uint64_t)validate;
	o->checkpoint_every = (uint64_t)checkpoint;
	omp_set_dynamic(0);
	omp_set_num_threads((int)threads);
	return true;
}

/* --loss: terms that are not named weigh nothing. */
static bool read_loss(const struct command *command, struct trainer_options *o) {
	struct option_weight terms[LOSS_TERM_COUNT];
	size_t count;
	double sum = 0;
	if (!option_weights(command, "--loss", "charbonnier", terms, LOSS_TERM_COUNT, &count)) return false;
	for (size_t i = 0; i < count; i++) {
		int term = 0;
		while (term < LOSS_TERM_COUNT && strcmp(terms[i].word, loss_term_name((enum loss_term)term))) term++;
		if (term == LOSS_TERM_COUNT) {
			fprintf(stderr, "%s: --loss: there is no term %s; there are charbonnier, decibel, gradient and fft\n",
					command->name, terms[i].word);
			return false;
		}
		o->loss_weights[term] = terms[i].weight;
		sum += terms[i].weight;
	}
	if (sum <= 0) fprintf(stderr, "%s: --loss: without any weight there is nothing to learn\n", command->name);
	return sum > 0;
}

static bool read_distillation(const struct command *command, struct trainer_options *o) {
	o->teacher_path = option_value(command, "--teacher", NULL);
	o->teacher_is_silent = option_given(command, "--no-teacher");
	if (!o->teacher_path) {
		fprintf(stderr, "%s: --teacher names the model to learn from; it is missing\n", command->name);
		return false;
	}
	return option_number(command, "--teacher-weight", 0, 10, 0.5, &o->teacher_weight) &&
		   option_number(command, "--unlabelled", 0, 1, 0, &o->unlabelled_share) &&
		   option_number(command, "--turned", 0, 1, 0, &o->turned_share) &&
		   option_number(command, "--features", 0, 10, 0, &o->feature_weight);
}

static bool read_precision(const struct command *command, struct trainer_options *o) {
	const char *precision = option_value(command, "--precision", "auto");
	if (!strcmp(precision, "auto"))
		o->precision = conv_best_precision();
	else if (!strcmp(precision, "f32"))
		o->precision = CONV_FLOAT32;
	else if (!strcmp(precision, "bf16"))
		o->precision = CONV_BFLOAT16;
	else
		return fprintf(stderr, "%s: --precision is auto, f32 or bf16\n", command->name), false;
	return true;
}

static bool read_branches(const struct command *command, struct trainer_options *o) {
	const char *list = option_value(command, "--reparam", NULL);
	if (!list || reparam_parse(list, &o->branches)) return true;
	fprintf(stderr, "%s: --reparam \"%s\": it takes 1x1, identity and squeeze, or some of them, with commas between\n",
			command->name, list);
	return false;
}

bool train_read_options(const struct command *command, bool distill, struct trainer_options *o,
						struct train_data *data) {
	*o = (struct trainer_options){.network = option_value(command, "--network", distill ? "student" : "teacher"),
								  .out_path = option_value(command, "--out", NULL),
								  .from_path = option_value(command, "--from", NULL),
								  .resume = option_given(command, "--resume"),
								  .quiet = option_given(command, "--quiet")};
	if (!o->out_path) {
		fprintf(stderr, "%s: --out says where the model goes; it is missing\n", command->name);
		return false;
	}
	return (!distill || read_distillation(command, o)) && read_data_options(command, data, o) &&
		   read_numbers(command, o) && read_loss(command, o) && read_branches(command, o) && read_precision(command, o);
}
