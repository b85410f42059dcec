/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two KVMs that are none, behind struct live_ops: fake_null says yes to
 * everything and keeps the pages that were loaded; fake_kvm is one vCPU with ID 0
 * in x2APIC mode, right in all that a sequence does to it, and wrong where
 * fake_break tells it to.
 *
 * Neither opens anything.
 */
#ifndef LAPICSIM_TESTS_UNIT_LIVE_FAKE_H
#define LAPICSIM_TESTS_UNIT_LIVE_FAKE_H

#include <errno.h>
#include <linux/kvm.h>
#include <string.h>

#include "sim/live/play.h"
#include "sim/oracle/apic.h"

#define FAKE_KVM_FD	3
#define FAKE_VM_FD	4
#define FAKE_VCPU_FD	5

enum fake_break {
	FAKE_RIGHT,
	FAKE_LOSES_IRR, FAKE_EXTRA_IRR, FAKE_KEEPS_ISR, FAKE_DROPS_ISR, FAKE_TMR, FAKE_TPR, FAKE_PPR, FAKE_SVR,
	FAKE_LVT_UNMASKED, FAKE_ICR, FAKE_ESR_FAULT, FAKE_READS_EOI, FAKE_DISABLED_ACCEPTS, FAKE_LDR, FAKE_LVT,
	FAKE_WRONG_READ,
	FAKE_NR,
	FAKE_STALE_PPR,			/* what KVM does: see deviation load-ppr */
};

static uint8_t fake_page[LIVE_MAX_VCPUS][LIVE_PAGE];
static uint32_t fake_nr_vcpus;
static enum fake_break fake_break;

static int fake_open(void)
{
	fake_nr_vcpus = 0;
	memset(fake_page, 0, sizeof(fake_page));
	return FAKE_KVM_FD;
}

static int fake_close(int fd)
{
	(void)fd;
	return 0;
}

static inline uint32_t fake_reg(uint32_t offset)
{
	return apic_reg(fake_page[0], offset);
}

static inline void fake_set(uint32_t offset, uint32_t value)
{
	memcpy(fake_page[0] + offset, &value, sizeof(value));
}

static inline int fake_highest(uint32_t bank)
{
	uint32_t map[APIC_WORDS];

	apic_reg_bank(fake_page[0], bank, map);
	return vector_highest(map);
}

static inline void fake_bit(uint32_t bank, uint32_t vector, bool on)
{
	uint32_t offset = bank + 16 * (vector >> 5), bit = 1u << (vector & 31);

	fake_set(offset, on ? fake_reg(offset) | bit : fake_reg(offset) & ~bit);
}

/* The version says that EOI-broadcast suppression is there. */
static inline void fake_reset(uint8_t *page)
{
	static const uint32_t regs[][2] = {
		{ 0x30, 0x01050014 }, { 0xd0, 1 }, { 0xe0, 0xffffffff }, { 0xf0, 0xff }, { 0x320, 1 << 16 },
		{ 0x330, 1 << 16 }, { 0x340, 1 << 16 }, { 0x350, 1 << 16 }, { 0x360, 1 << 16 }, { 0x370, 1 << 16 },
	};

	for (uint32_t i = 0; i < sizeof(regs) / sizeof(regs[0]); i++)
		memcpy(page + regs[i][0], &regs[i][1], 4);
	if (fake_break == FAKE_LDR)
		page[0xd0] = 2;
}

static inline void fake_ppr(void)
{
	uint32_t tpr = fake_reg(0x80), isr = fake_highest(0x100) < 0 ? 0 : (uint32_t)fake_highest(0x100) & 0xf0;

	fake_set(0xa0, ((tpr & 0xf0) >= isr ? tpr : isr) + (fake_break == FAKE_PPR && isr ? 0x10 : 0));
}

static inline int64_t fake_accept(uint32_t vector, bool level)
{
	bool enabled = fake_reg(0xf0) & 0x100;

	if (!enabled && fake_break != FAKE_DISABLED_ACCEPTS)
		return 0;
	if (fake_break != FAKE_LOSES_IRR)
		fake_bit(0x200, vector, true);
	if (fake_break == FAKE_EXTRA_IRR)
		fake_bit(0x200, vector ^ 1, true);
	fake_bit(0x180, vector, level != (fake_break == FAKE_TMR));
	return 1;
}

/* "Determining IPI Destination", for ID 0. */
static inline int64_t fake_send(uint32_t dest, bool logical, uint32_t shorthand, uint32_t vector, bool level)
{
	bool mine = dest == 0 || dest == 0xffffffff;

	if (logical)
		mine = dest == 0xffffffff || (dest >> 16 == 0 && (dest & 1));
	if (shorthand)
		mine = shorthand != 3;
	return mine ? fake_accept(vector, level) : -EPERM;
}

static inline int64_t fake_msi(const struct kvm_msi *msi)
{
	uint32_t dest = (msi->address_lo >> 12 & 0xff) | msi->address_hi;

	return fake_send(dest, msi->address_lo & 4, 0, msi->data & 0xff, msi->data & 0x8000);
}

static inline bool fake_icr(uint64_t icr)
{
	if (!(icr & 0x8000) || (icr & 0x4000))
		fake_send(icr >> 32, icr & 0x800, icr >> 18 & 3, icr & 0xff, icr & 0x8000);
	fake_set(0x300, (uint32_t)icr);
	fake_set(0x310, fake_break == FAKE_ICR ? 0 : icr >> 32);
	return true;
}

