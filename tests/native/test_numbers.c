/* test_numbers.c - the small arithmetic under the file format: half precision and SHA-256, against their standards. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "check.h"
#include "core/float16.h"
#include "core/sha256.h"

static void every_half_comes_back(void) {
	for (uint32_t half = 0; half < 65536; half++) {
		const float value = float16_to((uint16_t)half);
		const bool nan = (half & 0x7c00) == 0x7c00 && half & 0x3ff;
		const uint16_t back = float16_from(value);
		CHECK(nan ? isnan(value) && isnan(float16_to(back)) : back == half, "%04x became %04x", half, back);
	}
}

static void halves_have_the_values_of_ieee_754(void) {
	static const struct {
		uint16_t half;
		float value;
	} known[] = {{0x0000, 0},
				 {0x8000, -0.0f},
				 {0x3c00, 1},
				 {0xc000, -2},
				 {0x7bff, 65504},
				 {0x0400, 6.103515625e-5f},
				 {0x0001, 5.960464477539063e-8f},
				 {0x7c00, INFINITY},
				 {0xfc00, -INFINITY},
				 {0x3555, 0.333251953125f}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		const float value = float16_to(known[i].half);
		CHECK(!memcmp(&value, &known[i].value, sizeof value), "%04x is %g", known[i].half, (double)value);
	}
}

/* To the nearest, ties to even; from half a step beyond the largest on, infinity. */
static void rounding_is_to_nearest_even(void) {
	static const struct {
		float value;
		uint16_t half;
	} known[] = {{1 + 0x1p-11f, 0x3c00}, {1 + 0x3p-11f, 0x3c02}, {1 + 0x1.002p-11f, 0x3c01}, {65519.996f, 0x7bff},
				 {65520, 0x7c00},        {1e30f, 0x7c00},        {-1e30f, 0xfc00},           {0x1p-25f, 0x0000},
				 {0x1.002p-25f, 0x0001}, {0x3p-25f, 0x0002},     {1e-30f, 0x0000},           {-1e-30f, 0x8000},
				 {6.1e-5f, 0x03ff},      {0x1.ffep-15f, 0x0400}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		CHECK(float16_from(known[i].value) == known[i].half, "%a became %04x, not %04x", (double)known[i].value,
			  float16_from(known[i].value), known[i].half);
}

/* FIPS 180-4's examples, and every length around a block's padding against the digest of the digests, which was
 * computed with coreutils' sha256sum. */
static void sha256_gives_the_standards_examples(void) {
	static const struct {
		const char *text, *digest;
	} known[] = {{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
				 {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
				 {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
				  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"}};
	uint8_t digest[SHA256_BYTES];
	char text[2 * SHA256_BYTES + 1];
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		sha256(known[i].text, strlen(known[i].text), digest);
		sha256_hex(digest, text);
		CHECK(!strcmp(text, known[i].digest), "\"%s\": %s", known[i].text, text);
	}
	uint8_t zeros[200] = {0}, all[200 * SHA256_BYTES];
	for (size_t length = 0; length < 200; length++) sha256(zeros, length, all + length * SHA256_BYTES);
	sha256(all, sizeof all, digest);
	sha256_hex(digest, text);
	CHECK(!strcmp(text, "59e350876ff46da193f0d152dd874fa876d2020a80910c6b83b1537e21104a9f"), "%s", text);
}

int main(void) {
	RUN(every_half_comes_back);
	RUN(halves_have_the_values_of_ieee_754);
	RUN(rounding_is_to_nearest_even);
	RUN(sha256_gives_the_standards_examples);
	return check_summary();
}
