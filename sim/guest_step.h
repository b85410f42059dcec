/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One operation of the guest, in place: three of an interrupt's events are operations, and
 * each went through a call and what it saves.  What is not in each of them is in guest.c.
 *
 * Included by vcpu.c, whose loop it is part of, and by guest.c.
 */
#ifndef LAPICSIM_GUEST_STEP_H
#define LAPICSIM_GUEST_STEP_H

#include "sim/apicv.h"
#include "sim/guest.h"
#include "sim/host.h"
#include "sim/lapic.h"
#include "sim/trace.h"

struct guest_op {
	const char *name;
	enum step (*run)(struct vcpu *v);
	uint32_t len;
};
extern const struct guest_op guest_ops[OP_NR];

/* What may come before the program's next operation, and the program's if nothing does. */
enum op guest_next_first(struct vcpu *v);
enum op guest_next_in_handler(struct vcpu *v);

/* The program's. */
static inline enum op guest_next_op(struct vcpu *v)
{
	if (v->nr_handlers)
		return v->eoi_done ? OP_IRET : guest_next_in_handler(v);
	if (v->cli_left && !--v->cli_left)
		return OP_STI;
	return guest_draw_op(v);
}

/* STI and MOV SS block for one instruction more. */
static inline void instruction_retired(struct vcpu *v, enum op op)
{
	if (unlikely(v->hw->interruptibility & (KW_BLOCK_STI | KW_BLOCK_MOV_SS)) && op != OP_STI && op != OP_MOV_SS)
		guest_set_if(v, guest_if_on(v), 0);
}

/* The hardware does the access itself: true if the guest goes on. */
bool guest_access_virtualized(struct vcpu *v, enum op op);

/* The next operation: true if the guest exits, with the exit fields filled. */
static inline bool guest_step(struct vcpu *v)
{
	const struct guest_op *todo;
	enum op op;

	guest_again = false;
	op = unlikely(v->detour | v->ev.busy) || unlikely(host_phase == HOST_QUIET) ? guest_next_first(v) :
										      guest_next_op(v);
	todo = &guest_ops[op];
	host_event(DIGEST_GUEST, v->index, op);
	if (trace_on())
		trace_event("guest", "vcpu %u %s", v->index, todo->name);
	v->hw->insn_len = todo->len;
	if (todo->run(v) == STEP_EXIT && !(unlikely(v->hw->has_apicv) && guest_access_virtualized(v, op)))
		return true;
	instruction_retired(v, op);
	return false;
}

#endif
