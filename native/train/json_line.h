/* json_line.h - reads one line of a log: a JSON object of numbers, texts, truths and such objects (RFC 8259, without
 * arrays and null, which a log does not have).
 *
 *     {"step": 40, "validation": {"best": true}}       gives "step" = 40 and "validation.best" = 1
 */
#ifndef TRAIN_JSON_LINE_H
#define TRAIN_JSON_LINE_H

#include <stdbool.h>
#include <stddef.h>

enum { JSON_LINE_KEY_BYTES = 128, JSON_LINE_TEXT_BYTES = 8192 };

/* Borrowed for the time of the call. text NULL: a number; true is 1 and false 0. */
typedef void (*json_line_visit)(void *user, const char *key, double number, const char *text);

/* False where the line is anything else, or has a key or a text with no room; what was visited before is to be
 * forgotten then. The line need not be terminated. */
bool json_line_read(const char *line, size_t length, json_line_visit visit, void *user);

#endif
