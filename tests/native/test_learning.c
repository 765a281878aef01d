/* test_learning.c - losses against differences, the optimiser on a problem with a known answer, checkpoints that are
 * whole or refused. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/blur.h"
#include "data/turn.h"
#include "degrade/psf.h"
#include "degrade/random.h"
#include "picture/file.h"
#include "train/checkpoint.h"
#include "train/loss.h"
#include "train/net.h"

static void charbonnier_slope_is_its_difference(void) {
	float output[50], truth[50], gradient[50] = {0};
	struct random random = random_seeded(1, 0, 0);
	for (int i = 0; i < 50; i++) output[i] = (float)random_uniform(&random), truth[i] = (float)random_uniform(&random);
	const double loss = loss_charbonnier(output, truth, 50, 3, gradient);
	double wanted = 0;
	for (int i = 0; i < 50; i++) {
		const double d = (double)output[i] - (double)truth[i], root = sqrt(d * d + 1e-6);
		wanted += root / 50;
		CHECK(fabs((double)gradient[i] - 3 * d / root / 50) < 1e-6, "number %d", i);
	}
	CHECK(fabs(loss - wanted) < 1e-6, "loss %g, not %g", loss, wanted);
}

/* A loss of `count` numbers in double, to be held against: what is between `output` and `truth`. */
typedef double (*loss_in_double)(const double *output, const double *truth);

enum { SIDE = 48, NUMBERS = SIDE * SIDE * 3 }; /* squares of 32 overlap */

static double gradient_loss_in_double(const double *output, const double *truth) {
	double sum = 0;
	for (int y = 0; y < SIDE; y++)
		for (int x = 0; x < SIDE; x++)
			for (int c = 0; c < 3; c++) {
				const int i = (y * SIDE + x) * 3 + c, right = i + 3, below = i + 3 * SIDE;
				const double d = output[i] - truth[i];
				if (x + 1 < SIDE) sum += sqrt(pow(output[right] - truth[right] - d, 2) + 1e-6);
				if (y + 1 < SIDE) sum += sqrt(pow(output[below] - truth[below] - d, 2) + 1e-6);
			}
	return sum / (2 * SIDE * (SIDE - 1) * 3);
}

/* By the formula, in two passes: power[v][u] of the square at (left, top) of colour c. */
static void powers_in_double(const double *p, int left, int top, int c, double power[32][32]) {
	static double cosine[32], sine[32];
	double real[32][32], imag[32][32]; /* rows transformed */
	for (int i = 0; i < 32; i++) cosine[i] = cos(i * 3.14159265358979 / 16), sine[i] = sin(i * 3.14159265358979 / 16);
	for (int y = 0; y < 32; y++)
		for (int u = 0; u < 32; u++) {
			real[y][u] = imag[y][u] = 0;
			for (int x = 0; x < 32; x++) {
				const double value = p[((top + y) * SIDE + left + x) * 3 + c];
				real[y][u] += value * cosine[x * u % 32];
				imag[y][u] -= value * sine[x * u % 32];
			}
		}
	for (int v = 0; v < 32; v++)
		for (int u = 0; u < 32; u++) {
			double re = 0, im = 0;
			for (int y = 0; y < 32; y++) {
				const double co = cosine[y * v % 32], si = sine[y * v % 32];
				re += real[y][u] * co + imag[y][u] * si;
				im += imag[y][u] * co - real[y][u] * si;
			}
			power[v][u] = (re * re + im * im) / 1024 + 1e-4;
		}
}

static double fft_loss_in_double(const double *output, const double *truth) {
	double sum = 0, a[32][32], b[32][32];
	for (int square = 0; square < 4; square++)
		for (int c = 0; c < 3; c++) {
			powers_in_double(output, square % 2 * 16, square / 2 * 16, c, a);
			powers_in_double(truth, square % 2 * 16, square / 2 * 16, c, b);
			for (int i = 0; i < 1024; i++) sum += sqrt(pow(log(a[i / 32][i % 32] / b[i / 32][i % 32]) / 2, 2) + 1e-6);
		}
	return sum / (4 * 3 * 1024);
}

