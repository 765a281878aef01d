/* checkpoint.h - everything a training run needs to go on exactly where it stood.
 *
 * Little-endian file: magic "DBCKPT1\n", u32 byte count and text of the recipe, u64 step, f64 seconds, f64 best PSNR,
 * then for each optimiser and each of its parameters: values, mean, square, ema (float32), and a SHA-256 of all before
 * it. Random numbers and the data cursor follow from the recipe's seed and the step (random.h, dataset.h), so they need
 * no place of their own. Written beside the old one and renamed: a killed process leaves one or the other. */
#ifndef TRAIN_CHECKPOINT_H
#define TRAIN_CHECKPOINT_H

#include "train/optimizer.h"

enum { CHECKPOINT_MAX_OPTIMIZERS = 3 };

struct checkpoint {
	const char *recipe; /* what has to be the same to go on: checkpoint_load compares it */
	uint64_t step;      /* steps done */
	double seconds; /* training time so far; 0 in a run that counts steps, so that its files depend on nothing else */
	double best_psnr_db; /* of the model that was written last; -1: none yet */
	struct optimizer *optimizers[CHECKPOINT_MAX_OPTIMIZERS];
	size_t optimizer_count;
};

/* The file's bytes, malloc'ed: for a disk, or for another process (parallel.h). OUT_OF_MEMORY. */
enum deblur_status checkpoint_pack(const struct checkpoint *checkpoint, uint8_t **bytes, size_t *size);
/* As checkpoint_load. */
enum deblur_status checkpoint_unpack(const uint8_t *bytes, size_t size, struct checkpoint *checkpoint);

/* IO: errno says why; what was there before is still there. */
enum deblur_status checkpoint_save(const char *path, const struct checkpoint *checkpoint);

/* Fills step, seconds, best_psnr_db and the optimisers' arrays and parameters. IO: cannot be read. MODEL_DAMAGED: not a
 * checkpoint, or cut or changed. BAD_ARGUMENT: of another recipe. On failure nothing is changed. */
enum deblur_status checkpoint_load(const char *path, struct checkpoint *checkpoint);

#endif
