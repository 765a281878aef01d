#include "tools/command_run_places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "picture/file_list.h"

static bool is_directory(const char *path) {
	struct stat about;
	return !stat(path, &about) && S_ISDIR(about.st_mode);
}

static bool is_jpeg(const char *extension) {
	return !strcasecmp(extension, ".jpg") || !strcasecmp(extension, ".jpeg");
}

static char *joined(const char *folder, size_t folder_length, const char *name, size_t stem, const char *extension) {
	const size_t bytes = folder_length + stem + strlen(extension) + 2;
	char *path = malloc(bytes);
	if (path)
		snprintf(path, bytes, "%.*s%s%.*s%s", (int)folder_length, folder, folder_length ? "/" : "", (int)stem, name,
				 extension);
	return path;
}

/* DIR/NAME.jpg for a JPEG, DIR/NAME.png for everything else. */
static char *path_in(const char *folder, const char *in) {
	const char *name = file_list_name(in), *dot = strrchr(name, '.');
	const size_t stem = dot ? (size_t)(dot - name) : strlen(name);
	return joined(folder, strlen(folder), name, stem, dot && is_jpeg(dot) ? dot : ".png");
}

static bool parent_exists(const char *path) {
	const char *name = file_list_name(path);
	char *parent = name == path ? strdup(".") : joined("", 0, path, (size_t)(name - path), "");
	const bool exists = parent && is_directory(parent);
	free(parent);
	return exists;
}

static bool check_out(const struct command *command, const char *out) {
	const char *const program = command->name, *const dot = out ? strrchr(file_list_name(out), '.') : NULL;
	if (!out) {
		fprintf(stderr, "%s: say with -o where the result goes: a .png or .jpg file, or a folder\n", program);
	} else if (is_directory(out)) {
		return true;
	} else if (command->count > 1) {
		fprintf(stderr, "%s: there are several pictures: %s has to be a folder that exists\n", program, out);
	} else if (!dot || (!is_jpeg(dot) && strcasecmp(dot, ".png"))) {
		fprintf(stderr, "%s: %s has to end in .png or .jpg, or be a folder that exists\n", program, out);
	} else if (!parent_exists(out)) {
		fprintf(stderr, "%s: the folder of %s does not exist; make it first\n", program, out);
	} else {
		return true;
	}
	return false;
}

/* What cannot be found is nobody's twin; reading it will say that it is missing. */
static bool same_file(const struct stat *a, const struct stat *b) {
	return a->st_nlink && b->st_nlink && a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static struct stat identity(const char *path) {
	struct stat about = {0};
	if (stat(path, &about)) about.st_nlink = 0;
	return about;
}

static bool check_collisions(const struct command *command, const struct places *places, const struct stat *inputs) {
	for (size_t i = 0; i < places->count; i++) {
		const struct stat there = identity(places->out[i]);
		for (size_t j = 0; j < places->count; j++) {
			if (same_file(&there, &inputs[j])) {
				fprintf(stderr, "%s: the result of %s would overwrite the picture %s; choose another place\n",
						command->name, command->values[i], command->values[j]);
				return false;
			}
			if (j < i && !strcmp(places->out[i], places->out[j])) {
				fprintf(stderr, "%s: %s and %s would both become %s; give them different folders\n", command->name,
						command->values[j], command->values[i], places->out[i]);
				return false;
			}
		}
	}
	return true;
}

static bool allocate(const struct command *command, const char *out, struct places *places, struct stat **inputs) {
	places->out = calloc(command->count, sizeof *places->out);
	*inputs = calloc(command->count, sizeof **inputs);
	if (!places->out || !*inputs) return false;
	const bool into_folder = is_directory(out);
	for (size_t i = 0; i < command->count; i++) {
		places->out[i] = into_folder ? path_in(out, command->values[i]) : strdup(out);
		if (!places->out[i]) return false;
		places->count++;
		(*inputs)[i] = identity(command->values[i]);
	}
	return true;
}

bool places_plan(const struct command *command, const char *out, struct places *places) {
	struct stat *inputs = NULL;
	if (!check_out(command, out)) return false;
	bool fine = allocate(command, out, places, &inputs);
	if (!fine)
		fprintf(stderr, "%s: there is not enough memory\n", command->name);
	else
		fine = check_collisions(command, places, inputs);
	free(inputs);
	return fine;
}

void places_release(struct places *places) {
	for (size_t i = 0; i < places->count; i++) free(places->out[i]);
	free(places->out);
	*places = (struct places){0};
}