static double decibel_loss_in_double(const double *output, const double *truth) {
	double sum = 0;
	for (int i = 0; i < NUMBERS; i++) sum += pow(output[i] - truth[i], 2);
	return 10 * log10(sum / NUMBERS + 1e-6);
}

static double central_difference(loss_in_double loss, double *output, const double *truth, int i) {
	const double h = 1e-5, kept = output[i];
	output[i] = kept + h;
	const double up = loss(output, truth);
	output[i] = kept - h;
	const double down = loss(output, truth);
	output[i] = kept;
	return (up - down) / (2 * h);
}

/* Two samples, the second of which is another one, so that it has to be kept apart from the first. */
static void check_picture_loss(enum loss_term term, loss_in_double wanted_loss, double tolerance) {
	static float output[2 * NUMBERS], truth[2 * NUMBERS], gradient[2 * NUMBERS];
	static double o[NUMBERS], t[NUMBERS];
	struct fft *fft = fft_create(LOSS_FFT_SIDE_PX);
	struct random random = random_seeded(3, 0, 0);
	for (int i = 0; i < 2 * NUMBERS; i++) {
		truth[i] = (float)(0.5 + 0.3 * sin(i * 0.01) * random_uniform(&random));
		output[i] = truth[i] + (float)(0.1 * random_normal(&random));
		gradient[i] = 0.25f; /* what other terms have left here stays */
	}
	const double weight = 3, loss = term == LOSS_FFT        ? loss_fft(fft, output, truth, 2, SIDE, weight, gradient)
									: term == LOSS_GRADIENT ? loss_gradient(output, truth, 2, SIDE, weight, gradient)
															: loss_decibel(output, truth, 2, NUMBERS, weight, gradient);
	double wanted = 0;
	for (int n = 0; n < 2; n++) {
		for (int i = 0; i < NUMBERS; i++) o[i] = (double)output[n * NUMBERS + i], t[i] = (double)truth[n * NUMBERS + i];
		wanted += wanted_loss(o, t) / 2;
		for (int i = 5; i < NUMBERS; i += NUMBERS / 12) {
			const double slope = weight / 2 * central_difference(wanted_loss, o, t, i);
			const double got = (double)gradient[n * NUMBERS + i] - 0.25;
			CHECK(fabs(got - slope) < tolerance * fabs(slope) + 1e-7, "%s, sample %d, number %d: %g, not %g",
				  loss_term_name(term), n, i, got, slope);
		}
	}
	CHECK(fabs(loss - wanted) < 1e-5 * fabs(wanted), "%s: %g, not %g", loss_term_name(term), loss, wanted);
	fft_destroy(fft);
}

static void picture_losses_slopes_are_their_differences(void) {
	check_picture_loss(LOSS_DECIBEL, decibel_loss_in_double, 2e-3);
	check_picture_loss(LOSS_GRADIENT, gradient_loss_in_double, 2e-3);
	check_picture_loss(LOSS_FFT, fft_loss_in_double, 2e-3);
}

