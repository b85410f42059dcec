// SPDX-License-Identifier: GPL-2.0-only
/* See guard.h.  Register names and numbers: SDM, "Local APIC Register Address Map", "x2APIC Register Address Space". */
#include "sim/live/guard.h"

#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/oracle/apic.h"

#define MSR_APIC_BASE	0x1bu
#define BASE_FIXED	(0xfee00000ull | APIC_BASE_EN)
#define BASE_FREE	(APIC_BASE_EXTD | 1ull << 8)	/* EXTD, BSP */
#define MAX_CPUID	4u
#define IRQCHIP_PINS	24u
#define X2APIC_API	(KVM_X2APIC_API_USE_32BIT_IDS | KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK)

/* --- Values. Delivery modes: 0 fixed, 1 lowest priority, 7 ExtINT; all others never. */
static bool vector_ok(uint64_t value)
{
	return (value & 0xff) >= 16;
}

static bool any_ok(uint64_t value)
{
	(void)value;
	return true;
}

static bool zero_ok(uint64_t value)
{
	return value == 0;
}

static bool low_half_ok(uint64_t value)
{
	return value <= UINT32_MAX;
}

static bool svr_ok(uint64_t value)
{
	return vector_ok(value) && !(value & ~0x11ffull);
}

/* Destination in 63:32; bits 12, 13, 16, 17 and 20 to 31 are reserved. */
static bool icr_ok(uint64_t value)
{
	return vector_ok(value) && !(value & 0xfff33600ull);
}

static bool self_ipi_ok(uint64_t value)
{
	return vector_ok(value) && value <= 0xff;
}

static bool divide_ok(uint64_t value)
{
	return !(value & ~0xbull);
}

/* Fixed, or masked with any vector: what reset leaves. Bit 12 is read-only, 13 to 16 pin, IRR, trigger, mask. */
static bool lvt_ok(uint64_t value)
{
	return !(value & ~0x1f0ffull) && (vector_ok(value) || (value & 1 << 16));
}

/* One-shot or periodic, never TSC-deadline: bit 18. */
static bool lvt_timer_ok(uint64_t value)
{
	return lvt_ok(value & ~(1ull << 17));
}

/* ExtINT too: what reset leaves on the boot CPU. No PIC is there to use it. */
static bool lvt0_ok(uint64_t value)
{
	return lvt_ok(value) || !(value & ~0x1f7ffull || (value & 0x700) != 0x700);
}

static bool reset_lvt_ok(uint64_t value)
{
	return value == 0 || value == 1 << 16;
}

static bool page_icr_ok(uint64_t value)
{
	return value == 0 || icr_ok(value);
}

/* --- WRMSR. */
static const struct {
	uint32_t first, last;
	bool (*ok)(uint64_t value);
} msr_writes[] = {
	{ 0x802, 0x803, low_half_ok },	/* ID and version: read-only */
	{ 0x808, 0x808, any_ok },	/* TPR */
	{ 0x80a, 0x80a, low_half_ok },	/* PPR: read-only */
	{ 0x80b, 0x80b, any_ok },	/* EOI */
	{ 0x80d, 0x80e, low_half_ok },	/* LDR: read-only; no DFR there */
	{ 0x80f, 0x80f, svr_ok },
	{ 0x810, 0x827, low_half_ok },	/* ISR, TMR, IRR: read-only */
	{ 0x828, 0x828, any_ok },	/* ESR */
	{ 0x830, 0x830, icr_ok },
	{ 0x831, 0x831, low_half_ok },	/* no ICR2 there */
	{ 0x832, 0x832, lvt_timer_ok },
	{ 0x833, 0x834, lvt_ok },	/* thermal, performance counters */
	{ 0x835, 0x835, lvt0_ok },
	{ 0x836, 0x837, lvt_ok },	/* LINT1, error */
	{ 0x838, 0x838, zero_ok },	/* initial count: never armed */
	{ 0x839, 0x839, low_half_ok },	/* current count: read-only */
	{ 0x83e, 0x83e, divide_ok },
	{ 0x83f, 0x83f, self_ipi_ok },
};

