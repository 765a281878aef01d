#include "train/crop_schedule.h"

#include <math.h>

size_t crop_schedule_at(const struct crop_schedule *schedule, double progress) {
	double sum = 0, left = 0;
	for (size_t i = 0; i < schedule->count; i++) sum += schedule->stages[i].share;
	left = progress * sum;
	for (size_t i = 0; i + 1 < schedule->count; i++)
		if ((left -= schedule->stages[i].share) < 0) return i;
	return schedule->count - 1;
}

size_t crop_schedule_batch(const struct crop_schedule *schedule, size_t stage, size_t batch) {
	const double ratio = (double)schedule->stages[0].px / (double)schedule->stages[stage].px;
	return (size_t)fmax(round((double)batch * ratio * ratio), 1);
}

size_t crop_schedule_largest_px(const struct crop_schedule *schedule) {
	size_t largest = 0;
	for (size_t i = 0; i < schedule->count; i++)
		if (schedule->stages[i].px > largest) largest = schedule->stages[i].px;
	return largest;
}