static void feature_loss_slope_is_its_difference(void) {
	enum { BATCH = 3, FEATURES = 20 };
	const bool counts[BATCH] = {true, false, true};
	float projected[BATCH * FEATURES], teacher[BATCH * FEATURES], gradient[BATCH * FEATURES] = {0};
	struct random random = random_seeded(4, 0, 0);
	double distance = 0, power = 0;
	for (int i = 0; i < BATCH * FEATURES; i++) {
		projected[i] = (float)random_normal(&random), teacher[i] = (float)(5 * random_normal(&random));
		if (!counts[i / FEATURES]) continue;
		distance += pow((double)projected[i] - (double)teacher[i], 2);
		power += pow((double)teacher[i], 2);
	}
	const double loss = loss_features(projected, teacher, counts, BATCH, FEATURES, 3, gradient);
	CHECK(fabs(loss - distance / power) < 1e-6 * loss, "loss %g, not %g", loss, distance / power);
	for (int i = 0; i < BATCH * FEATURES; i++) {
		const double d = (double)projected[i] - (double)teacher[i], h = 1e-4;
		const double up = distance - d * d + (d + h) * (d + h), down = distance - d * d + (d - h) * (d - h);
		const double slope = counts[i / FEATURES] ? 3 * (up - down) / (2 * h) / power : 0;
		CHECK(fabs((double)gradient[i] - slope) < 1e-5 * (1 + fabs(slope)), "number %d: %g, not %g", i,
			  (double)gradient[i], slope);
	}
	const bool none[BATCH] = {false};
	CHECK(loss_features(projected, teacher, none, BATCH, FEATURES, 3, gradient) <= 0, "of nothing");
}

static void blur_loss_slope_is_its_difference(void) {
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct random random = random_seeded(seed, 0, 0);
		struct deblur_blur truth;
		deblur_blur_describe((enum deblur_blur_kind)(seed % 5), 3, (float)(9 * seed), NULL, &truth);
		truth.in_srgb = seed % 2;
		float output[BLUR_RAW_COUNT], gradient[BLUR_RAW_COUNT] = {0}, unused[BLUR_RAW_COUNT];
		for (int i = 0; i < BLUR_RAW_COUNT; i++) output[i] = (float)(2 * random_normal(&random));
		loss_blur(output, &truth, 1, 1, gradient);
		for (int i = 0; i < BLUR_RAW_COUNT; i++) {
			const float h = 1e-2f, kept = output[i];
			output[i] = kept + h;
			const double up = loss_blur(output, &truth, 1, 0, unused);
			output[i] = kept - h;
			const double down = loss_blur(output, &truth, 1, 0, unused);
			output[i] = kept;
			const double slope = (up - down) / (2 * (double)h);
			CHECK(fabs(slope - (double)gradient[i]) < 2e-2 * (1 + fabs(slope)), "seed %llu, number %d: %g, not %g",
				  (unsigned long long)seed, i, (double)gradient[i], slope);
		}
	}
}

static double told_loss(const float *output, const float *slopes) {
	struct deblur_blur blur;
	float told[BLUR_CONDITION_COUNT];
	double loss = 0;
	blur_from_raw(output, &blur);
	blur_to_condition(&blur, told);
	for (int i = 0; i < BLUR_CONDITION_COUNT; i++) loss += (double)told[i] * (double)slopes[i];
	return loss;
}

static void the_slope_of_telling_is_its_difference(void) {
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct random random = random_seeded(seed, 6, 0);
		float slopes[BLUR_CONDITION_COUNT], output[BLUR_RAW_COUNT], gradient[BLUR_RAW_COUNT] = {0};
		for (int i = 0; i < BLUR_CONDITION_COUNT; i++) slopes[i] = (float)random_normal(&random);
		/* Within what is not clamped, but for a spread below zero every fourth time and a straight line every third. */
		for (int i = 0; i < BLUR_RAW_COUNT; i++) output[i] = (float)(0.1 + 0.5 * random_uniform(&random));
		if (seed % 4 == 0) output[5] = -0.5f;
		if (seed % 3 == 0) output[6] = 1.3f;
		loss_of_telling(output, slopes, gradient);
		for (int i = 0; i < BLUR_RAW_COUNT; i++) {
			const float h = 1e-2f, kept = output[i];
			if (seed % 3 == 0 && (i == 6 || i == 7)) {
				CHECK(fabsf(gradient[i]) <= 0, "what is clamped has a slope of %g", (double)gradient[i]);
				continue;
			}
			output[i] = kept + h;
			const double up = told_loss(output, slopes);
			output[i] = kept - h;
			const double down = told_loss(output, slopes);
			output[i] = kept;
			const double slope = (up - down) / (2 * (double)h);
			CHECK(fabs(slope - (double)gradient[i]) < 1e-3 * (1 + fabs(slope)), "seed %llu, number %d: %g, not %g",
				  (unsigned long long)seed, i, (double)gradient[i], slope);
		}
	}
}

