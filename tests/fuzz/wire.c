// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a runner answers: records of runs, of checkpoints and of events, read from a
 * pipe.  No process is behind it: kill() and waitpid() are wrapped by the linker.
 *
 * The input: one byte that says what is asked and whether what follows goes over the pipe
 * as it is; else records of a byte of type, two of length (little endian) and payload, which
 * get a true header here, so that a corpus outlives a version of the wire.
 */
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <sys/types.h>
#include <unistd.h>

#include "sim/cmd/runner_process.h"

int __wrap_kill(pid_t pid, int sig);
pid_t __wrap_waitpid(pid_t pid, int *status, int options);

int __wrap_kill(pid_t pid, int sig)
{
	(void)pid;
	(void)sig;
	return 0;
}

pid_t __wrap_waitpid(pid_t pid, int *status, int options)
{
	(void)options;
	if (status)
		*status = 0;
	return pid;
}

static size_t with_headers(const uint8_t *data, size_t size, uint8_t *out, size_t max)
{
	size_t len = 0;

	while (size >= 3) {
		struct wire_header h = { WIRE_MAGIC, WIRE_VERSION, data[0], data[1] | (uint32_t)data[2] << 8, 0 };
		size_t have = size - 3 < h.bytes ? size - 3 : h.bytes;

		if (len + sizeof(h) + have > max)
			break;
		memcpy(out + len, &h, sizeof(h));
		memcpy(out + len + sizeof(h), data + 3, have);
		len += sizeof(h) + have;
		data += 3 + have;
		size -= 3 + have;
	}
	return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct runner r;
	static struct run_result out;
	static uint64_t values[16];
	static struct digest_record events[16];
	static uint8_t sent[60000];
	int in[2], back[2];
	size_t len;

	if (size < 1 || size > sizeof(sent) || pipe(in) || pipe(back))
		return 0;
	if (data[0] & 0x80)
		memcpy(sent, data + 1, len = size - 1);
	else
		len = with_headers(data + 1, size - 1, sent, sizeof(sent));
	FUZZ_EXPECT(write(in[1], sent, len) == (ssize_t)len);
	close(in[1]);
	runner_init(&r);
	r.pid = getpid();
	r.from_fd = in[0];
	r.to_fd = back[1];
	r.timeout_ns = 1000000000;
	for (uint32_t i = 0; i < 8 && r.pid; i++) {
		switch (data[0] >> i & 1 ? data[0] % 3 : 0) {
		case 0:
			if (runner_read_run(&r, &out) == RUNNER_OK)
				FUZZ_EXPECT(out.nr_recorded <= RUN_MAX_DIVERGENCES && out.end < RUN_NR_ENDS);
			break;
		case 1:
			FUZZ_EXPECT(runner_checkpoints(&r, values, 16) <= 16);
			break;
		case 2:
			FUZZ_EXPECT(runner_events(&r, 0, 0, events, 16) <= 16);
			break;
		}
	}
	runner_stop(&r);
	close(back[0]);
	return 0;
}
