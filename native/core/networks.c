#include "core/networks.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/blur.h"
#include "core/spectrum.h"

/* A tensor's name from parts; cut if too long, which graph_append then refuses as a duplicate never could: names are
 * for people. */
struct name {
	char text[GRAPH_NAME_BYTES];
};

__attribute__((format(printf, 1, 2))) static struct name name_of(const char *format, ...) {
	struct name name;
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(name.text, sizeof name.text - 8, format, arguments); /* 8: room for ".weight" */
	va_end(arguments);
	return name;
}

static struct graph *finished(struct graph *graph, int output) {
	graph_set_output(graph, output);
	if (!graph_status(graph)) return graph;
	graph_destroy(graph);
	return NULL;
}

/* x + conv(relu(film(conv(x)))): the block of EDSR without normalisation, told the blur between its convolutions. */
static int residual_block(struct graph *graph, int x, int told, const char *at, uint32_t width) {
	const enum activation first = told < 0 ? ACTIVATION_RELU : ACTIVATION_NONE;
	int y = graph_conv2d(graph, x, name_of("%s.conv1", at).text, width, 3, 1, first);
	if (told >= 0) {
		const int scale = graph_linear(graph, told, name_of("%s.scale", at).text, width, ACTIVATION_NONE);
		const int shift = graph_linear(graph, told, name_of("%s.shift", at).text, width, ACTIVATION_NONE);
		y = graph_channel_affine(graph, y, scale, shift, name_of("%s.film", at).text, ACTIVATION_RELU);
	}
	y = graph_conv2d(graph, y, name_of("%s.conv2", at).text, width, 3, 1, ACTIVATION_NONE);
	return graph_add(graph, x, y, name_of("%s.add", at).text);
}

/* A convolution with the kernel that the blur asks for. */
static int mixed_conv(struct graph *graph, int x, int told, const char *at, uint32_t width, uint32_t rank,
					  enum activation activation) {
	const int gate = graph_linear(graph, told, name_of("%s.gate", at).text, rank, ACTIVATION_NONE);
	const int shift = graph_linear(graph, told, name_of("%s.shift", at).text, width, ACTIVATION_NONE);
	return graph_mixed_conv2d(graph, x, gate, shift, at, 3, 1, activation);
}

/* x + mixed(relu(mixed(x))) */
static int mixed_block(struct graph *graph, int x, int told, const char *at, uint32_t width, uint32_t rank) {
	int y = mixed_conv(graph, x, told, name_of("%s.conv1", at).text, width, rank, ACTIVATION_RELU);
	y = mixed_conv(graph, y, told, name_of("%s.conv2", at).text, width, rank, ACTIVATION_NONE);
	return graph_add(graph, x, y, name_of("%s.add", at).text);
}

/* rank 0: blocks of plain convolutions. */
static int residual_blocks(struct graph *graph, int x, int told, const char *at, uint32_t width, uint32_t rank,
						   uint32_t count) {
	for (uint32_t i = 0; i < count; i++) {
		const struct name name = name_of("%s%u", at, i);
		x = rank ? mixed_block(graph, x, told, name.text, width, rank)
				 : residual_block(graph, x, told, name.text, width);
	}
	return x;
}

static int condition_mlp(struct graph *graph, uint32_t width) {
	int told = graph_input_vector(graph, "blur", BLUR_CONDITION_COUNT);
	told = graph_linear(graph, told, "told1", width, ACTIVATION_RELU);
	return graph_linear(graph, told, "told2", width, ACTIVATION_RELU);
}

struct graph *networks_unet(const struct networks_unet *size) {
	if (size->level_count < 1 || size->level_count > NETWORKS_MAX_LEVELS) return NULL;
	for (size_t level = 0; level < size->level_count && !size->condition_width; level++)
		if (size->ranks[level]) return NULL; /* by what should they mix? */
	struct graph *graph = graph_create("restorer");
	if (!graph) return NULL;
	const int picture = graph_input_map(graph, "picture", 3);
	const int told = size->condition_width ? condition_mlp(graph, size->condition_width) : -1;

	int x = graph_pixel_unshuffle(graph, picture, "unshuffle", 2);
	x = graph_conv2d(graph, x, "stem", size->widths[0], 3, 1, ACTIVATION_NONE);
	int skips[NETWORKS_MAX_LEVELS];
	for (size_t level = 0; level < size->level_count; level++) {
		if (level)
			x = graph_conv2d(graph, x, name_of("down%zu", level).text, size->widths[level], 3, 2, ACTIVATION_NONE);
		x = residual_blocks(graph, x, told, name_of("enc%zu.", level).text, size->widths[level], size->ranks[level],
							size->encoder_blocks[level]);
		skips[level] = x;
	}
	for (size_t level = size->level_count - 1; level-- > 0;) {
		x = graph_conv_transpose2x2(graph, x, name_of("up%zu", level).text, size->widths[level], ACTIVATION_NONE);
		x = graph_add(graph, x, skips[level], name_of("skip%zu", level).text);
		x = residual_blocks(graph, x, told, name_of("dec%zu.", level).text, size->widths[level], size->ranks[level],
							size->decoder_blocks[level]);
	}
	x = graph_conv2d(graph, x, "head", 12, 3, 1, ACTIVATION_NONE);
	x = graph_pixel_shuffle(graph, x, "shuffle", 2);
	return finished(graph, graph_add(graph, picture, x, "restored"));
}

