// SPDX-License-Identifier: GPL-2.0-only
/* See lapic.h. */
#include "sim/lapic.h"

#include "sim/counts.h"
#include "sim/guest.h"
#include "sim/hyperv.h"
#include "sim/oracle/oracle.h"
#include "sim/oracle/vapic.h"
#include "sim/pins.h"
#include "sim/synic.h"

/* Messages in flight must know of it before KVM can. */
static void begin_access(struct vcpu *v, const struct oracle_access *a)
{
	v->accessing = true;
	oracle_access_begin(v->index, a);
}

static bool is_mmio(const struct kw_hw *hw)
{
	return hw->exit_reason == KW_EXIT_APIC_ACCESS || hw->exit_reason == KW_EXIT_EPT_MISCONFIG;
}

static void mmio(struct vcpu *v, bool write, uint32_t offset, uint32_t bytes, uint32_t value)
{
	struct kw_hw *hw = v->hw;

	hw->exit_reason = KW_EXIT_APIC_ACCESS;
	hw->exit_qual = offset | (write ? 0x1000 : 0);
	hw->access_bytes = bytes;
	/* The hardware knows of the page only where it is by default. */
	if (unlikely(v->apic_moved)) {
		hw->exit_reason = KW_EXIT_EPT_MISCONFIG;
		hw->exit_gpa = GUEST_APIC_MOVED + offset;
		hw->exit_qual = (write ? KW_MMIO_WRITE : 0) | bytes << KW_MMIO_BYTES_SHIFT;
	}
	if (write)
		hw->mmio_data = value;
	if (unlikely(machine.registers))
		begin_access(v, &(struct oracle_access){ .write = write, .bytes = (uint8_t)bytes, .where = offset,
							 .value = value });
}

void lapic_mmio_read(struct vcpu *v, uint32_t offset, uint32_t bytes) { mmio(v, false, offset, bytes, 0); }

void lapic_mmio_write(struct vcpu *v, uint32_t offset, uint32_t bytes, uint32_t value)
{
	mmio(v, true, offset, bytes, value);
}

void lapic_rdmsr(struct vcpu *v, uint32_t index)
{
	v->hw->exit_reason = KW_EXIT_MSR_READ;
	v->hw->rcx = index;
	if (unlikely(machine.registers))
		begin_access(v, &(struct oracle_access){ .msr = true, .where = index });
}

void lapic_wrmsr(struct vcpu *v, uint32_t index, uint64_t value)
{
	struct kw_hw *hw = v->hw;

	hw->exit_reason = KW_EXIT_MSR_WRITE;
	hw->rcx = index;
	hw->rax = (uint32_t)value;
	hw->rdx = value >> 32;
	if (unlikely(machine.registers))
		begin_access(v, &(struct oracle_access){ .msr = true, .write = true, .where = index, .value = value });
}

void lapic_exit_write(struct vcpu *v, uint32_t offset, uint64_t value)
{
	if (unlikely(machine.scenario.hyperv) && hyperv_exit_write(v, offset, value))
		return;
	if (v->x2apic)
		lapic_wrmsr(v, MSR_X2APIC_BASE + (offset >> 4), value);
	else
		lapic_mmio_write(v, offset, 4, (uint32_t)value);
}

void lapic_exit_read(struct vcpu *v, uint32_t offset)
{
	if (v->x2apic)
		lapic_rdmsr(v, MSR_X2APIC_BASE + (offset >> 4));
	else
		lapic_mmio_read(v, offset, 4);
}

void lapic_access_done(struct vcpu *v, bool faulted)
{
	const struct kw_hw *hw = v->hw;
	uint64_t value = is_mmio(hw) ? hw->mmio_data : hw->rdx << 32 | (uint32_t)hw->rax;
	struct kw_apic_state st;

	v->accessing = false;
	switch (v->access_kind) {
	case ACCESS_MC_CTL2:
		guest_mc_done(v, faulted);
		return;
	case ACCESS_LINT0:
		guest_lint0_done(v);
		return;
	case ACCESS_BASE:
		guest_boot_base_done(v);
		return;
	case ACCESS_PMI:
		guest_pmi_done(v);
		return;
	case ACCESS_SINT:
		guest_sint_done(v, faulted);
		return;
	case ACCESS_HYPERV:
		hyperv_read_done(v, faulted);
		return;
	}
	kw_apic_state(hw, &st);
	oracle_access_end(v->index, faulted, value, &st);
	if (hw->exit_reason == KW_EXIT_MSR_WRITE && hw->rcx == MSR_APIC_BASE && !faulted)
		guest_apic_base_written(v, value);
}

