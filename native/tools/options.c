#include "tools/options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_help(const struct command *command) {
	printf("usage: %s [options]%s%s\n\n%s\n\n", command->name, command->operands ? " " : "",
		   command->operands ? command->operands : "", command->summary);
	for (const struct option *o = command->options; o->name; o++) {
		char left[64];
		snprintf(left, sizeof left, "%s %s%s", o->name, o->argument ? o->argument : "",
				 o->arity == OPTION_MANY ? "..." : "");
		printf("  %-26s %s\n", left, o->help);
	}
	printf("  %-26s %s\n", "--help", "this text");
}

const struct option *option_find(const struct command *command, const char *name) {
	for (const struct option *o = command->options; o->name; o++)
		if (!strcmp(o->name, name)) return o;
	return NULL;
}

static bool add_value(char ***values, size_t *count, char *value) {
	char **grown = realloc(*values, (*count + 1) * sizeof *grown);
	if (!grown) return false;
	*values = grown;
	(*values)[(*count)++] = value;
	return true;
}

static bool usage_error(const struct command *command, int *code, const char *what, const char *word) {
	fprintf(stderr, "%s: %s%s%s; see %s --help\n", command->name, what, *word ? " " : "", word, command->name);
	*code = EXIT_USAGE;
	return false;
}

/* A single dash is a word: some programs mean standard input by it. So is a negative number. */
static bool is_option(const char *word) {
	return word[0] == '-' && word[1] && !strchr("0123456789.", word[1]);
}

/* Takes what follows option `i`; returns the index of the last word taken, or -1. */
static int take_values(struct option *o, int argc, char **argv, int i) {
	if (o->arity == OPTION_FLAG) return add_value(&o->values, &o->count, argv[i]) ? i : -1;
	const int first = i + 1;
	if (o->arity == OPTION_ONE) { /* the last one given counts */
		if (first >= argc || is_option(argv[first])) return -1;
		o->count = 0;
		return add_value(&o->values, &o->count, argv[first]) ? first : -1;
	}
	while (i + 1 < argc && !is_option(argv[i + 1]))
		if (!add_value(&o->values, &o->count, argv[++i])) return -1;
	return i >= first ? i : -1;
}

bool options_parse(struct command *command, int argc, char **argv, int *code) {
	bool operands_only = false;
	for (int i = 1; i < argc; i++) {
		if (!operands_only && !strcmp(argv[i], "--")) {
			operands_only = true;
		} else if (!operands_only && !strcmp(argv[i], "--help")) {
			print_help(command);
			*code = EXIT_SUCCESS;
			return false;
		} else if (!operands_only && is_option(argv[i])) {
			struct option *o = (struct option *)option_find(command, argv[i]);
			if (!o) return usage_error(command, code, "there is no option", argv[i]);
			const int last = take_values(o, argc, argv, i);
			if (last < 0) return usage_error(command, code, "a value has to follow", argv[i]);
			i = last;
		} else if (!command->operands) {
			return usage_error(command, code, "does not take", argv[i]);
		} else if (!add_value(&command->values, &command->count, argv[i])) {
			return usage_error(command, code, "not enough memory", "");
		}
	}
	return true;
}

void options_release(struct command *command) {
	for (struct option *o = command->options; o->name; o++) {
		free(o->values);
		o->values = NULL;
		o->count = 0;
	}
	free(command->values);
	command->values = NULL;
	command->count = 0;
}

bool option_given(const struct command *command, const char *name) {
	const struct option *o = option_find(command, name);
	return o && o->count;
}

const char *option_value(const struct command *command, const char *name, const char *otherwise) {
	const struct option *o = option_find(command, name);
	return o && o->count ? o->values[0] : otherwise;
}

bool option_number(const struct command *command, const char *name, double low, double high, double otherwise,
				   double *out) {
	const char *text = option_value(command, name, NULL);
	*out = otherwise;
	if (!text) return true;
	char *end;
	const double value = strtod(text, &end);
	if (*end || end == text || !(value >= low && value <= high)) {
		fprintf(stderr, "%s: %s has to be a number from %g to %g, not %s\n", command->name, name, low, high, text);
		return false;
	}
	*out = value;
	return true;
}

/* Reads one entry, up to a comma or the end. */
static bool read_weight(const char *text, size_t length, struct option_weight *out) {
	const size_t word = strcspn(text, ":,");
	if (!word || word >= sizeof out->word) return false;
	memcpy(out->word, text, word);
	out->word[word] = 0;
	out->weight = 1;
	if (word == length) return true;
	char *end;
	out->weight = strtod(text + word + 1, &end);
	return end == text + length && end != text + word + 1 && out->weight >= 0 && out->weight <= 1e6;
}

bool option_weights(const struct command *command, const char *name, const char *otherwise, struct option_weight *out,
					size_t room, size_t *count) {
	const char *list = option_value(command, name, otherwise), *at = list;
	for (*count = 0;; at++) {
		const size_t length = strcspn(at, ",");
		bool fine = *count < room && read_weight(at, length, &out[*count]);
		for (size_t i = 0; fine && i < *count; i++) fine = strcmp(out[i].word, out[*count].word) != 0;
		if (!fine) {
			fprintf(stderr, "%s: %s takes a list like %s:1,...; this is none, or too long: %s\n", command->name, name,
					otherwise, list);
			return false;
		}
		++*count;
		at += length;
		if (!*at) return true;
	}
}
