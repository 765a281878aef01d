/* train_ablate.c - `deblur-train ablate`: several recipes, each a whole run of its own, for equal steps. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "picture/file.h"
#include "tools/ablation.h"
#include "tools/train_commands.h"
#include "tools/train_options.h"

enum { WORDS_AT_MOST = 256, PATH_BYTES = 4096 };

/* A command line in the making; words are borrowed. */
struct words {
	char *list[WORDS_AT_MOST];
	int count;
};

/* One line of the recipes: `name: options`. */
struct recipe_line {
	char name[ABLATION_NAME_BYTES], out_path[PATH_BYTES];
	size_t line;
	bool distill;
	struct words words; /* of the whole command, its name first */
};

struct plan {
	const struct command *command;
	const char *file, *folder;
	char *text; /* of the file; words point into it */
	struct words shared;
	struct recipe_line *recipes; /* [ABLATION_ROWS_AT_MOST] */
	size_t count;
};

static bool add(struct words *words, const char *word) {
	if (words->count + 1 >= WORDS_AT_MOST) return false;
	words->list[words->count++] = (char *)word; /* as argv has them; nobody writes there */
	return true;
}

/* ---- reading recipes ---- */

static bool complain(const struct plan *plan, size_t line, const char *what, const char *about) {
	fprintf(stderr, "%s: %s: line %zu: %s%s%s\n", plan->command->name, plan->file, line, about, *about ? ": " : "",
			what);
	return false;
}

/* Cuts the next word out of *at, as a shell would: blanks part words, and quotes keep them together. NULL: none is
 * left, or a quote is not closed (*at is not at the end then). */
static char *next_word(char **at) {
	char *from = *at + strspn(*at, " \t\r"), *to = from, *word = from, quote = 0;
	if (!*from) return *at = from, NULL;
	for (; *from && (quote || !strchr(" \t\r", *from)); from++) {
		if (!quote && (*from == '\'' || *from == '"'))
			quote = *from;
		else if (quote == *from)
			quote = 0;
		else
			*to++ = *from;
	}
	if (quote) return NULL;
	*at = from + (*from != 0);
	*to = 0;
	return word;
}

/* Names are file names. */
static bool is_name(const char *name) {
	if (!*name || strlen(name) >= ABLATION_NAME_BYTES || strchr(".-", *name)) return false;
	while (isalnum((unsigned char)*name) || strchr("._-", *name))
		if (!*name++) return true;
	return false;
}

static bool is_one_of(const char *word, const char *const *list) {
	while (*list && strcmp(word, *list) != 0) list++;
	return *list != NULL;
}

/* What the ablation itself says for all recipes. */
static const char *const common_to_all[] = {"--out", "--steps", "--minutes", "--resume", NULL};

static bool add_words(const struct plan *plan, struct recipe_line *recipe, char *options) {
	char *word;
	while ((word = next_word(&options))) {
		if (is_one_of(word, common_to_all))
			return complain(plan, recipe->line, "is the same for all recipes, and not theirs to say", word);
		if (!add(&recipe->words, word)) return complain(plan, recipe->line, "too many words", recipe->name);
	}
	return !*options || complain(plan, recipe->line, "a quote is not closed", recipe->name);
}

static bool has_word(const struct words *words, const char *word) {
	for (int i = 0; i < words->count; i++)
		if (!strcmp(words->list[i], word)) return true;
	return false;
}

/* Everything that the run will read of its options, so that no run is begun while another's line is wrong. */
static bool is_valid(const struct plan *plan, const struct recipe_line *recipe) {
	struct option run[] = {TRAIN_RUN_OPTIONS, {0}}, distill[] = {TRAIN_RUN_OPTIONS, TRAIN_DISTILL_OPTIONS, {0}};
	struct words words = recipe->words;
	struct command command = {.name = plan->command->name, .options = recipe->distill ? distill : run};
	struct trainer_options unused;
	struct train_data data = {0};
	int code;
	const bool fine = options_parse(&command, words.count, words.list, &code) &&
					  train_read_options(&command, recipe->distill, &unused, &data);
	train_data_release(&data);
	options_release(&command);
	return fine || complain(plan, recipe->line, "cannot be run like this", recipe->name);
}

