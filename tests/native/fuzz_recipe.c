/* fuzz_recipe.c - any text as a recipe: refused with a reason, or one that comes back from its own text and whose
 * samples can be drawn. `make fuzz`. */
#include <stdlib.h>
#include <string.h>

#include "degrade/degrade.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void draw_samples(const struct recipe *recipe) {
	for (int variant = DEGRADE_ANY; variant < DEGRADE_VARIANT_COUNT; variant++) {
		struct random random = random_seeded((uint64_t)(variant + 1), 0, 0);
		struct degrade_plan plan;
		degrade_draw(recipe, (enum degrade_variant)variant, &random, &plan);
		degrade_fit(&plan, 32, degrade_least_side(32) + 8);
		if (degrade_side(&plan, 32) > degrade_least_side(32) + 8) abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	char complaint[160] = "", *text = malloc(size + 1);
	struct recipe recipe, again;
	if (!text) return 0;
	memcpy(text, data, size);
	text[size] = 0;
	if (recipe_parse(text, &recipe, complaint, sizeof complaint)) {
		char *written = recipe_text(&recipe);
		if (!written || !recipe_parse(written, &again, complaint, sizeof complaint)) abort();
		free(written);
		draw_samples(&recipe);
	} else if (!*complaint || strlen(complaint) >= sizeof complaint) {
		abort();
	}
	free(text);
	return 0;
}
