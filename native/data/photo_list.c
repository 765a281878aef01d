#include "data/photo_list.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/pairs.h"
#include "picture/file.h"
#include "picture/file_list.h"

static const char list_ending[] = "_train_list.txt";
static const char *const test_words[] = {"test", "val", "valid", "validation", NULL};
static const char *const blurred_words[] = {"blur", NULL};

/* Takes both paths over, also when it fails. */
static enum deblur_status add(struct photo_list *list, char *sharp, char *blurred, size_t source) {
	struct photo_list_item *grown = list->items;
	if (sharp && !(list->count & (list->count - 1)))
		grown = realloc(list->items, (list->count ? list->count * 2 : 1) * sizeof *grown);
	if (!sharp || !grown) {
		free(sharp);
		free(blurred);
		return DEBLUR_OUT_OF_MEMORY;
	}
	list->items = grown;
	list->items[list->count++] = (struct photo_list_item){sharp, blurred, source};
	return DEBLUR_OK;
}

void photo_list_release(struct photo_list *list) {
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].sharp);
		free(list->items[i].blurred);
	}
	free(list->items);
	*list = (struct photo_list){0};
}

/* ---- what is left out ---- */

/* Where the name ends of the first folder below `folder`, on the way to `path`, that has one of the words; NULL: none.
 */
static const char *folder_with_word(const char *folder, const char *path, const char *const *words) {
	const char *begin = path + strlen(folder), *name = file_list_name(path);
	for (const char *at = begin; at < name; at++)
		if (pairs_word_at(begin, at, words)) return strchr(at, '/');
	return NULL;
}

/* What was told last: files come sorted, so that each folder is told once. */
struct teller {
	FILE *log;
	const char *path;
	size_t length;
};

static void tell(struct teller *teller, const char *path, const char *end, const char *why) {
	const size_t length = (size_t)(end - path);
	if (teller->path && teller->length == length && !memcmp(teller->path, path, length)) return;
	teller->path = path;
	teller->length = length;
	if (teller->log) fprintf(teller->log, "left out %.*s: %s\n", (int)length, path, why);
}

static bool is_for_tests(const char *folder, const char *path, struct teller *teller) {
	const char *end = folder_with_word(folder, path, test_words);
	if (end) tell(teller, path, end, "by its name there to test with; name this folder itself to train on it");
	return end != NULL;
}

/* ---- sharp photographs ---- */

enum deblur_status photo_list_add_sharp(struct photo_list *list, const char *folder, size_t source, FILE *log) {
	struct file_list files = {0};
	struct teller teller = {.log = log};
	enum deblur_status status = file_list_add(&files, folder);
	for (size_t i = 0; i < files.count && !status; i++) {
		const char *path = files.paths[i], *blurred = folder_with_word(folder, path, blurred_words);
		if (is_for_tests(folder, path, &teller)) continue;
		if (blurred)
			tell(&teller, path, blurred, "by its name not sharp; --pairs takes twins");
		else
			status = add(list, strdup(path), NULL, source);
	}
	file_list_release(&files);
	return status;
}

/* ---- pairs ---- */

static bool is_below(const char *path, const char *list_path) {
	const size_t folder = (size_t)(file_list_name(list_path) - list_path); /* with its slash */
	return !strncmp(path, list_path, folder);
}

static bool is_listed(const char *path, const struct file_list *lists) {
	for (size_t i = 0; i < lists->count; i++)
		if (is_below(path, lists->paths[i])) return true;
	return false;
}

static enum deblur_status add_line(struct photo_list *list, const char *folder, const char *line, const char *end,
								   size_t source, FILE *log) {
	char *sharp = NULL, *blurred = NULL;
	const enum deblur_status status = pairs_read_line(folder, line, end, &sharp, &blurred);
	if (status == DEBLUR_BAD_ARGUMENT) {
		if (log) fprintf(log, "left out a line of a list in %s: it is not two paths from there on\n", folder);
		return DEBLUR_OK;
	}
	return status || !sharp ? status : add(list, sharp, blurred, source);
}

static enum deblur_status add_list(struct photo_list *list, const char *path, size_t source, FILE *log) {
	uint8_t *bytes = NULL;
	size_t size = 0;
	const char *name = file_list_name(path);
	char *folder = name > path ? strndup(path, (size_t)(name - path - 1)) : strdup(".");
	enum deblur_status status = folder ? file_read(path, &bytes, &size) : DEBLUR_OUT_OF_MEMORY;
	const char *line = (const char *)bytes, *end = size ? line + size : line;
	while (!status && line < end) {
		const char *line_end = memchr(line, '\n', (size_t)(end - line));
		if (!line_end) line_end = end;
		status = add_line(list, folder, line, line_end, source, log);
		line = line_end + 1;
	}
	free(bytes);
	free(folder);
	return status;
}

/* The twin in its variant, if that is there, or else as it is called everywhere. */
static enum deblur_status find_twin(const char *folder, const char *path, const char *variant, char **twin,
									bool *is_variant) {
	char word[64];
	*is_variant = false;
	if (variant) {
		snprintf(word, sizeof word, "blur_%s", variant);
		const enum deblur_status status = pairs_twin(folder, path, word, twin);
		*is_variant = *twin && !access(*twin, F_OK);
		if (status || *is_variant) return status;
		free(*twin);
	}
	return pairs_twin(folder, path, "blur", twin);
}

/* The pairs of one folder. */
struct search {
	const char *folder, *variant;
	struct file_list files, lists;
	struct teller teller;
	size_t have, lack; /* pairs with the variant, and without */
};

static enum deblur_status add_found(struct photo_list *list, struct search *s, size_t source) {
	enum deblur_status status = DEBLUR_OK;
	for (size_t i = 0; i < s->files.count && !status; i++) {
		const char *path = s->files.paths[i];
		char *twin = NULL;
		bool is_variant;
		if (is_listed(path, &s->lists) || is_for_tests(s->folder, path, &s->teller)) continue;
		status = find_twin(s->folder, path, s->variant, &twin, &is_variant);
		if (status || !twin) continue;
		++*(is_variant ? &s->have : &s->lack);
		status = add(list, strdup(path), twin, source);
	}
	return status;
}

static enum deblur_status check_variant(const struct search *s) {
	if (!s->variant || !s->lack) return DEBLUR_OK;
	if (s->teller.log)
		fprintf(s->teller.log, "%zu pairs in %s have no blur_%s%s\n", s->lack, s->folder, s->variant,
				s->have ? ": their blur is taken" : ", and none has");
	return s->have ? DEBLUR_OK : DEBLUR_BAD_ARGUMENT;
}

static enum deblur_status add_folder(struct photo_list *list, struct search *s, size_t source) {
	enum deblur_status status = file_list_add(&s->files, s->folder);
	if (!status) status = file_list_add_ending(&s->lists, s->folder, list_ending);
	if (!status) status = add_found(list, s, source);
	for (size_t i = 0; i < s->lists.count && !status; i++)
		status = add_list(list, s->lists.paths[i], source, s->teller.log);
	return status ? status : check_variant(s);
}

enum deblur_status photo_list_add_pairs(struct photo_list *list, const char *place, const char *variant, size_t source,
										FILE *log) {
	struct stat about;
	if (!stat(place, &about) && S_ISREG(about.st_mode)) return add_list(list, place, source, log);
	struct search search = {.folder = place, .variant = variant, .teller = {.log = log}};
	const enum deblur_status status = add_folder(list, &search, source);
	file_list_release(&search.files);
	file_list_release(&search.lists);
	return status;
}
