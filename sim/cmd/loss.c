/* SPDX-License-Identifier: GPL-2.0-only */
/* See loss.h. */
#include "sim/cmd/loss.h"

#include <stdio.h>
#include <string.h>

/* So many times in a row, the last ones alone. Somebody may kill one run twice; hardly three times. */
static const struct {
	uint32_t needed;
	enum loss_verdict verdict;
	bool excusable;
} rules[] = {
	[LOSS_SIGNAL] = { 2, LOSS_DIVERGENCE, false },
	[LOSS_KILLED] = { 3, LOSS_DIVERGENCE, true },
	[LOSS_HUNG] = { 2, LOSS_DIVERGENCE, true },
	[LOSS_EXIT] = { 2, LOSS_FAILURE, false },
	[LOSS_MEMORY] = { 2, LOSS_FAILURE, true },
	[LOSS_ERROR] = { 1, LOSS_FAILURE, false },
};

enum loss_verdict loss_add(struct loss *l, uint64_t seed, enum loss_kind kind, const char *how)
{
	if (!l->suspicious || l->seed != seed)
		*l = (struct loss){ .suspicious = true, .seed = seed, .kind = kind, .excused = true };
	/* A how that is too long for us is cut the same each time. */
	l->nr_same = l->kind == kind && !strncmp(l->how, how, sizeof(l->how) - 1) ? l->nr_same + 1 : 1;
	l->nr++;
	l->kind = kind;
	l->excused &= rules[kind].excusable;
	snprintf(l->how, sizeof(l->how), "%s", how);
	if (l->nr_same >= rules[kind].needed)
		return rules[kind].verdict;
	return l->nr >= LOSS_MAX ? LOSS_UNSTEADY : LOSS_AGAIN;
}

const char *loss_times(const struct loss *l)
{
	static __thread char text[32];

	if (l->nr_same == 1)
		return "once";
	if (l->nr_same == 2)
		return "twice";
	snprintf(text, sizeof(text), "%u times", l->nr_same);
	return text;
}

void loss_clear(struct loss *l)
{
	l->suspicious = false;
}
