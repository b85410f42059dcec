// SPDX-License-Identifier: GPL-2.0-only
/*
 * See routes.h.  Devices raise their GSI by KVM_IRQ_LINE or through an irqfd; a
 * manager re-points routes.
 *
 * What the oracle is told: a signal is the message of the route that is in force;
 * while KVM_SET_GSI_ROUTING is under way, perhaps the old one's, perhaps the new
 * one's.  The manager lets a signal that has begun end first.
 */
#include "sim/routes.h"

#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/actors.h"
#include "sim/host.h"
#include "sim/irqfd.h"
#include "sim/oracle/chips.h"
#include "sim/oracle/oracle.h"

#define MSI_ADDRESS	0xfee00000u
#define POLL_NS		50u
#define NR_PINS		24u
#define NR_PIC_PINS	16u

struct route {
	uint64_t address;
	uint32_t data;
};

static struct vm_routes {
	struct route now[ROUTES_MAX], next[ROUTES_MAX];
	bool	 changing[ROUTES_MAX];
	uint32_t nr_signals[ROUTES_MAX];	/* under way */
} *routes, *routes_base;

struct table {
	struct kvm_irq_routing head;
	struct kvm_irq_routing_entry entry[ROUTES_MAX_DEFAULT + ROUTES_MAX];
};

static const struct scenario *sc(void) { return &machine.scenario; }

static struct route draw(const struct vm *vm, struct rng *r)
{
	uint32_t dest = rng_below(r, vm->nr_vcpus);

	return (struct route){
		.address = MSI_ADDRESS | (dest & 0xff) << 12 | (uint64_t)(dest & ~0xffu) << 32,
		.data = (uint32_t)rng_range(r, sc()->vector_first, sc()->vector_last),
	};
}

uint32_t routes_default(struct kvm_irq_routing_entry *entry)
{
	uint32_t nr = 0;

	for (uint32_t gsi = 0; gsi < NR_PINS && sc()->irqchip == IRQCHIP_KERNEL; gsi++) {
		struct kvm_irq_routing_entry *e = &entry[nr++];

		*e = (struct kvm_irq_routing_entry){ .gsi = gsi, .type = KVM_IRQ_ROUTING_IRQCHIP };
		e->u.irqchip.irqchip = KVM_IRQCHIP_IOAPIC;
		e->u.irqchip.pin = gsi;
		if (gsi >= NR_PIC_PINS)
			continue;
		entry[nr] = *e;
		entry[nr].u.irqchip.irqchip = gsi < 8 ? KVM_IRQCHIP_PIC_MASTER : KVM_IRQCHIP_PIC_SLAVE;
		entry[nr++].u.irqchip.pin = gsi % 8;
	}
	return nr;
}

/* KVM's default for the pins, then ours. */
static int64_t set_table(const struct vm *vm, const struct route *route,
			 int64_t (*ioctl)(int fd, uint32_t cmd, uint64_t arg))
{
	struct table t = { .head.nr = 0 };

	t.head.nr = routes_default(t.entry);
	for (uint32_t i = 0; i < sc()->routes; i++) {
		struct kvm_irq_routing_entry *e = &t.entry[t.head.nr++];

		*e = (struct kvm_irq_routing_entry){ .gsi = ROUTES_FIRST_GSI + i, .type = KVM_IRQ_ROUTING_MSI };
		e->u.msi.address_lo = (uint32_t)route[i].address;
		e->u.msi.address_hi = (uint32_t)(route[i].address >> 32);
		e->u.msi.data = route[i].data;
	}
	return ioctl(vm->fd, KVM_SET_GSI_ROUTING, (uint64_t)&t);
}

int routes_build(char *error, uint64_t n)
{
	routes = calloc(machine.nr_vms, sizeof(*routes));
	routes_base = calloc(machine.nr_vms, sizeof(*routes));
	if (!routes || !routes_base) {
		snprintf(error, n, "no memory for routes");
		return -1;
	}
	for (uint32_t i = 0; i < machine.nr_vms; i++) {
		struct vm_routes *vr = &routes_base[i];
		struct rng r;

		rng_init(&r, 0, i, RNG_TARGET);
		for (uint32_t k = 0; k < sc()->routes; k++)
			vr->now[k] = draw(&machine.vm[i], &r);
		if (set_table(&machine.vm[i], vr->now, kw_ioctl) < 0) {
			snprintf(error, n, "KVM_SET_GSI_ROUTING failed");
			return -1;
		}
	}
	return 0;
}

void routes_reset(void)
{
	if (routes)
		memcpy(routes, routes_base, machine.nr_vms * sizeof(*routes));
}

/* --- A device. */
static void raise(struct vm *vm, uint32_t nr, struct irqfd *f)
{
	struct kvm_irq_level line = { .irq = ROUTES_FIRST_GSI + nr, .level = 1 };
	struct vm_routes *vr = &routes[vm - machine.vm];
	bool changing = vr->changing[nr];
	int32_t now, next = -1;

	vr->nr_signals[nr]++;
	now = oracle_msi_begin((uint32_t)(vm - machine.vm), vr->now[nr].address, vr->now[nr].data);
	if (changing)
		next = oracle_msi_begin((uint32_t)(vm - machine.vm), vr->next[nr].address, vr->next[nr].data);
	if (f) {
		irqfd_signal(f);
		f->owes = false;
	} else {
		host_ioctl(vm->fd, KVM_IRQ_LINE, (uint64_t)&line);
	}
	if (now >= 0)
		oracle_message_end(now, !changing);
	if (next >= 0)
		oracle_message_end(next, false);
	vr->nr_signals[nr]--;
}

void device_route(struct actor *self)
{
	struct vm *vm = self->priv;
	uint32_t nr = (self->id - machine.routes_tid) % sc()->routes;
	struct irqfd *f = NULL;	/* every other device has one */
	struct rng time;

	rng_init(&time, host_seed, self->id, RNG_TIME);
	if (nr & 1) {
		f = irqfd_open((uint32_t)(vm - machine.vm), ROUTES_FIRST_GSI + nr, false);
		irqfd_attach(f);
	}
	while (host_sleep(rng_gap(&time, sc()->pin_gap_ns)))
		raise(vm, nr, f);
}

/* --- The manager. */
static void change(struct vm *vm, struct rng *r)
{
	struct vm_routes *vr = &routes[vm - machine.vm];
	uint32_t nr = rng_below(r, sc()->routes);

	while (vr->nr_signals[nr])
		host_sleep(POLL_NS);
	memcpy(vr->next, vr->now, sizeof(vr->next));
	vr->next[nr] = draw(vm, r);
	vr->changing[nr] = true;
	if (set_table(vm, vr->next, host_ioctl) < 0)
		oracle_finding(HOST_CHECK_GSI_ROUTING_IOCTL, (uint32_t)(vm - machine.vm), DIV_NONE,
			       DIV_NONE, "KVM_SET_GSI_ROUTING of a valid table fails");
	vr->now[nr] = vr->next[nr];
	vr->changing[nr] = false;
}

void manager_routes(struct actor *self)
{
	struct rng r;

	rng_init(&r, host_seed, self->id, RNG_PROGRAM);
	while (sc()->route_gap_ns && host_sleep(rng_gap(&r, sc()->route_gap_ns)))
		change(self->priv, &r);
}
