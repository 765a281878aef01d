#include "tools/train_sensitivity.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/train_commands.h"

/* Who is told how far it is. */
struct meter {
	size_t samples;
	struct timespec began;
};

static void show(void *context, size_t done) {
	const struct meter *meter = context;
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	const double seconds =
		(double)(now.tv_sec - meter->began.tv_sec) + 1e-9 * (double)(now.tv_nsec - meter->began.tv_nsec);
	fprintf(stderr, "\r\033[K%zu of %zu samples, %.0f s left", done, meter->samples,
			seconds / (double)done * (double)(meter->samples - done));
}

bool train_sensitivity_read(const struct command *command, struct train_sensitivity *out) {
	double samples, seed;
	struct dataset_options *data = &out->data.options;
	if (!train_data_read(command, &out->data) || !train_data_is_there(command, &out->data) ||
		!train_read_recipe(command, &data->recipe) || !option_number(command, "--samples", 1, 100000, 128, &samples) ||
		!train_read_crop(command, "--crop", 256, &data->crop_px) ||
		!option_number(command, "--seed", 0, 1e15, 1, &seed))
		return false;
	data->validation_every = 16; /* as training: what is judged by is not looked at */
	out->options =
		(struct sensitivity_options){.samples = (size_t)samples, .crop_px = data->crop_px, .seed = (uint64_t)seed};
	return true;
}

void train_sensitivity_release(struct train_sensitivity *wanted) {
	train_data_release(&wanted->data);
}

static void tell_failure(const struct command *command, enum deblur_status status, const char *trouble) {
	if (*trouble)
		fprintf(stderr, "%s: %s\n", command->name, trouble);
	else if (status == DEBLUR_IO)
		perror(command->name);
	else if (status == DEBLUR_MODEL_DAMAGED)
		fprintf(stderr, "%s: the model's numbers leave the range of floats: it has diverged\n", command->name);
	else
		fprintf(stderr, "%s: %s\n", command->name, deblur_status_message(status));
}

/* Whether the model can be looked at so; false after a message. */
static bool suits(const struct command *command, const struct model_file *model, size_t crop_px) {
	const struct graph *graphs[] = {model->restorer, model->estimator};
	if (!sensitivity_can_measure(model)) {
		fprintf(stderr, "%s: the model has no estimator, or one of an older shape: train it --from there first\n",
				command->name);
		return false;
	}
	for (int i = 0; i < 2; i++) {
		const size_t alignment = graphs[i] ? graph_alignment_px(graphs[i]) : 1;
		if (crop_px % alignment == 0) continue;
		fprintf(stderr, "%s: for this model --crop has to be a multiple of %zu\n", command->name, alignment);
		return false;
	}
	return true;
}

bool train_sensitivity_measure(const struct command *command, const struct train_sensitivity *wanted,
							   const struct model_file *model, struct sensitivity *out) {
	if (!suits(command, model, wanted->options.crop_px)) return false;
	struct dataset *dataset = NULL;
	char *log = NULL;
	enum deblur_status status = dataset_open(&wanted->data.options, &dataset, &log);
	const int reason = errno;
	if (log) fputs(log, stderr);
	free(log);
	errno = reason;
	if (status == DEBLUR_BAD_ARGUMENT)
		return fprintf(stderr, "%s: no photograph below --data can be used\n", command->name), false;
	struct sensitivity_options options = wanted->options;
	struct meter meter = {.samples = options.samples};
	clock_gettime(CLOCK_MONOTONIC, &meter.began);
	options.context = &meter;
	options.tell = isatty(STDERR_FILENO) ? show : NULL;
	if (!status) status = sensitivity_measure(model, dataset, &options, out);
	if (options.tell) fprintf(stderr, "\r\033[K");
	if (status) tell_failure(command, status, dataset ? dataset_trouble(dataset) : "");
	dataset_close(dataset);
	return !status;
}
