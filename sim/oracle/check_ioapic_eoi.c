// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of EOI messages at the in-kernel I/O APIC.
 *
 * Verifies: Remote IRR is cleared by the EOI message of its vector, not before and
 * not otherwise; a line that is still asserted then is sent again; no PV EOI word is
 * armed for a vector that a pin waits for.
 *
 * Does not verify: an I/O APIC in userspace (check_split.c); what the RTC's EOI is
 * for (rtc.c).
 */
#include "sim/oracle/check.h"
#include "sim/oracle/check_ioapic.h"
#include "sim/oracle/chips_state.h"
#include "sim/oracle/deviation.h"
#include "sim/oracle/message.h"
#include "sim/oracle/pit.h"

#define STORM		10000u
#define STORM_SLACK	16u

static bool edge_or_suppressed(const struct oracle_vcpu *v, uint32_t vector)
{
	/* SDM, "Signaling Interrupt Servicing Completion". */
	return (!vector_test(v->apic.tmr, vector) && !vcpu_trigger_open(v, vector)) ||
	       (v->now.svr & SVR_NO_BROADCAST);
}

void ioapic_eoi(struct oracle_vcpu *v, int vector)
{
	struct chip_eoi *e = &chips.eoi[v->index];
	struct chip_vm *vm = &chips.vm[v->vm];

	if (vector < 0 || e->vector >= 0 || edge_or_suppressed(v, (uint32_t)vector))
		return;
	e->pins = ideal_ioapic_eoi_pins(&vm->io, (uint32_t)vector);
	if (!e->pins)
		return;
	e->vector = vector;
	e->unsure = vcpu_trigger_open(v, (uint32_t)vector);
	e->sent = e->nr_other = 0;
	for (uint32_t pins = e->pins; pins; pins &= pins - 1) {
		uint32_t pin = (uint32_t)__builtin_ctz(pins);

		vm->pin[pin].nr_eoi++;
		vm->pin[pin].doubt |= vm->pin[pin].nr_eoi > 1;
		if (vm->io.line[pin] && !(vm->io.redir[pin] & REDIR_MASK)) {
			e->message[pin] = ioapic_send(v->vm, vm->io.redir[pin]);
			e->taker[pin] = ioapic_taker(v->vm, vm->io.redir[pin]);
			e->sent |= 1u << pin;
		}
	}
}

/*
 * An EOI that finds the level up, time and again: KVM may wait a while before it sends.
 * How many KVM has seen is known but for those that met another action.
 */
static bool storm(struct chip_pin *p, uint64_t kvm)
{
	if (++p->eois + STORM_SLACK < STORM || (kvm & REDIR_RIRR) || !deviation_allows(DEV_IOAPIC_STORM))
		return false;
	p->eois = 0;
	return p->late = true;
}

/* The EOI of @v took effect at @pin, undisturbed. */
static void eoi_done(struct oracle_vcpu *v, struct chip_eoi *e, uint32_t pin, uint64_t kvm)
{
	struct chip_vm *vm = &chips.vm[v->vm];
	bool sent = e->sent >> pin & 1, again, unsent;

	vm->io.redir[pin] &= ~REDIR_RIRR;
	again = sent && ideal_ioapic_due(&vm->io, pin);
	if (!again)
		vm->pin[pin].eois = 0;
	again = again && !storm(&vm->pin[pin], kvm);
	if (again)
		vm->pin[pin].to = ioapic_destination(vm->io.redir[pin]);
	if (again && ioapic_taker(v->vm, vm->io.redir[pin]) != TAKER_NOBODY)
		vm->io.redir[pin] |= REDIR_RIRR;
	if (!again && (kvm & REDIR_RIRR)) {
		check_fire(CHECK_IOAPIC_EOI_MISSING, v, v->vm, (uint32_t)e->vector,
			   "pin %u: Remote IRR is still set after the EOI of vector 0x%02x", pin,
			   (unsigned int)e->vector);
		vm->pin[pin].stale = true;
	}
	unsent = ioapic_compare(v->vm, pin, kvm, again);
	if (sent)
		oracle_message_end(e->message[pin], again && !unsent);
	vm->pin[pin].resent = again && !unsent;
}

/* Another vCPU's message was accepted: this one's EOI need not reach the pin. */
static bool not_its_own(const struct oracle_vcpu *v, const struct chip_vm *vm, uint32_t pin, uint64_t kvm)
{
	return destination_match(&vm->pin[pin].to, v) == MATCH_NO && (kvm & REDIR_RIRR) &&
	       deviation_allows(DEV_IOAPIC_EOI_FILTERED);
}

