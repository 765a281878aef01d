#include "train/pairs.h"

#include <stdlib.h>
#include <string.h>

static const char blurred_word[] = "blur";
static const char *const sharp_words[] = {"sharp", "gt"};

static bool ends_word(char c) {
	return !c || strchr("/_-.", c);
}

/* The length of the sharp word that begins here; 0: none does. */
static size_t sharp_word_at(const char *begin, const char *at) {
	if (at > begin && !ends_word(at[-1])) return 0;
	for (size_t i = 0; i < sizeof sharp_words / sizeof *sharp_words; i++) {
		const size_t length = strlen(sharp_words[i]);
		if (!strncmp(at, sharp_words[i], length) && ends_word(at[length])) return length;
	}
	return 0;
}

enum deblur_status pairs_twin(const char *folder, const char *path, char **twin) {
	const char *from = path + strlen(folder), *begin = from;
	/* A word at most doubles: from "gt" to "blur". */
	char *result = malloc(2 * strlen(path) + sizeof blurred_word), *to = result;
	*twin = NULL;
	if (!result) return DEBLUR_OUT_OF_MEMORY;
	memcpy(to, path, (size_t)(from - path));
	to += from - path;
	bool found = false;
	while (*from) {
		const size_t word = sharp_word_at(begin, from);
		if (word) {
			memcpy(to, blurred_word, sizeof blurred_word - 1);
			to += sizeof blurred_word - 1;
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
