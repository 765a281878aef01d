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
	if (done == meter->samples) fprintf(stderr, "\r\033[K");
}

static bool read_choices(const struct command *command, struct train_data *data, struct sensitivity_options *options) {
	double samples, seed;
	if (!train_data_read(command, data) || !train_read_recipe(command, &data->options.recipe) ||
		!option_number(command, "--samples", 1, 100000, 64, &samples) ||
		!train_read_crop(command, "--crop", 256, &options->crop_px) ||
		!option_number(command, "--seed", 0, 1e15, 1, &seed))
		return false;
	options->samples = (size_t)samples;
	options->seed = (uint64_t)seed;
	data->options.crop_px = options->crop_px;
	data->options.validation_every = 16; /* as training: what is judged by is not looked at */
	return true;
}

static void tell_failure(const struct command *command, enum deblur_status status, const char *trouble) {
	if (*trouble)
		fprintf(stderr, "%s: %s\n", command->name, trouble);
	else if (status == DEBLUR_IO)
		perror(command->name);
	else if (status == DEBLUR_BAD_ARGUMENT)
		fprintf(stderr, "%s: --crop does not suit the model: take a multiple of 64\n", command->name);
	else
		fprintf(stderr, "%s: %s\n", command->name, deblur_status_message(status));
}

static bool measure(const struct command *command, const struct model_file *model, const struct train_data *data,
					const struct sensitivity_options *wanted, struct sensitivity *out) {
	struct dataset *dataset = NULL;
	char *log = NULL;
	enum deblur_status status = dataset_open(&data->options, &dataset, &log);
	const int reason = errno;
	if (log) fputs(log, stderr);
	free(log);
	errno = reason;
	if (status == DEBLUR_BAD_ARGUMENT)
		return fprintf(stderr, "%s: no photograph below --data can be used\n", command->name), false;
	struct sensitivity_options options = *wanted;
	struct meter meter = {.samples = options.samples};
	clock_gettime(CLOCK_MONOTONIC, &meter.began);
	options.context = &meter;
	options.tell = isatty(STDERR_FILENO) ? show : NULL;
	if (!status) status = sensitivity_measure(model, dataset, &options, out);
	if (status) tell_failure(command, status, dataset ? dataset_trouble(dataset) : "");
	dataset_close(dataset);
	return !status;
}

bool train_measure_sensitivity(const struct command *command, const struct model_file *model, struct sensitivity *out) {
	struct train_data data = {0};
	struct sensitivity_options options = {0};
	if (!sensitivity_can_measure(model)) {
		fprintf(stderr, "%s: the model has no estimator, or one of an older shape: train it --from there first\n",
				command->name);
		return false;
	}
	const bool fine = read_choices(command, &data, &options) && measure(command, model, &data, &options, out);
	train_data_release(&data);
	return fine;
}