struct graph *networks_estimator(void) {
	static const uint32_t widths[] = {16, 32, 48, 64};
	struct graph *graph = graph_create("estimator");
	if (!graph) return NULL;
	int x = graph_input_map(graph, "picture", 3);
	int spectrum = graph_input_vector(graph, "spectrum", SPECTRUM_COUNT);
	x = graph_pixel_unshuffle(graph, x, "unshuffle", 2);
	x = graph_conv2d(graph, x, "stem", widths[0], 3, 1, ACTIVATION_RELU);
	for (uint32_t level = 1; level < 4; level++) {
		x = graph_conv2d(graph, x, name_of("down%u", level).text, widths[level], 3, 2, ACTIVATION_RELU);
		if (level < 3) x = residual_block(graph, x, -1, name_of("block%u", level).text, widths[level]);
	}
	x = graph_conv2d(graph, x, "features", 64, 1, 1, ACTIVATION_RELU);
	x = graph_global_average(graph, x, "average");
	/* Blur looks the same in every direction, and so do the numbers of one beside those of the next. */
	spectrum = graph_ring_conv(graph, spectrum, "ring1", SPECTRUM_ANGLES, 64, 3, ACTIVATION_RELU);
	spectrum = graph_ring_conv(graph, spectrum, "ring2", SPECTRUM_ANGLES, 64, 3, ACTIVATION_RELU);
	spectrum = graph_ring_conv(graph, spectrum, "ring3", SPECTRUM_ANGLES, 24, 1, ACTIVATION_RELU);
	x = graph_concat(graph, x, spectrum, "seen");
	x = graph_linear(graph, x, "hidden1", 96, ACTIVATION_RELU);
	x = graph_linear(graph, x, "hidden2", 64, ACTIVATION_RELU);
	return finished(graph, graph_linear(graph, x, "found", BLUR_RAW_COUNT, ACTIVATION_NONE));
}

void networks_tell_spectrum(const struct graph *estimator, const float *numbers, float *told) {
	bool by_angle = false;
	for (size_t i = 0; i < estimator->op_count; i++)
		if (estimator->ops[i].kind == GRAPH_RING_CONV) by_angle = true;
	if (by_angle)
		spectrum_by_angle(numbers, told);
	else
		memcpy(told, numbers, SPECTRUM_COUNT * sizeof *told);
}

struct graph *networks_published_unet(void) {
	struct graph *graph = graph_create("restorer");
	if (!graph) return NULL;
	int x = graph_input_map(graph, "picture", 3);
	x = graph_conv2d(graph, x, "enc", 64, 3, 1, ACTIVATION_RELU);
	x = graph_conv2d(graph, x, "down", 128, 3, 2, ACTIVATION_RELU);
	x = residual_blocks(graph, x, -1, "res", 128, 0, 4);
	x = graph_conv_transpose2x2(graph, x, "up", 64, ACTIVATION_RELU);
	x = graph_conv2d(graph, x, "head", 3, 3, 1, ACTIVATION_NONE);
	return finished(graph, graph_sigmoid(graph, x, "restored"));
}

struct graph *networks_restorer(const char *name) {
	static const struct networks_unet student = {.level_count = 3,
												 .widths = {24, 48, 96},
												 .ranks = {96, 96, 96},
												 .encoder_blocks = {1, 1, 2},
												 .decoder_blocks = {1, 1},
												 .condition_width = 64};
	/* A second block of the deepest level dies, and those of all levels cost alike: weights/training.md. */
	static const struct networks_unet student_upper = {.level_count = 3,
													   .widths = {24, 48, 96},
													   .ranks = {96, 96, 96},
													   .encoder_blocks = {1, 1, 1},
													   .decoder_blocks = {2, 2},
													   .condition_width = 64};
	/* Plain kernels whose results are scaled and shifted: what mixed ones are compared with. */
	static const struct networks_unet student_scaled = {.level_count = 3,
														.widths = {24, 48, 96},
														.encoder_blocks = {1, 1, 2},
														.decoder_blocks = {1, 1},
														.condition_width = 64};
	/* Blocks where pixels are, rather than below: see weights/training.md. */
	static const struct networks_unet student_fast = {.level_count = 3,
													  .widths = {16, 24, 32},
													  .ranks = {96, 96, 96},
													  .encoder_blocks = {1, 0, 1},
													  .decoder_blocks = {1, 0},
													  .condition_width = 64};
	/* All of the student's parts, and more of each: the student can grow into it (train/grow.h). */
	static const struct networks_unet teacher = {.level_count = 3,
												 .widths = {48, 96, 192},
												 .ranks = {96, 96, 192},
												 .encoder_blocks = {2, 3, 4},
												 .decoder_blocks = {2, 3},
												 .condition_width = 96};
	if (!strcmp(name, "student")) return networks_unet(&student);
	if (!strcmp(name, "student-upper")) return networks_unet(&student_upper);
	if (!strcmp(name, "student-scaled")) return networks_unet(&student_scaled);
	if (!strcmp(name, "student-fast")) return networks_unet(&student_fast);
	if (!strcmp(name, "teacher")) return networks_unet(&teacher);
	if (!strcmp(name, "published")) return networks_published_unet();
	return NULL;
}
