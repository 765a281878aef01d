/* test_sensitivity.c - what rows of weights matter: against what is known, what rounding and reviving make of it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/blur.h"
#include "core/quantise.h"
#include "core/spectrum.h"
#include "small_model.h"
#include "train/net.h"
#include "train/revive.h"
#include "train/rounding.h"

enum { CROP = 64, NUMBERS = CROP * CROP * 3, SAMPLES = 12, SEED = 3 };

/* ---- a model, and samples of photographs ---- */

static struct model_file model_of(double head) {
	struct model_file model = {0};
	uint8_t *bytes = NULL;
	size_t size = 0;
	CHECK(!small_model(5, head, true, MODEL_FILE_FLOAT32, &bytes, &size), "a small model");
	CHECK(!model_file_read(bytes, size, &model), "a model file");
	free(bytes);
	return model;
}

static struct dataset *photographs(void) {
	static const struct dataset_source golden = {.path = "tests/golden"};
	struct dataset_options options = {.sharp = &golden, .sharp_count = 1, .crop_px = CROP, .memory_bytes = SIZE_MAX};
	struct dataset *dataset = NULL;
	char complaint[160] = "";
	CHECK(recipe_parse("preset = protocol\n", &options.recipe, complaint, sizeof complaint), "%s", complaint);
	CHECK(!dataset_open(&options, &dataset, NULL), "tests/golden");
	return dataset;
}

static struct sensitivity measured(const struct model_file *model, const struct dataset *dataset) {
	struct sensitivity s = {0};
	const struct sensitivity_options options = {.samples = SAMPLES, .crop_px = CROP, .seed = SEED};
	CHECK(!sensitivity_measure(model, dataset, &options, &s), "measuring");
	return s;
}

static size_t index_of(const struct graph *graph, const char *name) {
	for (size_t i = 0; i < graph->parameter_count; i++)
		if (!strcmp(graph->parameters[i].name, name)) return i;
	CHECK(false, "no parameter %s", name);
	abort();
}

/* What the restorer makes of the first sample, told what the estimator says. */
static void restore(const struct model_file *model, const struct dataset *dataset, float *restored) {
	static float degraded[NUMBERS], sharp[NUMBERS];
	struct dataset_sample sample = {.degraded = degraded, .sharp = sharp};
	CHECK(!dataset_sample(dataset, CROP, SEED, 0, 0, &sample), "a sample");
	struct net *restorer = NULL, *estimator = NULL;
	const struct net_options options = {.batch = 1, .height = CROP, .width = CROP, .tap = -1};
	CHECK(!net_create(model->restorer, &options, &restorer) && !net_create(model->estimator, &options, &estimator),
		  "nets");
	memcpy(net_picture(restorer), degraded, sizeof degraded);
	memcpy(net_picture(estimator), degraded, sizeof degraded);
	float numbers[SPECTRUM_COUNT];
	CHECK(spectrum_of(degraded, CROP * 3, CROP, CROP, numbers), "memory");
	networks_tell_spectrum(model->estimator, numbers, net_condition(estimator));
	CHECK(!net_forward(estimator), "estimating");
	struct deblur_blur found;
	blur_from_raw(net_output(estimator), &found);
	blur_to_condition(&found, net_condition(restorer));
	CHECK(!net_forward(restorer), "restoring");
	memcpy(restored, net_output(restorer), NUMBERS * sizeof *restored);
	net_destroy(restorer);
	net_destroy(estimator);
}

static double mean_square(const float *a, const float *b) {
	double sum = 0;
	for (int i = 0; i < NUMBERS; i++) sum += pow((double)(a[i] - b[i]), 2);
	return sum / NUMBERS;
}

/* ---- cases ---- */

