/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of the kinds of divergence: for people, and for files.
 *
 * Does not format a divergence: the reports do.
 */
#include "sim/divergence.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *name;
	const char *key;
} kinds[DIV_NR_KINDS] = {
	[DIV_HOST_BUG]		 = { "host BUG",		"host-bug" },
	[DIV_HOST_WARN]		 = { "host WARN",		"host-warn" },
	[DIV_HOST_CRASH]	 = { "host crash",		"host-crash" },
	[DIV_HANG]		 = { "hang",			"hang" },
	[DIV_LOST_INTERRUPT]	 = { "lost interrupt",		"lost-interrupt" },
	[DIV_SPURIOUS_DELIVERY]	 = { "spurious delivery",	"spurious-delivery" },
	[DIV_PRIORITY_INVERSION] = { "priority inversion",	"priority-inversion" },
	[DIV_PREMATURE_EOI]	 = { "premature EOI",		"premature-eoi" },
	[DIV_LOST_EOI]		 = { "lost EOI",		"lost-eoi" },
	[DIV_PV_EOI_WORD]	 = { "PV EOI word",		"pv-eoi-word" },
	[DIV_REGISTER_MISMATCH]	 = { "register mismatch",	"register-mismatch" },
	[DIV_STALE_CACHE]	 = { "stale cache",		"stale-cache" },
	[DIV_EOI_MESSAGE]	 = { "EOI message",		"eoi-message" },
	[DIV_RESOURCE_LEAK]	 = { "resource leak",		"resource-leak" },
};

const char *divergence_name(uint32_t kind)
{
	return kind < DIV_NR_KINDS ? kinds[kind].name : "unknown";
}

const char *divergence_key(uint32_t kind)
{
	return kind < DIV_NR_KINDS ? kinds[kind].key : "unknown";
}

int divergence_from_key(const char *key)
{
	int i;

	for (i = 0; i < DIV_NR_KINDS; i++) {
		if (!strcmp(kinds[i].key, key))
			return i;
	}
	return -1;
}

const struct host_check_row host_checks[HOST_NR_CHECKS] = {
	[HOST_CHECK_BUG] = { "bug", DIV_HOST_BUG, "KVM's BUG()" },
	[HOST_CHECK_WARN] = { "no-warn", DIV_HOST_WARN, "KVM's WARN()" },
	[HOST_CHECK_FAULT] = { "fault", DIV_HOST_CRASH, "an access that would fault" },
	[HOST_CHECK_PANIC] = { "panic", DIV_HOST_CRASH, "the kernel's panic()" },
	[HOST_CHECK_DEADLOCK] = { "deadlock", DIV_HANG, "a wait that nobody can end" },
	[HOST_CHECK_RUNAWAY] = { "runaway", DIV_HANG, "scheduling points: none in 400 ms of CPU time" },
	[HOST_CHECK_QUIET] = { "not-quiet", DIV_HANG, "the end of a run, when all has to come to rest" },
	[HOST_CHECK_DIED] = { "worker-died", DIV_HOST_CRASH, "the supervisor" },
	[HOST_CHECK_HUNG] = { "worker-hung", DIV_HANG, "the supervisor" },
	[HOST_CHECK_RUN_FAILS] = { "kvm-run-fails", DIV_HANG, "api.rst, KVM_RUN" },
	[HOST_CHECK_APIC_EXIT] = { "apic-exit", DIV_REGISTER_MISMATCH, "api.rst, KVM_X86_QUIRK_LAPIC_MMIO_HOLE" },
	[HOST_CHECK_IOAPIC_EXIT] = { "ioapic-exit", DIV_REGISTER_MISMATCH, "api.rst, KVM_CREATE_IRQCHIP" },
	[HOST_CHECK_MMIO_EXIT] = { "mmio-exit", DIV_REGISTER_MISMATCH, "api.rst, KVM_EXIT_MMIO" },
	[HOST_CHECK_BAD_CALL] = { "bad-call", DIV_REGISTER_MISMATCH, "api.rst: what an ioctl() has to refuse" },
	[HOST_CHECK_IRQCHIP_IOCTL] = { "irqchip-ioctl", DIV_REGISTER_MISMATCH, "api.rst, KVM_SET_IRQCHIP, KVM_SET_LAPIC" },
	[HOST_CHECK_GSI_ROUTING_IOCTL] = { "gsi-routing-ioctl", DIV_REGISTER_MISMATCH, "api.rst, KVM_SET_GSI_ROUTING" },
	[HOST_CHECK_MIGRATE_IOCTL] = { "migrate-ioctl", DIV_REGISTER_MISMATCH, "api.rst: what one host gives the other takes" },
	[HOST_CHECK_EVENTS_IOCTL] = { "events-ioctl", DIV_REGISTER_MISMATCH, "api.rst, KVM_SET_VCPU_EVENTS, KVM_SET_MP_STATE" },
	[HOST_CHECK_VAPIC_REFUSED] = { "vapic-refused", DIV_REGISTER_MISMATCH, "api.rst, KVM_SET_VAPIC_ADDR" },
	[HOST_CHECK_SET_MCE] = { "set-mce", DIV_REGISTER_MISMATCH, "api.rst, KVM_X86_SET_MCE" },
	[HOST_CHECK_PIT_IOCTL] = { "pit-ioctl", DIV_REGISTER_MISMATCH, "api.rst, KVM_SET_PIT2, KVM_REINJECT_CONTROL" },
	[HOST_CHECK_GET_PIT] = { "get-pit", DIV_REGISTER_MISMATCH, "api.rst, KVM_GET_PIT2" },
	[HOST_CHECK_PIT_SOURCE] = { "pit-source", DIV_REGISTER_MISMATCH, "api.rst, KVM_IRQ_LINE: sources of one line are ORed" },
	[HOST_CHECK_IRQFD_IOCTL] = { "irqfd-ioctl", DIV_REGISTER_MISMATCH, "api.rst, KVM_IRQFD" },
	[HOST_CHECK_IRQFD_SIGNAL] = { "irqfd-signal", DIV_LOST_INTERRUPT, "api.rst, KVM_IRQFD" },
	[HOST_CHECK_ADD_VCPU] = { "vcpu-add", DIV_REGISTER_MISMATCH, "api.rst, KVM_CREATE_VCPU" },
	[HOST_CHECK_VM_LEAK] = { "vm-leak", DIV_RESOURCE_LEAK, "a VM that was closed leaves nothing" },
};
