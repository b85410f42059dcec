// SPDX-License-Identifier: GPL-2.0-only
/* See user_ioapic.h. */
#include "sim/user_ioapic.h"

#include <linux/kvm.h>

#include "sim/host.h"
#include "sim/oracle/chips.h"
#include "sim/oracle/oracle.h"

#define REDIR_LOGICAL	(1ull << 11)
#define REDIR_STATUS	(1ull << 12)
#define REDIR_RIRR	(1ull << 14)
#define REDIR_LEVEL	(1ull << 15)
#define REDIR_MASK	(1ull << 16)
#define REG_REDIR	0x10u
#define REG_EOI		0x40u
#define WINDOW		0x10u

/* SDM, "Message Address Register Format", "Message Data Register Format". */
static uint32_t msi_address(uint64_t entry)
{
	return 0xfee00000u | (uint32_t)(entry >> 56) << 12 | (entry & REDIR_LOGICAL ? 4 : 0);
}

static uint32_t msi_data(uint64_t entry)
{
	return (uint32_t)(entry & 0x7ff) | (entry & REDIR_LEVEL ? 0xc000 : 0);
}

struct table {
	struct kvm_irq_routing head;
	struct kvm_irq_routing_entry entry[KW_IOAPIC_PINS];
};

static int64_t set_routes(const struct vm *vm, const struct user_ioapic *io,
			  int64_t (*ioctl)(int fd, uint32_t cmd, uint64_t arg))
{
	struct table t = { .head.nr = 0 };

	for (uint32_t pin = 0; pin < KW_IOAPIC_PINS; pin++) {
		struct kvm_irq_routing_entry *e = &t.entry[t.head.nr];

		if (io->route[pin] & REDIR_MASK)
			continue;
		*e = (struct kvm_irq_routing_entry){ .gsi = pin, .type = KVM_IRQ_ROUTING_MSI };
		e->u.msi.address_lo = msi_address(io->route[pin]);
		e->u.msi.data = msi_data(io->route[pin]);
		t.head.nr++;
	}
	return ioctl(vm->fd, KVM_SET_GSI_ROUTING, (uint64_t)&t);
}

int64_t user_ioapic_build(struct vm *vm, struct user_ioapic *io)
{
	for (uint32_t pin = 0; pin < KW_IOAPIC_PINS; pin++)
		io->route[pin] = io->redir[pin];
	return set_routes(vm, io, kw_ioctl);
}

/* By the route or by KVM_SIGNAL_MSI: both are in use. */
static void send(struct vm *vm, struct user_ioapic *io, uint32_t pin)
{
	uint64_t entry = io->redir[pin];
	struct kvm_msi msi = { .address_lo = msi_address(entry), .data = msi_data(entry) };
	struct kvm_irq_level line = { .irq = pin, .level = 1 };
	int32_t message;

	if (entry & REDIR_LEVEL)
		io->redir[pin] |= REDIR_RIRR;
	oracle_split_pin((uint32_t)(vm - machine.vm), pin, io->redir[pin], true);
	message = oracle_msi_begin((uint32_t)(vm - machine.vm), msi.address_lo, msi.data);
	host_event(DIGEST_MESSAGE, msi.address_lo, msi.data);
	if (pin & 1)
		host_ioctl(vm->fd, KVM_SIGNAL_MSI, (uint64_t)&msi);
	else
		host_ioctl(vm->fd, KVM_IRQ_LINE, (uint64_t)&line);
	if (message >= 0)
		oracle_message_end(message, true);
}

static bool due(const struct user_ioapic *io, uint32_t pin)
{
	return io->line[pin] && (io->redir[pin] & (REDIR_LEVEL | REDIR_MASK | REDIR_RIRR)) == REDIR_LEVEL;
}

void user_ioapic_line(struct vm *vm, struct user_ioapic *io, uint32_t pin, bool level)
{
	bool was = io->line[pin];

	io->line[pin] = level;
	if (due(io, pin) || (!(io->redir[pin] & (REDIR_LEVEL | REDIR_MASK)) && level && !was))
		send(vm, io, pin);
}

/* The route first, so that KVM knows of the vector when the message comes. */
static void entry_written(struct vm *vm, struct user_ioapic *io, uint32_t pin)
{
	uint64_t entry = io->redir[pin];

	if (!(entry & REDIR_LEVEL))
		io->redir[pin] = entry &= ~REDIR_RIRR;
	oracle_split_pin((uint32_t)(vm - machine.vm), pin, entry, false);
	if (!(entry & REDIR_MASK) && ((entry ^ io->route[pin]) & ~(REDIR_RIRR | REDIR_STATUS))) {
		io->route[pin] = entry;
		if (set_routes(vm, io, host_ioctl) < 0)
			oracle_finding(HOST_CHECK_GSI_ROUTING_IOCTL, (uint32_t)(vm - machine.vm),
				       DIV_NONE, DIV_NONE, "KVM_SET_GSI_ROUTING of a valid table fails");
	}
	if (due(io, pin))
		send(vm, io, pin);
}

void user_ioapic_write(struct vm *vm, struct user_ioapic *io, uint32_t offset, uint32_t value)
{
	uint32_t pin = (io->select - REG_REDIR) / 2;
	uint64_t *entry = &io->redir[pin < KW_IOAPIC_PINS ? pin : 0];

	if (offset == REG_EOI) {
		user_ioapic_eoi(vm, io, value & 0xff);
		return;
	}
	if (offset != WINDOW) {
		io->select = offset ? io->select : value & 0xff;
		return;
	}
	if (io->select < REG_REDIR || pin >= KW_IOAPIC_PINS)
		return;
	if (io->select & 1)
		*entry = (*entry & 0xffffffff) | (uint64_t)value << 32;
	else
		*entry = (*entry & (~0xffffffffull | REDIR_RIRR)) | (value & ~(uint32_t)(REDIR_RIRR | REDIR_STATUS));
	entry_written(vm, io, pin);
}

uint32_t user_ioapic_read(const struct user_ioapic *io, uint32_t offset)
{
	uint32_t pin = (io->select - REG_REDIR) / 2;

	if (offset != WINDOW || io->select < REG_REDIR || pin >= KW_IOAPIC_PINS)
		return io->select;
	return (uint32_t)(io->select & 1 ? io->redir[pin] >> 32 : io->redir[pin]);
}

void user_ioapic_eoi(struct vm *vm, struct user_ioapic *io, uint32_t vector)
{
	for (uint32_t pin = 0; pin < KW_IOAPIC_PINS; pin++) {
		if (!(io->redir[pin] & REDIR_LEVEL) || (io->redir[pin] & 0xff) != vector)
			continue;
		io->redir[pin] &= ~REDIR_RIRR;
		oracle_split_pin((uint32_t)(vm - machine.vm), pin, io->redir[pin], false);
		if (due(io, pin))
			send(vm, io, pin);
	}
}
