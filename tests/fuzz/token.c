// SPDX-License-Identifier: GPL-2.0-only
/* A token: what is read comes out the same, however it was written. */
#include "tests/fuzz/fuzz.h"

#include "sim/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[2048], once[2048], twice[2048], error[512] = "";
	struct token t, again;

	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (token_parse(text, &t, error, sizeof(error))) {
		fuzz_expect_line(error);
		return 0;
	}
	FUZZ_EXPECT(token_format(&t, once, sizeof(once)) >= 0);
	FUZZ_EXPECT(!token_parse(once, &again, error, sizeof(error)));
	FUZZ_EXPECT(token_format(&again, twice, sizeof(twice)) >= 0 && !strcmp(once, twice));
	return 0;
}
