#include "train/run_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "picture/file.h"

enum deblur_status run_files_open(const char *model_path, struct progress *progress, struct run_files *out) {
	*out =
		(struct run_files){.model_path = model_path, .progress = progress, .model_psnr_db = -1, .written_psnr_db = -1};
	const int length = snprintf(out->checkpoint_path, sizeof out->checkpoint_path, "%s.ckpt", model_path);
	return length + 8 < RUN_FILES_PATH_BYTES ? DEBLUR_OK : DEBLUR_BAD_ARGUMENT; /* 8: room for ".1.part" */
}

void run_files_close(struct run_files *files) {
	free(files->model);
	files->model = NULL;
}

void run_files_take_model(struct run_files *files, uint8_t *bytes, size_t size, double psnr_db) {
	free(files->model);
	files->model = bytes;
	files->model_size = size;
	files->model_psnr_db = psnr_db;
}

static void tell(struct run_files *files, const char *path, const char *what) {
	snprintf(files->trouble, sizeof files->trouble, "%.160s: %.80s", path, what);
	progress_warning(files->progress, files->trouble);
}

static void tell_failure(struct run_files *files, const char *path, enum deblur_status status) {
	if (status) tell(files, path, status == DEBLUR_IO ? strerror(errno) : deblur_status_message(status));
}

static enum deblur_status write_model(struct run_files *files) {
	if (!files->model) return DEBLUR_OK;
	const enum deblur_status status = file_write(files->model_path, files->model, files->model_size);
	if (status) return status;
	free(files->model);
	files->model = NULL;
	files->written_psnr_db = files->model_psnr_db;
	return DEBLUR_OK;
}

/* The path of the checkpoint that is `age` saves old. */
static void aged_path(const struct run_files *files, int age, char path[RUN_FILES_PATH_BYTES]) {
	if (age)
		snprintf(path, RUN_FILES_PATH_BYTES, "%.4080s.%d", files->checkpoint_path, age);
	else
		memcpy(path, files->checkpoint_path, RUN_FILES_PATH_BYTES);
}

/* Each checkpoint becomes one save older. The newest keeps its name, too, until another takes it: at every moment a
 * whole one is there. Older ones are a convenience, and nothing fails if a file system cannot link. */
static void age_checkpoints(const struct run_files *files) {
	char older[RUN_FILES_PATH_BYTES], younger[RUN_FILES_PATH_BYTES];
	for (int age = RUN_FILES_CHECKPOINTS - 1; age > 1; age--) {
		aged_path(files, age, older);
		aged_path(files, age - 1, younger);
		rename(younger, older);
	}
	aged_path(files, 1, older);
	if (link(files->checkpoint_path, older)) errno = 0;
}

enum deblur_status run_files_save(struct run_files *files, struct checkpoint *checkpoint) {
	const enum deblur_status model = write_model(files);
	tell_failure(files, files->model_path, model);
	checkpoint->best_psnr_db = files->written_psnr_db;
	age_checkpoints(files);
	const enum deblur_status status = checkpoint_save(files->checkpoint_path, checkpoint);
	tell_failure(files, files->checkpoint_path, status);
	return model ? model : status;
}

enum deblur_status run_files_load(struct run_files *files, struct checkpoint *checkpoint) {
	enum deblur_status first = DEBLUR_OK;
	for (int age = 0; age < RUN_FILES_CHECKPOINTS; age++) {
		char path[RUN_FILES_PATH_BYTES];
		aged_path(files, age, path);
		const enum deblur_status status = checkpoint_load(path, checkpoint);
		if (!age) first = status;
		if (status) continue; /* an older one may be another run's: then the newest's fault is what is told */
		if (age) tell(files, path, "the newest checkpoint is damaged; going on from this older one");
		files->model_psnr_db = files->written_psnr_db = checkpoint->best_psnr_db;
		return DEBLUR_OK;
	}
	return first;
}
