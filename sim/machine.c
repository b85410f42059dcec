// SPDX-License-Identifier: GPL-2.0-only
/* See machine.h. All that is done here, a VMM could do: open, ioctl, mmap. */
#include "sim/machine.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "sim/crash.h"
#include "sim/host.h"
#include "sim/hyperv.h"
#include "sim/oracle/added.h"
#include "sim/oracle/deviation.h"
#include "sim/oracle/oracle.h"
#include "sim/oracle/pmi.h"
#include "sim/pins.h"
#include "sim/record.h"
#include "sim/routes.h"
#include "sim/snapshot.h"
#include "sim/spare_vm.h"
#include "sim/synic.h"
#include "sim/table.h"
#include "sim/user_add.h"
#include "sim/user_bad.h"
#include "sim/user_mce.h"
#include "sim/user_pit.h"
#include "sim/user_vapic.h"

#define ARENA_FIXED_BYTES	(8ull << 20)
#define ARENA_BYTES_PER_VCPU	(64ull << 10)
#define CPUID_1_ECX_TSC_DEADLINE (1u << 24)
#define SVR_ENABLED		0x1ffu
#define SVR_SUPPRESS_EOI	0x1000u
#define APIC_BASE_DEFAULT	0xfee00000ull
#define APIC_BASE_BSP		(1ull << 8)
#define APIC_BASE_EN		(1ull << 11)
#define APIC_BASE_EXTD		(1ull << 10)

struct machine machine;

struct cpuid_list {
	struct kvm_cpuid2 head;
	struct kvm_cpuid_entry2 entry[128];
};
static struct cpuid_list cpuid;

static char *failed(char *error, uint64_t n, const char *what, int64_t ret)
{
	snprintf(error, n, "%s failed: %s", what, strerror((int)-ret));
	return error;
}

/* --- Memory. */
static int map_memory(const struct scenario *s)
{
	uint32_t words = s->pv_words_per_page ? s->pv_words_per_page : 1;
	uint32_t pages = 2 * ((s->vcpus + words - 1) / words);
	void *user;

	machine.user_bytes = (uint64_t)s->vms * pages * MACHINE_PAGE;
	user = mmap((void *)MACHINE_USER_BASE, machine.user_bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
	machine.prot = malloc(machine.user_bytes / MACHINE_PAGE);
	machine.vm = calloc(s->vms, sizeof(*machine.vm));
	machine.vcpu = table_alloc((uint64_t)s->vms * s->vcpus, sizeof(*machine.vcpu));
	if (s->migrate_gap_ns && !(machine.sides = calloc(MACHINE_SIDES * (size_t)s->vms * s->vcpus, sizeof(*machine.sides))))
		return -1;
	if (user == MAP_FAILED || !machine.prot || !machine.vm || !machine.vcpu)
		return -1;
	memset(machine.prot, KW_USER_RW, machine.user_bytes / MACHINE_PAGE);
	for (uint32_t i = 0; i < s->vms; i++) {
		machine.vm[i].hva = MACHINE_USER_BASE + (uint64_t)i * pages * MACHINE_PAGE;
		machine.vm[i].prot = machine.prot + (uint64_t)i * pages;
		machine.vm[i].nr_pages = pages;
		machine.vm[i].first_vcpu = i * s->vcpus;
		machine.vm[i].nr_vcpus = s->vcpus;
	}
	return 0;
}

int64_t machine_set_slot(struct vm *vm, uint64_t gpa, uint64_t bytes)
{
	struct kvm_userspace_memory_region m = {
		.slot = MACHINE_PV_SLOT, .guest_phys_addr = gpa, .memory_size = bytes, .userspace_addr = vm->hva,
	};

	return kw_ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, (uint64_t)&m);
}

/* --- vCPUs. */
static struct kw_hw *created;	/* by the KVM_CREATE_VCPU in progress, while the VMs are built */

/* In a run several threads may be at it, each for its own. */
void hs_vcpu_created(struct kw_hw *hw)
{
	if (host_phase == HOST_BUILD)
		created = hw;
	else
		machine.vcpu[kw_shared.current_tid - 1].hw = hw;
}
void hs_vcpu_freed(struct kw_hw *hw) { (void)hw; }

