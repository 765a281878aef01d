#include "degrade/recipe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- presets ---- */

/* Chances and sizes are those with which the first weights learned (BENCHMARKS.md); the stages of a camera after RSBlur
 * (Rim et al. 2022), which found each of them to help on real photographs. */
static const char photo[] = "none = 0.16\n"
							"gaussian = 0.15\n"
							"shake = 0.21\n"
							"motion = 0.22\n"
							"defocus = 0.15\n"
							"software = 0.11\n"
							"gaussian-sigma-px = 0.4 .. 4\n"
							"gaussian-stretched = 0.25\n"
							"gaussian-ratio = 0.4 .. 1\n"
							"shake-spread-px = 0.7 .. 6\n"
							"motion-length-px = 3 .. 22\n"
							"defocus-radius-px = 0.8 .. 7\n"
							"defocus-polygon = 0.2\n"
							"software-sigma-px = 0.5 .. 3\n"
							"software-published = 0.5\n"
							"software-whole = 0.5\n"
							"composite = 0.1\n"
							"composite-sigma-px = 0.3 .. 1\n"
							"varying = 0.1\n"
							"varying-ratio = 0.6 .. 1.6\n"
							"response = 0.3\n"
							"response-gamma = 0.85 .. 1.2\n"
							"brightened = 0.2\n"
							"brightness = 1 .. 1.5\n"
							"highlights = 0.2\n"
							"highlight-boost = 1.2 .. 4\n"
							"noise = 0.6\n"
							"read-noise = 0.0004 .. 0.01\n"
							"shot-noise = 0 .. 0.004\n"
							"bayer = 0.3\n"
							"shrunk = 0.15\n"
							"shrink = 0.6 .. 1\n"
							"jpeg = 0.5\n"
							"jpeg-quality = 50 .. 98\n"
							"squashed = 0.5\n"
							"squash = 1 .. 2.5\n";

/* A picture squashed to a square, then Pillow's blur of radius 1.5. */
static const char protocol[] = "software = 1\n"
							   "software-published = 1\n"
							   "squashed = 1\n"
							   "squash = 1 .. 3.5\n";

const char *recipe_preset(const char *name) {
	return !strcmp(name, "photo") ? photo : !strcmp(name, "protocol") ? protocol : NULL;
}

/* ---- keys ---- */

enum value_kind { CHANCE, RANGE };

struct key {
	const char *name;
	enum value_kind kind;
	size_t offset; /* in struct recipe */
	double least, most;
};

#define CHANCE_KEY(name, field)                                                                                        \
	{ name, CHANCE, offsetof(struct recipe, field), 0, 1 }
#define RANGE_KEY(name, field, least, most)                                                                            \
	{ name, RANGE, offsetof(struct recipe, field), least, most }

