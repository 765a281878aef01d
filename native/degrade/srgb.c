#include "degrade/srgb.h"

#include <math.h>
#include <pthread.h>

/* linear[v] for each value, and limit[v]: the light from which on v + 1 is nearer than v. */
static float linear[256], limit[255];
static uint8_t start[4096]; /* the value at a fraction of the range: where the search begins */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static double decode(double v) {
	return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

static void make_tables(void) {
	for (int v = 0; v < 256; v++) linear[v] = (float)decode(v / 255.0);
	for (int v = 0; v < 255; v++) limit[v] = (float)decode((v + 0.5) / 255.0);
	for (int i = 0, v = 0; i < 4096; i++) {
		while (v < 255 && limit[v] <= (float)i / 4096) v++;
		start[i] = (uint8_t)v;
	}
}

float srgb_to_linear(uint8_t value) {
	pthread_once(&once, make_tables);
	return linear[value];
}

uint8_t srgb_from_linear(float light) {
	pthread_once(&once, make_tables);
	if (!(light > 0)) return 0;
	if (light >= 1) return 255;
	int v = start[(int)(light * 4096)];
	while (v < 255 && limit[v] <= light) v++;
	return (uint8_t)v;
}