/* The leaves that interrupts and KVM's own interface need; the rest only costs memory. */
static void pick_cpuid(void)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < cpuid.head.nent; i++) {
		uint32_t leaf = cpuid.entry[i].function;

		if (leaf <= 1 || (leaf >> 28) == 4 || leaf == 0x80000000u || leaf == 0x80000001u ||
		    leaf == 0x80000008u)
			cpuid.entry[n++] = cpuid.entry[i];
		/* KVM_CAP_TSC_DEADLINE_TIMER: a VMM sets the bit itself. */
		if (leaf == 1)
			cpuid.entry[n - 1].ecx |= CPUID_1_ECX_TSC_DEADLINE;
	}
	cpuid.head.nent = n;
	if (machine.scenario.hyperv)
		hyperv_cpuid(&cpuid.head, sizeof(cpuid.entry) / sizeof(cpuid.entry[0]));
}

const struct kvm_cpuid2 *machine_cpuid(void) { return &cpuid.head; }
const struct kw_hw *machine_created(void) { return created; }

int64_t machine_set_msr(int64_t (*ioctl)(int fd, uint32_t cmd, uint64_t arg), int fd, uint32_t index, uint64_t value)
{
	struct { struct kvm_msrs head; struct kvm_msr_entry entry; } m = {
		.head.nmsrs = 1, .entry = { .index = index, .data = value },
	};

	return ioctl(fd, KVM_SET_MSRS, (uint64_t)&m);
}

typedef int64_t ioctl_fn(int fd, uint32_t cmd, uint64_t arg);

/* KVM has to take it. */
static int64_t set_msr(ioctl_fn *ioctl, int fd, uint32_t index, uint64_t value)
{
	int64_t ret = machine_set_msr(ioctl, fd, index, value);

	return ret == 1 ? 0 : ret < 0 ? ret : -EINVAL;
}

/* What firmware leaves in LDR and DFR: SDM, "Logical Destination Mode and Logical APIC ID". */
static void set_logical_id(const struct vcpu *v, struct kvm_lapic_state *regs)
{
	uint32_t bit = 1u << v->id % 8, dfr = ~0u;

	switch (machine.scenario.xapic_ldr) {
	case XAPIC_LDR_SHARED:
		bit = 1u << v->id / 2 % 8;
		break;
	case XAPIC_LDR_CLUSTER:
		bit = v->id / 4 % 15 << 4 | 1u << v->id % 4;
		dfr = 0x0fffffff;
		break;
	case XAPIC_LDR_NONE:
		return;
	}
	bit <<= 24;
	memcpy(regs->regs + 0xd0, &bit, 4);
	memcpy(regs->regs + 0xe0, &dfr, 4);
}

static int64_t enable_apic(struct vcpu *v, ioctl_fn *ioctl)
{
	struct kvm_lapic_state regs;
	uint64_t base = APIC_BASE_DEFAULT | APIC_BASE_EN | (v->x2apic ? APIC_BASE_EXTD : 0) |
			(v->id ? 0 : APIC_BASE_BSP);
	struct kvm_mp_state mp = { .mp_state = KVM_MP_STATE_RUNNABLE };
	int64_t ret = set_msr(ioctl, v->fd, MSR_APIC_BASE, base);

	if (ret || (ret = ioctl(v->fd, KVM_GET_LAPIC, (uint64_t)&regs)) < 0)
		return ret;
	memcpy(regs.regs + 0xf0, &(uint32_t){ SVR_ENABLED | (machine.scenario.directed_eoi ? SVR_SUPPRESS_EOI : 0) }, 4);
	if (!v->x2apic)
		set_logical_id(v, &regs);
	if ((ret = ioctl(v->fd, KVM_SET_LAPIC, (uint64_t)&regs)) < 0)
		return ret;
	return ioctl(v->fd, KVM_SET_MP_STATE, (uint64_t)&mp);
}

static int64_t show_power_up(const struct vcpu *v, ioctl_fn *ioctl)
{
	struct kvm_lapic_state regs;
	struct kw_apic_state st;
	int64_t ret = ioctl(v->fd, KVM_GET_LAPIC, (uint64_t)&regs);

	if (ret < 0)
		return ret;
	kw_apic_state(v->hw, &st);
	oracle_power_up(v->index, v->id, (uint8_t *)regs.regs, &st);
	return 0;
}

int64_t machine_prepare_vcpu(struct vcpu *v, ioctl_fn *ioctl, const char **what)
{
	int64_t ret;

	v->hw->owner = v;
	v->run = kw_mmap(v->fd, 0);
	*what = "KVM_SET_CPUID2";
	if ((ret = ioctl(v->fd, KVM_SET_CPUID2, (uint64_t)&cpuid)) < 0)
		return ret;
	*what = "KVM_X86_SETUP_MCE";
	if ((ret = user_mce_build(v)) < 0)
		return ret;
	*what = "KVM_GET_LAPIC";
	if ((ret = show_power_up(v, ioctl)) < 0)
		return ret;
	*what = "enabling the APIC";
	if ((ret = enable_apic(v, ioctl)) < 0)
		return ret;
	v->hw->rflags |= KW_RFLAGS_IF;
	return 0;
}

