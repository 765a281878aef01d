/* check.h - the few words that C tests need. A test program runs its cases in order and ends non-zero if a check
 * failed.
 *
 *     static void adds_two_maps(void) { CHECK(sum == 3, "sum is %d", sum); }
 *     int main(void) { RUN(adds_two_maps); return check_summary(); }
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>

static int check_failures;
static const char *check_case = "";

#define CHECK(condition, ...)                                                                                          \
	do {                                                                                                               \
		if (!(condition)) {                                                                                            \
			check_failures++;                                                                                          \
			fprintf(stderr, "%s:%d: %s: %s: ", __FILE__, __LINE__, check_case, #condition);                            \
			fprintf(stderr, __VA_ARGS__);                                                                              \
			fputc('\n', stderr);                                                                                       \
		}                                                                                                              \
	} while (0)

#define RUN(test)                                                                                                      \
	do {                                                                                                               \
		int before = check_failures;                                                                                   \
		check_case = #test;                                                                                            \
		test();                                                                                                        \
		printf("%s %s\n", check_failures == before ? "ok  " : "FAIL", #test);                                          \
		fflush(stdout);                                                                                                \
	} while (0)

static inline int check_summary(void) {
	if (check_failures) fprintf(stderr, "%d checks failed\n", check_failures);
	return check_failures ? 1 : 0;
}

#endif