#define NR(array) (sizeof(array) / sizeof((array)[0]))

static const char *msr_write(const struct guard *g, uint32_t vcpu, const struct kvm_msr_entry *e)
{
	if (e->index == MSR_APIC_BASE) {
		if (g->mode_set[vcpu])
			return "the APIC's mode is set once";
		return (e->data & ~BASE_FREE) == BASE_FIXED ? NULL : "APIC base other than enabled at its place";
	}
	for (uint32_t i = 0; i < NR(msr_writes); i++)
		if (e->index >= msr_writes[i].first && e->index <= msr_writes[i].last)
			return msr_writes[i].ok(e->data) ? NULL : "value of an APIC register";
	return "MSR";
}

static const char *msrs(const struct guard *g, uint32_t vcpu, bool write, const struct kvm_msrs *m)
{
	const struct kvm_msr_entry *e = m->entries;

	if (m->nmsrs != 1)
		return "one MSR at a time";
	if (write)
		return msr_write(g, vcpu, e);
	return e->index == MSR_APIC_BASE || (e->index >= 0x800 && e->index <= 0x83f) ? NULL : "MSR";
}

/* --- KVM_SET_LAPIC. Registers that are not listed do nothing when loaded. */
static const struct {
	uint32_t offset;
	bool (*ok)(uint64_t value);
} page_rules[] = {
	{ APIC_REG_SVR, svr_ok }, { 0x2f0, reset_lvt_ok }, { 0x300, page_icr_ok }, { 0x320, lvt_timer_ok },
	{ 0x330, lvt_ok }, { 0x340, lvt_ok }, { 0x350, lvt0_ok }, { 0x360, lvt_ok }, { 0x370, lvt_ok },
	{ 0x380, zero_ok }, { 0x390, zero_ok }, { 0x3e0, divide_ok },
};

static const char *page(const struct kvm_lapic_state *state)
{
	static const uint32_t banks[] = { APIC_REG_ISR, APIC_REG_TMR, APIC_REG_IRR };
	const uint8_t *regs = (const uint8_t *)state->regs;

	for (uint32_t i = 0; i < NR(banks); i++)
		if (apic_reg(regs, banks[i]) & 0xffff)
			return "vectors below 16 in a state load";
	for (uint32_t i = 0; i < NR(page_rules); i++)
		if (!page_rules[i].ok(apic_reg(regs, page_rules[i].offset)))
			return "register in a state load";
	return NULL;
}

/* --- The rest. */
static const char *enable_cap(const struct guard *g, const struct kvm_enable_cap *cap)
{
	uint64_t wanted = cap->cap == KVM_CAP_SPLIT_IRQCHIP ? IRQCHIP_PINS : X2APIC_API;

	if (cap->cap != KVM_CAP_SPLIT_IRQCHIP && cap->cap != KVM_CAP_X2APIC_API)
		return "capability";
	if (g->nr_vcpus)
		return "capability after the first vCPU";
	return cap->flags || cap->args[0] != wanted || cap->args[1] || cap->args[2] || cap->args[3] ?
		"argument of a capability" : NULL;
}

/* "Message Address Register Format", "Message Data Register Format". */
static const char *signal_msi(const struct kvm_msi *msi)
{
	if (msi->flags || (msi->address_lo & 0xfff00000) != 0xfee00000 || (msi->address_hi & 0xff))
		return "address of an MSI";
	return !vector_ok(msi->data) || (msi->data & ~0xc1ffu) ? "data of an MSI" : NULL;
}

static const char *cpuid(const struct kvm_cpuid2 *list)
{
	if (list->nent > MAX_CPUID)
		return "CPUID leaves";
	for (uint32_t i = 0; i < list->nent; i++)
		if (list->entries[i].function > 1)
			return "CPUID leaf";
	return NULL;
}

