/* told_blurs.h - the truth about pictures' blur from the truth.json that `deblur-train degrade` writes: an array with
 * one object per line, its file beside what the blur descriptor has. */
#ifndef TOOLS_TOLD_BLURS_H
#define TOOLS_TOLD_BLURS_H

#include "tools/common.h"

struct told_blurs {
	struct told_blur *blurs; /* owned */
	size_t count;
};

/* False after a message: the file cannot be read, or a line of it is not such an object. */
bool told_blurs_read(const struct command *command, const char *path, struct told_blurs *out);
void told_blurs_release(struct told_blurs *told);

/* Of a file without its folder; borrowed. NULL: it is not there, or nobody knows its blur. */
const struct deblur_blur *told_blurs_find(const struct told_blurs *told, const char *name);

#endif
