// SPDX-License-Identifier: GPL-2.0-only
/* See guest.h. Which operation comes next; none is done here. */
#include "sim/guest_step.h"

#include "sim/apicv.h"
#include "sim/counts.h"
#include "sim/crash.h"
#include "sim/host.h"
#include "sim/lapic.h"
#include "sim/oracle/oracle.h"
#include "sim/pins.h"
#include "sim/synic.h"
#include "sim/trace.h"

uint64_t guest_nr_interrupts;
bool guest_again;
struct rng_mean guest_op_means[2];

#define X(op, fn, text, bytes) [OP_##op] = { text, do_##fn, bytes },
const struct guest_op guest_ops[OP_NR] = { GUEST_DRAWN_OPS(X) GUEST_OTHER_OPS(X) };
#undef X

static uint32_t total_weight;
static const uint32_t *weights(void) { return &sc()->guest.compute; }

void guest_init(void)
{
	_Static_assert(sizeof(struct guest_mix) == OP_NR_DRAWN * sizeof(uint32_t), "a weight per operation");
	guest_op_means[0] = rng_mean(sc()->op_ns);
	guest_op_means[1] = rng_mean(sc()->handler_ns / 3 + 1);
	total_weight = 0;
	for (uint32_t i = 0; i < OP_NR_DRAWN; i++)
		total_weight += weights()[i];
}

enum op guest_draw_op(struct vcpu *v)
{
	enum op op = rng_weighted(&v->program, weights(), OP_NR_DRAWN, total_weight);

	if (unlikely(v->apic_off | v->svr_off))
		op = guest_op_with_apic_off(v, op);
	return op;
}

/* Without pins a handler owes nobody anything else. */
static inline enum op next_before_eoi(struct vcpu *v)
{
	return unlikely(pins_on) ? guest_next_before_eoi(v) : OP_EOI;
}

/* The quiet phase: finish handlers, let everything in, and halt. */
static enum op next_quiet(struct vcpu *v)
{
	v->quiet = true;
	if (v->nr_handlers)
		return v->eoi_done ? OP_IRET : next_before_eoi(v);
	if (v->apic_off || v->svr_off)
		return v->apic_off && sc()->apic_stays_off ? OP_HLT : OP_APIC_ON;
	if (unlikely(v->vapic_gpa) && guest_vapic_raised(v))
		return OP_VAPIC_TPR;
	if (v->tpr)
		return OP_TPR;
	if (guest_pit_keeps_on(v))
		return OP_PIT_STOP;
	if (guest_timer_keeps_on(v))
		return OP_TIMER_STOP;
	return OP_HLT;
}

/* Before its EOI. */
enum op guest_next_in_handler(struct vcpu *v)
{
	uint8_t *left = &v->handler[v->nr_handlers - 1].ops;

	if (*left) {
		enum op op;

		--*left;
		op = guest_draw_op(v);
		return op == OP_HLT || op == OP_CLI || op == OP_MWAIT ? OP_COMPUTE : op;
	}
	return next_before_eoi(v);
}

/* Before the program's next operation something else may come. */
enum op guest_next_first(struct vcpu *v)
{
	enum op op;

	guest_again = v->retry;
	v->retry = false;
	if (v->icr_low_next)
		return OP_ICR_LOW;
	if (v->ioapic_step == IOAPIC_SELECTED)
		return OP_IOAPIC_WINDOW;
	if (guest_again)
		return v->retry_op;
	if (v->ev.busy && guest_next_event_op(v, host_phase == HOST_QUIET, &op))
		return op;
	return host_phase == HOST_QUIET ? next_quiet(v) : guest_next_op(v);
}

void guest_take_interrupt(struct vcpu *v, uint8_t vector)
{
	if (v->nr_handlers == VCPU_MAX_HANDLERS)
		crash_end(CRASH_FAULT, "handlers nest deeper than there are priority classes");
	/* The one below has done its EOI but not its IRET: it stays below, to be left by IRET. */
	if (v->nr_handlers && v->eoi_done) {
		v->handler[v->nr_handlers - 1].ops = 0;
		v->nr_handlers--;
		v->eoi_done = false;
	}
	v->handler[v->nr_handlers].ops = rng_below_any(&v->program, sc()->handler_ops + 1);
	v->handler[v->nr_handlers].vector = vector;
	if (unlikely(pins_on)) {
		guest_pin_handler(v, v->nr_handlers);
		guest_pic_handler(v, v->nr_handlers);
	}
	if (unlikely(sc()->sints))
		v->handler[v->nr_handlers].auto_eoi = guest_auto_eoi(v, vector);
	v->nr_handlers++;
	v->halted = false;
	guest_nr_interrupts++;
	count_taken(v->index, vector);
	if (unlikely(vector == GUEST_APF_VECTOR && sc()->async_pf))
		guest_apf_taken(v);
	oracle_delivered(v->index, vector);
	/* An interrupt gate clears IF; some handlers set it again to let others nest. */
	guest_set_if(v, rng_percent(&v->program, sc()->nest_percent) && host_phase != HOST_QUIET &&
		     !(unlikely(sc()->sints) && v->handler[v->nr_handlers - 1].auto_eoi), 0);
}

bool guest_access_virtualized(struct vcpu *v, enum op op)
{
	switch (apicv_access(v)) {
	case APICV_DONE:
		lapic_settle(v, false);
		v->hw->exit_qual = 0;
		return true;
	case APICV_TRAPS:
		/* The instruction is over; of what KVM has yet to do, the exit's handler sees to. */
		if (v->hw->exit_reason != KW_EXIT_APIC_WRITE)
			lapic_tell(v);
		instruction_retired(v, op);
		return false;
	default:
		return false;
	}
}
