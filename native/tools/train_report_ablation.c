/* train_report_ablation.c - the table of an ablation: what each recipe came to in equal steps. */
#include "tools/train_report.h"

static void write_row(const struct report *report, size_t row, struct buffer *page) {
	char text[ABLATION_CELL_BYTES];
	html_add(page, "<tr><th scope=\"row\">");
	html_text(page, report->ablation.rows[row].name);
	html_add(page, "</th>");
	for (size_t column = 0; column < ABLATION_COLUMNS; column++) {
		ablation_cell(&report->ablation, row, column, text);
		html_format(page, *text ? "<td>%s</td>" : "<td class=\"quiet\">%s</td>", text);
	}
	html_add(page, "</tr>");
}

void report_write_ablation(const struct report *report, struct buffer *page) {
	char text[ABLATION_CELL_BYTES];
	if (!report->ablation.count) return;
	html_add(page, "<section><h2>Ablation</h2><p class=\"quiet\">Recipes for equal steps. PSNR is that of the last "
				   "validation, after restoring; the difference to the first recipe is left out where the pictures "
				   "were others. Losses do not compare where a teacher stood for the truth.</p>");
	report_begin_table(page, "What each recipe came to", "numbers");
	html_add(page, "<th scope=\"col\">Recipe</th>");
	for (size_t column = 0; column < ABLATION_COLUMNS; column++) {
		ablation_column(column, text);
		html_format(page, "<th scope=\"col\">%s</th>", text);
	}
	html_add(page, "</tr></thead><tbody>");
	for (size_t row = 0; row < report->ablation.count; row++) write_row(report, row, page);
	report_end_table(page);
	html_add(page, "</section>\n");
}
