// SPDX-License-Identifier: GPL-2.0-only
/*
 * See vcpu.h.
 *
 * The guest is a state machine that takes one operation at a time.  An operation
 * takes time first and acts at its end, so that one which an interrupt of the
 * host cuts short has not happened.  An operation that exits is over when KVM
 * has handled it, except those marked as retried: a page that is not there makes
 * the guest try again.
 *
 * What it keeps to: handlers nest only in rising priority (the APIC sees to
 * that), each ends with exactly one EOI, HLT is executed with interrupts enabled,
 * and only the guest itself writes its PV EOI word outside bit 0.
 */
#include "sim/vcpu.h"

#include "sim/crash.h"
#include "sim/host.h"
#include "sim/lapic.h"
#include "sim/oracle/oracle.h"
#include "sim/scheduler.h"
#include "sim/trace.h"

#define MAX_HANDLERS	16u
/* What a VM-Entry takes: so no chain of entries and exits is free of time, and a livelock ends the run. */
#define ENTRY_NS	40u

uint64_t vcpu_nr_interrupts;
void (*vcpu_bare_entry)(struct kw_hw *hw);

/* What an operation does: it goes on, or the guest exits. */
enum step { STEP_GO_ON, STEP_EXIT };

/* The order of struct guest_mix; then what only the program itself decides. */
enum op {
	OP_COMPUTE, OP_CLI, OP_MOV_SS, OP_HLT, OP_IPI, OP_SELF_IPI, OP_BROADCAST, OP_TPR, OP_CR8,
	OP_PV_ENABLE, OP_PV_DISABLE, OP_PV_MOVE, OP_CPUID, OP_PAUSE, OP_IO, OP_MMIO, OP_READ_APIC,
	OP_NR_DRAWN,
	OP_STI = OP_NR_DRAWN, OP_EOI, OP_IRET, OP_ICR_LOW,
	OP_NR,
};

static uint32_t total_weight;
static bool again;	/* the operation in progress was tried before */

static const struct scenario *sc(void) { return &machine.scenario; }
static const uint32_t *weights(void) { return &sc()->guest.compute; }

void vcpu_init(void)
{
	_Static_assert(sizeof(struct guest_mix) == OP_NR_DRAWN * sizeof(uint32_t), "a weight per operation");
	total_weight = 0;
	for (uint32_t i = 0; i < OP_NR_DRAWN; i++)
		total_weight += weights()[i];
}

/* --- Interruptibility. */
static bool if_on(const struct vcpu *v) { return v->hw->rflags & KW_RFLAGS_IF; }

static void set_if(struct vcpu *v, bool on, uint32_t blocking)
{
	struct kw_hw *hw = v->hw;

	hw->rflags = (hw->rflags & ~KW_RFLAGS_IF) | (on ? KW_RFLAGS_IF : 0);
	hw->interruptibility = blocking;
	oracle_guest_if(v->index, on, blocking);
}

/* STI and MOV SS block for one instruction. */
static void instruction_retired(struct vcpu *v)
{
	if (v->hw->interruptibility & (KW_BLOCK_STI | KW_BLOCK_MOV_SS))
		set_if(v, if_on(v), 0);
}

/* --- Operations. Each is one instruction; those that exit fill the exit fields. */
static enum step exits(struct vcpu *v, uint32_t reason)
{
	v->hw->exit_reason = reason;
	return STEP_EXIT;
}

static enum step do_compute(struct vcpu *v) { (void)v; return STEP_GO_ON; }

static enum step do_cli(struct vcpu *v)
{
	set_if(v, false, 0);
	v->cli_left = 1 + rng_below(&v->program, 4);
	return STEP_GO_ON;
}

static enum step do_sti(struct vcpu *v)
{
	set_if(v, true, if_on(v) ? 0 : KW_BLOCK_STI);
	v->cli_left = 0;
	return STEP_GO_ON;
}

static enum step do_mov_ss(struct vcpu *v)
{
	set_if(v, if_on(v), KW_BLOCK_MOV_SS);
	return STEP_GO_ON;
}

