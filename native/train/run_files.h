/* run_files.h - what a run leaves on disk: its best model and its last checkpoints. A disk that is full does not end a
 * run: what could not be written is told, kept in memory, and tried again. */
#ifndef TRAIN_RUN_FILES_H
#define TRAIN_RUN_FILES_H

#include "train/checkpoint.h"
#include "train/progress.h"

enum { RUN_FILES_PATH_BYTES = 4096, RUN_FILES_CHECKPOINTS = 3 };

struct run_files {
	const char *model_path;
	char checkpoint_path[RUN_FILES_PATH_BYTES]; /* the newest; the older ones are PATH.1, PATH.2 */
	struct progress *progress;                  /* is told what goes wrong */
	uint8_t *model;                             /* the best one, owned, until it is written */
	size_t model_size;
	double model_psnr_db, written_psnr_db; /* of the best model, and of the one on disk; -1: none */
	char trouble[256];                     /* what went wrong last, in words */
};

/* BAD_ARGUMENT: the path is too long. */
enum deblur_status run_files_open(const char *model_path, struct progress *progress, struct run_files *out);
void run_files_close(struct run_files *files);

/* Takes the bytes over: the best model so far. */
void run_files_take_model(struct run_files *files, uint8_t *bytes, size_t size, double psnr_db);

/* Writes what is to be written. IO is told to the progress's reader, and nothing is lost: call again. The checkpoint's
 * best_psnr_db is set to what is on disk, which is where a resumed run will look. */
enum deblur_status run_files_save(struct run_files *files, struct checkpoint *checkpoint);

/* Reads the newest checkpoint that is whole; an older one is told. As checkpoint_load. */
enum deblur_status run_files_load(struct run_files *files, struct checkpoint *checkpoint);

#endif
