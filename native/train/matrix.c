#include "train/matrix.h"

#include <dnnl.h>

enum deblur_status matrix_multiply(char a_as, char b_as, size_t m, size_t n, size_t k, const float *a, const float *b,
								   float keep, float *c) {
	const dnnl_dim_t lda = (dnnl_dim_t)(a_as == 'N' ? k : m), ldb = (dnnl_dim_t)(b_as == 'N' ? n : k);
	return dnnl_sgemm(a_as, b_as, (dnnl_dim_t)m, (dnnl_dim_t)n, (dnnl_dim_t)k, 1, a, lda, b, ldb, keep, c,
					  (dnnl_dim_t)n)
			   ? DEBLUR_OUT_OF_MEMORY
			   : DEBLUR_OK;
}
