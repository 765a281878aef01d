/* deblur.h - take blur out of photographs: the public interface of the inference core.
 *
 * A model is one .dbm file: an estimator, which looks at a picture and says how it is blurred, and a restorer,
 * which is told so and gives the sharper picture. The caller may correct the estimate in between.
 *
 *     struct deblur_model *model = NULL;
 *     enum deblur_status status = deblur_model_open(bytes, size, &model);
 *     struct deblur_blur blur;
 *     if (!status) status = deblur_estimate(model, &picture, &blur);
 *     if (!status) status = deblur_restore(model, &picture, &blur, NULL, &result);
 *     if (status) fprintf(stderr, "%s\n", deblur_status_message(status));
 *     deblur_model_destroy(model);
 *
 * Threads: a model is immutable once open; any number of threads may use it at the same time.
 * Errors: every function that can fail returns a status; on failure its outputs are untouched, except that
 * deblur_restore may have written part of the destination. The library never prints, never exits and keeps
 * no global state. */
#ifndef DEBLUR_H
#define DEBLUR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DEBLUR_VERSION "0.1.0"

enum deblur_status {
	DEBLUR_OK = 0,
	DEBLUR_BAD_ARGUMENT, /* an argument outside what the function documents */
	DEBLUR_OUT_OF_MEMORY,
	DEBLUR_NOT_A_MODEL,   /* the bytes do not begin like a .dbm file */
	DEBLUR_MODEL_VERSION, /* made by a later version of the format */
	DEBLUR_MODEL_DAMAGED, /* truncated, changed, or contradicting itself */
	DEBLUR_NO_ESTIMATOR,  /* this model cannot estimate: the caller has to say what the blur is */
	DEBLUR_CANCELLED,     /* the progress callback asked to stop */
	DEBLUR_IO,            /* reading or writing a file failed; errno says why */
	DEBLUR_NOT_A_PICTURE, /* not a picture format that is understood */
	DEBLUR_PICTURE_DAMAGED,
	DEBLUR_PICTURE_UNSUPPORTED, /* a valid file of a kind that is not read: CMYK, animated */
	DEBLUR_PICTURE_TOO_LARGE,
	DEBLUR_STATUS_COUNT
};

/* One English sentence without a full stop; never NULL, whatever the value. Static storage. */
const char *deblur_status_message(enum deblur_status status);

/* ---- pictures ---- */

/* 8-bit sRGB, interleaved, borrowed from the caller. */
struct deblur_image {
	uint8_t *pixels; /* [height][width][channels], rows `stride` bytes apart */
	size_t width;    /* 1 or more */
	size_t height;   /* 1 or more */
	size_t stride;   /* bytes from one row to the next, at least width * channels */
	int channels;    /* 3: RGB, 4: RGBA with straight alpha, which is copied and not restored */
};

/* Gives pixels of alpha 0 colours that go on smoothly from those around them, in place; alpha stays 0. To be done
 * before a picture is estimated or restored: both look at colours whatever their alpha, and the black that files and
 * canvases have there would be taken for an edge, and leave a rim on what is seen. Takes a third of the picture's
 * memory where anything is transparent. BAD_ARGUMENT; OUT_OF_MEMORY, and the picture is as it was. */
enum deblur_status deblur_fill_transparent(const struct deblur_image *picture);

/* ---- blur ---- */

enum deblur_blur_kind {
	DEBLUR_BLUR_NONE = 0,
	DEBLUR_BLUR_GAUSSIAN, /* slightly out of focus, or softened by software */
	DEBLUR_BLUR_SHAKE,    /* the hand moved along a curve */
	DEBLUR_BLUR_MOTION,   /* straight uniform motion */
	DEBLUR_BLUR_DEFOCUS,  /* a disk */
	DEBLUR_BLUR_KIND_COUNT
};

enum { DEBLUR_BLUR_HINT_COUNT = 16 };

/* What is known of the blur of one picture, or of one cell of it (deblur_blur_map). */
struct deblur_blur {
	float kind[DEBLUR_BLUR_KIND_COUNT]; /* probabilities; they sum to 1 */
	float spread_px;    /* square root of the trace of the point spread function's second-moment matrix, 0..16 */
	float anisotropy;   /* (major - minor) / (major + minor) of that matrix' eigenvalues: 0 round, 1 a line */
	float angle_deg;    /* direction of the major axis, 0..180, counter-clockwise from the x axis as seen on screen */
	float read_noise;   /* standard deviation of the constant noise, linear light, picture range 1: 0..0.1 */
	float shot_noise;   /* variance per unit of linear light of the signal-dependent noise: 0..0.02 */
	float jpeg_quality; /* 1..100 as the IJG scale counts; 100 also when it never was a JPEG */
	float in_srgb;      /* probability that the blur was computed on sRGB values instead of in linear light */
	/* What else an estimator has to say to its restorer, in numbers that these two agreed on in training and nobody
	 * else understands, -4..4; zeros say nothing. */
	float hints[DEBLUR_BLUR_HINT_COUNT];
};

enum { DEBLUR_MAP_MOST_CELLS = 64 };

/* Blur that differs from place to place: what it is in each cell of a grid. From one cell to the next the result goes
 * over within 64 pixels. */
struct deblur_blur_map {
	int32_t x, y;                                    /* the grid's corner in the picture that is restored, or outside */
	uint32_t width, height;                          /* of the grid, in pixels: of the picture that was looked at */
	uint32_t columns, rows;                          /* 64 cells at most; none: the blur is the same everywhere */
	struct deblur_blur blurs[DEBLUR_MAP_MOST_CELLS]; /* row by row */
};

