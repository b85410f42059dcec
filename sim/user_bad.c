// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VMM's mistakes: calls about interrupts that KVM has to refuse, and that must
 * not change anything (KVM api.rst, KVM_SET_GSI_ROUTING, KVM_SIGNAL_MSI, KVM_IRQFD,
 * KVM_GET_IRQCHIP, KVM_SET_IRQCHIP, KVM_CAP_X2APIC_API, KVM_SET_MP_STATE,
 * KVM_SET_VCPU_EVENTS).
 *
 * Checks the refusal; that nothing has changed is for the oracle to see.
 */
#include "sim/user_bad.h"

#include <errno.h>
#include <linux/kvm.h>

#include "sim/host.h"
#include "sim/oracle/chips.h"
#include "sim/oracle/oracle.h"
#include "sim/pins.h"

#define MSI_ADDRESS	0xfee00000u
#define NO_CHIP		3u
#define A_GSI		30u

static const struct scenario *sc(void) { return &machine.scenario; }

struct table {
	struct kvm_irq_routing head;
	struct kvm_irq_routing_entry entry[2];
};

static struct kvm_irq_routing_entry to_chip(uint32_t gsi, uint32_t chip, uint32_t pin)
{
	struct kvm_irq_routing_entry e = { .gsi = gsi, .type = KVM_IRQ_ROUTING_IRQCHIP };

	e.u.irqchip.irqchip = chip;
	e.u.irqchip.pin = pin;
	return e;
}

static struct kvm_irq_routing_entry to_msi(uint32_t gsi, uint32_t address_hi)
{
	struct kvm_irq_routing_entry e = { .gsi = gsi, .type = KVM_IRQ_ROUTING_MSI };

	e.u.msi.address_lo = MSI_ADDRESS;
	e.u.msi.address_hi = address_hi;
	e.u.msi.data = sc()->vector_first;
	return e;
}

/* One entry that is no entry, or two that exclude each other. The reason, for the report. */
static const char *bad_table(struct table *t, struct rng *r)
{
	static const struct { uint32_t chip, pins; } chips[] = {
		{ KVM_IRQCHIP_PIC_MASTER, 8 }, { KVM_IRQCHIP_PIC_SLAVE, 8 }, { KVM_IRQCHIP_IOAPIC, 24 },
	};
	uint32_t chip = rng_below(r, 3), bit = 1u << rng_below(r, 8);

	t->head = (struct kvm_irq_routing){ .nr = 1 };
	switch (rng_below(r, 6)) {
	case 0:
		/* The first pin that is not there, or any later one. */
		t->entry[0] = to_chip(A_GSI, chips[chip].chip,
				      chips[chip].pins + (rng_below(r, 2) ? rng_below(r, 200) : 0));
		return "a pin that the chip does not have";
	case 1:
		t->entry[0] = to_chip(A_GSI, NO_CHIP + rng_below(r, 3), 0);
		return "a chip that is not there";
	case 2:
		t->entry[0] = to_msi(A_GSI, 0);
		t->entry[0].type = rng_below(r, 2) ? 0 : 99;
		return "a type that is not defined";
	case 3:
		/* "Bits 7:0 of address_hi must be zero." */
		t->entry[0] = to_msi(A_GSI, sc()->wide_ids ? bit : 0);
		if (!sc()->wide_ids)
			t->entry[0].gsi = 1u << 20;
		return sc()->wide_ids ? "an MSI with reserved address bits" : "a GSI that is too large";
	case 4:
		t->head.nr = 2;
		t->entry[0] = to_msi(A_GSI, 0);
		t->entry[1] = to_msi(A_GSI, 0);
		return "two MSIs for one GSI";
	default:
		if (sc()->irqchip == IRQCHIP_SPLIT) {
			t->entry[0] = to_chip(A_GSI, chips[chip].chip, rng_below(r, 8));
			return "a pin of a chip that userspace has";
		}
		t->head.nr = 2;
		t->entry[0] = t->entry[1] = to_chip(A_GSI, chips[chip].chip, rng_below(r, 8));
		t->entry[1].u.irqchip.pin++;
		return "a chip twice for one GSI";
	}
}