static inline bool fake_eoi(void)
{
	int top = fake_highest(0x100);

	if (top < 0)
		return true;
	if (fake_break != FAKE_KEEPS_ISR)
		fake_bit(0x100, (uint32_t)top, false);
	top = fake_highest(0x100);
	if (fake_break == FAKE_DROPS_ISR && top >= 0)
		fake_bit(0x100, (uint32_t)top, false);
	fake_ppr();
	return true;
}

static inline bool fake_svr(uint32_t value)
{
	fake_set(0xf0, fake_break == FAKE_SVR ? value & ~0xfu : value);
	for (uint32_t offset = 0x320; !(value & 0x100) && offset <= 0x370; offset += 16)
		if (fake_break != FAKE_LVT_UNMASKED)
			fake_set(offset, fake_reg(offset) | 1 << 16);
	return true;
}

static inline bool fake_wrmsr(uint32_t msr, uint64_t value)
{
	uint32_t offset = (msr - 0x800) * 16;
	bool high = value >> 32;

	if (msr == 0x1b)
		return fake_reset(fake_page[0]), true;
	if (msr == 0x830)
		return fake_icr(value);
	if (high)
		return false;
	switch (msr) {
	case 0x808:
		fake_set(0x80, (value & 0xff) ^ (fake_break == FAKE_TPR ? 1 : 0));
		fake_ppr();
		return true;
	case 0x80b:
		return fake_eoi();
	case 0x80f:
		return fake_svr((uint32_t)value);
	case 0x828:
		return !value || fake_break == FAKE_ESR_FAULT;
	case 0x838:
		return true;
	case 0x83e:
		return fake_set(0x3e0, (uint32_t)value), true;
	case 0x83f:
		return fake_accept((uint32_t)value, false), true;
	}
	if (msr < 0x832 || msr > 0x837)
		return false;
	fake_set(offset, ((uint32_t)value ^ (fake_break == FAKE_LVT)) | (fake_reg(0xf0) & 0x100 ? 0 : 1u << 16));
	return true;
}

static inline bool fake_rdmsr(uint32_t msr, uint64_t *value)
{
	static const uint8_t readable[] = { 0x02, 0x03, 0x08, 0x0a, 0x0d, 0x0f, 0x28, 0x30, 0x38, 0x39, 0x3e };
	uint32_t n = msr - 0x800;
	bool good = (n >= 0x10 && n < 0x28) || (n >= 0x32 && n <= 0x37) ||
		    (n == 0x0b && fake_break == FAKE_READS_EOI) || memchr(readable, (int)n, sizeof(readable));

	if (!good)
		return false;
	*value = fake_reg(n * 16) + (fake_break == FAKE_WRONG_READ);
	if (n == 0x30)
		*value |= (uint64_t)fake_reg(0x310) << 32;
	return true;
}

static inline int64_t fake_load(const uint8_t *page)
{
	uint8_t old[0x80];

	memcpy(old, fake_page[0] + 0x100, sizeof(old));
	memcpy(fake_page[0], page, LIVE_PAGE);
	fake_set(0xd0, 1);
	if (fake_break == FAKE_STALE_PPR)
		memcpy(fake_page[0] + 0x100, old, sizeof(old));
	fake_ppr();
	memcpy(fake_page[0] + 0x100, page + 0x100, sizeof(old));
	return 0;
}

static int64_t fake_ioctl(int fd, uint32_t cmd, uint64_t arg)
{
	struct kvm_msrs *m = (struct kvm_msrs *)arg;

	(void)fd;
	switch (cmd) {
	case KVM_GET_API_VERSION:
		return KVM_API_VERSION;
	case KVM_CREATE_VM:
		return FAKE_VM_FD;
	case KVM_CREATE_VCPU:
		return FAKE_VCPU_FD + (int)fake_nr_vcpus++;
	case KVM_SIGNAL_MSI:
		return fake_msi((void *)arg);
	case KVM_SET_MSRS:
		return fake_wrmsr(m->entries[0].index, m->entries[0].data);
	case KVM_GET_MSRS:
		return fake_rdmsr(m->entries[0].index, (uint64_t *)&m->entries[0].data);
	case KVM_SET_LAPIC:
		return fake_load((const uint8_t *)arg);
	case KVM_GET_LAPIC:
		memcpy((void *)arg, fake_page[0], LIVE_PAGE);
		return 0;
	}
	return 0;
}

static int64_t fake_null_ioctl(int fd, uint32_t cmd, uint64_t arg)
{
	uint8_t *page = fd >= FAKE_VCPU_FD ? fake_page[fd - FAKE_VCPU_FD] : NULL;

	switch (cmd) {
	case KVM_CREATE_VM:
		return FAKE_VM_FD;
	case KVM_CREATE_VCPU:
		fake_reset(fake_page[fake_nr_vcpus]);
		return FAKE_VCPU_FD + (int)fake_nr_vcpus++;
	case KVM_GET_API_VERSION:
		return KVM_API_VERSION;
	case KVM_SET_LAPIC:
		memcpy(page, (const void *)arg, LIVE_PAGE);
		return 0;
	case KVM_GET_LAPIC:
		memcpy((void *)arg, page, LIVE_PAGE);
		return 0;
	}
	return cmd == KVM_SET_MSRS || cmd == KVM_GET_MSRS;
}

static const struct live_ops fake_kvm __attribute__((unused)) = { fake_open, fake_ioctl, fake_close };
static const struct live_ops fake_null __attribute__((unused)) = { fake_open, fake_null_ioctl, fake_close };

#endif