static int build_vcpu(struct vm *vm, struct vcpu *v, char *error, uint64_t n)
{
	const struct scenario *s = &machine.scenario;
	struct kw_apic_state st;
	const char *what;
	int64_t ret = kw_ioctl(vm->fd, KVM_CREATE_VCPU, v->id);

	if (ret < 0)
		return failed(error, n, "KVM_CREATE_VCPU", ret) ? -1 : 0;
	v->fd = (int)ret;
	v->hw = created;
	if ((ret = machine_prepare_vcpu(v, kw_ioctl, &what)) < 0)
		return failed(error, n, what, ret) ? -1 : 0;
	if (s->pv_eoi && (ret = set_msr(kw_ioctl, v->fd, machine_pv_msr(), v->pv_gpa[0] | 1)) < 0)
		return failed(error, n, "KVM_SET_MSRS of the PV EOI MSR", ret) ? -1 : 0;
	v->pv_msr = s->pv_eoi ? v->pv_gpa[0] | 1 : 0;
	if ((ret = synic_build_vcpu(v)) < 0)
		return failed(error, n, "giving a vCPU a SynIC", ret) ? -1 : 0;
	if ((ret = user_vapic_build(v)) < 0)
		return failed(error, n, "KVM_SET_VAPIC_ADDR", ret) ? -1 : 0;
	kw_apic_state(v->hw, &st);
	oracle_baseline(v->index, v->id, v->x2apic, &st);
	if (s->pv_eoi)
		oracle_user_pv_msr(v->index, v->pv_msr, true);
	return 0;
}

static void place_pv_words(struct vcpu *v)
{
	uint32_t words = machine.scenario.pv_words_per_page ? machine.scenario.pv_words_per_page : 1;

	for (int i = 0; i < 2; i++)
		v->pv_gpa[i] = MACHINE_PV_GPA + (2ull * (v->id / words) + i) * MACHINE_PAGE +
			       (v->id % words) * 4;
}

static bool wants_x2apic(const struct scenario *s, uint32_t id)
{
	return s->apic_mode == APIC_MODE_X2APIC || (s->apic_mode == APIC_MODE_MIXED && (id & 1)) || id > 254;
}

void machine_use_side(struct vm *vm, uint32_t side)
{
	vm->side = side;
	vm->fd = vm->side_fd[side];
	for (uint32_t i = 0; i < vm->nr_vcpus; i++) {
		struct vcpu *v = &machine.vcpu[vm->first_vcpu + i];
		const struct vcpu_side *s = machine_side(v, side);

		v->hw = s->hw;
		v->run = s->run;
		v->fd = s->fd;
	}
}

/* KVM takes the capability from a host that cannot have it, and leaves MWAIT exiting. */
static int64_t allow_mwait(const struct vm *vm)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_X86_DISABLE_EXITS, .args = { KVM_X86_DISABLE_EXITS_MWAIT } };
	int64_t ret = kw_ioctl(vm->fd, KVM_CHECK_EXTENSION, cap.cap);

	if (ret < 0)
		return ret;
	return ret & KVM_X86_DISABLE_EXITS_MWAIT ? kw_ioctl(vm->fd, KVM_ENABLE_CAP, (uint64_t)&cap) : -EOPNOTSUPP;
}

