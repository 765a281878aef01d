#include "deblur.h"

const char *deblur_status_message(enum deblur_status status) {
	static const char *const messages[DEBLUR_STATUS_COUNT] = {
		"no error",
		"an argument is outside its range",
		"there is not enough memory",
		"this is not a deblur model (.dbm)",
		"the model was made by a later version of this program",
		"the model file is damaged: get it again",
		"the model cannot estimate blur: say what the blur is",
		"cancelled",
		"reading or writing failed",
		"this is not a picture that can be read (JPEG, PNG, BMP, TGA)",
		"the picture is damaged or cut short",
		"this kind of picture is not supported (CMYK, animated, or another format): save it as an ordinary JPEG or PNG",
		"the picture is too large",
	};
	return (unsigned)status < DEBLUR_STATUS_COUNT ? messages[status] : "unknown error";
}