static void what_the_estimator_should_say_comes_back(void) {
	for (int kind = 0; kind < DEBLUR_BLUR_KIND_COUNT; kind++) {
		struct deblur_blur truth = {0}, back;
		float raw[BLUR_RAW_COUNT];
		deblur_blur_describe((enum deblur_blur_kind)kind, 4, 70, NULL, &truth);
		truth.read_noise = 0.01f, truth.shot_noise = 0.002f, truth.jpeg_quality = 80;
		blur_to_raw(&truth, raw);
		for (int i = 0; i < DEBLUR_BLUR_KIND_COUNT; i++) raw[i] *= 40; /* probabilities to logits */
		blur_from_raw(raw, &back);
		CHECK(blur_is_valid(&back) && deblur_blur_kind(&back) == (enum deblur_blur_kind)kind, "kind %d", kind);
		CHECK(fabsf(back.spread_px - truth.spread_px) < 1e-3f && fabsf(back.anisotropy - truth.anisotropy) < 1e-3f,
			  "shape");
		CHECK(fabsf(back.read_noise - 0.01f) < 1e-4f && fabsf(back.shot_noise - 0.002f) < 1e-4f &&
				  fabsf(back.jpeg_quality - 80) < 0.01f,
			  "noise");
		CHECK(kind == 0 || truth.anisotropy <= 0 || fabsf(back.angle_deg - 70) < 0.1f, "angle %g",
			  (double)back.angle_deg);
	}
	float hostile[BLUR_RAW_COUNT];
	struct deblur_blur back;
	for (int i = 0; i < BLUR_RAW_COUNT; i++) hostile[i] = i % 2 ? 1e30f : -1e30f;
	blur_from_raw(hostile, &back);
	CHECK(blur_is_valid(&back), "numbers beyond reason");
}

/* One 1x1 convolution that has to become "twice the picture plus a half". */
struct problem {
	struct graph *graph;
	struct net *net;
	struct optimizer *optimizer;
};

static struct problem make_problem(void) {
	struct problem p = {.graph = graph_create("line")};
	graph_set_output(p.graph,
					 graph_conv2d(p.graph, graph_input_map(p.graph, "picture", 3), "conv", 3, 1, 1, ACTIVATION_NONE));
	net_create(p.graph, &(struct net_options){.batch = 1, .height = 8, .width = 8, .training = true, .tap = -1},
			   &p.net);
	optimizer_create(p.graph->parameters, p.graph->parameter_count, &optimizer_defaults, &p.optimizer);
	return p;
}

static void release_problem(struct problem *p) {
	optimizer_destroy(p->optimizer);
	net_destroy(p->net);
	graph_destroy(p->graph);
}

static double learn(struct problem *p, int steps) {
	float truth[192];
	double loss = 0;
	for (int step = 0; step < steps; step++) {
		struct random random = random_seeded(7, p->optimizer->step, 0);
		for (int i = 0; i < 192; i++) truth[i] = 2 * (net_picture(p->net)[i] = (float)random_uniform(&random)) + 0.5f;
		net_forward(p->net);
		memset(net_output_gradient(p->net), 0, 192 * sizeof(float));
		loss = loss_charbonnier(net_output(p->net), truth, 192, 1, net_output_gradient(p->net));
		net_backward(p->net);
		float *gradients[] = {net_parameter_gradient(p->net, 0), net_parameter_gradient(p->net, 1)};
		optimizer_step(p->optimizer, gradients, 0.02);
	}
	return loss;
}

static void the_optimiser_finds_a_line(void) {
	struct problem p = make_problem();
	const double loss = learn(&p, 600);
	CHECK(loss < 0.02, "loss %g", loss);
	for (int i = 0; i < 9; i++)
		CHECK(fabsf(p.optimizer->ema[0][i] - (i % 4 ? 0 : 2)) < 0.1f, "weight %d is %g", i,
			  (double)p.optimizer->ema[0][i]);
	release_problem(&p);
}

