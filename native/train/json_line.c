#include "train/json_line.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NESTED_AT_MOST = 8, NUMBER_BYTES = 64 };

struct reader {
	const char *at, *end;
	json_line_visit visit;
	void *user;
	char key[JSON_LINE_KEY_BYTES]; /* of the value that is being read, with its parents' */
	char text[JSON_LINE_TEXT_BYTES];
};

static void skip_space(struct reader *r) {
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\r')) r->at++;
}

static bool take(struct reader *r, char c) {
	skip_space(r);
	if (r->at == r->end || *r->at != c) return false;
	r->at++;
	return true;
}

static bool take_word(struct reader *r, const char *word) {
	const size_t length = strlen(word);
	if ((size_t)(r->end - r->at) < length || memcmp(r->at, word, length)) return false;
	r->at += length;
	return true;
}

static size_t put_utf8(uint32_t code, char *to) {
	if (code < 0x80) return to[0] = (char)code, 1;
	if (code < 0x800) return to[0] = (char)(0xc0 | code >> 6), to[1] = (char)(0x80 | (code & 63)), 2;
	to[0] = (char)(0xe0 | code >> 12);
	to[1] = (char)(0x80 | (code >> 6 & 63));
	to[2] = (char)(0x80 | (code & 63));
	return 3;
}

/* The four digits after \u. Half of a pair, which would need the other, becomes the sign for what is no character; so
 * does zero, which would end the text. */
static bool read_code(struct reader *r, char *to, size_t *length) {
	uint32_t code = 0;
	for (int i = 0; i < 4; i++, r->at++) {
		if (r->at == r->end || !isxdigit((unsigned char)*r->at)) return false;
		const int c = tolower((unsigned char)*r->at);
		code = code << 4 | (uint32_t)(isdigit(c) ? c - '0' : c - 'a' + 10);
	}
	*length += put_utf8(!code || (code >= 0xd800 && code < 0xe000) ? 0xfffd : code, to + *length);
	return true;
}

static bool read_escape(struct reader *r, char *to, size_t *length) {
	static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	if (r->at == r->end) return false;
	const char name = *r->at++;
	if (name == 'u') return read_code(r, to, length);
	const char *found = name ? strchr(names, name) : NULL;
	if (found) to[(*length)++] = meant[found - names];
	return found != NULL;
}

/* After the opening quote. */
static bool read_text(struct reader *r, char *to, size_t room) {
	size_t length = 0;
	while (r->at < r->end && *r->at != '"') {
		if (length + 4 >= room || (unsigned char)*r->at < ' ') return false;
		const char c = *r->at++;
		if (c != '\\')
			to[length++] = c;
		else if (!read_escape(r, to, &length))
			return false;
	}
	to[length] = 0;
	return take(r, '"');
}

static bool read_number(struct reader *r, double *number) {
	char digits[NUMBER_BYTES];
	size_t length = 0;
	while (r->at < r->end && *r->at && strchr("0123456789+-.eE", *r->at) && length + 1 < sizeof digits)
		digits[length++] = *r->at++;
	digits[length] = 0;
	char *end;
	*number = strtod(digits, &end);
	return length && !*end && isfinite(*number) && (isdigit((unsigned char)digits[0]) || digits[0] == '-');
}

static bool read_object(struct reader *r, size_t key_length, int depth);

static bool read_value(struct reader *r, size_t key_length, int depth) {
	double number;
	if (take(r, '{')) return depth < NESTED_AT_MOST && read_object(r, key_length, depth + 1);
	if (take(r, '"')) {
		if (!read_text(r, r->text, sizeof r->text)) return false;
		r->visit(r->user, r->key, 0, r->text);
		return true;
	}
	if (take_word(r, "true"))
		number = 1;
	else if (take_word(r, "false"))
		number = 0;
	else if (!read_number(r, &number))
		return false;
	r->visit(r->user, r->key, number, NULL);
	return true;
}

/* After the opening brace. key_length: of the parents' keys. */
static bool read_object(struct reader *r, size_t key_length, int depth) {
	if (take(r, '}')) return true;
	do {
		size_t length = key_length;
		if (length && length + 1 < sizeof r->key) r->key[length++] = '.';
		if (!take(r, '"') || !read_text(r, r->key + length, sizeof r->key - length) || !take(r, ':')) return false;
		if (!read_value(r, strlen(r->key), depth)) return false;
	} while (take(r, ','));
	return take(r, '}');
}

bool json_line_read(const char *line, size_t length, json_line_visit visit, void *user) {
	struct reader *r = malloc(sizeof *r);
	if (!r) return false;
	*r = (struct reader){.at = line, .end = line + length, .visit = visit, .user = user};
	bool fine = take(r, '{') && read_object(r, 0, 0);
	skip_space(r);
	fine = fine && r->at == r->end;
	free(r);
	return fine;
}