static bool read_line(struct plan *plan, char *line, size_t number) {
	line += strspn(line, " \t\r");
	if (!*line || *line == '#') return true;
	char *colon = strchr(line, ':');
	if (!colon) return complain(plan, number, "is not `name: options`", line);
	*colon = 0;
	if (!is_name(line)) return complain(plan, number, "a name is made of letters, digits, . _ and -", line);
	for (size_t i = 0; i < plan->count; i++)
		if (!strcmp(plan->recipes[i].name, line)) return complain(plan, number, "the second of that name", line);
	if (plan->count == ABLATION_ROWS_AT_MOST) return complain(plan, number, "too many recipes", line);
	struct recipe_line *recipe = &plan->recipes[plan->count++];
	*recipe = (struct recipe_line){.line = number, .words = plan->shared};
	snprintf(recipe->name, sizeof recipe->name, "%s", line);
	if (snprintf(recipe->out_path, PATH_BYTES, "%s/%s.dbm", plan->folder, line) >= PATH_BYTES)
		return complain(plan, number, "the name is too long", line);
	if (!add_words(plan, recipe, colon + 1)) return false;
	recipe->distill = has_word(&recipe->words, "--teacher");
	recipe->words.list[0] = recipe->distill ? "distill" : "teacher";
	if (!add(&recipe->words, "--out") || !add(&recipe->words, recipe->out_path))
		return complain(plan, number, "too many words", line);
	return is_valid(plan, recipe);
}

static bool read_recipes(struct plan *plan) {
	uint8_t *bytes = NULL;
	size_t size = 0;
	if (file_read(plan->file, &bytes, &size)) {
		fprintf(stderr, "%s: %s: %s\n", plan->command->name, plan->file, strerror(errno));
		return false;
	}
	plan->text = calloc(size + 1, 1);
	plan->recipes = calloc(ABLATION_ROWS_AT_MOST, sizeof *plan->recipes);
	if (plan->text) memcpy(plan->text, bytes, size);
	free(bytes);
	if (!plan->text || !plan->recipes) return complain(plan, 0, "out of memory", "");
	size_t number = 1;
	for (char *line = plan->text, *next; line; line = next, number++) {
		next = strchr(line, '\n');
		if (next) *next++ = 0;
		if (!read_line(plan, line, number)) return false;
	}
	return plan->count || complain(plan, number - 1, "there is no recipe: one a line, `name: options`", "");
}

/* The options of the command line, but those that are not the runs'. */
static bool share_options(struct plan *plan) {
	bool fine = add(&plan->shared, "teacher");
	for (const struct option *o = plan->command->options; o->name; o++) {
		if (!o->count || (is_one_of(o->name, common_to_all) && strcmp(o->name, "--steps") != 0)) continue;
		fine = fine && add(&plan->shared, o->name);
		for (size_t i = 0; i < o->count && o->arity != OPTION_FLAG; i++)
			fine = fine && add(&plan->shared, o->values[i]);
	}
	if (!fine) fprintf(stderr, "%s: too many words\n", plan->command->name);
	return fine;
}

/* ---- running ---- */

static struct ablation_row *find_row(const struct ablation *ablation, const char *name) {
	for (size_t i = 0; i < ablation->count; i++)
		if (!strcmp(ablation->rows[i].name, name)) return &ablation->rows[i];
	return NULL;
}

static bool has_checkpoint(const struct recipe_line *recipe) {
	char path[PATH_BYTES + 8];
	struct stat about;
	snprintf(path, sizeof path, "%s.ckpt", recipe->out_path);
	return !stat(path, &about);
}

static int run(const struct plan *plan, const struct recipe_line *recipe) {
	struct words words = recipe->words;
	fprintf(stderr, "%s: %s, %zu of %zu\n", plan->command->name, recipe->name, (size_t)(recipe - plan->recipes) + 1,
			plan->count);
	if (has_checkpoint(recipe) && !add(&words, "--resume")) return EXIT_FAILURE;
	words.list[words.count] = NULL;
	return (recipe->distill ? train_distill : train_teacher)(words.count, words.list);
}

/* Adds the row of a run that has ended; its log is the source of all figures. */
static bool take_row(const struct plan *plan, const struct recipe_line *recipe, struct ablation *table) {
	struct ablation_row *row = &table->rows[table->count];
	struct words words = recipe->words;
	snprintf(row->name, sizeof row->name, "%s", recipe->name);
	train_command_line(words.count, words.list, row->command, sizeof row->command);
	enum deblur_status status = ablation_read_log(plan->folder, row);
	table->count += !status;
	if (!status) status = ablation_write(plan->folder, table);
	if (status)
		fprintf(stderr, "%s: %s/%s: %s\n", plan->command->name, plan->folder, recipe->name,
				status == DEBLUR_IO ? strerror(errno) : deblur_status_message(status));
	return !status;
}