/* STI; HLT in one: the shadow of STI covers HLT, so no interrupt falls between them. */
static enum step do_hlt(struct vcpu *v)
{
	if (!if_on(v))
		set_if(v, true, KW_BLOCK_STI);
	v->told = ACTION_HLT;
	v->halted = true;
	return exits(v, KW_EXIT_HLT);
}

/* ICR in x2APIC mode is one write; in xAPIC mode the high half goes first. */
static enum step send_ipi(struct vcpu *v, uint32_t low, uint32_t dest)
{
	if (v->x2apic) {
		uint64_t icr = (uint64_t)dest << 32 | low;

		v->message = oracle_icr_begin(v->index, icr);
		host_event(DIGEST_MESSAGE, v->index, icr);
		lapic_exit_write(v, LAPIC_ICR, icr);
		return STEP_EXIT;
	}
	v->icr_value = (uint64_t)dest << 32 | low;
	v->icr_low_next = true;
	lapic_exit_write(v, LAPIC_ICR2, dest << 24);
	return STEP_EXIT;
}

static enum step do_icr_low(struct vcpu *v)
{
	v->icr_low_next = false;
	v->message = oracle_icr_begin(v->index, v->icr_value);
	host_event(DIGEST_MESSAGE, v->index, v->icr_value);
	lapic_exit_write(v, LAPIC_ICR, (uint32_t)v->icr_value);
	return STEP_EXIT;
}

static uint32_t draw_vector(struct vcpu *v)
{
	return (uint32_t)rng_range(&v->target, sc()->vector_first, sc()->vector_last);
}

static enum step do_ipi(struct vcpu *v)
{
	uint32_t dest = rng_below(&v->target, machine.vm[v->vm].nr_vcpus);

	return send_ipi(v, draw_vector(v) | 1u << 14, dest);
}

static enum step do_self_ipi(struct vcpu *v) { return send_ipi(v, draw_vector(v) | 1u << 14 | 1u << 18, 0); }
static enum step do_broadcast(struct vcpu *v) { return send_ipi(v, draw_vector(v) | 1u << 14 | 3u << 18, 0); }

static enum step do_tpr(struct vcpu *v)
{
	uint8_t tpr = v->quiet ? 0 : rng_below(&v->program, 16) << 4;

	v->tpr = tpr;
	v->told = ACTION_TPR;
	v->told_value = tpr;
	lapic_exit_write(v, LAPIC_TPR, tpr);
	return STEP_EXIT;
}

/* With a TPR shadow the processor writes the page itself: SDM, "TPR Virtualization". */
static enum step do_cr8(struct vcpu *v)
{
	uint8_t cr8 = v->quiet ? 0 : rng_below(&v->program, 16);
	struct kw_hw *hw = v->hw;

	v->tpr = cr8 << 4;
	if (sc()->tpr_shadow) {
		hw->vapic_page[LAPIC_TPR] = v->tpr;
		oracle_guest_tpr(v->index, v->tpr);
		if (cr8 < (hw->tpr_threshold & 15))
			return exits(v, KW_EXIT_TPR_BELOW_THRESHOLD);
		return STEP_GO_ON;
	}
	v->told = ACTION_TPR;
	v->told_value = v->tpr;
	hw->rax = cr8;
	hw->exit_qual = 8;
	return exits(v, KW_EXIT_CR_ACCESS);
}

/* The guest's own access faults in the second-level page tables; it will try again. */
static enum step page_away(struct vcpu *v, enum op op, uint64_t gpa)
{
	v->retry = true;
	v->retry_op = op;
	v->hw->exit_gpa = gpa;
	return exits(v, KW_EXIT_EPT_VIOLATION);
}

static enum step write_pv_msr(struct vcpu *v, enum op op, uint64_t value)
{
	const struct vm *vm = &machine.vm[v->vm];
	struct kw_hw *hw = v->hw;

