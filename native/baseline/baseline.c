#include "baseline/baseline.h"

#include <string.h>

#include "baseline/method.h"

static const struct {
	const char *name;
	method *restore;
} methods[BASELINE_COUNT] = {{"unsharp", unsharp_restore}, {"wiener", wiener_restore}, {"polyblur", polyblur_restore}};

const char *baseline_name(enum baseline baseline) {
	return methods[baseline].name;
}

bool baseline_from_name(const char *name, enum baseline *out) {
	for (int i = 0; i < BASELINE_COUNT; i++)
		if (!strcmp(name, methods[i].name)) {
			*out = (enum baseline)i;
			return true;
		}
	return false;
}

enum deblur_status baseline_restore(enum baseline baseline, const struct picture *in, const struct deblur_blur *blur,
									const struct picture *out) {
	if ((unsigned)baseline >= BASELINE_COUNT || in->channels != out->channels || in->width != out->width ||
		in->height != out->height)
		return DEBLUR_BAD_ARGUMENT;
	return methods[baseline].restore(in, blur, out);
}
