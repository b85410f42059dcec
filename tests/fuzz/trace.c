// SPDX-License-Identifier: GPL-2.0-only
/*
 * The events of a run, as a runner tells them where two runs part: any record becomes one line
 * of text, in a buffer of any size.  The input: records of struct digest_record, and before them
 * one byte, the size of the buffer.
 */
#include "tests/fuzz/fuzz.h"

#include "sim/cmd/event_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct digest_record e;
	size_t room = size ? data[0] + 1u : 0;
	char *text;

	if (!room)
		return 0;
	for (size_t at = 1; at + sizeof(e) <= size; at += sizeof(e)) {
		/* Of the heap, so that a byte too much is seen. */
		text = malloc(room);
		FUZZ_EXPECT(text);
		memset(text, '\n', room);
		memcpy(&e, data + at, sizeof(e));
		FUZZ_EXPECT(event_text(&e, text, room) == text);
		FUZZ_EXPECT(memchr(text, '\0', room) && !strchr(text, '\n'));
		FUZZ_EXPECT(room == 1 || *text);
		free(text);
	}
	return 0;
}