	/* The ABI wants the word zeroed before PV EOI is enabled at it; in use, zeroing it is an ack. */
	if ((value & 1) && value != v->pv_msr) {
		if (machine_prot(vm, value) != KW_USER_RW)
			return page_away(v, op, value);
		*machine_word(vm, value & ~1ull) = 0;
	}
	v->told = ACTION_PV_MSR;
	v->told_value = value;
	hw->rcx = MSR_PV_EOI_EN;
	hw->rax = (uint32_t)value;
	hw->rdx = value >> 32;
	return exits(v, KW_EXIT_MSR_WRITE);
}

static enum step do_pv_enable(struct vcpu *v) { return write_pv_msr(v, OP_PV_ENABLE, v->pv_gpa[0] | 1); }
static enum step do_pv_disable(struct vcpu *v) { return write_pv_msr(v, OP_PV_DISABLE, 0); }

static enum step do_pv_move(struct vcpu *v)
{
	uint64_t now = v->pv_msr & ~1ull;

	return write_pv_msr(v, OP_PV_MOVE, (now == v->pv_gpa[0] ? v->pv_gpa[1] : v->pv_gpa[0]) | 1);
}

static enum step do_cpuid(struct vcpu *v)
{
	v->hw->rax = 0;
	v->hw->rcx = 0;
	return exits(v, KW_EXIT_CPUID);
}

static enum step do_pause(struct vcpu *v) { return exits(v, KW_EXIT_PAUSE); }

static enum step do_io(struct vcpu *v)
{
	v->hw->exit_qual = 0x80ull << 16;
	return exits(v, KW_EXIT_IO_INSTRUCTION);
}

static enum step do_mmio(struct vcpu *v)
{
	v->hw->exit_gpa = 0xd0000000ull;
	v->hw->mmio_data = 0;
	return exits(v, KW_EXIT_EPT_MISCONFIG);
}

static enum step do_read_apic(struct vcpu *v)
{
	static const uint32_t reg[] = { LAPIC_TPR, LAPIC_PPR, LAPIC_ISR + 0x10, LAPIC_IRR + 0x10 };

	lapic_exit_read(v, reg[rng_below(&v->program, 4)]);
	return STEP_EXIT;
}

static enum step write_eoi(struct vcpu *v)
{
	v->told = ACTION_EOI;
	v->eoi_done = true;
	lapic_exit_write(v, LAPIC_EOI, 0);
	return STEP_EXIT;
}

/* SDM has one way to end an interrupt; the PV EOI ABI adds test-and-clear of bit 0. */
static enum step do_eoi(struct vcpu *v)
{
	const struct vm *vm = &machine.vm[v->vm];
	uint64_t gpa = v->pv_msr & ~1ull;
	uint32_t *word, old;

	if (!(v->pv_msr & 1) || (!again && rng_below(&v->program, 100) < sc()->eoi_write_percent))
		return write_eoi(v);
	if (machine_prot(vm, gpa) != KW_USER_RW)
		return page_away(v, OP_EOI, gpa);
	word = machine_word(vm, gpa);
	old = *word;
	if (!(old & 1))
		return write_eoi(v);
	*word = old & ~1u;
	oracle_guest_pv_ack(v->index, old, *word);
	v->eoi_done = true;
	return STEP_GO_ON;
}

static enum step do_iret(struct vcpu *v)
{
	v->nr_handlers--;
	v->eoi_done = false;
	set_if(v, true, 0);
	return STEP_GO_ON;
}

