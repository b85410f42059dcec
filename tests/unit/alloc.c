/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that has to be had: what it keeps, and how a process ends that gets none. */
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "sim/alloc.h"
#include "tests/unit/test.h"

static void test_zeroed(void)
{
	uint64_t *p = alloc_array(1000, sizeof(*p)), sum = 0;

	for (uint32_t i = 0; i < 1000; i++)
		sum |= p[i];
	EXPECT_EQ(sum, 0);
	free(p);
	p = alloc_array(0, sizeof(*p));
	EXPECT(p != NULL);
	free(p);
}

static void test_grows_and_keeps(void)
{
	uint64_t *p = NULL, nr = 0;
	uint32_t moves = 0;

	while (nr < 5000) {
		uint64_t *q = alloc_grow(p, nr, sizeof(*p));

		/* Only at powers of two: between them it is the same. */
		if (q != p && nr & (nr - 1))
			moves++;
		p = q;
		p[nr] = nr * nr;
		nr++;
	}
	EXPECT_EQ(moves, 0);
	for (uint64_t i = 0; i < nr; i++)
		EXPECT_EQ(p[i], i * i);
	/* What was taken out of it in between is written over. */
	nr = 3;
	while (nr < 100) {
		p = alloc_grow(p, nr, sizeof(*p));
		p[nr] = 7;
		nr++;
	}
	EXPECT(p[2] == 4 && p[3] == 7 && p[99] == 7);
	p = alloc_resize(p, 200, sizeof(*p));
	EXPECT(p[2] == 4 && p[99] == 7);
	free(p);
}

static void test_text(void)
{
	char *text = alloc_text("seed 7");

	EXPECT_STR(text, "seed 7");
	free(text);
}

/* AddressSanitizer's allocator dies of a limit by itself. */
#ifdef __SANITIZE_ADDRESS__
#define NR_WAYS 2u
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}
#else
#define NR_WAYS 4u
#endif

static void ask(uint32_t how)
{
	if (how == 0)
		free(alloc_array(UINT64_MAX / 2, 16));	/* no size_t has it */
	else if (how == 1)
		free(alloc_resize(NULL, UINT64_MAX, 16));
	else if (how == 2)
		free(alloc_array(1ull << 30, 1));
	else
		free(alloc_grow(NULL, 1ull << 28, 8));
	_exit(0);
}

/* One line, and the exit code of a harness that failed. */
static void test_none_to_be_had(void)
{
	for (uint32_t how = 0; how < NR_WAYS; how++) {
		char line[256] = "";
		int out[2], status;

		EXPECT(!pipe(out));
		if (!fork()) {
			struct rlimit limit = { 256u << 20, 256u << 20 };

			dup2(out[1], STDERR_FILENO);
			if (how >= 2)
				setrlimit(RLIMIT_DATA, &limit);
			ask(how);
		}
		close(out[1]);
		EXPECT(wait(&status) > 0);
		EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 6);
		EXPECT(read(out[0], line, sizeof(line) - 1) > 0);
		/* The sanitizer says a word before. */
		EXPECT(NR_WAYS == 2 || (!strncmp(line, "lapicsim: out of memory; ", 25) &&
					strchr(line, '\n') == line + strlen(line) - 1));
		close(out[0]);
	}
}

TEST_MAIN(TEST(test_zeroed), TEST(test_grows_and_keeps), TEST(test_text), TEST(test_none_to_be_had))
