/* trainer_internal.h - what the parts of one training run share: trainer_setup.c opens and makes what it needs,
 * trainer_step.c is one step, trainer_parallel.c keeps several processes together, trainer.c runs steps, tells about
 * them and keeps what they leave. */
#ifndef TRAIN_TRAINER_INTERNAL_H
#define TRAIN_TRAINER_INTERNAL_H

#include "core/model_file.h"
#include "train/feed.h"
#include "train/gradient_mean.h"
#include "train/net.h"
#include "train/progress.h"
#include "train/reparam.h"
#include "train/run_files.h"
#include "train/trainer.h"

/* Streams of random numbers beside the samples' own (random_seeded's second key). */
enum { STREAM_WEIGHTS = 1, STREAM_TOLD = 2, STREAM_TURNED = 3, STREAM_BRANCHES = 4, STREAM_PART = 5 };

/* What learns, in the order of the checkpoint's optimisers. */
enum { LEARNER_RESTORER, LEARNER_ESTIMATOR, LEARNER_PROJECTION };

struct trainer {
	const struct trainer_options *options;
	struct trainer_result *result;
	struct dataset *dataset;
	struct model_file model;   /* the graphs that are trained */
	struct model_file teacher; /* restorer NULL: none */
	struct net *restorer;
	size_t stage, crop_px, batch; /* of the restorer's samples, now */
	size_t context_px;            /* and what the estimator sees of each */
	struct net *estimator;        /* on its own larger crops, learning */
	struct net *looker;           /* the same graph on the restorer's samples, learning only with the restorer */
	bool *told_estimate;          /* [batch] samples whose blur was told as `looker` said */
	struct net *teacher_net;      /* NULL: there is none, or it is silent */
	float *answers;               /* [batch][crop][crop][3] what the teacher said, turned back */
	uint32_t *ways;               /* [batch] how it saw the samples (turn.h) */
	bool *upright;                /* [batch] those that were not turned */
	struct graph *projection;
	struct net *projection_net; /* NULL: bottlenecks are not compared */
	struct fft *fft;            /* of LOSS_FFT_SIDE_PX */
	struct gradient_mean *restorer_mean, *estimator_mean, *projection_mean, *looker_mean;
	bool has_estimator;                                 /* from another run */
	bool estimator_is_done;                             /* its average has taken the place of its weights */
	struct reparam *learned[CHECKPOINT_MAX_OPTIMIZERS]; /* each learner's parameters; its graph follows from them */
	struct checkpoint checkpoint;                       /* its optimisers, one of each learner, are the run's state */
	struct progress *progress;
	struct {
		size_t samples, numbers; /* the most that a batch has, of samples and of their numbers */
	} room;
	struct feed *feed;
	struct feed_batch *drawn; /* this step's samples, until its backward pass */
	double started;           /* clock when this session began, less the seconds of earlier ones */
	double last_checkpoint, last_report;
	struct run_files files;
	char recipe[10240]; /* two paths, and what else is chosen */
};

struct trainer_losses {
	double restorer, estimator, gradient_norm;        /* restorer: Charbonnier's, whatever else it learns from */
	double decibel, gradient, fft, teacher, features; /* unweighted; 0: not asked for */
};

/* Says what failed, once; the status goes on its way. */
enum deblur_status trainer_because(struct trainer *t, enum deblur_status status, const char *what);

/* ---- trainer_parallel.c ---- */

/* What all processes do next: go on, or end with the first failure of any. */
enum deblur_status trainer_together(struct trainer *t, enum deblur_status own);

/* All begin with what the first has, which may be the only one to have a checkpoint. All of them call it, or none. */
enum deblur_status trainer_share_state(struct trainer *t);

/* Of a batch that is split among all: how many samples it has, and the index in it of this process's first. */
size_t trainer_whole_batch(const struct trainer *t, size_t batch);
size_t trainer_first_sample(const struct trainer *t, size_t batch);

/* ---- trainer_setup.c ---- */

enum deblur_status trainer_set_up(struct trainer *t);
void trainer_tear_down(struct trainer *t);

/* The next learner; branches: of reparam.h. */
enum deblur_status trainer_add_learner(struct trainer *t, struct graph *graph, unsigned branches);

/* The graphs that follow from what was learned: after it came from a checkpoint. */
enum deblur_status trainer_fold_learned(struct trainer *t);

/* Makes the restorer's nets, and those that stand around it, for the crops of that point of its part of the run, if
 * they are not yet. What has been learned lies in the graphs and optimisers, and stays. Has the same outcome for all
 * processes. */
enum deblur_status trainer_enter_stage(struct trainer *t, double own_progress);

/* ---- trainer_distill.c: nothing happens where there is no teacher, or a silent one ---- */

/* After the graphs, the optimisers and the teacher's model. */
enum deblur_status trainer_prepare_teacher(struct trainer *t);
enum deblur_status trainer_make_teacher_nets(struct trainer *t);
void trainer_release_teacher_nets(struct trainer *t);
void trainer_release_teacher(struct trainer *t);
int trainer_student_tap(const struct trainer *t); /* what of the student is compared; -1: nothing */

/* How many of the batch, from its beginning, have the truth to learn from; the others are the whole batch's last. */
size_t trainer_labelled(const struct trainer *t);

/* Fills answers; the unlabelled samples' become their truth. */
enum deblur_status trainer_ask_teacher(struct trainer *t);

/* Between the student's forward and backward pass. Leaves the projection's gradients, too. */
enum deblur_status trainer_compare_features(struct trainer *t, double *loss);

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