static const struct {
	const char *name;
	enum step (*run)(struct vcpu *v);
	uint32_t len;
} ops[OP_NR] = {
	[OP_COMPUTE]	= { "compute", do_compute, 1 },
	[OP_CLI]	= { "cli", do_cli, 1 },
	[OP_STI]	= { "sti", do_sti, 1 },
	[OP_MOV_SS]	= { "mov ss", do_mov_ss, 2 },
	[OP_HLT]	= { "hlt", do_hlt, 1 },
	[OP_IPI]	= { "ipi", do_ipi, 2 },
	[OP_SELF_IPI]	= { "self ipi", do_self_ipi, 2 },
	[OP_BROADCAST]	= { "ipi to all others", do_broadcast, 2 },
	[OP_ICR_LOW]	= { "icr low", do_icr_low, 2 },
	[OP_TPR]	= { "tpr", do_tpr, 2 },
	[OP_CR8]	= { "cr8", do_cr8, 3 },
	[OP_PV_ENABLE]	= { "pv eoi enable", do_pv_enable, 2 },
	[OP_PV_DISABLE]	= { "pv eoi disable", do_pv_disable, 2 },
	[OP_PV_MOVE]	= { "pv eoi move", do_pv_move, 2 },
	[OP_CPUID]	= { "cpuid", do_cpuid, 2 },
	[OP_PAUSE]	= { "pause", do_pause, 2 },
	[OP_IO]		= { "out", do_io, 2 },
	[OP_MMIO]	= { "mmio write", do_mmio, 2 },
	[OP_READ_APIC]	= { "apic read", do_read_apic, 2 },
	[OP_EOI]	= { "eoi", do_eoi, 2 },
	[OP_IRET]	= { "iret", do_iret, 2 },
};

/* --- The program. */

/* The quiet phase: finish handlers, let everything in, and halt. */
static enum op next_quiet(struct vcpu *v)
{
	v->quiet = true;
	if (v->nr_handlers)
		return v->eoi_done ? OP_IRET : OP_EOI;
	if (v->tpr)
		return OP_TPR;
	return OP_HLT;
}

static enum op next_in_handler(struct vcpu *v)
{
	uint8_t *left = &v->handler_ops[v->nr_handlers - 1];

	if (v->eoi_done)
		return OP_IRET;
	if (*left) {
		enum op op;

		--*left;
		op = rng_weighted(&v->program, weights(), OP_NR_DRAWN, total_weight);
		return op == OP_HLT || op == OP_CLI ? OP_COMPUTE : op;
	}
	return OP_EOI;
}

static enum op next_op(struct vcpu *v)
{
	if (v->icr_low_next)
		return OP_ICR_LOW;
	if (v->retry)
		return v->retry_op;
	if (host_phase == HOST_QUIET)
		return next_quiet(v);
	if (v->nr_handlers)
		return next_in_handler(v);
	if (v->cli_left && !--v->cli_left)
		return OP_STI;
	return rng_weighted(&v->program, weights(), OP_NR_DRAWN, total_weight);
}

/* --- Entry. */
static void take_interrupt(struct vcpu *v, uint8_t vector)
{
	if (v->nr_handlers == MAX_HANDLERS)
		crash_end(CRASH_FAULT, "handlers nest deeper than there are priority classes");
	/* The one below has done its EOI but not its IRET: it stays below, to be left by IRET. */
	if (v->nr_handlers && v->eoi_done) {
		v->handler_ops[v->nr_handlers - 1] = 0;
		v->nr_handlers--;
		v->eoi_done = false;
	}
	v->handler_ops[v->nr_handlers] = rng_below(&v->program, sc()->handler_ops + 1);
	v->nr_handlers++;
	v->halted = false;
	vcpu_nr_interrupts++;
	oracle_delivered(v->index, vector);
	/* An interrupt gate clears IF; some handlers set it again to let others nest. */
	set_if(v, rng_below(&v->program, 100) < sc()->nest_percent && host_phase != HOST_QUIET, 0);
}

/* SDM, "Event Injection": true if the event's delivery itself exits. */
static bool inject(struct vcpu *v, uint32_t info)
{
	struct kw_hw *hw = v->hw;
	uint32_t vector = info & KW_INTR_VECTOR_MASK;

	if ((info & KW_INTR_TYPE_MASK) != KW_INTR_TYPE_EXTERNAL)
		return false;
	if (sc()->delivery_exit_ppm && host_phase == HOST_RACE &&
	    rng_below(&v->program, 1000000) < sc()->delivery_exit_ppm) {
		hw->idt_vectoring_info = info;
		hw->exit_reason = KW_EXIT_EPT_VIOLATION;
		oracle_delivery_interrupted(v->index, vector);
		return true;
	}
	take_interrupt(v, vector);
	return false;
}

