/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of policies, and the parameters for the next run.
 *
 * Does not delay anything itself: see the other files of this directory.
 */
#include "sim/policy/policy.h"

#include <stddef.h>
#include <string.h>

#include "sim/policy/policies.h"

/* The first one is the default. */
static const struct policy *const policies[] = {
	&policy_random,
	&policy_fifo,
	&policy_burst,
	&policy_few,
};

static struct policy_params params = { .one_in = 16, .delay_ns = 1000 };

const struct policy *policy_nth(uint32_t n)
{
	return n < sizeof(policies) / sizeof(policies[0]) ? policies[n] : NULL;
}

const struct policy *policy_find(const char *name)
{
	const struct policy *p;
	uint32_t n;

	for (n = 0; (p = policy_nth(n)); n++) {
		if (!strcmp(p->name, name))
			return p;
	}
	return NULL;
}

void policy_set_params(const struct policy_params *p)
{
	params = *p;
}

const struct policy_params *policy_params(void)
{
	return &params;
}
