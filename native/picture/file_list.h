/* file_list.h - the picture files below a folder, sorted, so that a data set is the same on every machine. */
#ifndef PICTURE_FILE_LIST_H
#define PICTURE_FILE_LIST_H

#include "deblur.h"

struct file_list {
	char **paths;
	size_t count;
};

/* Adds every .jpg, .jpeg and .png below `folder`, recursively. IO: a folder cannot be read (errno). */
enum deblur_status file_list_add(struct file_list *list, const char *folder);
/* The same for files whose names end in `ending`. */
enum deblur_status file_list_add_ending(struct file_list *list, const char *folder, const char *ending);
void file_list_release(struct file_list *list);
/* The part after the last slash. */
const char *file_list_name(const char *path);

#endif
