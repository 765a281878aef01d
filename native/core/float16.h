/* float16.h - IEEE 754 binary16 from and to float, to nearest even, without help from the CPU. */
#ifndef FLOAT16_H
#define FLOAT16_H

#include <stdint.h>

uint16_t float16_from(float value); /* beyond 65504: infinity */
float float16_to(uint16_t half);

#endif
