/* onnx.h - a graph as an ONNX model (IR version 8, operator set 13), so that others can run what we trained.
 *
 * Maps are NCHW float32, of any batch and of any size that is a multiple of graph_alignment_px; inputs and outputs keep
 * the graph's names and units: "picture" 0..1 sRGB RGB; the restorer's "told" is blur.h's condition, the estimator's
 * the description of spectrum.h. */
#ifndef TRAIN_ONNX_H
#define TRAIN_ONNX_H

#include "core/graph.h"

/* *bytes is malloc'ed. provenance becomes the model's description. OUT_OF_MEMORY. */
enum deblur_status onnx_write(const struct graph *graph, const char *provenance, uint8_t **bytes, size_t *size);

#endif
