// SPDX-License-Identifier: GPL-2.0-only
/* See lapic.h. */
#include "sim/lapic.h"

#include "sim/hyperv.h"
#include "sim/oracle/oracle.h"
#include "sim/pins.h"

void lapic_exit_write(struct vcpu *v, uint32_t offset, uint64_t value)
{
	struct kw_hw *hw = v->hw;

	if (__builtin_expect(machine.scenario.hyperv, 0) && hyperv_exit_write(v, offset, value))
		return;
	if (!v->x2apic) {
		hw->exit_reason = KW_EXIT_APIC_ACCESS;
		hw->exit_qual = 0x1000 | offset;
		hw->mmio_data = value;
		return;
	}
	hw->exit_reason = KW_EXIT_MSR_WRITE;
	hw->rcx = MSR_X2APIC_BASE + (offset >> 4);
	hw->rax = (uint32_t)value;
	hw->rdx = value >> 32;
}

void lapic_exit_read(struct vcpu *v, uint32_t offset)
{
	struct kw_hw *hw = v->hw;

	if (!v->x2apic) {
		hw->exit_reason = KW_EXIT_APIC_ACCESS;
		hw->exit_qual = offset;
		return;
	}
	hw->exit_reason = KW_EXIT_MSR_READ;
	hw->rcx = MSR_X2APIC_BASE + (offset >> 4);
}

/* The PV EOI word as memory has it now, also after it was disabled; its page may be away. */
static bool pv_word(struct vcpu *v, uint32_t *word)
{
	const struct vm *vm = &machine.vm[v->vm];

	*word = 0;
	if (v->pv_msr & 1)
		v->pv_gpa_now = v->pv_msr & ~1ull;
	if (!v->pv_gpa_now || machine_prot(vm, v->pv_gpa_now) == KW_USER_NONE)
		return false;
	*word = *machine_word(vm, v->pv_gpa_now);
	return true;
}

static inline void show(struct vcpu *v, void (*check)(uint32_t vcpu, const struct kw_hw *hw,
						      const struct kw_apic_state *kvm, uint32_t pv_word,
						      bool pv_word_readable))
{
	struct kw_apic_state st;
	uint32_t word;
	bool readable = pv_word(v, &word);

	kw_apic_state(v->hw, &st);
	check(v->index, v->hw, &st, word, readable);
}

void lapic_check_entry(struct vcpu *v) { show(v, oracle_entry); }
void lapic_check_exit(struct vcpu *v) { show(v, oracle_exit); }

void lapic_tell(struct vcpu *v)
{
	switch (v->told) {
	case ACTION_EOI:
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
		return;		/* whether KVM took it shows at the next entry */
	}
	v->told = ACTION_NONE;
}

void lapic_settle_timer(struct vcpu *v, bool faulted)
{
	const struct kw_hw *hw = v->hw;
	bool mmio = hw->exit_reason == KW_EXIT_APIC_ACCESS;

	if (!v->timer_access)
		return;
	v->timer_access = false;
	oracle_timer_done(v->index, !faulted, mmio ? hw->mmio_data : (uint32_t)hw->rax | hw->rdx << 32);
}

void lapic_settle(struct vcpu *v, bool faulted)
{
	lapic_tell(v);
	if (__builtin_expect(v->timer_access, 0))
		lapic_settle_timer(v, faulted);
	if (v->told == ACTION_PV_MSR) {
		if (!faulted)
			v->pv_msr = v->told_value;
		oracle_guest_pv_msr(v->index, v->told_value, !faulted);
		v->told = ACTION_NONE;
	}
	if (v->told == ACTION_PV_IPI) {
		oracle_pv_ipi_result(v->index, v->hw->rax);
		v->told = ACTION_NONE;
	}
	if (v->message >= 0) {
		oracle_message_end(v->message, !faulted);
		v->message = -1;
	}
	if (__builtin_expect(pins_on, false))
		pins_settle(v);
}
