// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VM that is made like the others, and closed before the first run: what KVM does
 * to destroy one, which a run cannot, since it ends by putting memory back.
 *
 * One of its vCPUs has a timer that runs, one an APIC that was never enabled and has the
 * first one's ID, one an APIC that IA32_APIC_BASE switches off, and one is left as it is made, so
 * that more APICs are disabled than enabled; the I/O APIC holds a level back; an irqfd, with its
 * resamplefd, is left assigned.  Verifies that nothing is left of it: no
 * memory, no timer, no work, no count; else each run reports a resource leak at its end.  And
 * that there is no WARN and no fault (the sanitized flavour: nor a use after free).  It comes
 * after the VMs that run, whose numbers it leaves alone.  Does not run a guest in it.
 */
#include "sim/spare_vm.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>

#include "sim/lapic.h"
#include "sim/machine.h"
#include "sim/oracle/oracle.h"
#include "sim/vcpu.h"

#define NR_VCPUS	5
#define APIC_OFF	0xfee00000ull
#define APIC_ON		0xfee00800ull
#define APIC_X2		0xfee00c00ull
#define BY_128		0xau
#define MSR_EOI		0x80bu
#define GSI		5
#define STORM		10000u		/* EOIs in a row that found the level up, and KVM sends the next one late */
#define STORM_PIN	16u
#define STORM_VECTOR	0x50u
#define ENTRY_LEVEL	(1ull << 15)

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

static void set_bit_of(struct kvm_lapic_state *s, uint32_t bank, uint32_t vector)
{
	uint32_t word;

	memcpy(&word, s->regs + bank + vector / 32 * 16, sizeof(word));
	word |= 1u << vector % 32;
	memcpy(s->regs + bank + vector / 32 * 16, &word, sizeof(word));
}

/* A level of the I/O APIC in service, whose line is still up. */
static int64_t level_in_service(int vm, int vcpu, uint32_t id)
{
	struct kvm_irqchip chip = { .chip_id = KVM_IRQCHIP_IOAPIC };
	struct kvm_irq_level line = { .irq = STORM_PIN, .level = 1 };
	const uint32_t svr = 0x1ff;
	struct kvm_lapic_state s;
	int64_t ret = kw_ioctl(vm, KVM_GET_IRQCHIP, (uint64_t)&chip);

	chip.chip.ioapic.redirtbl[STORM_PIN].bits = (uint64_t)id << 56 | ENTRY_LEVEL | STORM_VECTOR;
	if (ret >= 0)
		ret = kw_ioctl(vm, KVM_SET_IRQCHIP, (uint64_t)&chip);
	if (ret >= 0)
		ret = kw_ioctl(vcpu, KVM_GET_LAPIC, (uint64_t)&s);
	if (ret < 0)
		return ret;
	memcpy(s.regs + LAPIC_SVR, &svr, sizeof(svr));
	set_bit_of(&s, LAPIC_ISR, STORM_VECTOR);
	set_bit_of(&s, LAPIC_TMR, STORM_VECTOR);
	ret = kw_ioctl(vcpu, KVM_SET_LAPIC, (uint64_t)&s);
	return ret < 0 ? ret : kw_ioctl(vm, KVM_IRQ_LINE, (uint64_t)&line);
}

/* Nor an oracle that would hear of it. */
static void no_guest(struct kw_hw *hw) { (void)hw; }

/* What KVM does on the way into the guest; a signal keeps it from going there. */
static int64_t almost_run(int vcpu)
{
	struct kvm_mp_state state = { .mp_state = KVM_MP_STATE_RUNNABLE };
	uint32_t tid = kw_shared.current_tid;
	int64_t ret = kw_ioctl(vcpu, KVM_SET_MP_STATE, (uint64_t)&state);

	if (ret < 0)
		return ret;
	vcpu_bare_entry = no_guest;
	kw_task_signal(tid);
	ret = kw_ioctl(vcpu, KVM_RUN, 0);
	vcpu_bare_entry = NULL;
	kw_task_signal_clear(tid);
	return ret == -EINTR ? 0 : ret < 0 ? ret : -EIO;
}

/* One EOI too many for KVM: the I/O APIC has work that is due in a while, if KVM slows storms down at all. */
static int64_t storm(int vm, int vcpu, uint32_t id, const struct kw_hw *hw)
{
	int64_t ret = kw_ioctl(vcpu, KVM_SET_CPUID2, (uint64_t)machine_cpuid());

	if (ret >= 0)
		ret = set_base(vcpu, APIC_X2);
	if (ret >= 0)
		ret = level_in_service(vm, vcpu, id);
	if (ret >= 0)
		ret = almost_run(vcpu);
	if (ret < 0)
		return ret;
	kw_ioapic_age(hw, STORM - 1);
	return machine_set_msr(kw_ioctl, vcpu, MSR_EOI, 0) == 1 ? 0 : -EINVAL;
}

/* Nobody takes it away again: closing the VM has to. */
static int64_t assign(int vm, int fd[2])
{
	struct kvm_irqfd args = { .gsi = GSI, .flags = KVM_IRQFD_FLAG_RESAMPLE };

	for (int i = 0; i < 2; i++)
		if ((fd[i] = kw_eventfd()) < 0)
			return fd[i];
	args.fd = (uint32_t)fd[0];
	args.resamplefd = (uint32_t)fd[1];
	return kw_ioctl(vm, KVM_IRQFD, (uint64_t)&args);
}

static int64_t create(int *vm, int vcpu[NR_VCPUS], int eventfd[2])
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
		ret = assign(*vm, eventfd);
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
	return ret < 0 ? ret : storm(*vm, vcpu[3], 3, machine_created());
}

static void run_work(void)
{
	while (kw_work_pending())
		kw_work_run();
}

static int64_t make_and_close(void)
{
	int vm, vcpu[NR_VCPUS], eventfd[2];
	int64_t ret = create(&vm, vcpu, eventfd);

	for (uint32_t i = 0; i < NR_VCPUS && ret >= 0; i++)
		ret = kw_close(vcpu[i]);
	if (ret >= 0)
		ret = kw_close(vm);
	for (int i = 0; i < 2 && ret >= 0; i++)
		ret = kw_close(eventfd[i]);
	run_work();
	return ret;
}

static struct kw_leftovers before, after;

static void judge(const char *what, int64_t left)
{
	if (left)
		oracle_finding(HOST_CHECK_VM_LEAK, DIV_NONE, DIV_NONE, DIV_NONE,
			       "a VM that was closed leaves %s: %lld", what, (long long)left);
}

void spare_vm_judge(void)
{
	judge("allocations", (int64_t)(after.objects - before.objects));
	judge("timers", (int32_t)(after.timers - before.timers));
	judge("works", (int32_t)(after.works - before.works));
	judge("APICs that count as off", after.apics_off - before.apics_off);
	judge("APICs that count as disabled", after.apics_disabled - before.apics_disabled);
}

/* The first one leaves what KVM keeps for those to come, but no work. */
int64_t spare_vm(char *why, uint64_t n)
{
	struct kw_leftovers none;
	int64_t ret;

	kw_count_leftovers(&none);
	ret = make_and_close();
	run_work();
	kw_count_leftovers(&before);
	before.works = none.works;
	if (ret >= 0)
		ret = make_and_close();
	kw_count_leftovers(&after);
	if (ret < 0)
		snprintf(why, n, "making and closing a spare VM: %s", strerror((int)-ret));
	return ret;
}
