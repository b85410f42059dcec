// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of KVM_EXIT_IOAPIC_EOI, with the I/O APIC in userspace: KVM api.rst,
 * KVM_CAP_SPLIT_IRQCHIP; SDM, "Signaling Interrupt Servicing Completion".
 *
 * Verifies: the EOI of a level-triggered vector that one of userspace's pins waits
 * for reaches userspace before the guest runs again; none does that the guest did
 * not make, or whose broadcast it has suppressed; at the end no pin waits for the
 * EOI of a vector that is neither pending nor in service.
 *
 * Does not verify: exits for level-triggered vectors that no pin waits for, which
 * KVM may make; userspace's I/O APIC.
 */
#include "sim/oracle/check.h"
#include "sim/oracle/chips_state.h"

#define SVR_SUPPRESS	(1u << 12)

void oracle_split_pin(uint32_t vm, uint32_t pin, uint64_t entry, bool sent)
{
	struct chip_vm *cv = &chips.vm[vm];
	struct chip_pin *p = &cv->pin[pin];

	if (sent) {
		p->to = (struct destination){ .dest = REDIR_DEST(entry), .sender = DIV_NONE,
					      .logical = entry & REDIR_LOGICAL };
		p->orphan = false;
	} else if ((cv->io.redir[pin] & REDIR_RIRR) && ((cv->io.redir[pin] ^ entry) & REDIR_VECTOR)) {
		p->orphan = true;
	}
	cv->io.redir[pin] = entry;
}

/* Does a pin wait for the EOI of @vector by @v? */
static bool waits(const struct oracle_vcpu *v, uint32_t vector)
{
	const struct chip_vm *vm = &chips.vm[v->vm];

	for (uint32_t pin = 0; pin < KW_IOAPIC_PINS; pin++)
		if ((vm->io.redir[pin] & (REDIR_VECTOR | REDIR_LEVEL | REDIR_RIRR)) ==
			    (REDIR_LEVEL | REDIR_RIRR | vector) &&
		    destination_match(&vm->pin[pin].to, v) != MATCH_NO)
			return true;
	return false;
}

void split_eoi(struct oracle_vcpu *v, int vector)
{
	struct chip_eoi *e = &chips.eoi[v->index];

	if (vector < 0)
		return;
	e->vector = vector;
	e->mixed = vcpu_trigger_open(v, (uint32_t)vector);
	e->unsure = vector_test(v->unsure, (uint32_t)vector) || !vector_test(v->apic.tmr, (uint32_t)vector) ||
		    (v->now.svr & SVR_SUPPRESS) || !waits(v, (uint32_t)vector);
}

void oracle_split_eoi(uint32_t vcpu, uint32_t vector)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	struct chip_eoi *e = &chips.eoi[vcpu];

	if (e->vector != (int)vector)
		check_fire(CHECK_EOI_EXIT_EXTRA, v, v->vm, vector,
			   "KVM_EXIT_IOAPIC_EOI for vector 0x%02x, but the guest's last EOI was for %s", vector,
			   e->vector < 0 ? "nothing" : "another");
	else if (!vector_test(v->apic.tmr, vector) && !e->mixed && !vcpu_trigger_open(v, vector))
		/* "for a level-triggered IOAPIC interrupt" */
		check_fire(CHECK_EOI_EXIT_EXTRA, v, v->vm, vector,
			   "KVM_EXIT_IOAPIC_EOI for vector 0x%02x, which was edge-triggered", vector);
	else if (v->now.svr & SVR_SUPPRESS)
		check_fire(CHECK_EOI_EXIT_EXTRA, v, v->vm, vector,
			   "KVM_EXIT_IOAPIC_EOI for vector 0x%02x, whose broadcast the guest has suppressed", vector);
	e->vector = -1;
}

/* The guest goes on. */
void oracle_split_entry(uint32_t vcpu)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	struct chip_eoi *e = &chips.eoi[vcpu];

	if (e->vector >= 0 && !e->unsure)
		check_fire(CHECK_EOI_EXIT_MISSING, v, v->vm, (uint32_t)e->vector,
			   "the EOI of vector 0x%02x did not reach userspace, whose I/O APIC waits for it",
			   (unsigned int)e->vector);
	e->vector = -1;
}

void oracle_split_quiet(uint32_t nr)
{
	const struct chip_vm *vm = &chips.vm[nr];

	for (uint32_t pin = 0; pin < KW_IOAPIC_PINS; pin++) {
		uint64_t entry = vm->io.redir[pin];

		if ((entry & (REDIR_LEVEL | REDIR_RIRR)) == (REDIR_LEVEL | REDIR_RIRR) && !vm->pin[pin].orphan &&
		    !chips_alive(nr, entry & REDIR_VECTOR))
			check_fire(CHECK_QUIET_RIRR, NULL, nr, entry & REDIR_VECTOR,
				   "pin %u of userspace's I/O APIC waits for an EOI, but its vector 0x%02x is neither "
				   "pending nor in service", pin, (unsigned int)(entry & REDIR_VECTOR));
	}
}
