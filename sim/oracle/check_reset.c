// SPDX-License-Identifier: GPL-2.0-only
/*
 * Check of an I/O APIC that nobody has used yet: 82093AA data sheet, "IOAPIC
 * Registers": default values.  Every entry is masked, ID and index register are 0,
 * and it is at its default address; no line is pending.
 *
 * Does not verify the other bits of the entries, whose default is "undefined".
 */
#include "sim/oracle/check.h"
#include "sim/oracle/chips_state.h"

#define DEFAULT_BASE	0xfec00000ull

void oracle_ioapic_reset_state(uint32_t vm, const struct kw_ioapic_state *kvm, uint64_t base, uint32_t irr)
{
	uint32_t pin = 0;

	while (pin < KW_IOAPIC_PINS && (kvm->redir[pin] & REDIR_MASK))
		pin++;
	if (pin < KW_IOAPIC_PINS)
		check_fire(CHECK_IRQCHIP_RESET, NULL, vm, DIV_NONE,
			   "pin %u of a new I/O APIC is not masked (entry 0x%llx)", pin,
			   (unsigned long long)kvm->redir[pin]);
	if (kvm->id || kvm->select || irr || base != DEFAULT_BASE)
		check_fire(CHECK_IRQCHIP_RESET, NULL, vm, DIV_NONE,
			   "a new I/O APIC at 0x%llx has ID 0x%x, index 0x%x, pending lines 0x%x", (unsigned long long)base,
			   kvm->id, kvm->select, irr);
}
