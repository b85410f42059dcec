/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unit tests: a program is a table of named functions; each prints one line, "ok"
 * or "not ok", and every expectation that fails one more, before it, with its place.
 *
 *	static void test_x(void) { EXPECT(f(1) == 2); EXPECT_EQ(f(2), 3); }
 *	TEST_MAIN(TEST(test_x))
 *
 * The last line is "N passed, N failed", the exit status 1 if one failed.  Does not
 * catch crashes: a test that expects one forks. One that hangs dies of SIGALRM.
 */
#ifndef LAPICSIM_TESTS_UNIT_TEST_H
#define LAPICSIM_TESTS_UNIT_TEST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TEST_MAX_SECONDS 300u

struct test {
	const char *name;
	void (*fn)(void);
};

static uint32_t test_nr_complaints;

__attribute__((format(printf, 4, 5), unused))
static void test_expect(bool good, const char *file, int line, const char *format, ...)
{
	__builtin_va_list args;

	if (good)
		return;
	/* One wrong loop is not to fill the terminal. */
	if (test_nr_complaints++ >= 10)
		return;
	printf("# %s:%d: ", file, line);
	__builtin_va_start(args, format);
	vprintf(format, args);
	__builtin_va_end(args);
	printf("\n");
}

#define EXPECT(cond) test_expect(cond, __FILE__, __LINE__, "%s", #cond)

#define EXPECT_EQ(got, want) do {							\
	uint64_t got__ = (uint64_t)(got), want__ = (uint64_t)(want);			\
	test_expect(got__ == want__, __FILE__, __LINE__, "%s is %llu (0x%llx), not %llu (0x%llx)", #got, \
		    (unsigned long long)got__, (unsigned long long)got__,		\
		    (unsigned long long)want__, (unsigned long long)want__);		\
} while (0)

#define EXPECT_STR(got, want) do {							\
	const char *got__ = (got), *want__ = (want);					\
	test_expect(!strcmp(got__, want__), __FILE__, __LINE__, "%s is \"%s\", not \"%s\"", #got, \
		    got__, want__);							\
} while (0)

static inline int test_run(const struct test *tests, uint32_t nr)
{
	uint32_t i, nr_failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	/* A test that hangs is a test that fails. */
	alarm(TEST_MAX_SECONDS);
	printf("1..%u\n", nr);
	for (i = 0; i < nr; i++) {
		test_nr_complaints = 0;
		tests[i].fn();
		printf("%sok %u - %s\n", test_nr_complaints ? "not " : "", i + 1, tests[i].name);
		nr_failed += test_nr_complaints != 0;
	}
	printf("%u passed, %u failed\n", nr - nr_failed, nr_failed);
	return nr_failed != 0;
}

#define TEST(fn) { #fn, fn }
#define TEST_MAIN(...)									\
int main(void)										\
{											\
	static const struct test tests[] = { __VA_ARGS__ };				\
											\
	return test_run(tests, sizeof(tests) / sizeof(tests[0]));			\
}

#endif
