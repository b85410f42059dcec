// SPDX-License-Identifier: GPL-2.0-only
/* See guest.h. Which operation comes next; none is done here. */
#include "sim/guest.h"

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
static const struct {
	const char *name;
	enum step (*run)(struct vcpu *v);
	uint32_t len;
} ops[OP_NR] = { GUEST_DRAWN_OPS(X) GUEST_OTHER_OPS(X) };
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

/* STI and MOV SS block for one instruction more. */
static inline void instruction_retired(struct vcpu *v, enum op op)
{
	if (unlikely(v->hw->interruptibility & (KW_BLOCK_STI | KW_BLOCK_MOV_SS)) && op != OP_STI && op != OP_MOV_SS)
		guest_set_if(v, guest_if_on(v), 0);
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

static enum op next_in_handler(struct vcpu *v)
{
	uint8_t *left = &v->handler[v->nr_handlers - 1].ops;

	if (v->eoi_done)
		return OP_IRET;
	if (*left) {
		enum op op;

		--*left;
		op = guest_draw_op(v);
		return op == OP_HLT || op == OP_CLI || op == OP_MWAIT ? OP_COMPUTE : op;
	}
	return next_before_eoi(v);
}

/* The program's. */
static inline enum op next_op(struct vcpu *v)
{
	if (v->nr_handlers)
		return next_in_handler(v);
	if (v->cli_left && !--v->cli_left)
		return OP_STI;
	return guest_draw_op(v);
}

/* The same, but for what goes before it. */
static __attribute__((noinline)) enum op next_first(struct vcpu *v)
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
	return host_phase == HOST_QUIET ? next_quiet(v) : next_op(v);
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

/* The hardware does the access itself: true if the guest goes on. */
static bool virtualized(struct vcpu *v, enum op op)
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

bool guest_step(struct vcpu *v)
{
	enum op op;

	guest_again = false;
	op = unlikely(v->detour | v->ev.busy) || unlikely(host_phase == HOST_QUIET) ? next_first(v) : next_op(v);
	host_event(DIGEST_GUEST, v->index, op);
	if (trace_on())
		trace_event("guest", "vcpu %u %s", v->index, ops[op].name);
	v->hw->insn_len = ops[op].len;
	if (ops[op].run(v) == STEP_EXIT && !(__builtin_expect(v->hw->has_apicv, 0) && virtualized(v, op)))
		return true;
	instruction_retired(v, op);
	return false;
}