static int build_vm(struct vm *vm, uint32_t nr, char *error, uint64_t n)
{
	const struct scenario *s = &machine.scenario;
	struct kvm_enable_cap split = { .cap = KVM_CAP_SPLIT_IRQCHIP, .args = { 24 } };
	struct kvm_enable_cap x2api = {
		.cap = KVM_CAP_X2APIC_API,
		.args = { (s->wide_ids ? KVM_X2APIC_API_USE_32BIT_IDS : 0) |
			  (s->broadcast_quirk ? 0 : KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK) },
	};
	int64_t ret;

	ret = kw_ioctl(machine.kvm_fd, KVM_CREATE_VM, 0);
	if (ret < 0)
		return failed(error, n, "KVM_CREATE_VM", ret) ? -1 : 0;
	vm->fd = (int)ret;
	ret = s->irqchip == IRQCHIP_SPLIT ? kw_ioctl(vm->fd, KVM_ENABLE_CAP, (uint64_t)&split)
					  : kw_ioctl(vm->fd, KVM_CREATE_IRQCHIP, 0);
	if (ret >= 0)
		ret = kw_ioctl(vm->fd, KVM_ENABLE_CAP, (uint64_t)&x2api);
	if (ret >= 0 && s->mwait)
		ret = allow_mwait(vm);
	if (ret >= 0)
		ret = user_bad_build(vm);
	if (ret >= 0)
		ret = user_pit_build(vm);
	if (ret >= 0 && scenario_uses_pmi(s))
		oracle_pmi_smm(kw_ioctl(vm->fd, KVM_CHECK_EXTENSION, KVM_CAP_X86_SMM) > 0);
	if (ret >= 0)
		ret = machine_set_slot(vm, MACHINE_PV_GPA, (uint64_t)vm->nr_pages * MACHINE_PAGE);
	if (ret < 0)
		return failed(error, n, "setting up a VM", ret) ? -1 : 0;
	vm->slot_pages = vm->nr_pages;
	for (uint32_t i = 0; i < vm->nr_vcpus; i++) {
		struct vcpu *v = &machine.vcpu[vm->first_vcpu + i];

		crash_heartbeat++;
		v->index = vm->first_vcpu + i;
		v->vm = nr;
		v->id = i;
		v->tid = 1 + v->index;
		v->boot_x2apic = v->x2apic = wants_x2apic(s, i);
		place_pv_words(v);
		if (machine_adds(v)) {
			oracle_absent(v->index, v->id);
			continue;
		}
		if (build_vcpu(vm, v, error, n))
			return -1;
		/* Each change of the APIC map leaves an old one to RCU. */
		while (kw_work_pending())
			kw_work_run();
	}
	return 0;
}

/* A VM that migrates has others to go to. */
static int build_sides(struct vm *vm, uint32_t nr, char *error, uint64_t n)
{
	if (!machine.sides)
		return build_vm(vm, nr, error, n);
	for (uint32_t side = 0; side < MACHINE_SIDES; side++) {
		if (build_vm(vm, nr, error, n))
			return -1;
		vm->side_fd[side] = vm->fd;
		for (uint32_t i = 0; i < vm->nr_vcpus; i++) {
			const struct vcpu *v = &machine.vcpu[vm->first_vcpu + i];

			*machine_side(v, side) = (struct vcpu_side){ v->hw, v->run, v->fd };
		}
	}
	machine_use_side(vm, 0);
	return 0;
}

/* --- All of it. */
void machine_task_name(uint32_t tid, char *name, uint32_t n)
{
	if (tid == MACHINE_KWORKER_TID)
		snprintf(name, n, "kworker");
	else if (tid < machine.devices_tid)
		snprintf(name, n, "vcpu%u", tid - 1);
	else if (tid < machine.memory_tid)
		snprintf(name, n, "device%u", tid - machine.devices_tid);
	else if (tid < machine.signal_tid)
		snprintf(name, n, "memory%u", tid - machine.memory_tid);
	else if (tid < machine.preempt_tid)
		snprintf(name, n, "manager%u", tid - machine.signal_tid);
	else if (tid < machine.migrate_tid)
		snprintf(name, n, "preempter%u", tid - machine.preempt_tid);
	else if (tid < machine.routes_tid)
		snprintf(name, n, "migration%u", tid - machine.migrate_tid);
	else if (tid < machine.routes_tid + machine.nr_vms * machine.scenario.routes)
		snprintf(name, n, "route%u", tid - machine.routes_tid);
	else if (tid >= machine.sints_tid)
		snprintf(name, n, "sint%u", tid - machine.sints_tid);
	else if (tid >= machine.monitor_tid)
		snprintf(name, n, "monitor%u", tid - machine.monitor_tid);
	else if (tid >= machine.irqchip_tid)
		snprintf(name, n, "irqchip%u", tid - machine.irqchip_tid);
	else
		snprintf(name, n, "router%u", tid - machine.routes_tid - machine.nr_vms * machine.scenario.routes);
}

/* The VM, and so the address space, that a task of userspace belongs to. */
static uint32_t vm_of_task(uint32_t tid)
{
	if (tid < machine.devices_tid)
		return (tid - 1) / machine.scenario.vcpus;
	if (tid < machine.memory_tid)
		return (tid - machine.devices_tid) / (machine.scenario.msi + machine.scenario.pins);
	if (tid >= machine.routes_tid && tid < machine.routes_tid + machine.nr_vms * machine.scenario.routes)
		return (tid - machine.routes_tid) / machine.scenario.routes;
	return (tid - machine.memory_tid) % machine.nr_vms;
}

