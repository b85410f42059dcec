// SPDX-License-Identifier: GPL-2.0-only
/* Records into a pipe, whole. The reader is lapicsim live. */
#include "sim/live/play.h"

#include <errno.h>
#include <unistd.h>

bool live_record_write(int fd, const struct live_record *r)
{
	const char *p = (const char *)r;
	size_t left = sizeof(*r);

	while (left) {
		ssize_t n = write(fd, p, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		left -= (size_t)n;
	}
	return true;
}