/* Blurs are bounded by what a kernel holds (PSF_MAX_RADIUS), noise and quality by what the descriptor does. */
static const struct key keys[] = {
	CHANCE_KEY("none", none),
	CHANCE_KEY("gaussian", gaussian),
	CHANCE_KEY("shake", shake),
	CHANCE_KEY("motion", motion),
	CHANCE_KEY("defocus", defocus),
	CHANCE_KEY("software", software),
	RANGE_KEY("gaussian-sigma-px", gaussian_sigma_px, 0.1, 6),
	CHANCE_KEY("gaussian-stretched", gaussian_stretched),
	RANGE_KEY("gaussian-ratio", gaussian_ratio, 0.05, 1),
	RANGE_KEY("shake-spread-px", shake_spread_px, 0.1, 8),
	RANGE_KEY("motion-length-px", motion_length_px, 1, 46),
	RANGE_KEY("defocus-radius-px", defocus_radius_px, 0.1, 22),
	CHANCE_KEY("defocus-polygon", defocus_polygon),
	RANGE_KEY("software-sigma-px", software_sigma_px, 0.1, 6),
	CHANCE_KEY("software-published", software_published),
	CHANCE_KEY("software-whole", software_whole),
	CHANCE_KEY("composite", composite),
	RANGE_KEY("composite-sigma-px", composite_sigma_px, 0.1, 3),
	CHANCE_KEY("varying", varying),
	RANGE_KEY("varying-ratio", varying_ratio, 0.1, 4),
	CHANCE_KEY("response", response),
	RANGE_KEY("response-gamma", response_gamma, 0.5, 2),
	CHANCE_KEY("brightened", brightened),
	RANGE_KEY("brightness", brightness, 0.1, 8),
	CHANCE_KEY("highlights", highlights),
	RANGE_KEY("highlight-boost", highlight_boost, 1, 64),
	CHANCE_KEY("noise", noise),
	RANGE_KEY("read-noise", read_noise, 1e-5, 0.1),
	RANGE_KEY("shot-noise", shot_noise, 0, 0.02),
	CHANCE_KEY("bayer", bayer),
	CHANCE_KEY("shrunk", shrunk),
	RANGE_KEY("shrink", shrink, 0.25, 1),
	CHANCE_KEY("jpeg", jpeg),
	RANGE_KEY("jpeg-quality", jpeg_quality, 1, 100),
	CHANCE_KEY("squashed", squashed),
	RANGE_KEY("squash", squash, 1, 8),
};
enum { KEY_COUNT = sizeof keys / sizeof *keys };

static const struct key *find_key(const char *name) {
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (!strcmp(name, keys[i].name)) return &keys[i];
	return NULL;
}

static void *field_of(const struct key *key, struct recipe *recipe) {
	return (char *)recipe + key->offset;
}

static struct range *range_of(const struct key *key, struct recipe *recipe) {
	return field_of(key, recipe);
}

static double *chance_of(const struct key *key, struct recipe *recipe) {
	return field_of(key, recipe);
}

/* ---- reading ---- */

/* Where complaints go. */
struct reader {
	struct recipe *recipe;
	char *complaint;
	size_t room, line;
};

static bool complain(const struct reader *reader, const char *what, const char *about) {
	snprintf(reader->complaint, reader->room, "line %zu: %.60s: %s", reader->line, about, what);
	return false;
}

/* One finite number with nothing but blanks around it; *end is where it stopped. */
static bool read_number(const char *text, double *out, const char **end) {
	char *after;
	*out = strtod(text, &after);
	if (after == text || !isfinite(*out)) return false;
	after += strspn(after, " \t");
	*end = after;
	return true;
}

static bool read_value(const struct reader *reader, const struct key *key, const char *text) {
	struct range range;
	const char *end;
	if (!read_number(text, &range.low, &end)) return complain(reader, "is not a number", text);
	range.high = range.low;
	if (key->kind == RANGE && !strncmp(end, "..", 2) && !read_number(end + 2, &range.high, &end))
		return complain(reader, "is not a number .. a number", text);
	if (*end)
		return complain(reader, key->kind == RANGE ? "is not a number, or a number .. a number" : "is not a number",
						text);
	if (range.low > range.high) return complain(reader, "the first number has to be the smaller one", text);
	if (range.low < key->least || range.high > key->most) {
		char limits[64];
		snprintf(limits, sizeof limits, "has to be from %g to %g", key->least, key->most);
		return complain(reader, limits, key->name);
	}
	if (key->kind == RANGE)
		*range_of(key, reader->recipe) = range;
	else
		*chance_of(key, reader->recipe) = range.low;
	return true;
}

static bool read_lines(struct reader *reader, const char *text);

static bool read_preset(struct reader *reader, const char *name, bool is_first) {
	const char *preset = recipe_preset(name);
	if (!preset) return complain(reader, "there is no such preset; there are protocol and photo", name);
	if (!is_first) return complain(reader, "a preset comes before everything else", name);
	struct reader inner = *reader;
	return read_lines(&inner, preset);
}