/* A head of nothing leaves pictures as they are, and each of its 12 biases is added to a twelfth of their numbers. */
static void a_bias_of_the_head_counts_as_it_should(void) {
	struct model_file model = model_of(0);
	struct dataset *dataset = photographs();
	struct sensitivity s = measured(&model, dataset);
	static float degraded[NUMBERS], sharp[NUMBERS];
	double wanted = 0, found = 0;
	for (uint64_t i = 0; i < SAMPLES; i++) {
		struct dataset_sample sample = {.degraded = degraded, .sharp = sharp};
		CHECK(!dataset_sample(dataset, CROP, SEED, i, 0, &sample), "a sample");
		wanted += 10 / log(10) / (mean_square(degraded, sharp) + 1e-6) / 12 / SAMPLES;
	}
	const double *rows = s.restorer[index_of(model.restorer, "head.bias")];
	for (int row = 0; row < 12; row++) found += rows[row] / 12;
	CHECK(fabs(found / wanted - 1) < 0.3, "%g decibels per square, not %g", found, wanted);
	/* Behind a head of nothing nobody matters, and so do estimates. */
	CHECK(s.restorer[index_of(model.restorer, "stem.weight")][0] <= 0, "the stem matters");
	CHECK(s.estimator[index_of(model.estimator, "found.weight")][0] <= 0, "the estimate matters");
	sensitivity_release(&s);
	dataset_close(dataset);
	model_file_release(&model);
}

static double lost_db(const struct model_file *model, const struct sensitivity *s, double bits, double *entropy) {
	struct model_file rounded = {
		.provenance = NULL, .restorer = graph_clone(model->restorer), .estimator = graph_clone(model->estimator)};
	const struct rounding rounding = rounding_apply(&rounded, s, bits);
	const double lost = rounding.lost_db;
	double sum = 0, weights = 0;
	const struct graph *graphs[] = {rounded.restorer, rounded.estimator};
	for (int g = 0; g < 2; g++)
		for (size_t i = 0; i < graphs[g]->parameter_count; i++) {
			const struct graph_parameter *p = &graphs[g]->parameters[i];
			const size_t length = p->count / p->shape[0];
			if (!quantise_is_worth(length)) continue;
			size_t counts[256] = {0};
			int8_t *codes = malloc(length);
			for (size_t row = 0; row < p->shape[0]; row++) {
				const float *values = p->values + row * length;
				const float scale = quantise_row(values, length, 8, codes);
				for (size_t j = 0; j < length; j++) {
					const float was = (g ? model->estimator : model->restorer)->parameters[i].values[row * length + j];
					CHECK(fabsf(values[j] - was) <= 0.5001F * scale, "%s[%zu][%zu] is cut", p->name, row, j);
					CHECK(fabsf(values[j] - scale * (float)codes[j]) <= 0, "%s[%zu][%zu] is lost in the file", p->name,
						  row, j);
					counts[codes[j] + 128]++;
				}
			}
			free(codes);
			for (int c = 0; c < 256; c++)
				if (counts[c]) sum -= (double)counts[c] * log2((double)counts[c] / (double)p->count);
			weights += (double)p->count;
		}
	*entropy = sum / weights;
	CHECK(fabs(rounding.bits - *entropy) < 1e-6, "%g bits are told of, %g taken", rounding.bits, *entropy);
	model_file_release(&rounded);
	return lost;
}

static void fewer_bits_lose_more_and_files_lose_nothing_beside(void) {
	struct model_file model = model_of(0.1);
	struct dataset *dataset = photographs();
	struct sensitivity s = measured(&model, dataset);
	double before = 0;
	for (double bits = 6; bits >= 3; bits--) {
		double entropy;
		const double lost = lost_db(&model, &s, bits, &entropy);
		CHECK(entropy <= bits && entropy > bits - 0.5, "%g bits where there should be %g", entropy, bits);
		CHECK(lost > before && isfinite(lost), "%g bits lose %g dB, one more %g", bits, lost, before);
		before = lost;
	}
	sensitivity_release(&s);
	dataset_close(dataset);
	model_file_release(&model);
}

