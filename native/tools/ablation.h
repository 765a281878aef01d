/* ablation.h - the table of an ablation: one row for each recipe's run. What a row says follows from the run's log;
 * FOLDER/ablation.json holds the names and commands, and the figures for other programs:
 *
 *     [{"name": "plain", "command": "deblur-train teacher ...", "steps": 400, "validation": {"psnr_out_db": ...}, ...},
 *     {"name": "edges", ...}]
 *
 * one row a line, so that json_line reads them. */
#ifndef TOOLS_ABLATION_H
#define TOOLS_ABLATION_H

#include "train/run_log.h"

enum { ABLATION_ROWS_AT_MOST = 32, ABLATION_NAME_BYTES = 48, ABLATION_COMMAND_BYTES = 4096 };

struct ablation_row {
	char name[ABLATION_NAME_BYTES], command[ABLATION_COMMAND_BYTES];
	struct run_log_validation validation; /* the last one, step 0: none; not the best, which would choose */
	double loss; /* Charbonnier's, to what stood for the truth, whatever else the run learned from; 0: unknown */
	double seconds, pictures_per_second; /* the mean while the restorer learned */
};

struct ablation {
	struct ablation_row *rows; /* owned */
	size_t count;
};

/* Names and commands. IO, BAD_ARGUMENT: not an ablation's table, OUT_OF_MEMORY. *out is to be zeroed before. */
enum deblur_status ablation_read(const char *folder, struct ablation *out);
void ablation_release(struct ablation *ablation);

/* The figures, from FOLDER/NAME.dbm.log.jsonl. IO: there is none. */
enum deblur_status ablation_read_log(const char *folder, struct ablation_row *row);

/* How much better than the first row, in dB. False where that cannot be said: one was not validated, or on other
 * pictures. */
bool ablation_difference(const struct ablation *ablation, size_t row, double *difference_db);

/* FOLDER/ablation.json and FOLDER/ablation.md. IO, OUT_OF_MEMORY. */
enum deblur_status ablation_write(const char *folder, const struct ablation *ablation);

/* The columns of a row, for the tables of both kinds: text, empty where it is unknown. */
enum { ABLATION_COLUMNS = 5 + DEBLUR_BLUR_KIND_COUNT, ABLATION_CELL_BYTES = 64 };
void ablation_column(size_t column, char text[ABLATION_CELL_BYTES]); /* its head */
void ablation_cell(const struct ablation *ablation, size_t row, size_t column, char text[ABLATION_CELL_BYTES]);

#endif
