/* SPDX-License-Identifier: GPL-2.0-only */
/* See pair_names.h. */
#include "sim/pair_names.h"

#include <stdio.h>
#include <string.h>

#include "sim/guest.h"
#include "sim/run_counters.h"

#define X(op, fn, text, bytes) [OP_##op] = text,
static const char *const guest_names[OP_NR] = { GUEST_DRAWN_OPS(X) GUEST_OTHER_OPS(X) };
#undef X
_Static_assert(OP_NR < PAIR_EXIT, "room for the guest's operations");

#define X(name, key) [KW_EXIT_##name] = key,
static const char *const exit_names[KW_NR_EXIT_REASONS] = { RUN_EXIT_COUNTERS(X) };
#undef X

static const char *const other_names[] = {
	"entry", "entry with interrupt", "entry with nmi", "message", "memory", "irq", "init taken", "ioctl",
};

const uint8_t pair_ioctls[] = {
	0x80, 0x8e, 0x8f, 0x89, 0xa5, 0x61, 0x67, 0x9f, 0xa0, 0x98, 0x99, 0x9a, 0x6a, 0x46, 0x62, 0x63, 0x9b, 0,
};
static const char *const ioctl_names[] = {
	"KVM_RUN", "KVM_GET_LAPIC", "KVM_SET_LAPIC", "KVM_SET_MSRS", "KVM_SIGNAL_MSI", "KVM_IRQ_LINE",
	"KVM_IRQ_LINE_STATUS", "KVM_GET_VCPU_EVENTS", "KVM_SET_VCPU_EVENTS", "KVM_GET_MP_STATE", "KVM_SET_MP_STATE",
	"KVM_NMI", "KVM_SET_GSI_ROUTING", "KVM_SET_USER_MEMORY_REGION", "KVM_GET_IRQCHIP", "KVM_SET_IRQCHIP",
	"KVM_SET_GUEST_DEBUG",
};
#define NR_IOCTLS (sizeof(ioctl_names) / sizeof(ioctl_names[0]))

const char *pair_op_name(uint32_t op)
{
	/* OP_NR in the digest is an NMI's handler that starts. */
	if (op <= OP_NR)
		return op < OP_NR ? guest_names[op] : "nmi taken";
	if (op == PAIR_OTHER_EXIT)
		return "exit-other";
	if (op >= PAIR_EXIT && op < PAIR_EXIT + KW_NR_EXIT_REASONS)
		return exit_names[op - PAIR_EXIT];
	if (op >= PAIR_ENTRY && op <= PAIR_IOCTL)
		return other_names[op - PAIR_ENTRY];
	return op > PAIR_IOCTL && op <= PAIR_IOCTL + NR_IOCTLS ? ioctl_names[op - PAIR_IOCTL - 1] : NULL;
}

const char *pair_state_name(uint32_t state, char buf[64])
{
	static const char *const bits[] = { "if", "in-handler", "eoi-done", "tpr", "x2apic", "off" };
	size_t len = 0;

	if (state & PAIR_NO_VCPU)
		return strcpy(buf, "no vcpu");
	strcpy(buf, "-");
	for (uint32_t i = 0; i < 6; i++)
		if (state & 1u << i)
			len += snprintf(buf + len, 64 - len, "%s%s", len ? " " : "", bits[i]);
	return buf;
}

uint32_t pair_names_hash(void)
{
	uint32_t hash = 2166136261u;

	for (uint32_t op = 0; op < PAIR_OPS; op++)
		for (const char *p = pair_op_name(op) ? pair_op_name(op) : "?"; ; p++) {
			hash = (hash ^ (uint8_t)*p) * 16777619u;
			if (!*p)
				break;
		}
	return hash;
}
