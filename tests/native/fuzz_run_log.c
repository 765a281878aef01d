/* fuzz_run_log.c - any bytes, as the log of a run: refused, or steps in their order. `make fuzz`. */
#include <stdlib.h>

#include "train/run_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct run_log log = {0};
	if (run_log_parse(data, size, &log)) {
		if (log.steps || log.validations || log.sessions) abort();
		return 0;
	}
	for (size_t i = 1; i < log.step_count; i++)
		if (!(log.steps[i].step > log.steps[i - 1].step)) abort();
	for (size_t i = 1; i < log.validation_count; i++)
		if (!(log.validations[i].step > log.validations[i - 1].step)) abort();
	run_log_release(&log);
	return 0;
}
