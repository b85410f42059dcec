/* SPDX-License-Identifier: GPL-2.0-only */
/* See run_end.h. */
#include "sim/run_end.h"

#include "sim/run.h"

const char *run_end_name(uint32_t end)
{
	static const char *const names[RUN_NR_ENDS] = { "complete", "limit", "crashed", "hung", "trapped",
							  "timed-out", "out-of-memory" };

	return end < RUN_NR_ENDS ? names[end] : "unknown";
}
