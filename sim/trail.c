/* SPDX-License-Identifier: GPL-2.0-only */
/* See trail.h. */
#include "sim/trail.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define NR_KEPT	1024u

static struct trail_op {
	const char *name;
	uint32_t vcpu, vector;
} kept[NR_KEPT];
static uint64_t nr_ops;

void trail_reset(void)
{
	nr_ops = 0;
}

void trail_add(const char *name, uint32_t vcpu, uint32_t vector)
{
	kept[nr_ops++ % NR_KEPT] = (struct trail_op){ name, vcpu, vector };
}

static bool conflicts(const struct trail_op *op, uint32_t vcpu, uint32_t vector)
{
	/* A message to a vector may have gone to the wrong APIC: that is what one wants to see. */
	if (op->vector != TRAIL_ANY && vector != TRAIL_ANY)
		return op->vector == vector;
	return op->vcpu == TRAIL_ANY || vcpu == TRAIL_ANY || op->vcpu == vcpu;
}

void trail_before(uint32_t vcpu, uint32_t vector, char *buf, size_t n)
{
	const char *found[TRAIL_SHOWN];
	uint32_t nr = 0;
	size_t len = 0;

	for (uint64_t i = nr_ops; i && nr_ops - i < NR_KEPT && nr < TRAIL_SHOWN; i--) {
		const struct trail_op *op = &kept[(i - 1) % NR_KEPT];

		if (conflicts(op, vcpu, vector) && !(nr && !strcmp(found[nr - 1], op->name)))
			found[nr++] = op->name;
	}
	buf[0] = '\0';
	while (nr && len < n) {
		nr--;
		len += (size_t)snprintf(buf + len, n - len, "%s%s", len ? " > " : "", found[nr]);
	}
}
