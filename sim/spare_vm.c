// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VM that is made like the others, and closed before the first run: what KVM does
 * to destroy one, which a run cannot, since it ends by putting memory back.
 *
 * One of its vCPUs has a timer that runs, one an APIC that was never enabled and has the
 * first one's ID, one an APIC that IA32_APIC_BASE switches off.  Verifies that nothing is left of it: no
 * memory, no timer, no count; and that there is no WARN and no fault (the sanitized
 * flavour: nor a use after free).  It comes after the VMs that run, whose numbers it
 * leaves alone.  Does not run a guest in it.
 */
#include "sim/spare_vm.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>

#include "sim/lapic.h"
#include "sim/machine.h"

#define NR_VCPUS	3
#define APIC_OFF	0xfee00000ull
#define APIC_ON		0xfee00800ull
#define BY_128		0xau

/* Enabled, with a timer that takes longer than the VMX-preemption timer can: it runs as an hrtimer. */
static int64_t start_timer(int vcpu)
{
	const uint32_t svr = 0x1ff, count = ~0u, divide = BY_128;
	struct kvm_lapic_state s;
	int64_t ret = kw_ioctl(vcpu, KVM_GET_LAPIC, (uint64_t)&s);

	if (ret < 0)
		return ret;
	memcpy(s.regs + LAPIC_SVR, &svr, sizeof(svr));
	memcpy(s.regs + LAPIC_TMICT, &count, sizeof(count));
	memcpy(s.regs + LAPIC_TMCCT, &count, sizeof(count));
	memcpy(s.regs + LAPIC_TDCR, &divide, sizeof(divide));
	return kw_ioctl(vcpu, KVM_SET_LAPIC, (uint64_t)&s);
}

/* The ID of the first one: KVM gives up the map of APICs that it was making. */
static int64_t alias(int vcpu)
{
	struct kvm_lapic_state s;
	int64_t ret = kw_ioctl(vcpu, KVM_GET_LAPIC, (uint64_t)&s);

	if (ret < 0)
		return ret;
	memset(s.regs + LAPIC_ID, 0, 4);
	return kw_ioctl(vcpu, KVM_SET_LAPIC, (uint64_t)&s);
}

static int64_t set_base(int vcpu, uint64_t base)
{
	return machine_set_msr(kw_ioctl, vcpu, MSR_APIC_BASE, base) == 1 ? 0 : -EINVAL;
}

static int64_t create(int *vm, int vcpu[NR_VCPUS])
{
	struct kvm_pit_config pit = { .flags = 0 };
	int64_t ret = kw_ioctl(machine.kvm_fd, KVM_CREATE_VM, 0);

	if (ret < 0)
		return ret;
	*vm = (int)ret;
	ret = kw_ioctl(*vm, KVM_CREATE_IRQCHIP, 0);
	if (ret >= 0)
		ret = kw_ioctl(*vm, KVM_CREATE_PIT2, (uint64_t)&pit);
	for (uint32_t i = 0; i < NR_VCPUS && ret >= 0; i++)
		vcpu[i] = (int)(ret = kw_ioctl(*vm, KVM_CREATE_VCPU, i));
	if (ret >= 0)
		ret = start_timer(vcpu[0]);
	if (ret >= 0)
		ret = alias(vcpu[1]);
	if (ret >= 0)
		ret = set_base(vcpu[1], APIC_OFF);
	if (ret >= 0)
		ret = set_base(vcpu[1], APIC_ON);
	if (ret >= 0)
		ret = set_base(vcpu[2], APIC_OFF);
	return ret;
}

static void run_work(void)
{
	while (kw_work_pending())
		kw_work_run();
}

static int64_t make_and_close(void)
{
	int vm, vcpu[NR_VCPUS];
	int64_t ret = create(&vm, vcpu);

	for (uint32_t i = 0; i < NR_VCPUS && ret >= 0; i++)
		ret = kw_close(vcpu[i]);
	if (ret >= 0)
		ret = kw_close(vm);
	run_work();
	return ret;
}

static bool same(const struct kw_leftovers *a, const struct kw_leftovers *b)
{
	return a->objects == b->objects && a->timers == b->timers && a->apics_off == b->apics_off &&
	       a->apics_disabled == b->apics_disabled;
}

/* The first one leaves what KVM keeps for those to come. */
int64_t spare_vm(char *why, uint64_t n)
{
	struct kw_leftovers before, after;
	int64_t ret = make_and_close();

	run_work();
	kw_count_leftovers(&before);
	if (ret >= 0)
		ret = make_and_close();
	kw_count_leftovers(&after);
	if (ret >= 0 && !same(&before, &after)) {
		snprintf(why, n, "a VM that was closed leaves %lld allocations, %d timers, %d APICs that count as off, %d as disabled",
			 (long long)(after.objects - before.objects), (int)(after.timers - before.timers),
			 after.apics_off - before.apics_off, after.apics_disabled - before.apics_disabled);
		return -EBUSY;
	}
	if (ret < 0)
		snprintf(why, n, "making and closing a spare VM: %s", strerror((int)-ret));
	return ret;
}