static void refused(const struct vcpu *v, const char *call, const char *what, int64_t ret)
{
	if (ret >= 0)
		oracle_finding(HOST_CHECK_BAD_CALL, v->vm, DIV_NONE, DIV_NONE, "%s with %s returns %lld",
			       call, what, (long long)ret);
}

static void bad_routes(struct vcpu *v, int fd)
{
	struct table t;
	const char *what = bad_table(&t, &v->program);

	refused(v, "KVM_SET_GSI_ROUTING", what, host_ioctl(fd, KVM_SET_GSI_ROUTING, (uint64_t)&t));
}

static void bad_msi(struct vcpu *v, int fd)
{
	struct kvm_msi msi = { .address_lo = MSI_ADDRESS | v->id << 12, .data = sc()->vector_first };

	if (!sc()->wide_ids)
		return;
	msi.address_hi = 1u << rng_below(&v->program, 8);
	refused(v, "KVM_SIGNAL_MSI", "reserved address bits", host_ioctl(fd, KVM_SIGNAL_MSI, (uint64_t)&msi));
}

/* Asking again after an EOI needs an I/O APIC in the kernel. */
static void bad_irqfd(struct vcpu *v, int fd)
{
	struct kvm_irqfd args = { .fd = ~0u, .gsi = A_GSI };

	refused(v, "KVM_IRQFD", "a descriptor that is not open", host_ioctl(fd, KVM_IRQFD, (uint64_t)&args));
	if (sc()->irqchip == IRQCHIP_KERNEL)
		return;
	args.fd = args.resamplefd = (uint32_t)machine.vm[v->vm].spare_eventfd;
	args.flags = KVM_IRQFD_FLAG_RESAMPLE;
	refused(v, "KVM_IRQFD", "a resamplefd, and userspace's I/O APIC",
		host_ioctl(fd, KVM_IRQFD, (uint64_t)&args));
}

static void bad_irqchip(struct vcpu *v, int fd)
{
	struct kvm_irqchip chip = { .chip_id = sc()->irqchip == IRQCHIP_KERNEL ? NO_CHIP : KVM_IRQCHIP_IOAPIC };

	/* KVM may look at the PIC all the same. */
	if (pins_on)
		oracle_pic_read(v->index);
	refused(v, "KVM_GET_IRQCHIP", "a chip that is not there", host_ioctl(fd, KVM_GET_IRQCHIP, (uint64_t)&chip));
	refused(v, "KVM_SET_IRQCHIP", "a chip that is not there", host_ioctl(fd, KVM_SET_IRQCHIP, (uint64_t)&chip));
	if (pins_on)
		oracle_pic_over(v->index);
}

/* What the calls about a vCPU's events and run state do not define. */
static void bad_state(struct vcpu *v, int fd)
{
	struct kvm_mp_state mp = { .mp_state = 6 + rng_below(&v->program, 3) };
	struct kvm_vcpu_events undefined = { .flags = 1u << 31 };
	struct kvm_vcpu_events nmi = { .exception = { .injected = 1, .nr = rng_below(&v->program, 2) ? 2 : 32 } };

	(void)fd;
	refused(v, "KVM_SET_MP_STATE", "a state that an x86 vCPU does not have",
		host_ioctl(v->fd, KVM_SET_MP_STATE, (uint64_t)&mp));
	refused(v, "KVM_SET_VCPU_EVENTS", "an undefined flag",
		host_ioctl(v->fd, KVM_SET_VCPU_EVENTS, (uint64_t)&undefined));
	refused(v, "KVM_SET_VCPU_EVENTS", "an exception whose vector is none of an exception",
		host_ioctl(v->fd, KVM_SET_VCPU_EVENTS, (uint64_t)&nmi));
}

int user_bad_build(struct vm *vm)
{
	if (!sc()->bad_calls)
		return 0;
	vm->spare_eventfd = kw_eventfd();
	return vm->spare_eventfd < 0 ? vm->spare_eventfd : 0;
}

void user_bad_call(struct vcpu *v)
{
	static void (*const calls[])(struct vcpu *v, int fd) = { bad_routes, bad_routes, bad_msi,
								  bad_irqfd, bad_irqchip, bad_state };

	calls[rng_below(&v->program, sizeof(calls) / sizeof(calls[0]))](v, machine.vm[v->vm].fd);
}
