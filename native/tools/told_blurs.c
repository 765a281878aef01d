#include "tools/told_blurs.h"

#include <stdlib.h>
#include <string.h>

#include "picture/file.h"
#include "train/json_line.h"

enum { NAME_BYTES = 256 };

struct told_blur {
	char file[NAME_BYTES];
	struct deblur_blur blur;
	bool known;
	bool too_long;
};

static const struct field {
	const char *key;
	size_t offset; /* of a float in struct deblur_blur */
} fields[] = {
	{"spread_px", offsetof(struct deblur_blur, spread_px)},
	{"anisotropy", offsetof(struct deblur_blur, anisotropy)},
	{"angle_deg", offsetof(struct deblur_blur, angle_deg)},
	{"read_noise", offsetof(struct deblur_blur, read_noise)},
	{"shot_noise", offsetof(struct deblur_blur, shot_noise)},
	{"jpeg_quality", offsetof(struct deblur_blur, jpeg_quality)},
	{"in_srgb", offsetof(struct deblur_blur, in_srgb)},
};

static void visit(void *user, const char *key, double number, const char *text) {
	struct told_blur *told = user;
	if (text && !strcmp(key, "file"))
		told->too_long = (size_t)snprintf(told->file, sizeof told->file, "%s", text) >= sizeof told->file;
	for (int kind = 0; text && !strcmp(key, "kind") && kind < DEBLUR_BLUR_KIND_COUNT; kind++)
		if (!strcmp(text, deblur_blur_kind_name((enum deblur_blur_kind)kind)))
			told->blur.kind[kind] = 1, told->known = true;
	const float value = (float)number;
	for (size_t i = 0; !text && i < sizeof fields / sizeof *fields; i++)
		if (!strcmp(key, fields[i].key)) memcpy((char *)&told->blur + fields[i].offset, &value, sizeof value);
}

/* The object without what an array puts around it. False: there is nothing but that. */
static bool trim(const char **line, size_t *length) {
	while (*length && strchr(" \t[", **line)) ++*line, --*length;
	while (*length && strchr(" \t\r,]", (*line)[*length - 1])) --*length;
	return *length > 0;
}

static bool read_line(const char *line, size_t length, struct told_blurs *out) {
	struct told_blur *told = &out->blurs[out->count];
	if (!trim(&line, &length)) return true;
	*told = (struct told_blur){0};
	if (!json_line_read(line, length, visit, told) || !*told->file || told->too_long) return false;
	out->count++;
	return true;
}

static size_t line_count(const char *text, size_t size) {
	size_t count = 1;
	for (size_t i = 0; i < size; i++) count += text[i] == '\n';
	return count;
}

static bool read_lines(const struct command *command, const char *path, const char *text, size_t size,
					   struct told_blurs *out) {
	size_t number = 1;
	for (size_t at = 0; at < size; number++) {
		const char *end = memchr(text + at, '\n', size - at);
		const size_t length = end ? (size_t)(end - text) - at : size - at;
		if (!read_line(text + at, length, out)) {
			fprintf(
				stderr,
				"%s: %s: line %zu does not say how a file is blurred, as a truth.json of deblur-train degrade does\n",
				command->name, path, number);
			return false;
		}
		at += length + 1;
	}
	return true;
}

bool told_blurs_read(const struct command *command, const char *path, struct told_blurs *out) {
	uint8_t *bytes = NULL;
	size_t size = 0;
	*out = (struct told_blurs){0};
	enum deblur_status status = file_read(path, &bytes, &size);
	if (!status && !(out->blurs = calloc(line_count((char *)bytes, size), sizeof *out->blurs)))
		status = DEBLUR_OUT_OF_MEMORY;
	if (status) common_fail(command, path, status);
	const bool fine = !status && read_lines(command, path, (char *)bytes, size, out);
	free(bytes);
	if (!fine) told_blurs_release(out);
	return fine;
}

void told_blurs_release(struct told_blurs *told) {
	free(told->blurs);
	*told = (struct told_blurs){0};
}

const struct deblur_blur *told_blurs_find(const struct told_blurs *told, const char *name) {
	for (size_t i = 0; i < told->count; i++)
		if (told->blurs[i].known && !strcmp(told->blurs[i].file, name)) return &told->blurs[i].blur;
	return NULL;
}