/* Two rows with the same weights: the one that matters a hundred times as much is rounded about ten times as finely. */
static void what_matters_more_is_rounded_less(void) {
	struct model_file model = model_of(0.1);
	struct dataset *dataset = photographs();
	struct sensitivity s = measured(&model, dataset);
	struct graph *graphs[] = {model.restorer, model.estimator};
	for (int g = 0; g < 2; g++)
		for (size_t i = 0; i < graphs[g]->parameter_count; i++)
			for (size_t row = 0; row < graphs[g]->parameters[i].shape[0]; row++)
				(g ? s.estimator : s.restorer)[i][row] = 1;
	const size_t head = index_of(model.restorer, "head.weight");
	const struct graph_parameter *p = &model.restorer->parameters[head];
	const size_t length = p->count / p->shape[0];
	float *was = malloc(length * sizeof *was);
	memcpy(was, p->values, length * sizeof *was);
	memcpy(p->values + length, was, length * sizeof *was);
	s.restorer[head][0] = 100;
	rounding_apply(&model, &s, 4);
	double lost[2] = {0};
	for (size_t i = 0; i < 2 * length; i++) lost[i / length] += pow((double)(p->values[i] - was[i % length]), 2);
	CHECK(lost[1] > 40 * lost[0] && lost[1] < 250 * lost[0], "%g and %g are lost", lost[0], lost[1]);
	free(was);
	sensitivity_release(&s);
	dataset_close(dataset);
	model_file_release(&model);
}

static size_t dead_in_op;

static void count_dead(void *op, const char *name, size_t dead, size_t channels) {
	CHECK(dead <= channels, "%zu of %zu are dead", dead, channels);
	if (!strcmp(name, op)) dead_in_op = dead;
}

/* The first channels of an op drown: they come back, with those that never fired, and nothing else changes. Readers
 * that are `still`, having no ReLU, are not drawn anew themselves. */
static void revive_in(bool in_restorer, const char *op, const char *reader, bool still, size_t drowned) {
	struct model_file model = model_of(0.1);
	struct dataset *dataset = photographs();
	struct graph *graph = in_restorer ? model.restorer : model.estimator;
	char bias[GRAPH_NAME_BYTES];
	snprintf(bias, sizeof bias, "%s.bias", op);
	const size_t b = index_of(graph, bias), r = index_of(graph, reader);
	for (size_t i = 0; i < drowned; i++) graph->parameters[b].values[i] = -1e3F;
	struct sensitivity s = measured(&model, dataset);
	double **rows = in_restorer ? s.restorer : s.estimator;
	for (size_t i = 0; i < drowned; i++) CHECK(rows[b][i] <= 0, "%s[%zu] is alive", op, i);
	static float was[NUMBERS], is[NUMBERS];
	restore(&model, dataset, was);
	struct random random = random_seeded(1, 2, 3);
	dead_in_op = 0;
	const size_t count = revive(graph, rows, &random, count_dead, (void *)op);
	CHECK(dead_in_op >= drowned && count >= dead_in_op, "%zu come back, %zu of %s", count, dead_in_op, op);
	restore(&model, dataset, is);
	CHECK(mean_square(was, is) < 1e-12, "the picture has changed by %g", mean_square(was, is));
	/* Whoever reads them may learn to, and if it does, they matter: half of them at least, as of any that are random.
	 */
	const size_t channels = graph->parameters[b].count;
	for (size_t i = 0; i < graph->parameters[r].count; i++)
		if (i % channels < drowned) {
			CHECK(!still || fabsf(graph->parameters[r].values[i]) <= 0, "%s[%zu] is read", op, i % channels);
			graph->parameters[r].values[i] = 0.1F;
		}
	sensitivity_release(&s);
	s = measured(&model, dataset);
	size_t alive = 0;
	for (size_t i = 0; i < drowned; i++) alive += (in_restorer ? s.restorer : s.estimator)[b][i] > 0;
	CHECK(2 * alive >= drowned, "%zu of %zu are alive", alive, drowned);
	sensitivity_release(&s);
	dataset_close(dataset);
	model_file_release(&model);
}

