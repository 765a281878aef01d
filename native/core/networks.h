/* networks.h - the networks that we train, as functions that write graphs.
 * Each returns a graph with zero parameters, or NULL: out of memory or an impossible size. The caller destroys it. */
#ifndef NETWORKS_H
#define NETWORKS_H

#include "core/graph.h"

enum { NETWORKS_MAX_LEVELS = 5 };

/* A U-Net on the pixel-unshuffled picture; blocks and widths per level, the last level being the bottom. The blur
 * condition either mixes the kernels of a level's residual blocks (GRAPH_MIXED_CONV2D), or scales and shifts their
 * channels (FiLM, Perez et al. 2018). */
struct networks_unet {
	size_t level_count; /* 1..NETWORKS_MAX_LEVELS */
	uint32_t widths[NETWORKS_MAX_LEVELS];
	uint32_t ranks[NETWORKS_MAX_LEVELS];          /* of what is mixed at that level; 0: scaled and shifted */
	uint32_t encoder_blocks[NETWORKS_MAX_LEVELS]; /* the bottom's blocks stand here, too */
	uint32_t decoder_blocks[NETWORKS_MAX_LEVELS];
	uint32_t condition_width; /* hidden width of the MLP on the condition; 0: a blind net */
};
struct graph *networks_unet(const struct networks_unet *size);
struct graph *
networks_estimator(void); /* picture and its spectrum in, BLUR_RAW_COUNT numbers out (spectrum.h, blur.h) */

/* A spectrum's numbers in the order that an estimator wants: by angle, or, if it is an older one, as described. */
void networks_tell_spectrum(const struct graph *estimator, const float *numbers, float *told);

struct graph *networks_published_unet(void); /* the published teacher (Team Falcons 2025): 1,290,883 parameters */

/* "student", "student-upper", "student-scaled", "student-fast", "teacher", "published"; NULL if unknown or out of
 * memory. */
struct graph *networks_restorer(const char *name);

#endif