/* All but the kworker, which kw_boot() made. */
static int create_tasks(void)
{
	char name[24];

	for (uint32_t tid = 1; tid < machine.nr_tasks; tid++) {
		machine_task_name(tid, name, sizeof(name));
		if (kw_task_create(tid, name, vm_of_task(tid)))
			return -1;
	}
	return 0;
}

static int boot(char *error, uint64_t n)
{
	struct kw_config config = {
		.version = KW_BOUNDARY_VERSION, .nr_cpus = machine.nr_tasks,
		.arena_base = MACHINE_ARENA_BASE, .arena_bytes = machine.arena_bytes,
		.user_base = MACHINE_USER_BASE, .user_bytes = machine.user_bytes,
		.user_prot = machine.prot, .apicv = machine.scenario.apicv, .posting = machine.scenario.posted_percent,
		.hv_timer = machine.scenario.hv_timer, .split_icr = machine.scenario.split_icr,
		.no_vector_hashing = !machine.scenario.vector_hashing,
	};
	int64_t ret = kw_boot(&config);

	if (ret)
		return failed(error, n, "starting KVM", ret) ? -1 : 0;
	machine.kvm_fd = kw_open();
	if (machine.kvm_fd < 0)
		return failed(error, n, "opening /dev/kvm", machine.kvm_fd) ? -1 : 0;
	cpuid.head.nent = 128;
	ret = kw_ioctl(machine.kvm_fd, KVM_GET_SUPPORTED_CPUID, (uint64_t)&cpuid);
	if (ret < 0)
		return failed(error, n, "KVM_GET_SUPPORTED_CPUID", ret) ? -1 : 0;
	pick_cpuid();
	return 0;
}

static void count_tasks(void)
{
	const struct scenario *s = &machine.scenario;

	machine.nr_vms = s->vms;
	machine.nr_vcpus = s->vms * s->vcpus;
	machine.devices_tid = 1 + machine.nr_vcpus;
	machine.memory_tid = machine.devices_tid + s->vms * (s->msi + s->pins);
	machine.signal_tid = machine.memory_tid + s->vms;
	machine.preempt_tid = machine.signal_tid + s->vms;
	machine.migrate_tid = machine.preempt_tid + (s->preempt_gap_ns ? s->vms : 0);
	machine.routes_tid = machine.migrate_tid + (s->migrate_gap_ns ? s->vms : 0);
	machine.irqchip_tid = machine.routes_tid + s->vms * (s->routes + (s->route_gap_ns ? 1 : 0));
	machine.monitor_tid = machine.irqchip_tid + (s->irqchip_gap_ns ? s->vms : 0);
	machine.sints_tid = machine.monitor_tid + (s->monitor_gap_ns ? s->vms : 0);
	machine.nr_tasks = machine.sints_tid + s->sints;
}

/* More vCPUs than this tree allows in one VM become several VMs of its limit. */
static void split_vms(uint32_t limit)
{
	struct scenario *s = &machine.scenario;
	uint32_t total = s->vms * s->vcpus;

	if (s->vcpus <= limit)
		return;
	s->vms = (total + limit - 1) / limit;
	s->vcpus = (total + s->vms - 1) / s->vms;
}

/* Does anybody send what bypasses IRR? */
static bool uses_events(const struct scenario *s)
{
	return s->guest.nmi || s->guest.nmi_others || s->guest.init || s->guest.sipi || s->guest.startup ||
	       s->guest.pv_ipi || s->guest.pv_nmi || s->guest.pv_kick ||
	       s->migrate_gap_ns || s->vcpu_events || s->mp_state || s->user_nmi || s->nmi_percent || s->init_percent ||
	       s->ioapic_nmi_percent || s->cmci || s->guest.lint0_nmi || scenario_uses_pmi(s);
}

/* Does anybody access registers at random? */
static bool uses_registers(const struct scenario *s)
{
	const struct guest_mix *g = &s->guest;

	return (g->reg_read || g->reg_write || g->reg_msr || g->svr || g->logical_id || g->apic_base || g->icr_any ||
		s->change_lapic || s->any_msr || s->cmci || scenario_uses_pmi(s)) &&
	       !g->init && (!g->sipi || s->lvtpc_modes_percent) && !g->startup && !s->init_percent && !s->migrate_gap_ns;
}

