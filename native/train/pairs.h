/* pairs.h - which blurred picture belongs to which sharp one, in the layouts of the public data sets:
 *
 *     plain                        sharp/N.png              blur/N.png
 *     GoPro (Nah et al. 2017)      train/SCENE/sharp/N.png  train/SCENE/blur/N.png (blur_gamma is left alone)
 *     REDS (Nah et al. 2019)       train_sharp/SCENE/N.png  train_blur/SCENE/N.png
 *     RealBlur (Rim et al. 2020)   SCENE/gt/gt_N.png        SCENE/blur/blur_N.png
 *
 * In all of them a word of the path says which is which. */
#ifndef TRAIN_PAIRS_H
#define TRAIN_PAIRS_H

#include "deblur.h"

/* The path of the blurred twin of `path`, which begins with `folder`; only what follows is looked at. *twin is
 * malloc'ed, or NULL where the path is not a sharp picture's. Whether there is such a file is not looked at.
 * OUT_OF_MEMORY. */
enum deblur_status pairs_twin(const char *folder, const char *path, char **twin);

#endif
