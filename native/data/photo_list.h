/* photo_list.h - which photographs a data set is made of: the files below the folders that somebody named, twins beside
 * twins (pairs.h). What is there to test with is not trained on: folders whose names have a word like test or val are
 * left out, unless it is such a folder that was named; and where a set brings lists of its training part
 * (*_train_list.txt, as RealBlur does), only what they list is taken from the lists' folders. */
#ifndef PHOTO_LIST_H
#define PHOTO_LIST_H

#include <stdio.h>

#include "deblur.h"

struct photo_list_item {
	char *sharp, *blurred; /* paths; blurred NULL: not a pair */
	size_t source;         /* as given to photo_list_add_... */
};

struct photo_list {
	struct photo_list_item *items;
	size_t count;
};

/* Both add what is below a folder, in an order that is the same on every machine, and tell `log`, unless it is NULL, in
 * a line each what was left out. IO: a folder cannot be read (errno). OUT_OF_MEMORY. */
enum deblur_status photo_list_add_sharp(struct photo_list *list, const char *folder, size_t source, FILE *log);
/* place: a folder, or a list. variant: "gamma" for blur_gamma where there is one, and so on; NULL: blur. Whether a twin
 * is there is otherwise not looked at. BAD_ARGUMENT: nothing has this variant. */
enum deblur_status photo_list_add_pairs(struct photo_list *list, const char *place, const char *variant, size_t source,
										FILE *log);
void photo_list_release(struct photo_list *list);

#endif
