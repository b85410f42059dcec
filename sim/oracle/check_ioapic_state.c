// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of what is seen of the in-kernel I/O APIC, and of what is left in it.
 *
 * Verifies: a guest reads back what it wrote, and so does KVM_GET_IRQCHIP; at the end
 * no asserted, unmasked level pin waits, and no Remote IRR is left set that an EOI
 * should have cleared.
 *
 * Does not verify: reads while another guest writes; entries of pins whose EOI is
 * under way.
 */
#include "sim/oracle/check.h"
#include "sim/oracle/check_ioapic.h"
#include "sim/oracle/chips_state.h"
#include "sim/oracle/deviation.h"

/* KVM api.rst, KVM_GET_IRQCHIP: what a guest could read, while no EOI is under way. */
void oracle_ioapic_saved(uint32_t nr, const struct kw_ioapic_state *state)
{
	const struct chip_vm *vm = &chips.vm[nr];

	for (uint32_t pin = 0; pin < KW_IOAPIC_PINS; pin++) {
		uint64_t diff = state->redir[pin] ^ vm->io.redir[pin];

		if (diff && !vm->pin[pin].nr_eoi && !vm->pin[pin].stale)
			check_fire(CHECK_GET_IRQCHIP, NULL, nr, vm->io.redir[pin] & REDIR_VECTOR,
				   "KVM_GET_IRQCHIP returned entry 0x%llx for pin %u, expected 0x%llx",
				   (unsigned long long)state->redir[pin], pin,
				   (unsigned long long)vm->io.redir[pin]);
	}
}

/*
 * Other widths than 4 bytes are not defined: a narrow one gives the low bytes, a wide one
 * zeroes beside them.  What reserved registers read as is not defined either, but that they
 * show nothing else is.
 */
void oracle_ioapic_was_read(uint32_t vcpu, uint32_t offset, uint32_t bytes, uint64_t value)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	struct ideal_ioapic *io = &chips.vm[v->vm].io;
	uint64_t mask = bytes < 8 ? (1ull << 8 * bytes) - 1 : ~0ull;
	uint32_t expected, open = 0;

	if (bytes != 4 && !deviation_allows(DEV_IOAPIC_WIDTH))
		return;
	if (!ideal_ioapic_read(io, offset, &expected)) {
		expected = (uint32_t)value & 1 ? ~0u : 0;
		open = 0;
	}
	/* An entry's low half: Remote IRR may change between the read and now. */
	if (offset == IOAPIC_WINDOW && io->select >= IOAPIC_REG_REDIR && !(io->select & 1))
		open |= (uint32_t)REDIR_RIRR;
	if ((value ^ expected) & mask & ~(uint64_t)open)
		check_fire(CHECK_IOAPIC_READ, v, v->vm, DIV_NONE,
			   "I/O APIC register 0x%02x (offset 0x%02x) reads as 0x%llx, expected 0x%08x", io->select, offset,
			   (unsigned long long)(value & mask), expected);
}

bool chips_alive(uint32_t nr, uint32_t vector)
{
	for (uint32_t i = 0; i < oracle.vm[nr].nr; i++) {
		const struct oracle_vcpu *v = oracle_vcpu(oracle.vm[nr].first + i);

		if (vector_test(v->apic.irr, vector) || vector_test(v->apic.isr, vector))
			return true;
	}
	return false;
}

void oracle_chips_quiet(uint32_t nr, const struct kw_ioapic_state *kvm)
{
	struct chip_vm *vm = &chips.vm[nr];

	for (uint32_t pin = 0; pin < KW_IOAPIC_PINS; pin++) {
		uint64_t entry;

		ioapic_compare(nr, pin, kvm->redir[pin], false);
		entry = vm->io.redir[pin];
		if (ideal_ioapic_due(&vm->io, pin) && ioapic_taker(nr, entry) == TAKER_SOMEBODY &&
		    !vm->pin[pin].asked)
			check_fire(CHECK_QUIET_PIN, NULL, nr, entry & REDIR_VECTOR,
				   "pin %u is asserted, level-triggered and unmasked, and nothing was sent (entry 0x%llx)", pin,
				   (unsigned long long)entry);
		if ((entry & (REDIR_LEVEL | REDIR_RIRR)) == (REDIR_LEVEL | REDIR_RIRR) && !vm->pin[pin].orphan &&
		    !chips_alive(nr, entry & REDIR_VECTOR))
			check_fire(CHECK_QUIET_RIRR, NULL, nr, entry & REDIR_VECTOR,
				   "pin %u: Remote IRR is set, but its vector 0x%02x is neither pending nor in service",
				   pin, (unsigned int)(entry & REDIR_VECTOR));
	}
}
