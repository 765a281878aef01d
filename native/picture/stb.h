/* stb.h - stb_image and stb_image_write as this project uses them; stb.c holds their code. */
#ifndef PICTURE_STB_H
#define PICTURE_STB_H

#include "picture/picture.h"

#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_ONLY_BMP
#define STBI_ONLY_TGA
#define STBI_NO_STDIO
#define STBI_WRITE_NO_STDIO
#define STBI_MAX_DIMENSIONS PICTURE_MAX_SIDE
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#include <stb/stb_image.h>
#include <stb/stb_image_write.h>
#pragma GCC diagnostic pop

/* True, once, if stb_image could not allocate on this thread since the last call. */
bool stb_lacked_memory(void);

#endif
