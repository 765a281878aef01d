/* baseline.h - classical deblurring, to compare nets with: what anybody can have without one.
 *
 * unsharp   the picture plus its difference from a Gaussian of the told size (every editor's sharpening, amount 1)
 * wiener    Wiener's filter in linear light with the told blur as its kernel, against 1/f^2 signals and the told noise
 * polyblur  blind: a Gaussian from the strongest edges, undone by a polynomial of itself (Delbracio et al. 2021,
 *           "Polyblur: removing mild blur by polynomial reblurring", IEEE Trans. Computational Imaging)
 *
 * Thread-safe. */
#ifndef BASELINE_H
#define BASELINE_H

#include "picture/picture.h"

enum baseline { BASELINE_UNSHARP, BASELINE_WIENER, BASELINE_POLYBLUR, BASELINE_COUNT };

const char *baseline_name(enum baseline baseline);
bool baseline_from_name(const char *name, enum baseline *out);

/* in and out: of one size and number of channels, which may be the same picture; out's alpha stays. blur: what is known
 * of the blur, which polyblur does not look at. OUT_OF_MEMORY; BAD_ARGUMENT: sizes differ. */
enum deblur_status baseline_restore(enum baseline baseline, const struct picture *in, const struct deblur_blur *blur,
									const struct picture *out);

#endif