/* The blur that a user describes. size_px in the unit that a person would measure: Gaussian: standard deviation;
 * shake: spread; motion: length of the path; defocus: radius of the disk; none: ignored.
 * angle_deg matters to motion and shake. What a person does not see, noise, JPEG quality and in_srgb, is taken from
 * `rest`, which would be the estimate; NULL: noise-free, never JPEG, in linear light. Hints, which are of what was
 * estimated, become zero. BAD_ARGUMENT: size_px not finite
 * or outside what gives a spread of 0..16, kind unknown, angle not finite. */
enum deblur_status deblur_blur_describe(enum deblur_blur_kind kind, float size_px, float angle_deg,
										const struct deblur_blur *rest, struct deblur_blur *out);

/* The most probable kind, and the size in that kind's own unit (see deblur_blur_describe). */
enum deblur_blur_kind deblur_blur_kind(const struct deblur_blur *blur);
float deblur_blur_size_px(const struct deblur_blur *blur);

/* "none", "gaussian", "shake", "motion", "defocus"; static storage. */
const char *deblur_blur_kind_name(enum deblur_blur_kind kind);

/* ---- models ---- */

struct deblur_model;

/* Reads a model from `size` bytes, which are copied and may be freed afterwards. The file is not trusted:
 * NOT_A_MODEL, MODEL_VERSION, MODEL_DAMAGED, OUT_OF_MEMORY. */
enum deblur_status deblur_model_open(const void *bytes, size_t size, struct deblur_model **out);
void deblur_model_destroy(struct deblur_model *model); /* NULL is fine */

struct deblur_model_info {
	const char *provenance; /* UTF-8 lines "key: value", borrowed from the model */
	char sha256[65];        /* of the whole file, in hexadecimal */
	size_t parameter_count; /* both nets */
	double restorer_macs_per_pixel;
	double estimator_macs_per_pixel; /* 0 without an estimator */
	size_t alignment_px;             /* see deblur_restore_options.region */
	size_t halo_px;                  /* how far a restored pixel looks in each direction */
	/* Whoever restores a part of a picture as a picture of its own, and wants the bits of the whole: columns from a
	 * multiple of grid_px on, with halo_x_px more on both sides, rows from a multiple of alignment_px on, with halo_px
	 * more; as far as there is picture. */
	size_t grid_px, halo_x_px;
	bool has_estimator;
	bool is_adaptive; /* the restorer is told the blur */
};
void deblur_model_info(const struct deblur_model *model, struct deblur_model_info *out);

/* Writes one line per op ("restorer conv2d enc1.conv ...") into `text`, always terminated; returns the length that
 * the whole listing has, as snprintf does. text may be NULL if size is 0. */
size_t deblur_model_list_ops(const struct deblur_model *model, char *text, size_t size);

/* ---- work ---- */

/* Estimates the blur of a picture from its busiest parts: at most 16 crops of 192 x 192 pixels, so that the cost is
 * bounded. NO_ESTIMATOR, BAD_ARGUMENT, OUT_OF_MEMORY. */
enum deblur_status deblur_estimate(const struct deblur_model *model, const struct deblur_image *picture,
								   struct deblur_blur *out);

/* How the blur of a picture differs from place to place, beside `whole`, what deblur_estimate said of it. Where it does
 * not, by more than estimates do, out->columns is 0; so it is where `whole` is more likely than not no blur at all, and
 * in a picture of less than 288 pixels along both sides. Looks at 64 crops at most. NO_ESTIMATOR, BAD_ARGUMENT,
 * OUT_OF_MEMORY. */
enum deblur_status deblur_estimate_map(const struct deblur_model *model, const struct deblur_image *picture,
									   const struct deblur_blur *whole, struct deblur_blur_map *out);

/* Called from the thread that called deblur_restore, 16 to 64 times or so, with 0 < done <= total in pixels; return
 * false to cancel. */
typedef bool (*deblur_progress)(void *user, size_t done, size_t total);

struct deblur_restore_options {
	float strength;           /* 0: the picture as it was; 1: as restored; between: a mix */
	int thread_count;         /* 0: one per CPU */
	size_t tile_px;           /* side of the squares that are restored at a time, at most 65536; 0: chosen by the
								 library. The result does not depend on it. */
	deblur_progress progress; /* NULL: none */
	void *user;               /* handed to progress */
	/* Restore only this part of the picture, so that a caller can go through a large one in pieces, on several machines
	 * or workers: x and y multiples of deblur_model_info.alignment_px, all of it inside. The rest of the result is left
	 * as it is, and the part is the same, bit for bit, as when the whole picture is restored. All zero: the whole
	 * picture. */
	struct {
		size_t x, y, width, height;
	} region;
	bool reference_kernels; /* run the scalar reference instead of what the CPU can do */
	/* What counts instead of `blur`; NULL, or without cells: `blur` counts. Cells are restored one after the other,
	 * each with its surroundings: two to four times the work, more where many threads share small cells, and 12 bytes
	 * more for each pixel of a row of cells. */
	const struct deblur_blur_map *map;
};

/* Restores `picture` into `result`, of the same size and channel count; result->pixels may be picture->pixels.
 * blur NULL: estimated first, from place to place where it differs. options NULL: strength 1, one thread per CPU. Alpha
 * is copied. BAD_ARGUMENT, NO_ESTIMATOR, OUT_OF_MEMORY, CANCELLED. */
enum deblur_status deblur_restore(const struct deblur_model *model, const struct deblur_image *picture,
								  const struct deblur_blur *blur, const struct deblur_restore_options *options,
								  const struct deblur_image *result);

#ifdef __cplusplus
}
#endif
#endif
