// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest operations on PV EOI: the MSR, and the EOI that may be a test-and-clear
 * of the word.  Clauses: PV EOI ABI (KVM's Documentation/virt/kvm/x86/msr.rst).
 */
#include "sim/counts.h"
#include "sim/guest.h"
#include "sim/hyperv.h"
#include "sim/lapic.h"
#include "sim/oracle/oracle.h"
#include "sim/synic.h"

enum step guest_page_away(struct vcpu *v, enum op op, uint64_t gpa)
{
	v->retry = true;
	v->retry_op = op;
	v->hw->exit_gpa = gpa;
	return exits(v, KW_EXIT_EPT_VIOLATION);
}

static enum step wrmsr(struct vcpu *v, uint64_t value)
{
	struct kw_hw *hw = v->hw;

	v->told = ACTION_PV_MSR;
	v->told_value = value;
	v->told_page_gone = false;
	hw->rcx = machine_pv_msr();
	hw->rax = (uint32_t)value;
	hw->rdx = value >> 32;
	return exits(v, KW_EXIT_MSR_WRITE);
}

static enum step write_pv_msr(struct vcpu *v, enum op op, uint64_t value)
{
	uint32_t *word;

	/* The ABI wants the word zeroed before PV EOI is enabled at it; in use, zeroing it is an ack. */
	if ((value & 1) && value != v->pv_msr) {
		word = machine_word_with(&machine.vm[v->vm], value & ~1ull, KW_USER_RW);
		if (!word)
			return guest_page_away(v, op, value);
		*word = 0;
	}
	return wrmsr(v, value);
}

enum step do_pv_enable(struct vcpu *v) { return write_pv_msr(v, OP_PV_ENABLE, v->pv_gpa[0] | 1); }
enum step do_pv_disable(struct vcpu *v) { return write_pv_msr(v, OP_PV_DISABLE, 0); }

/* Where no memory is: WRMSR has to fault, and the word stays where it was. */
enum step do_pv_bad(struct vcpu *v)
{
	return wrmsr(v, (MACHINE_NO_GPA + MACHINE_PAGE * rng_below(&v->target, 1000)) | 1);
}

enum step do_pv_move(struct vcpu *v)
{
	uint64_t now = v->pv_msr & ~1ull;

	return write_pv_msr(v, OP_PV_MOVE, (now == v->pv_gpa[0] ? v->pv_gpa[1] : v->pv_gpa[0]) | 1);
}

static enum step write_eoi(struct vcpu *v)
{
	v->told = ACTION_EOI;
	v->eoi_done = true;
	lapic_exit_write(v, LAPIC_EOI, 0);
	return STEP_EXIT;
}

/* SDM has one way to end an interrupt; the PV EOI ABI adds test-and-clear of bit 0. */
enum step do_eoi(struct vcpu *v)
{
	uint64_t gpa = v->pv_msr & ~1ull;
	uint32_t *word, old;

	if (unlikely(sc()->sints) && v->handler[v->nr_handlers - 1].auto_eoi)
		return guest_write_eom(v);
	if (unlikely(!(v->pv_msr & 1)) ||
	    (likely(!guest_again) && rng_percent(&v->program, sc()->eoi_write_percent)))
		return write_eoi(v);
	word = machine_word_with(&machine.vm[v->vm], gpa, KW_USER_RW);
	if (unlikely(!word))
		return guest_page_away(v, OP_EOI, gpa);
	old = *word;
	if (!(old & 1))
		return write_eoi(v);
	*word = old & ~1u;
	COUNT(PV_ACKED);
	oracle_guest_pv_ack(v->index, old, *word);
	v->eoi_done = true;
	return STEP_GO_ON;
}