/* 1: it has ended, 0: it has not, -1 after a message: it was another. */
static int was_run(const struct plan *plan, const struct recipe_line *recipe, const struct ablation *before) {
	const struct ablation_row *row = find_row(before, recipe->name);
	char command[ABLATION_COMMAND_BYTES];
	struct words words = recipe->words;
	if (!row) return 0;
	train_command_line(words.count, words.list, command, sizeof command);
	if (!strcmp(command, row->command)) return 1;
	fprintf(stderr, "%s: %s: %s was run with other options before:\n  %s\nnot\n  %s\nGive it another name or --out\n",
			plan->command->name, plan->folder, recipe->name, row->command, command);
	return -1;
}

static int run_all(const struct plan *plan, const struct ablation *before, struct ablation *table) {
	int worst = EXIT_SUCCESS;
	for (size_t i = 0; i < plan->count; i++)
		if (was_run(plan, &plan->recipes[i], before) < 0) return EXIT_FAILURE;
	for (size_t i = 0; i < plan->count; i++) {
		const struct recipe_line *recipe = &plan->recipes[i];
		const int code = was_run(plan, recipe, before) ? EXIT_SUCCESS : run(plan, recipe);
		if (code == 130) {
			fprintf(stderr, "%s: stopped; the same command goes on\n", plan->command->name);
			return code;
		}
		/* A recipe that fails, since its loss diverges, say, does not cost the others their turn. */
		if (code || !take_row(plan, recipe, table)) worst = EXIT_FAILURE;
	}
	if (table->count) printf("%s/ablation.md: %zu of %zu recipes\n", plan->folder, table->count, plan->count);
	return worst;
}

static int ablate(struct plan *plan) {
	struct ablation before = {0}, table = {.rows = calloc(ABLATION_ROWS_AT_MOST, sizeof *table.rows)};
	int code = EXIT_FAILURE;
	if (mkdir(plan->folder, 0777) && errno != EEXIST) {
		fprintf(stderr, "%s: %s: %s\n", plan->command->name, plan->folder, strerror(errno));
	} else {
		const enum deblur_status status = ablation_read(plan->folder, &before);
		if (status == DEBLUR_BAD_ARGUMENT)
			fprintf(stderr, "%s: %s/ablation.json is not an ablation's table; another --out, or delete it\n",
					plan->command->name, plan->folder);
		else if (table.rows)
			code = run_all(plan, &before, &table);
	}
	ablation_release(&before);
	ablation_release(&table);
	return code;
}

/* ---- the command ---- */

static int run_command(const struct command *command) {
	struct plan plan = {.command = command, .folder = option_value(command, "--out", NULL)};
	int code = EXIT_USAGE;
	if (command->count != 1)
		fprintf(stderr, "%s: one file of recipes is needed, before the options\n", command->name);
	else if (!plan.folder)
		fprintf(stderr, "%s: --out says which folder the runs go to; it is missing\n", command->name);
	else if (!option_given(command, "--steps") || option_given(command, "--minutes"))
		fprintf(stderr, "%s: recipes compare at equal --steps, which have to be given\n", command->name);
	else if (parallel_is_launched())
		fprintf(stderr, "%s: runs one recipe after the other, in one process: without mpirun\n", command->name);
	else if (option_given(command, "--resume"))
		fprintf(stderr, "%s: runs are gone on with wherever they were stopped, without --resume\n", command->name);
	else {
		plan.file = command->values[0];
		if (share_options(&plan) && read_recipes(&plan)) code = ablate(&plan);
	}
	free(plan.text);
	free(plan.recipes);
	return code;
}

int train_ablate(int argc, char **argv) {
	struct option options[] = {TRAIN_RUN_OPTIONS, TRAIN_DISTILL_OPTIONS, {0}};
	struct command command = {
		.name = "deblur-train ablate",
		.summary =
			"Trains by each recipe of a file for equal steps, and writes the table that compares them. A recipe\n"
			"is a line `name: options`, added to those given here; --out is a folder: NAME.dbm with log and\n"
			"checkpoints for each, ablation.md and ablation.json.",
		.operands = "RECIPES.txt",
		.options = options};
	int code;
	if (options_parse(&command, argc, argv, &code)) code = run_command(&command);
	options_release(&command);
	return code;
}
