/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the fuzz targets share. Each is one function over bytes, which libFuzzer calls
 * (make fuzz), or replay.c, over the corpus and small changes of it (make check).
 * A target aborts when a reader breaks a promise of its own; sanitizers see the rest.
 */
#ifndef LAPICSIM_FUZZ_H
#define LAPICSIM_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_EXPECT(cond)								\
	do {										\
		if (!(cond)) {								\
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);	\
			abort();							\
		}									\
	} while (0)

/* One error line, as every reader promises. */
static inline void fuzz_expect_line(const char *error)
{
	if (!*error || strchr(error, '\n'))
		fprintf(stderr, "not one line: \"%s\"\n", error);
	FUZZ_EXPECT(*error && !strchr(error, '\n'));
}

/* Writes a file named @name in the memory file system; its path, valid until the next call. */
static inline const char *fuzz_file(const char *name, const uint8_t *data, size_t size)
{
	static char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "/dev/shm/%s", name);
	f = fopen(path, "w");
	FUZZ_EXPECT(f && fwrite(data, 1, size, f) == size && !fclose(f));
	return path;
}

#endif