static void dead_channels_come_back(void) {
	revive_in(true, "enc0.0.conv1", "enc0.0.conv2.weight", true, 2); /* mixed kernels */
	revive_in(true, "enc0.0.conv1", "enc0.0.conv2.weight", true, 9); /* all of them */
	revive_in(false, "block1.conv1", "block1.conv2.weight", true, 3);
	revive_in(false, "ring1", "ring2.weight", false, 4);
	revive_in(false, "hidden1", "hidden2.weight", false, 9);
}

static void whoever_has_no_estimator_is_refused(void) {
	struct model_file model = model_of(0.1);
	struct dataset *dataset = photographs();
	struct sensitivity s = {0};
	CHECK(sensitivity_can_measure(&model), "as it was");
	graph_destroy(model.estimator);
	model.estimator = NULL;
	CHECK(!sensitivity_can_measure(&model), "without an estimator");
	CHECK(sensitivity_measure(&model, dataset, &(struct sensitivity_options){.samples = 1, .crop_px = CROP}, &s) ==
			  DEBLUR_BAD_ARGUMENT,
		  "it is told nothing");
	CHECK(!s.restorer && !s.estimator, "something is left");
	dataset_close(dataset);
	model_file_release(&model);
}

/* A restorer that hears nobody says nothing of an estimator, which stays as it is. */
static void whom_nobody_hears_stays(void) {
	struct model_file model = model_of(0.1);
	struct dataset *dataset = photographs();
	struct random random = random_seeded(6, 0, 0);
	graph_destroy(model.restorer);
	model.restorer = networks_published_unet();
	initialise(model.restorer, &random);
	struct graph *before = graph_clone(model.estimator);
	struct sensitivity s = {0};
	const struct sensitivity_options options = {.samples = 2, .crop_px = CROP, .seed = SEED};
	CHECK(!sensitivity_measure(&model, dataset, &options, &s) && s.restorer && !s.estimator, "a blind restorer");
	CHECK(rounding_apply(&model, &s, 4).lost_db > 0, "nothing is rounded");
	for (size_t i = 0; i < before->parameter_count; i++) {
		const struct graph_parameter *was = &before->parameters[i], *is = &model.estimator->parameters[i];
		CHECK(!memcmp(was->values, is->values, was->count * sizeof *was->values), "%s is rounded", was->name);
	}
	graph_destroy(before);
	sensitivity_release(&s);
	dataset_close(dataset);
	model_file_release(&model);
}

static void numbers_beyond_reason_are_refused(void) {
	struct model_file model = model_of(0.1);
	struct dataset *dataset = photographs();
	struct graph_parameter *head = &model.restorer->parameters[index_of(model.restorer, "head.weight")];
	for (size_t i = 0; i < head->count; i++) head->values[i] = 1e38F;
	struct sensitivity s = {0};
	const struct sensitivity_options options = {.samples = 2, .crop_px = CROP, .seed = SEED};
	CHECK(sensitivity_measure(&model, dataset, &options, &s) == DEBLUR_MODEL_DAMAGED && !s.restorer, "they are taken");
	dataset_close(dataset);
	model_file_release(&model);
}

int main(void) {
	RUN(a_bias_of_the_head_counts_as_it_should);
	RUN(fewer_bits_lose_more_and_files_lose_nothing_beside);
	RUN(what_matters_more_is_rounded_less);
	RUN(dead_channels_come_back);
	RUN(whoever_has_no_estimator_is_refused);
	RUN(whom_nobody_hears_stays);
	RUN(numbers_beyond_reason_are_refused);
	return check_summary();
}