/* What a sum of many weights adds up to moves no further than a sum of few. */
static void wide_sums_learn_as_fast_as_narrow_ones(void) {
	enum { NARROW = 216, WIDE = 864 };
	static float values[2][WIDE], slopes[2][WIDE], bias[2], slope[2] = {1, 1};
	struct graph_parameter parameters[] = {{"narrow.weight", {1, 3, 3, 24}, NARROW, values[0]},
										   {"wide.weight", {1, 3, 3, 96}, WIDE, values[1]},
										   {"narrow.bias", {1, 1, 1, 1}, 1, &bias[0]},
										   {"up.weight", {2, 2, 1, 216}, WIDE, values[0]}};
	float *gradients[] = {slopes[0], slopes[1], slope, slopes[0]};
	struct optimizer_options options = optimizer_defaults;
	options.weight_decay = options.clip_norm = 0;
	struct optimizer *optimizer = NULL;
	for (int i = 0; i < WIDE; i++) slopes[0][i] = slopes[1][i] = 1;
	CHECK(!optimizer_create(parameters, 3, &options, &optimizer), "memory");
	optimizer_step(optimizer, gradients, 0.01);
	double moved[2] = {0};
	for (int i = 0; i < NARROW; i++) moved[0] -= (double)values[0][i];
	for (int i = 0; i < WIDE; i++) moved[1] -= (double)values[1][i];
	CHECK(fabs(moved[0] - 0.01 * NARROW) < 1e-4 && fabs(moved[1] - moved[0]) < 1e-4, "%g and %g", moved[0], moved[1]);
	CHECK(fabsf(bias[0] + 0.01F) < 1e-6F, "the bias moves by %g", (double)bias[0]);
	optimizer_destroy(optimizer);
	/* The four places of a transposed kernel do not add up. */
	memset(values[0], 0, sizeof values[0]);
	CHECK(!optimizer_create(parameters + 3, 1, &options, &optimizer), "memory");
	optimizer_step(optimizer, gradients + 3, 0.01);
	CHECK(fabsf(values[0][WIDE - 1] + 0.01F) < 1e-6F, "up moves by %g", (double)values[0][WIDE - 1]);
	optimizer_destroy(optimizer);
}

static void the_schedule_warms_up_and_falls(void) {
	CHECK(schedule_learning_rate(1, 0.1, 0) < 0.02 && fabs(schedule_learning_rate(1, 0.1, 0.1) - 1) < 1e-9, "warm-up");
	for (double t = 0.1; t < 0.95; t += 0.05)
		CHECK(schedule_learning_rate(1, 0.1, t + 0.05) < schedule_learning_rate(1, 0.1, t), "at %g", t);
	CHECK(fabs(schedule_learning_rate(1, 0.1, 1) - 0.01) < 1e-9 &&
			  fabs(schedule_learning_rate(1, 0.1, 7) - 0.01) < 1e-9,
		  "end");
}