/* Somebody's ID, LDR or DFR changed meanwhile: the message met nobody, or one that matches since, or no more. */
static bool taker_changed(const struct oracle_vcpu *v, const struct chip_eoi *e, const struct chip_vm *vm,
			  uint32_t pin)
{
	return (e->sent >> pin & 1) && ioapic_taker(v->vm, vm->io.redir[pin]) != e->taker[pin];
}

void oracle_chip_settle(uint32_t vcpu, const struct kw_ioapic_state *kvm)
{
	struct oracle_vcpu *v = oracle_vcpu(vcpu);
	struct chip_eoi *e = &chips.eoi[vcpu];
	struct chip_vm *vm = &chips.vm[v->vm];
	/* Half of what another is doing there may be seen, and an EOI that KVM filters does not wait for it. */
	bool busy = vm->holder != DIV_NONE;

	oracle_chip_over(vcpu + 1);
	rtc_settled(vcpu);
	if (oracle.config.pit)
		pit_look();
	if (e->vector < 0)
		return;
	for (uint32_t pins = e->pins; pins; pins &= pins - 1) {
		uint32_t pin = (uint32_t)__builtin_ctz(pins);
		struct chip_pin *p = &vm->pin[pin];

		p->nr_eoi--;
		p->resent = false;
		/* One that is late is sent by the worker, or by this EOI, if KVM looks at it. */
		if (!p->doubt && !p->late && !busy && !e->unsure && !taker_changed(v, e, vm, pin) &&
		    !not_its_own(v, vm, pin, kvm->redir[pin])) {
			eoi_done(v, e, pin, kvm->redir[pin]);
			continue;
		}
		if (e->sent >> pin & 1)
			oracle_message_end(e->message[pin], false);
		p->stale = true;
		if (p->nr_eoi)
			continue;
		p->doubt = false;
		/* The comparison is left to whoever is at work there. */
		if (!busy)
			ioapic_compare(v->vm, pin, kvm->redir[pin], false);
		if (busy ? ioapic_wants(&vm->io, pin) : ideal_ioapic_due(&vm->io, pin))
			storm(p, kvm->redir[pin]);
	}
	while (e->nr_other)
		oracle_message_end(e->other[--e->nr_other], false);
	e->vector = -1;
}

/*
 * Userspace loaded the registers of @v: what came since it read them is gone, and
 * so is the EOI that a pin waits for.
 */
void chips_overwritten(struct oracle_vcpu *v, const uint32_t *open)
{
	struct chip_vm *vm = &chips.vm[v->vm];

	rtc_lapic_loaded(v);
	for (uint32_t pin = 0; pin < KW_IOAPIC_PINS; pin++)
		if (vector_test(open, vm->io.redir[pin] & REDIR_VECTOR) &&
		    destination_match(&vm->pin[pin].to, v) != MATCH_NO)
			vm->pin[pin].orphan = true;
}

/* PV EOI ABI: the word lets a guest skip the EOI, so it may not be armed where the I/O APIC waits for one. */
void check_pv_ioapic(struct oracle_vcpu *v, uint32_t vector)
{
	const struct chip_vm *vm = &chips.vm[v->vm];

	if (!vector_test(v->apic.tmr, vector) || vector_test(v->unsure, vector) ||
	    vector_test(v->apic.irr, vector) || vector_test(v->may, vector))
		return;
	for (uint32_t pin = 0; pin < KW_IOAPIC_PINS; pin++) {
		uint64_t entry = vm->io.redir[pin];

		if ((entry & (REDIR_VECTOR | REDIR_LEVEL | REDIR_RIRR)) != (REDIR_LEVEL | REDIR_RIRR | vector) ||
		    vm->pin[pin].nr_eoi || vm->pin[pin].stale || REDIR_MODE(entry) != 0 ||
		    destination_match(&vm->pin[pin].to, v) != MATCH_MUST)
			continue;
		check_fire(CHECK_PV_IOAPIC, v, v->vm, vector,
			   "PV EOI word armed for vector 0x%02x, whose EOI pin %u of the I/O APIC waits for", vector, pin);
	}
}

/* By KVM's Remote IRR, which is also set if the EOI has not reached the pin. */
bool chips_resent(const struct oracle_vcpu *v, uint32_t vector)
{
	for (uint32_t pin = 0; chips.on && pin < KW_IOAPIC_PINS; pin++) {
		const struct chip_vm *vm = &chips.vm[v->vm];

		if (vm->pin[pin].resent &&
		    (vm->io.redir[pin] & (REDIR_VECTOR | REDIR_RIRR)) == (REDIR_RIRR | vector) &&
		    destination_match(&vm->pin[pin].to, v) != MATCH_NO)
			return true;
	}
	return false;
}
