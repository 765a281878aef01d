#include <stdio.h>
#include <stdlib.h>

#include "train/trainer_internal.h"

enum deblur_status trainer_together(struct trainer *t, enum deblur_status own) {
	size_t first;
	const enum deblur_status status = parallel_agree(t->options->parallel, own, &first);
	if (status) t->result->told_elsewhere = first != parallel_rank(t->options->parallel);
	return status;
}

size_t trainer_whole_batch(const struct trainer *t, size_t batch) {
	return batch * parallel_size(t->options->parallel);
}

size_t trainer_first_sample(const struct trainer *t, size_t batch) {
	return batch * parallel_rank(t->options->parallel);
}

/* Samples are drawn from the same pictures everywhere, or a step is not what one process would make of it. */
static enum deblur_status compare_pictures(struct trainer *t) {
	const uint64_t own = dataset_picture_count(t->dataset);
	uint64_t first = own;
	parallel_broadcast(t->options->parallel, &first, sizeof first);
	if (own == first) return DEBLUR_OK;
	snprintf(t->result->reason, sizeof t->result->reason,
			 "found %llu photographs to train on, and the first process %llu: all need the same",
			 (unsigned long long)own, (unsigned long long)first);
	return DEBLUR_BAD_ARGUMENT;
}

static enum deblur_status share_bytes(struct trainer *t, uint8_t **bytes, size_t *size) {
	uint64_t count = *size;
	parallel_broadcast(t->options->parallel, &count, sizeof count);
	*size = (size_t)count;
	if (!*bytes) *bytes = malloc(*size);
	const enum deblur_status status = trainer_together(t, *bytes ? DEBLUR_OK : DEBLUR_OUT_OF_MEMORY);
	if (!status) parallel_broadcast(t->options->parallel, *bytes, *size);
	return status;
}

static enum deblur_status take_state(struct trainer *t, const uint8_t *bytes, size_t size) {
	enum deblur_status status = checkpoint_unpack(bytes, size, &t->checkpoint);
	if (status == DEBLUR_BAD_ARGUMENT)
		snprintf(t->result->reason, sizeof t->result->reason,
				 "was started with other options, or computes in another --precision, than the first process");
	return status ? status : trainer_fold_learned(t);
}

enum deblur_status trainer_share_state(struct trainer *t) {
	if (parallel_size(t->options->parallel) == 1) return DEBLUR_OK;
	const bool is_first = parallel_rank(t->options->parallel) == 0;
	uint8_t *bytes = NULL;
	size_t size = 0;
	enum deblur_status status = trainer_together(t, compare_pictures(t));
	if (!status) status = trainer_together(t, is_first ? checkpoint_pack(&t->checkpoint, &bytes, &size) : DEBLUR_OK);
	if (!status) status = share_bytes(t, &bytes, &size);
	if (!status) status = trainer_together(t, take_state(t, bytes, size));
	free(bytes);
	return status;
}