static void a_checkpoint_goes_on_exactly(void) {
	const char *path = "build/tests/learning.ckpt";
	struct problem whole = make_problem(), first = make_problem(), second = make_problem();
	learn(&whole, 20);
	learn(&first, 9);
	struct checkpoint saved = {"recipe", 9, 1.5, 27, {first.optimizer}, 1},
					  loaded = {"recipe", 0, 0, 0, {second.optimizer}, 1};
	CHECK(!checkpoint_save(path, &saved) && !checkpoint_load(path, &loaded), "save and load");
	CHECK(loaded.step == 9 && loaded.seconds == 1.5 && loaded.best_psnr_db == 27, "numbers");
	learn(&second, 11);
	CHECK(!memcmp(whole.graph->parameters[0].values, second.graph->parameters[0].values, 9 * sizeof(float)), "weights");
	CHECK(!memcmp(whole.optimizer->ema[1], second.optimizer->ema[1], 3 * sizeof(float)), "averages");
	struct checkpoint other = {"another recipe", 0, 0, 0, {second.optimizer}, 1};
	CHECK(checkpoint_load(path, &other) == DEBLUR_BAD_ARGUMENT, "another recipe");
	uint8_t *bytes;
	size_t size;
	CHECK(!file_read(path, &bytes, &size), "read");
	for (size_t i = 0; i < size; i += 13) {
		bytes[i] ^= 4;
		CHECK(!file_write(path, bytes, size) && checkpoint_load(path, &loaded) == DEBLUR_MODEL_DAMAGED, "byte %zu", i);
		bytes[i] ^= 4;
	}
	CHECK(!file_write(path, bytes, size / 2) && checkpoint_load(path, &loaded) == DEBLUR_MODEL_DAMAGED, "half of it");
	remove(path);
	CHECK(checkpoint_load(path, &loaded) == DEBLUR_IO, "none");
	free(bytes);
	release_problem(&whole);
	release_problem(&first);
	release_problem(&second);
}

static void a_turned_picture_is_turned_back(void) {
	enum { EDGE = 5 };
	float picture[EDGE * EDGE * 3], turned[8][EDGE * EDGE * 3], back[EDGE * EDGE * 3];
	for (int i = 0; i < EDGE * EDGE * 3; i++) picture[i] = (float)i;
	for (uint32_t way = 0; way < TURN_WAYS; way++) {
		turn_picture(picture, EDGE, way, turned[way]);
		turn_back(turned[way], EDGE, way, back);
		CHECK(!memcmp(back, picture, sizeof picture), "way %u", way);
		for (uint32_t other = 0; other < way; other++)
			CHECK(memcmp(turned[other], turned[way], sizeof picture) != 0, "ways %u and %u are one", other, way);
	}
	CHECK(!memcmp(turned[0], picture, sizeof picture), "the first is none");
}

/* A motion's kernel, turned as a picture, is measured: the angle has to be what turn_blur says. */
static void blur_turns_with_its_picture(void) {
	static float picture[PSF_SIDE * PSF_SIDE * 3], turned[PSF_SIDE * PSF_SIDE * 3];
	for (uint32_t way = 0; way < TURN_WAYS; way++)
		for (double angle = 10; angle < 180; angle += 45) {
			struct psf psf;
			struct deblur_blur blur = {0}, wanted = {0};
			psf_motion(&psf, 15, angle);
			psf_measure(&psf, &blur);
			for (int i = 0; i < PSF_SIDE * PSF_SIDE; i++) picture[3 * i] = psf.weights[i / PSF_SIDE][i % PSF_SIDE];
			turn_picture(picture, PSF_SIDE, way, turned);
			for (int i = 0; i < PSF_SIDE * PSF_SIDE; i++) psf.weights[i / PSF_SIDE][i % PSF_SIDE] = turned[3 * i];
			psf_measure(&psf, &wanted);
			turn_blur(&blur, way);
			CHECK(fabsf(blur.angle_deg - wanted.angle_deg) < 0.01f, "way %u: %g degrees, not %g", way,
				  (double)blur.angle_deg, (double)wanted.angle_deg);
		}
}

int main(void) {
	RUN(charbonnier_slope_is_its_difference);
	RUN(picture_losses_slopes_are_their_differences);
	RUN(feature_loss_slope_is_its_difference);
	RUN(blur_loss_slope_is_its_difference);
	RUN(the_slope_of_telling_is_its_difference);
	RUN(what_the_estimator_should_say_comes_back);
	RUN(a_turned_picture_is_turned_back);
	RUN(blur_turns_with_its_picture);
	RUN(the_optimiser_finds_a_line);
	RUN(wide_sums_learn_as_fast_as_narrow_ones);
	RUN(the_schedule_warms_up_and_falls);
	RUN(a_checkpoint_goes_on_exactly);
	return check_summary();
}
