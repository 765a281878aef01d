/* srgb.h - the transfer function of IEC 61966-2-1 between 8-bit sRGB values and linear light, 0..1. Thread-safe. */
#ifndef SRGB_H
#define SRGB_H

#include <stdint.h>

float srgb_to_linear(uint8_t value);
/* Rounded to the nearest of 256 values; outside 0..1 clipped. */
uint8_t srgb_from_linear(float linear);

#endif
