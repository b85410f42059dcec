// SPDX-License-Identifier: GPL-2.0-only
/* See play.h. */
#include "sim/live/play.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>

#define MSR_APIC_BASE	0x1bu
#define CPUID_X2APIC	(1u << 21)	/* leaf 1, ECX */
#define CPUID_APIC	(1u << 9)	/* leaf 1, EDX */

static struct live_record record;

static int failed(const char *what, int64_t ret)
{
	record.kind = LIVE_FAILED;
	snprintf(record.text, sizeof(record.text), "%s: %s", what, ret < 0 ? strerror((int)-ret) : "refused");
	return -1;
}

static int64_t one_msr(struct guard *g, uint32_t vcpu, uint32_t cmd, uint32_t index, uint64_t *value)
{
	struct { struct kvm_msrs head; struct kvm_msr_entry entry; } m = {
		.head.nmsrs = 1, .entry = { .index = index, .data = *value },
	};
	int64_t ret = guard_ioctl(g, g->vcpu_fd[vcpu], cmd, (uint64_t)&m);

	*value = m.entry.data;
	return ret;
}

static int make_vcpu(struct guard *g, const struct live_vm *vm, uint32_t i)
{
	struct { struct kvm_cpuid2 head; struct kvm_cpuid_entry2 entry[2]; } cpuid = {
		.head.nent = 2,
		.entry = { { .function = 0, .eax = 1 }, { .function = 1, .ecx = CPUID_X2APIC, .edx = CPUID_APIC } },
	};
	uint64_t base = 0xfee00800ull | (vm->x2apic[i] ? 1 << 10 : 0) | (vm->id[i] ? 0 : 1 << 8);
	int64_t ret = guard_ioctl(g, g->vm_fd, KVM_CREATE_VCPU, vm->id[i]);

	if (ret < 0)
		return failed("KVM_CREATE_VCPU", ret);
	ret = guard_ioctl(g, g->vcpu_fd[i], KVM_SET_CPUID2, (uint64_t)&cpuid);
	if (ret < 0)
		return failed("KVM_SET_CPUID2", ret);
	ret = one_msr(g, i, KVM_SET_MSRS, MSR_APIC_BASE, &base);
	return ret == 1 ? 0 : failed("KVM_SET_MSRS of IA32_APIC_BASE", ret);
}

static int make_vm(struct guard *g, const struct live_vm *vm)
{
	struct kvm_enable_cap split = { .cap = KVM_CAP_SPLIT_IRQCHIP, .args = { 24 } };
	struct kvm_enable_cap x2api = {
		.cap = KVM_CAP_X2APIC_API,
		.args = { KVM_X2APIC_API_USE_32BIT_IDS | KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK },
	};
	int64_t ret = guard_open(g);

	if (ret < 0)
		return failed("open", ret);
	ret = guard_ioctl(g, g->kvm_fd, KVM_GET_API_VERSION, 0);
	if (ret != KVM_API_VERSION)
		return failed("KVM_GET_API_VERSION", ret);
	if ((ret = guard_ioctl(g, g->kvm_fd, KVM_CREATE_VM, 0)) < 0)
		return failed("KVM_CREATE_VM", ret);
	if ((ret = guard_ioctl(g, g->vm_fd, KVM_ENABLE_CAP, (uint64_t)&split)) < 0)
		return failed("KVM_CAP_SPLIT_IRQCHIP", ret);
	if ((ret = guard_ioctl(g, g->vm_fd, KVM_ENABLE_CAP, (uint64_t)&x2api)) < 0)
		return failed("KVM_CAP_X2APIC_API", ret);
	for (uint32_t i = 0; i < vm->nr_vcpus; i++)
		if (make_vcpu(g, vm, i))
			return -1;
	return 0;
}

static int look(struct guard *g, const struct live_vm *vm)
{
	for (uint32_t i = 0; i < vm->nr_vcpus; i++) {
		int64_t ret = guard_ioctl(g, g->vcpu_fd[i], KVM_GET_LAPIC, (uint64_t)record.page[i]);

		if (ret < 0)
			return failed("KVM_GET_LAPIC", ret);
	}
	return 0;
}

static int64_t make_step(struct guard *g, struct live_step *s)
{
	struct kvm_msi msi = { .address_lo = (uint32_t)s->address, .address_hi = s->address >> 32, .data = s->data };

	record.value = s->value;
	switch (s->kind) {
	case LIVE_MSI:
		return guard_ioctl(g, g->vm_fd, KVM_SIGNAL_MSI, (uint64_t)&msi);
	case LIVE_WRITE:
		return one_msr(g, s->vcpu, KVM_SET_MSRS, s->msr, &record.value);
	case LIVE_READ:
		return one_msr(g, s->vcpu, KVM_GET_MSRS, s->msr, &record.value);
	default:
		return guard_ioctl(g, g->vcpu_fd[s->vcpu], KVM_SET_LAPIC, (uint64_t)s->page);
	}
}

static void play(struct guard *g, uint32_t nr_steps, bool (*show)(const struct live_record *r))
{
	struct live_vm vm;
	struct live_step step;

	live_vm_draw(&vm, record.seed);
	if (make_vm(g, &vm) || look(g, &vm))
		return;
	while (show(&record)) {
		if (record.step == nr_steps) {
			record.kind = LIVE_DONE;
			return;
		}
		live_step_draw(&vm, ++record.step, record.page, &step);
		record.ret = make_step(g, &step);
		if (look(g, &vm))
			return;
	}
	record.kind = LIVE_DONE;
}

void live_play(struct guard *g, uint64_t seed, uint32_t nr_steps, bool (*show)(const struct live_record *r))
{
	memset(&record, 0, sizeof(record));
	record.seed = seed;
	play(g, nr_steps, show);
	guard_close(g);
	show(&record);
}