/* The PV EOI word as memory has it now, also after it was disabled; its page may be away. */
static inline bool pv_word(struct vcpu *v, uint32_t *word)
{
	const uint32_t *at;

	if (likely(v->pv_msr & 1))
		v->pv_gpa_now = v->pv_msr & ~1ull;
	/* 0 is in no slot. */
	at = machine_word_with(&machine.vm[v->vm], v->pv_gpa_now, KW_USER_READ);
	*word = likely(at != NULL) ? *at : 0;
	return at != NULL;
}

/* The word that holds TPR, as memory has it now. */
static __attribute__((noinline)) void show_vapic(const struct vcpu *v)
{
	const uint32_t *at = machine_word_with(&machine.vm[v->vm], v->vapic_gpa, KW_USER_READ);

	oracle_vapic_word(v->index, at ? *at : 0, at);
}

/* Not on the stack, so that the two below end in a jump to the oracle. Each of them fills it anew. */
static struct kw_apic_state seen;

void lapic_check_entry(struct vcpu *v)
{
	uint32_t word;
	bool readable;

	kw_apic_state(v->hw, &seen);
	readable = pv_word(v, &word);
	if (unlikely(v->vapic_gpa))
		show_vapic(v);
	counts.plain[RUN_COUNT_PV_ARMED] += seen.pv_eoi_pending;
	oracle_entry(v->index, v->hw, &seen, word, readable);
}

void lapic_check_exit(struct vcpu *v)
{
	uint32_t word;
	bool readable;

	kw_apic_state(v->hw, &seen);
	readable = pv_word(v, &word);
	if (unlikely(v->vapic_gpa))
		show_vapic(v);
	oracle_exit(v->index, v->hw, &seen, word, readable);
}

void lapic_tell_all(struct vcpu *v)
{
	if (unlikely(v->accessing) && v->access_kind == ACCESS_APIC)
		oracle_access_apply(v->index);
	switch (v->told) {
	case ACTION_EOI:
		COUNT(EOIS);
		oracle_guest_eoi(v->index);
		break;
	case ACTION_TPR:
		oracle_guest_tpr(v->index, v->told_value);
		break;
	case ACTION_HLT:
		oracle_guest_hlt(v->index);
		break;
	case ACTION_PV_MSR:
	case ACTION_PV_IPI:
	case ACTION_CPUID:
		return;		/* whether KVM took it shows at the next entry */
	}
	v->told = ACTION_NONE;
}

void lapic_settle_timer(struct vcpu *v, bool faulted)
{
	const struct kw_hw *hw = v->hw;
	bool mmio = is_mmio(hw);

	if (!v->timer_access)
		return;
	v->timer_access = false;
	oracle_timer_done(v->index, !faulted, mmio ? hw->mmio_data : (uint32_t)hw->rax | hw->rdx << 32);
}

/* KVM may have armed a word that it could not read, or not clear, by the time that PV EOI is known to be on. */
static __attribute__((noinline)) void page_went(struct vcpu *v, bool faulted)
{
	const uint32_t *at;

	v->told_page_gone = false;
	if (faulted || !(v->pv_msr & 1))
		return;
	oracle_pv_page_gone(v->index);
	at = machine_word_with(&machine.vm[v->vm], v->pv_msr & ~1ull, KW_USER_RW);
	if (at)
		oracle_pv_page_back(v->index, *at);
}

void lapic_settle_all(struct vcpu *v, bool faulted)
{
	lapic_tell(v);
	if (unlikely(v->timer_access))
		lapic_settle_timer(v, faulted);
	if (unlikely(v->accessing))
		lapic_access_done(v, faulted);
	if (v->told == ACTION_PV_MSR) {
		if (!faulted)
			v->pv_msr = v->told_value;
		oracle_guest_pv_msr(v->index, v->told_value, !faulted);
		if (unlikely(v->told_page_gone))
			page_went(v, faulted);
		v->told = ACTION_NONE;
	}
	if (v->told == ACTION_PV_IPI) {
		oracle_pv_ipi_result(v->index, v->hw->rax);
		v->told = ACTION_NONE;
	}
	if (v->told == ACTION_CPUID) {
		oracle_guest_cpuid(v->index, (uint32_t)v->hw->rdx);
		v->told = ACTION_NONE;
	}
	if (v->message >= 0) {
		oracle_message_end(v->message, !faulted);
		v->message = -1;
	}
	if (unlikely(pins_on))
		pins_settle(v);
}
