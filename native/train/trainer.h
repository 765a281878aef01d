/* trainer.h - one training run: a restorer and its estimator side by side, from photographs to a .dbm file.
 *
 * First the estimator learns alone, from crops more like those that it will be shown: it is small, and the restorer
 * gains little from being told nonsense. Then the restorer learns, told the blur: the truth for a part of the batch and
 * the estimate for the rest, so that it learns what the estimates are worth. The estimator stays as it is, or goes on
 * learning what its estimates do to the picture. The run's files: OUT
 * (the moving average of the weights, whenever it improved on the validation split), OUT.ckpt and older ones,
 * OUT.log.jsonl (run_files.h).
 *
 * Several processes (parallel.h) share a step's samples: each takes `batch` of them, and the gradients' mean over all
 * moves the same weights in all. What counts is the whole batch: two processes with 4 samples each do what one does
 * with 8, up to rounding, but for two things: as crops grow, each process's batch is rounded, and features are compared
 * in relation to those of a process's own samples. The first process validates, writes the run's files and tells about
 * it; all end alike. */
#ifndef TRAIN_TRAINER_H
#define TRAIN_TRAINER_H

#include <stdatomic.h>

#include "data/dataset.h"
#include "train/conv.h"
#include "train/crop_schedule.h"
#include "train/loss.h"
#include "train/parallel.h"

struct trainer_options {
	const char *network;      /* a name that networks_restorer knows */
	const char *teacher_path; /* a .dbm to distil from; NULL: none */
	double teacher_weight;    /* of the loss against the teacher's output, beside the truth's */
	double unlabelled_share;  /* of the samples: what the teacher says takes the truth's place */
	double turned_share;      /* of the samples: the teacher sees them turned, and its answer is turned back */
	double feature_weight;    /* of the distance of bottlenecks; 0: they are not compared */
	bool teacher_is_silent;   /* its estimator is taken over, and that is all: the twin to compare with */
	double loss_weights[LOSS_TERM_COUNT];
	size_t register_px; /* twins of pairs are moved by up to so much to where the restored picture has them; 0: not */
	const char *from_path; /* a .dbm of the same shape to begin with; NULL: random weights. A teacher's estimator goes
							  before its */
	struct dataset_options data; /* trainer_run sets its crop_px */
	struct crop_schedule crops;  /* of the restorer's part of the run; sides are multiples of 16 */
	size_t estimator_crop_px;    /* side of its samples, a multiple of 16 */
	size_t context_px; /* side of what it sees of a sample of which the restorer learns from a crop, a multiple of 16
						  and at least as large as any of these; 0: the crop */
	const char *out_path;
	double minutes; /* > 0: train for so long; else `steps` */
	uint64_t steps;
	bool resume;
	uint64_t seed;
	size_t batch;           /* of each process, of the estimator and of the restorer in the first stage of its crops */
	double learning_rate;   /* at its peak */
	double estimate_share;  /* of the samples that are told the estimate, from the restorer's second quarter */
	double estimator_first; /* share of the run in which only the estimator learns; 0: it stays as it was given */
	double joint_weight;    /* of the estimator's own loss while it goes on learning with the restorer, from what that
							   makes of its estimates; 0: it does not */
	enum conv_precision precision;
	unsigned branches;         /* that 3x3 convolutions have while they learn, of reparam.h; 0: none */
	uint64_t validate_every;   /* steps */
	uint64_t checkpoint_every; /* steps; 0: every five minutes */
	const char *command;       /* for the provenance and the log */
	const char *commit;        /* of the program, for the log */
	const atomic_bool *stop;   /* becomes true: write a checkpoint and return CANCELLED */
	bool quiet;                /* no progress bar */
	struct parallel *parallel; /* the processes that do this together; NULL: this one alone */
};

/* What trainer_run did, for messages; `reason` says in words what went wrong where the status alone would not. */
struct trainer_result {
	uint64_t steps;
	double psnr_in_db, psnr_out_db; /* of the model that was written last, on the validation split; 0: none */
	char reason[256];
	bool told_elsewhere; /* how it ended is for another process to say */
};

enum deblur_status trainer_run(const struct trainer_options *options, struct trainer_result *result);

#endif