/* Cuts comments and blanks, at both ends and in place. */
static char *trim(char *line) {
	line[strcspn(line, "#")] = 0;
	line += strspn(line, " \t\r");
	size_t length = strlen(line);
	while (length && strchr(" \t\r", line[length - 1])) line[--length] = 0;
	return line;
}

static bool read_line(struct reader *reader, char *line, bool is_first) {
	char *equals = strchr(line, '=');
	if (!equals) return complain(reader, "is not `key = value`", line);
	*equals = 0;
	const char *name = trim(line), *value = trim(equals + 1);
	if (!strcmp(name, "preset")) return read_preset(reader, value, is_first);
	const struct key *key = find_key(name);
	return key ? read_value(reader, key, value) : complain(reader, "is not a key that is known", name);
}

static bool read_lines(struct reader *reader, const char *text) {
	enum { LINE_BYTES = 256 };
	bool is_first = true;
	reader->line = 0;
	while (*text) {
		const size_t length = strcspn(text, "\n");
		char buffer[LINE_BYTES];
		reader->line++;
		if (length >= sizeof buffer) return complain(reader, "the line is too long", "a recipe");
		memcpy(buffer, text, length);
		buffer[length] = 0;
		char *line = trim(buffer);
		if (*line && !read_line(reader, line, is_first)) return false;
		if (*line) is_first = false;
		text += length + (text[length] == '\n');
	}
	return true;
}

/* What a chance above zero needs to draw from: a range that was never given is all zero, and below its limits. */
static bool is_complete(const struct recipe *r, char *complaint, size_t room) {
	const struct {
		double chance;
		const char *needs;
	} needs[] = {{r->gaussian, "gaussian-sigma-px"},
				 {r->gaussian_stretched, "gaussian-ratio"},
				 {r->shake, "shake-spread-px"},
				 {r->motion, "motion-length-px"},
				 {r->defocus, "defocus-radius-px"},
				 {r->software_published < 1 ? r->software : 0, "software-sigma-px"},
				 {r->composite, "composite-sigma-px"},
				 {r->varying, "varying-ratio"},
				 {r->response, "response-gamma"},
				 {r->brightened, "brightness"},
				 {r->highlights, "highlight-boost"},
				 {r->noise, "read-noise"},
				 {r->shrunk, "shrink"},
				 {r->jpeg, "jpeg-quality"},
				 {r->squashed, "squash"}};
	for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
		const struct key *key = find_key(needs[i].needs);
		if (needs[i].chance <= 0 || range_of(key, (struct recipe *)r)->low >= key->least) continue;
		snprintf(complaint, room, "%s is missing, and would be needed", key->name);
		return false;
	}
	if (r->none + r->gaussian + r->shake + r->motion + r->defocus + r->software > 0) return true;
	snprintf(complaint, room, "no kind of blur has a chance; none = 1 would ask for sharp pictures");
	return false;
}

bool recipe_parse(const char *text, struct recipe *out, char *complaint, size_t room) {
	struct recipe recipe = {0};
	struct reader reader = {.recipe = &recipe, .complaint = complaint, .room = room};
	if (!read_lines(&reader, text) || !is_complete(&recipe, complaint, room)) return false;
	*out = recipe;
	return true;
}

/* ---- writing ---- */

char *recipe_text(const struct recipe *recipe) {
	enum { LINE_BYTES = 96 };
	struct recipe copy = *recipe;
	char *text = malloc(KEY_COUNT * LINE_BYTES);
	size_t length = 0;
	for (size_t i = 0; text && i < KEY_COUNT; i++) {
		const struct key *key = &keys[i];
		const struct range *range = range_of(key, &copy);
		const int written =
			key->kind == CHANCE ? snprintf(text + length, LINE_BYTES, "%s = %.9g\n", key->name, *chance_of(key, &copy))
			: range->low < key->least
				? 0 /* never given, and never drawn from */
				: snprintf(text + length, LINE_BYTES, "%s = %.9g .. %.9g\n", key->name, range->low, range->high);
		length += (size_t)written;
	}
	if (text) text[length] = 0;
	return text;
}
