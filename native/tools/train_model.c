/* train_model.c - models as the commands that rewrite them read them: graphs and weights, open to change. */
#include <stdlib.h>
#include <string.h>

#include "picture/file.h"
#include "tools/common.h"
#include "tools/train_commands.h"

bool train_read_model(const struct command *command, const char *path, struct model_file *out, size_t *size) {
	uint8_t *bytes = NULL;
	enum deblur_status status = file_read(path, &bytes, size);
	if (!status) status = model_file_read(bytes, *size, out);
	free(bytes);
	if (status) common_fail(command, path, status);
	return !status;
}

bool train_add_provenance(struct model_file *model, const char *line) {
	char *text = malloc(strlen(model->provenance) + strlen(line) + 1), *to = text;
	if (!text) return false;
	for (const char *from = model->provenance; *from;) {
		const size_t length = strcspn(from, "\n") + (strchr(from, '\n') != NULL);
		if (strncmp(from, "stored: ", 8) != 0) {
			memcpy(to, from, length);
			to += length;
		}
		from += length;
	}
	strcpy(to, line);
	free(model->provenance);
	model->provenance = text;
	return true;
}
