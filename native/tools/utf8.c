#include "tools/utf8.h"

#include <stdbool.h>

size_t utf8_length(const unsigned char *c) {
	const size_t length = *c < 0x80                 ? 1
						  : *c >= 0xc2 && *c < 0xe0 ? 2
						  : *c >= 0xe0 && *c < 0xf0 ? 3
						  : *c >= 0xf0 && *c < 0xf5 ? 4
													: 0;
	for (size_t i = 1; i < length; i++)
		if ((c[i] & 0xc0) != 0x80) return 0;
	const bool too_long = (*c == 0xe0 && c[1] < 0xa0) || (*c == 0xf0 && c[1] < 0x90);
	const bool no_character = (*c == 0xed && c[1] > 0x9f) || (*c == 0xf4 && c[1] > 0x8f);
	return too_long || no_character ? 0 : length;
}