int machine_build(const struct scenario *s, char *error, uint64_t n)
{
	struct oracle_config oc;

	machine.scenario = *s;
	split_vms(kw_max_vcpus());
	s = &machine.scenario;
	machine.timers = scenario_uses_timers(s);
	count_tasks();
	machine.arena_bytes = ARENA_FIXED_BYTES +
			      machine.nr_vcpus * (s->migrate_gap_ns ? MACHINE_SIDES : 1) * ARENA_BYTES_PER_VCPU +
			      machine.nr_tasks * (16ull << 10);
	machine.arena_bytes = (machine.arena_bytes + MACHINE_PAGE - 1) & ~(MACHINE_PAGE - 1ull);
	if (map_memory(s) || snapshot_map(MACHINE_ARENA_BASE, machine.arena_bytes)) {
		snprintf(error, n, "no memory for %u vCPUs", machine.nr_vcpus);
		return -1;
	}
	oc = (struct oracle_config){ .nr_vms = s->vms, .vcpus_per_vm = s->vcpus, .x2apic_format = s->wide_ids, .broadcast_quirk = s->broadcast_quirk, .tpr_shadow = s->tpr_shadow,
				     .cmci = s->cmci, .added = s->added_vcpus, .synic = s->sints, .pit = s->pit_steady,
				     .watchdog = s->guest.lint0_nmi, .vapic = s->vapic || s->tpr_reporting, .pmi = scenario_uses_pmi(s),
				     .events = uses_events(s), .registers = uses_registers(s),
				     .report = record_divergence, .now_ns = record_now,
				     .timer = machine.timers,
				     .timer_vector_first = (uint8_t)s->timer_vector_first,
				     .timer_vector_last = (uint8_t)s->timer_vector_last };
	machine.registers = oc.registers;
	if (machine.nr_tasks > KW_MAX_TASKS || oracle_init(&oc)) {
		snprintf(error, n, "%u tasks are too many", machine.nr_tasks);
		return -1;
	}
	deviation_switch("broadcast-0xff", s->broadcast_quirk);
	if (boot(error, n))
		return -1;
	if (create_tasks()) {
		snprintf(error, n, "creating tasks failed");
		return -1;
	}
	for (uint32_t i = 0; i < machine.nr_vms; i++) {
		/* As a process of its own: its first vCPU's thread makes the VM. */
		kw_task_switch(machine.vcpu[0].tid + 1 + machine.vm[i].first_vcpu);
		if (build_sides(&machine.vm[i], i, error, n))
			return -1;
	}
	if (s->spare_vm && spare_vm(error, n) < 0)
		return -1;
	kw_task_switch(MACHINE_KWORKER_TID);
	while (kw_work_pending())
		kw_work_run();
	if (s->pins && pins_build(error, n))
		return -1;
	if (synic_build(error, n))
		return -1;
	return s->routes ? routes_build(error, n) : 0;
}

void machine_reset(uint64_t seed)
{
	pins_reset();
	routes_reset();
	synic_reset_guests();
	memset(machine.prot, KW_USER_RW, machine.user_bytes / MACHINE_PAGE);
	for (uint32_t i = 0; i < machine.nr_vms; i++) {
		struct vm *vm = &machine.vm[i];

		vm->slot_pages = vm->nr_pages;
		vm->other_slot_there = false;
		vm->stopped = false;
		vm->nr_parked = vm->nr_busy = 0;
		if (machine.sides)
			machine_use_side(vm, 0);
	}
	for (uint32_t i = 0; i < machine.nr_vcpus; i++) {
		struct vcpu *v = &machine.vcpu[i];

		memset((char *)v + offsetof(struct vcpu, program), 0,
		       sizeof(*v) - offsetof(struct vcpu, program));
		v->message = -1;
		v->x2apic = v->boot_x2apic;
		if (unlikely(machine_adds(v)))
			user_add_reset(v);
		else
			v->pv_msr = machine.scenario.pv_eoi ? v->pv_gpa[0] | 1 : 0;
		rng_init(&v->program, seed, v->tid, RNG_PROGRAM);
		rng_gaps_init(&v->time, seed, v->tid, RNG_TIME);
		rng_init(&v->target, seed, v->tid, RNG_TARGET);
		rng_init(&v->timer_rng, seed, v->tid, RNG_TIMER);
		v->lvtt = 1u << 16;
		user_vapic_reset(v);
	}
}
