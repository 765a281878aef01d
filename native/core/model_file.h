/* model_file.h - the .dbm file: graphs, weights, provenance.
 *
 * Little-endian, version 1, in this order; nothing is aligned, everything is read through a bounds-checked cursor:
 *     magic     8 bytes "DEBLUR\r\n"
 *     version   u32, 1
 *     text      u32 byte count, then UTF-8 lines "key: value\n"
 *     graphs    u32 count (1..4), each: name, u32 condition channels (0: none), u32 op count, ops, u32 output tensor
 *         name  u8 length (1..47), bytes
 *         op    u8 kind, u8 activation, u8 kernel, u8 stride, i32 inputs[3], u32 out channels, name
 *     weights   for every parameter of every graph, in order: u8 type (0: float32, 1: float16, 2: int8), u64 count,
 *               values; int8: for each of the parameter's rows (its first dimension) f32 scale, then i8 codes
 *     sha256    32 bytes, of everything before it
 * Tensor 0 is the picture (3 channels); tensor 1 the condition if there is one; each op gives the next tensor. Shapes
 * are not in the file: graph_append derives them, so a file cannot contradict itself about them. Writing is
 * deterministic. */
#ifndef MODEL_FILE_H
#define MODEL_FILE_H

#include "core/graph.h"

enum model_file_type { MODEL_FILE_FLOAT32 = 0, MODEL_FILE_FLOAT16 = 1, MODEL_FILE_INT8 = 2 };

struct model_file {
	char *provenance;        /* owned, terminated, UTF-8 */
	struct graph *restorer;  /* owned; graph name "restorer" */
	struct graph *estimator; /* owned; graph name "estimator"; NULL if there is none */
};

/* Reads what model_file_write wrote; NOT_A_MODEL, MODEL_VERSION, MODEL_DAMAGED, OUT_OF_MEMORY. A weight that is not
 * finite, a restorer whose output is not a full-size map of 3 channels or that averages globally, or an estimator whose
 * output is not a vector of BLUR_RAW_COUNT or BLUR_PLAIN_RAW_COUNT, is MODEL_DAMAGED. *out is filled only on success;
 * release with model_file_release. */
enum deblur_status model_file_read(const void *bytes, size_t size, struct model_file *out);
void model_file_release(struct model_file *model); /* frees the contents, not the struct; zeroed is fine */

/* *bytes is malloc'ed and the caller's. float16 rounds to nearest even; a weight beyond its range is BAD_ARGUMENT. */
enum deblur_status model_file_write(const struct model_file *model, enum model_file_type type, uint8_t **bytes,
									size_t *size);

/* The same with kernels and matrices as int8 of so many bits (quantise.h), and what is short as float16. Fewer bits
 * make a file that compresses better, as web servers compress. The weights of the model itself stay. */
enum deblur_status model_file_write_quantised(const struct model_file *model, int bits, uint8_t **bytes, size_t *size);

#endif
