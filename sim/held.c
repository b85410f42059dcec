// SPDX-License-Identifier: GPL-2.0-only
/* See held.h. */
#include "sim/held.h"

#include <stdio.h>
#include <stdlib.h>

#include "sim/oracle/oracle.h"

struct held *held_message;

void held_begin_now(void)
{
	struct held *m = held_message;

	held_message = NULL;
	m->handle = oracle_msi_begin(m->vm, m->address, m->data);
}

/* An assertion about the harness: some hs_*() that gives way does not call held_release(). */
static _Noreturn void not_released(void)
{
	fprintf(stderr, "lapicsim: held.c: others have acted while a message was held\n");
	abort();
}

void held_end(struct held *m, bool accepted)
{
	if (likely(held_message == m)) {
		if (unlikely(m->left != sched_clock.left))
			not_released();
		held_message = NULL;
		oracle_msi_at_once(m->vm, m->address, m->data, accepted);
	} else if (m->handle >= 0) {
		oracle_message_end(m->handle, accepted);
	}
}