/* Reasons to exit between two instructions, in the order of SDM's "Priority of VM Exits". */
static bool pending_exit(struct vcpu *v)
{
	struct kw_hw *hw = v->hw;

	if (hw->immediate_exit) {
		hw->immediate_exit = 0;
		hw->exit_reason = KW_EXIT_PREEMPTION_TIMER;
		return true;
	}
	/* SDM, "VM Exits Induced by the TPR Threshold": at entry only with APIC accesses virtualized. */
	if (sc()->tpr_shadow && !v->x2apic && (hw->vapic_page[LAPIC_TPR] >> 4) < (hw->tpr_threshold & 15)) {
		hw->exit_reason = KW_EXIT_TPR_BELOW_THRESHOLD;
		return true;
	}
	if (kw_irq_pending(v->tid)) {
		hw->exit_reason = KW_EXIT_EXTERNAL_INTERRUPT;
		return true;
	}
	if (hw->int_window && if_on(v) && !(hw->interruptibility & (KW_BLOCK_STI | KW_BLOCK_MOV_SS))) {
		hw->exit_reason = KW_EXIT_INTERRUPT_WINDOW;
		return true;
	}
	return false;
}

static uint64_t op_time(struct vcpu *v)
{
	return rng_gap(&v->time, v->nr_handlers ? sc()->handler_ns / 3 + 1 : sc()->op_ns);
}

static void run_guest(struct vcpu *v)
{
	for (;;) {
		enum op op;

		crash_heartbeat++;
		if (pending_exit(v))
			return;
		if (sched_advance_interruptible(op_time(v)))
			continue;
		op = next_op(v);
		host_event(DIGEST_GUEST, v->index, op);
		if (trace_on())
			trace_event("guest", "vcpu %u %s", v->index, ops[op].name);
		v->hw->insn_len = ops[op].len;
		again = v->retry;
		v->retry = false;
		if (ops[op].run(v) == STEP_EXIT)
			return;
		if (op != OP_STI && op != OP_MOV_SS)
			instruction_retired(v);
	}
}

void hs_vm_enter(struct kw_hw *hw)
{
	struct vcpu *v = hw->owner;
	uint32_t info = hw->entry_intr_info;
	bool valid = info & KW_INTR_VALID;

	if (vcpu_bare_entry) {
		vcpu_bare_entry(hw);
		return;
	}
	sched_advance(ENTRY_NS);
	lapic_settle(v, valid && (info & KW_INTR_TYPE_MASK) == KW_INTR_TYPE_EXCEPTION);
	lapic_check_entry(v);
	host_event(DIGEST_ENTRY, v->index, info);
	v->halted = false;
	if (!valid || !inject(v, info))
		run_guest(v);
	host_event(DIGEST_EXIT, v->index, (uint64_t)hw->exit_reason << 32 | (uint32_t)hw->exit_qual);
}

void hs_vm_exit_handle(struct kw_hw *hw)
{
	struct vcpu *v = hw->owner;

	if (vcpu_bare_entry)
		return;
	lapic_check_exit(v);
	lapic_tell(v);
	/* KVM skips the instruction, and with it what blocked interrupts for one. */
	if (hw->exit_reason != KW_EXIT_EXTERNAL_INTERRUPT && hw->exit_reason != KW_EXIT_INTERRUPT_WINDOW &&
	    hw->exit_reason != KW_EXIT_PREEMPTION_TIMER && hw->exit_reason != KW_EXIT_EPT_VIOLATION)
		oracle_guest_if(v->index, if_on(v), 0);
}

void hs_vm_cancel(struct kw_hw *hw)
{
	struct vcpu *v = hw->owner;
	struct kw_apic_state st;

	if (vcpu_bare_entry)
		return;
	kw_apic_state(hw, &st);
	oracle_cancel(v->index, &st);
}
