/* SPDX-License-Identifier: GPL-2.0-only */
/* See alloc.h. */
#define _GNU_SOURCE	/* reallocarray() */
#include "sim/alloc.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_HARNESS 6	/* CMD_HARNESS of sim/cmd/cmd.h, and what a runner ends with */

_Noreturn void alloc_failed(void)
{
	static const char text[] =
		"lapicsim: out of memory; what a store has is safe, and the same command goes on\n";

	/* Neither stdio nor exit(): both may want memory, and another thread may hold their locks. */
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(EXIT_HARNESS);
	_exit(EXIT_HARNESS);
}

void *alloc_array(uint64_t nr, size_t bytes)
{
	void *array = calloc(nr ? nr : 1, bytes);

	if (!array)
		alloc_failed();
	return array;
}

void *alloc_resize(void *array, uint64_t room, size_t bytes)
{
	array = reallocarray(array, room ? room : 1, bytes);
	if (!array)
		alloc_failed();
	return array;
}

void *alloc_grow(void *array, uint64_t nr, size_t bytes)
{
	/* Between powers of two there is room. */
	if (nr & (nr - 1))
		return array;
	return alloc_resize(array, nr ? 2 * nr : 1, bytes);
}

char *alloc_text(const char *text)
{
	size_t len = strlen(text) + 1;

	return memcpy(alloc_array(len, 1), text, len);
}