static const char *on_kvm(const struct guard *g, uint32_t cmd, uint64_t arg)
{
	if (arg)
		return "argument";
	if (cmd == KVM_CREATE_VM)
		return g->vm_fd < 0 ? NULL : "a second VM";
	return cmd == KVM_GET_API_VERSION ? NULL : "ioctl of /dev/kvm";
}

static const char *on_vm(const struct guard *g, uint32_t cmd, uint64_t arg)
{
	switch (cmd) {
	case KVM_ENABLE_CAP:
		return enable_cap(g, (const void *)arg);
	case KVM_CREATE_VCPU:
		return arg < LIVE_MAX_ID && g->nr_vcpus < LIVE_MAX_VCPUS ? NULL : "vCPU ID";
	case KVM_SIGNAL_MSI:
		return signal_msi((const void *)arg);
	}
	return "ioctl of a VM";
}

static const char *on_vcpu(const struct guard *g, uint32_t vcpu, uint32_t cmd, uint64_t arg)
{
	switch (cmd) {
	case KVM_SET_CPUID2:
		return cpuid((const void *)arg);
	case KVM_SET_MSRS:
	case KVM_GET_MSRS:
		return msrs(g, vcpu, cmd == KVM_SET_MSRS, (const void *)arg);
	case KVM_GET_LAPIC:
		return NULL;
	case KVM_SET_LAPIC:
		return page((const void *)arg);
	}
	return "ioctl of a vCPU";
}

const char *guard_refuses(const struct guard *g, int fd, uint32_t cmd, uint64_t arg)
{
	if (fd < 0)
		return "descriptor";
	if (fd == g->kvm_fd)
		return on_kvm(g, cmd, arg);
	if (fd == g->vm_fd)
		return on_vm(g, cmd, arg);
	for (uint32_t i = 0; i < g->nr_vcpus; i++)
		if (fd == g->vcpu_fd[i])
			return on_vcpu(g, i, cmd, arg);
	return "descriptor";
}

void guard_init(struct guard *g, const struct live_ops *ops)
{
	*g = (struct guard){ .ops = ops, .kvm_fd = -1, .vm_fd = -1 };
}

int guard_open(struct guard *g)
{
	int fd = g->ops->open();

	if (fd >= 0)
		g->kvm_fd = fd;
	return fd;
}

static void remember(struct guard *g, int fd, uint32_t cmd, uint64_t arg, int64_t ret)
{
	if (cmd == KVM_CREATE_VM && ret >= 0)
		g->vm_fd = (int)ret;
	if (cmd == KVM_CREATE_VCPU && ret >= 0)
		g->vcpu_fd[g->nr_vcpus++] = (int)ret;
	if (cmd != KVM_SET_MSRS || ((const struct kvm_msrs *)arg)->entries[0].index != MSR_APIC_BASE)
		return;
	for (uint32_t i = 0; i < g->nr_vcpus; i++)
		if (fd == g->vcpu_fd[i])
			g->mode_set[i] = true;
}

int64_t guard_ioctl(struct guard *g, int fd, uint32_t cmd, uint64_t arg)
{
	const char *why = guard_refuses(g, fd, cmd, arg);
	int64_t ret;

	if (why) {
		fprintf(stderr, "lapicsim live: guard: %s is not allowed (ioctl 0x%x)\n", why, cmd);
		abort();
	}
	ret = g->ops->ioctl(fd, cmd, arg);
	remember(g, fd, cmd, arg, ret);
	return ret;
}

void guard_close(struct guard *g)
{
	for (uint32_t i = 0; i < g->nr_vcpus; i++)
		g->ops->close(g->vcpu_fd[i]);
	if (g->vm_fd >= 0)
		g->ops->close(g->vm_fd);
	if (g->kvm_fd >= 0)
		g->ops->close(g->kvm_fd);
	guard_init(g, g->ops);
}
