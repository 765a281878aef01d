#include "data/pairs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const sharp_words[] = {"sharp", "gt", NULL};

static bool ends_word(char c) {
	return !c || strchr("/_-.", c);
}

size_t pairs_word_at(const char *begin, const char *at, const char *const *words) {
	if (at > begin && !ends_word(at[-1])) return 0;
	for (; *words; words++) {
		const size_t length = strlen(*words);
		if (!strncmp(at, *words, length) && ends_word(at[length])) return length;
	}
	return 0;
}

enum deblur_status pairs_twin(const char *folder, const char *path, const char *blurred, char **twin) {
	const char *from = path + strlen(folder), *begin = from;
	const size_t length = strlen(blurred);
	/* Each word has two letters at least. */
	char *result = malloc(strlen(path) + (strlen(from) / 2 + 1) * length + 1), *to = result;
	*twin = NULL;
	if (!result) return DEBLUR_OUT_OF_MEMORY;
	memcpy(to, path, (size_t)(from - path));
	to += from - path;
	bool found = false;
	while (*from) {
		const size_t word = pairs_word_at(begin, from, sharp_words);
		if (word) {
			memcpy(to, blurred, length);
			to += length;
			from += word;
			found = true;
		} else {
			*to++ = *from++;
		}
	}
	*to = 0;
	if (found)
		*twin = result;
	else
		free(result);
	return DEBLUR_OK;
}

/* ---- lists ---- */

struct word {
	const char *text;
	size_t length;
};

/* A zero counts as a blank, too: no path has one. */
static struct word next_word(const char **at, const char *end) {
	static const char blanks[] = " \t\r";
	while (*at < end && strchr(blanks, **at)) ++*at;
	struct word word = {*at, 0};
	while (*at < end && !strchr(blanks, **at)) ++*at;
	word.length = (size_t)(*at - word.text);
	return word;
}

/* A list comes with an archive from elsewhere: it is not to point at what is not the archive's. */
static bool stays_within(struct word path) {
	if (!path.length || path.text[0] == '/') return false;
	for (size_t i = 0; i + 1 < path.length; i++) {
		const bool begins = i == 0 || path.text[i - 1] == '/', ends = i + 2 == path.length || path.text[i + 2] == '/';
		if (begins && ends && path.text[i] == '.' && path.text[i + 1] == '.') return false;
	}
	return true;
}

/* What lies in a folder. */
static char *join(const char *folder, struct word path) {
	const size_t bytes = strlen(folder) + path.length + 2;
	char *joined = malloc(bytes);
	if (joined) snprintf(joined, bytes, "%s/%.*s", folder, (int)path.length, path.text);
	return joined;
}

enum deblur_status pairs_read_line(const char *folder, const char *line, const char *end, char **sharp,
								   char **blurred) {
	const struct word first = next_word(&line, end), second = next_word(&line, end);
	*sharp = *blurred = NULL;
	if (!first.length) return DEBLUR_OK;
	if (!stays_within(first) || !stays_within(second)) return DEBLUR_BAD_ARGUMENT;
	*sharp = join(folder, first);
	*blurred = join(folder, second);
	if (*sharp && *blurred) return DEBLUR_OK;
	free(*sharp);
	free(*blurred);
	*sharp = *blurred = NULL;
	return DEBLUR_OUT_OF_MEMORY;
}
