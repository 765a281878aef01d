#include "core/float16.h"

#include <math.h>
#include <string.h>

uint16_t float16_from(float value) {
	uint32_t bits;
	memcpy(&bits, &value, sizeof bits);
	const uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
	const uint32_t magnitude = bits & 0x7fffffff;
	if (magnitude > 0x7f800000) return sign | 0x7e00;
	if (magnitude >= 0x477ff000) return sign | 0x7c00; /* what would round to 65536 */
	if (magnitude < 0x38800000) {                      /* below 2^-14: count in steps of 2^-24 */
		const float steps = nearbyintf(fabsf(value) * 0x1p24f);
		return sign | (uint16_t)steps;
	}
	const uint32_t rounded = magnitude + 0xfff + (magnitude >> 13 & 1);
	return sign | (uint16_t)((rounded - 0x38000000) >> 13);
}

float float16_to(uint16_t half) {
	const int exponent = half >> 10 & 31, fraction = half & 1023;
	const float sign = half & 0x8000 ? -1.0f : 1.0f;
	if (exponent == 31) return fraction ? NAN : sign * INFINITY;
	if (exponent == 0) return sign * (float)fraction * 0x1p-24f;
	return sign * ldexpf((float)(1024 + fraction), exponent - 25);
}
