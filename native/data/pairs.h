/* pairs.h - which blurred picture belongs to which sharp one, in the layouts of the public data sets:
 *
 *     plain                        sharp/N.png              blur/N.png
 *     GoPro (Nah et al. 2017)      train/SCENE/sharp/N.png  train/SCENE/blur/N.png or blur_gamma/N.png
 *     REDS (Nah et al. 2019)       train_sharp/SCENE/N.png  train_blur/SCENE/N.png or train_blur_comp/SCENE/N.png
 *     RealBlur (Rim et al. 2020)   SCENE/gt/gt_N.png        SCENE/blur/blur_N.png, or as its lists say
 *
 * In all of them a word of the path says which is which. GoPro's `blur` averages frames as they are, its `blur_gamma`
 * averages them as light (through a gamma of 2.2); REDS's `blur_comp` was compressed as a film. RealBlur says in
 * RealBlur_J_train_list.txt what belongs to its training part: a line for each pair, "SHARP BLURRED", from the list's
 * folder on. */
#ifndef PAIRS_H
#define PAIRS_H

#include "deblur.h"

/* The path of the blurred twin of `path`, which begins with `folder`; only what follows is looked at, and `blurred`
 * ("blur", "blur_gamma") takes the place of the words for sharp. *twin is malloc'ed, or NULL where the path is not a
 * sharp picture's. Whether there is such a file is not looked at. OUT_OF_MEMORY. */
enum deblur_status pairs_twin(const char *folder, const char *path, const char *blurred, char **twin);

/* The pair that a list's line tells, from `line` to before `end`: *sharp and *blurred are malloc'ed and begin with
 * `folder`. What follows a second word is left alone. NULL for an empty line. BAD_ARGUMENT: one word alone, or a path
 * that leads out of the folder. OUT_OF_MEMORY. */
enum deblur_status pairs_read_line(const char *folder, const char *line, const char *end, char **sharp, char **blurred);

/* The length of one of `words` (NULL ends them) that stands at `at`, a place in the text from `begin` on: words are
 * parted by / _ - . and written small. 0: none does. */
size_t pairs_word_at(const char *begin, const char *at, const char *const *words);

#endif
