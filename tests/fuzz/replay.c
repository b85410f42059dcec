// SPDX-License-Identifier: GPL-2.0-only
/*
 * Without libFuzzer: a target over each file of its corpus, and over changes of it that
 * are the same each time: cut, a bit flipped, a byte replaced, a piece repeated.
 *
 * usage: fuzz-TARGET FILE...; ends with "N passed, 0 failed", or by a sanitizer.
 */
#include "tests/fuzz/fuzz.h"

#define CHANGES 200u
#define MAX_BYTES (1u << 20)

static uint64_t state;

static uint32_t below(uint32_t n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((state >> 33) % (n ? n : 1));
}

static size_t change(uint8_t *data, size_t size)
{
	uint32_t at = below((uint32_t)size), len = 1 + below(16);

	switch (below(4)) {
	case 0:
		return at;
	case 1:
		data[at] ^= (uint8_t)(1u << below(8));
		return size;
	case 2:
		data[at] = "\0=[]#:;-9\n\xff@%1a"[below(15)];
		return size;
	default:
		if (size + len > MAX_BYTES || at + len > size)
			return size;
		memmove(data + at + len, data + at, size - at);
		return size + len;
	}
}

int main(int argc, char **argv)
{
	static uint8_t whole[MAX_BYTES], data[MAX_BYTES];
	uint32_t nr = 0;

	for (int i = 1; i < argc; i++) {
		FILE *f = fopen(argv[i], "r");
		size_t size, now;

		FUZZ_EXPECT(f);
		size = fread(whole, 1, sizeof(whole) / 2, f);
		fclose(f);
		LLVMFuzzerTestOneInput(whole, size);
		nr++;
		for (uint32_t k = 0; k < CHANGES && size; k++) {
			memcpy(data, whole, size);
			state = (uint64_t)size << 32 | k;
			now = size;
			for (uint32_t n = 1 + below(3); n && now; n--)
				now = change(data, now);
			LLVMFuzzerTestOneInput(data, now);
			nr++;
		}
	}
	printf("%u passed, 0 failed\n", nr);
	return argc > 1 ? 0 : 1;
}
