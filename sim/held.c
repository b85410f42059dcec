// SPDX-License-Identifier: GPL-2.0-only
/* See held.h. */
#include "sim/held.h"

#include "sim/oracle/oracle.h"

struct held *held_message;

void held_begin_now(void)
{
	struct held *m = held_message;

	held_message = NULL;
	m->handle = oracle_msi_begin(m->vm, m->address, m->data);
}

void held_end(struct held *m, bool accepted)
{
	if (likely(held_message == m)) {
		held_message = NULL;
		oracle_msi_at_once(m->vm, m->address, m->data, accepted);
	} else if (m->handle >= 0) {
		oracle_message_end(m->handle, accepted);
	}
}
