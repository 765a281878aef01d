/* trainer_internal.h - what the parts of one training run share: trainer_setup.c opens and makes what it needs,
 * trainer_step.c is one step, trainer.c runs steps, tells about them and keeps what they leave. */
#ifndef TRAIN_TRAINER_INTERNAL_H
#define TRAIN_TRAINER_INTERNAL_H

#include "core/model_file.h"
#include "train/net.h"
#include "train/progress.h"
#include "train/run_files.h"
#include "train/trainer.h"

/* Streams of random numbers beside the samples' own (random_seeded's second key). */
enum { STREAM_WEIGHTS = 1, STREAM_TOLD = 2 };

struct trainer {
	const struct trainer_options *options;
	struct trainer_result *result;
	struct dataset *dataset;
	struct conv_engine *engine;
	struct model_file model;   /* the graphs that are trained */
	struct model_file teacher; /* restorer NULL: none */
	struct net *restorer, *teacher_net;
	struct net *estimator;        /* on its own larger crops, learning */
	struct net *looker;           /* the same graph on the restorer's crops, no longer learning */
	bool has_estimator;           /* from another run */
	bool estimator_is_done;       /* its average has taken the place of its weights */
	struct checkpoint checkpoint; /* its two optimisers are the run's state */
	struct progress *progress;
	float *sharp;               /* [batch][largest crop][largest crop][3] */
	struct deblur_blur *truths; /* [batch] */
	bool *has_truth;            /* [batch] */
	double started;             /* clock when this session began, less the seconds of earlier ones */
	double last_checkpoint, last_report;
	struct run_files files;
	char recipe[1024];
};

struct trainer_losses {
	double restorer, estimator, gradient_norm;
};

/* Says what failed, once; the status goes on its way. */
enum deblur_status trainer_because(struct trainer *t, enum deblur_status status, const char *what);

/* ---- trainer_setup.c ---- */

enum deblur_status trainer_set_up(struct trainer *t);
void trainer_tear_down(struct trainer *t);

/* ---- trainer_step.c ---- */

/* progress: of the run, 0..1, before the step. A loss of a net that does not learn now stays as it is. */
enum deblur_status trainer_step(struct trainer *t, double progress, struct trainer_losses *losses);

/* Of the part of the run in which the restorer learns; negative before it. */
double trainer_restorer_progress(const struct trainer *t, double progress);

/* Each net has a schedule of its own. */
double trainer_rate_at(const struct trainer *t, double progress);

/* Before anything of it is saved. */
enum deblur_status trainer_give_up(struct trainer *t, const char *what);

#endif
