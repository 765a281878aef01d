#include "picture/file_list.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

const char *file_list_name(const char *path) {
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static bool is_picture(const char *path) {
	const char *extension = strrchr(file_list_name(path), '.');
	return extension &&
		   (!strcasecmp(extension, ".jpg") || !strcasecmp(extension, ".jpeg") || !strcasecmp(extension, ".png"));
}

static bool ends_in(const char *path, const char *ending) {
	const size_t length = strlen(path), tail = strlen(ending);
	return length >= tail && !strcmp(path + length - tail, ending);
}

static enum deblur_status add_path(struct file_list *list, const char *path) {
	if (!(list->count & (list->count - 1))) {
		char **grown = realloc(list->paths, (list->count ? list->count * 2 : 1) * sizeof *grown);
		if (!grown) return DEBLUR_OUT_OF_MEMORY;
		list->paths = grown;
	}
	list->paths[list->count] = strdup(path);
	return list->paths[list->count] ? list->count++, DEBLUR_OK : DEBLUR_OUT_OF_MEMORY;
}

/* ending NULL: pictures. */
static enum deblur_status add_folder(struct file_list *list, const char *folder, const char *ending);

static enum deblur_status add_entry(struct file_list *list, const char *folder, const char *name, const char *ending) {
	const size_t bytes = strlen(folder) + strlen(name) + 2;
	char *path = malloc(bytes);
	struct stat about;
	if (!path) return DEBLUR_OUT_OF_MEMORY;
	snprintf(path, bytes, "%s/%s", folder, name);
	enum deblur_status status = DEBLUR_OK;
	if (!lstat(path, &about) &&
		S_ISDIR(about.st_mode)) /* links to folders are not followed: they may lead in circles */
		status = add_folder(list, path, ending);
	else if (ending ? ends_in(path, ending) : is_picture(path))
		status = add_path(list, path);
	free(path);
	return status;
}

static int by_name(const void *a, const void *b) {
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum deblur_status add_folder(struct file_list *list, const char *folder, const char *ending) {
	DIR *directory = opendir(folder);
	if (!directory) return DEBLUR_IO;
	enum deblur_status status = DEBLUR_OK;
	const size_t before = list->count;
	for (struct dirent *entry; !status && (entry = readdir(directory));)
		if (entry->d_name[0] != '.') status = add_entry(list, folder, entry->d_name, ending);
	closedir(directory);
	if (!status && list->count > before)
		qsort(list->paths + before, list->count - before, sizeof *list->paths, by_name);
	return status;
}

enum deblur_status file_list_add(struct file_list *list, const char *folder) {
	return add_folder(list, folder, NULL);
}

enum deblur_status file_list_add_ending(struct file_list *list, const char *folder, const char *ending) {
	return add_folder(list, folder, ending);
}

void file_list_release(struct file_list *list) {
	for (size_t i = 0; i < list->count; i++) free(list->paths[i]);
	free(list->paths);
	*list = (struct file_list){0};
}
